/** The elements of a dataset: where they are, in one piece or in chunks (HDF5 File Format Specification 3.0, IV.A.2.i). */
import { elementCount } from '../../ir/encoding.ts';
import { fail } from '../../support/diagnostics.ts';
import { decodeElements } from '../../support/elements.ts';
import type { StoredTensor } from '../tensor-file.ts';
import { filled, readChunks, type ChunkedLayout } from './chunks.ts';
import { readDataspace, readDatatype, type Datatype } from './datatype.ts';
import { address, unsigned, type Hdf5Source } from './file.ts';
import { readFilters } from './filters.ts';
import { MESSAGE, type Message } from './object-header.ts';

type Storage =
  | { readonly kind: 'whole'; readonly at: number | undefined; readonly length: number }
  | ({ readonly kind: 'chunked' } & ChunkedLayout)
  | { readonly kind: 'unknown'; readonly what: string };

/** The message of this type, if the object has it and it stands there itself. */
function own(messages: readonly Message[], type: number): Message | undefined {
  return messages.find((message) => message.type === type && !message.shared);
}

/**
 * Undefined for what is no dataset of numbers: groups, texts, and datasets without elements (as Chainer writes None).
 * Problems of its storage are told when it is read.
 */
export function readDataset(source: Hdf5Source, messages: readonly Message[], name: string): StoredTensor | undefined {
  const [space, type, layout] = [MESSAGE.dataspace, MESSAGE.datatype, MESSAGE.layout].map((kind) => own(messages, kind));
  if (space === undefined || type === undefined || layout === undefined) return undefined;
  const datatype = readDatatype(type.open());
  const shape = readDataspace(space.open(), source.layout);
  if (datatype.kind !== 'number' || shape === null) return undefined;
  const storage = readStorage(source, layout, shape.length);
  const byte = storage.kind === 'whole' && storage.at !== undefined ? source.layout.base + storage.at : layout.open().offset;
  const origin = { file: source.file, path: `dataset "${name}"`, position: { byte } };
  let decoded: ReturnType<StoredTensor['read']> | undefined;
  const read = (): ReturnType<StoredTensor['read']> => (decoded ??= readElements(source, messages, { name, shape, datatype, storage }));
  return { name, element: datatype.element, shape, origin, read };
}

interface Stored {
  readonly name: string;
  readonly shape: readonly number[];
  readonly datatype: Datatype & { readonly kind: 'number' };
  readonly storage: Storage;
}

function readElements(
  source: Hdf5Source,
  messages: readonly Message[],
  { name, shape, datatype, storage }: Stored,
): ReturnType<StoredTensor['read']> {
  const count = elementCount(shape);
  const bytes = count * datatype.size;
  const origin = { file: source.file, path: `dataset "${name}"` };
  const refuse = (what: string, help?: string): never =>
    fail({ code: 'BNN1009', message: `the dataset "${name}" ${what}.`, origin, ...(help === undefined ? {} : { help }) });
  if (!Number.isSafeInteger(bytes)) return refuse(`has the impossible shape [${shape.join(', ')}]`);
  if (storage.kind === 'unknown')
    return refuse(`is stored as ${storage.what}, which bnnc does not read`, 'Write it with the defaults of h5py.');
  source.decode(bytes, `dataset "${name}"`);
  const decode = (data: Uint8Array): ReturnType<StoredTensor['read']> => decodeElements(data, datatype.element, datatype.littleEndian);
  if (storage.kind === 'chunked') {
    const filters = readFilters(source, own(messages, MESSAGE.filters));
    return decode(
      readChunks(source, storage, filters, { name, shape, size: datatype.size, blank: blankOf(source, messages, datatype.size) }),
    );
  }
  if (storage.at === undefined) return decode(filled(bytes, blankOf(source, messages, datatype.size)));
  if (storage.length < bytes)
    return refuse(`has ${storage.length} bytes of data where [${shape.join(', ')}] ${datatype.element} needs ${bytes}`);
  return decode(source.at(storage.at, `dataset "${name}"`, bytes).take(bytes, `the dataset "${name}"`));
}

/** The bytes of one element that was never written; undefined for zeros. */
function blankOf(source: Hdf5Source, messages: readonly Message[], size: number): Uint8Array | undefined {
  const reader = own(messages, MESSAGE.fillValue)?.open();
  if (reader === undefined) return undefined;
  const version = reader.u8('the version of a fill value');
  const isDefined = version === 3 ? (reader.u8('the flags of a fill value') & 0x20) !== 0 : versionTwoIsDefined();
  if (!isDefined || reader.remaining < 4) return undefined;
  const length = reader.u32('the size of a fill value');
  const bytes = length === size ? reader.take(length, 'a fill value') : undefined;
  source.step();
  return bytes?.some((byte) => byte !== 0) === true ? bytes : undefined;

  function versionTwoIsDefined(): boolean {
    reader?.skip(2, 'the times of a fill value');
    return reader?.u8('a fill value') !== 0;
  }
}

function readStorage(source: Hdf5Source, message: Message, rank: number): Storage {
  const { lengthWidth, base } = source.layout;
  const reader = message.open();
  const version = reader.u8('the version of a layout');
  if (version !== 3 && version !== 4) return { kind: 'unknown', what: `a layout of version ${version}` };
  const kind = reader.u8('the class of a layout');
  if (kind === 0) {
    const length = reader.u16('the size of a dataset');
    return { kind: 'whole', at: reader.offset - base, length };
  }
  if (kind === 1) {
    const at = address(reader, source.layout, 'the address of a dataset');
    return { kind: 'whole', at, length: unsigned(reader, lengthWidth, 'the size of a dataset') };
  }
  if (kind !== 2) return { kind: 'unknown', what: 'a view of other datasets' };
  const flags = version === 4 ? reader.u8('the flags of a layout') : 0;
  const dimensions = reader.u8('the number of dimensions of a chunk');
  if (dimensions !== rank + 1) return reader.fail(`a dataset of ${rank} dimensions has chunks of ${dimensions - 1}`);
  if (version === 3) {
    const tree = address(reader, source.layout, 'the address of chunks');
    const sizes = Array.from({ length: dimensions }, () => reader.u32('the size of a chunk'));
    return { kind: 'chunked', sizes: sizes.slice(0, rank), tree, single: undefined };
  }
  const width = reader.u8('the width of the sizes of a chunk');
  if (width < 1 || width > 8) return reader.fail(`the sizes of a chunk have ${width} bytes`);
  const sizes = Array.from({ length: dimensions }, () => unsigned(reader, width, 'the size of a chunk')).slice(0, rank);
  const index = reader.u8('the kind of index');
  if (index !== 1) return { kind: 'unknown', what: `chunks with an index of kind ${index}` };
  const isFiltered = (flags & 2) !== 0;
  const stored = isFiltered ? unsigned(reader, lengthWidth, 'the size of a chunk') : undefined;
  const mask = isFiltered ? reader.u32('the filters of a chunk') : 0;
  return {
    kind: 'chunked',
    sizes,
    tree: undefined,
    single: { at: address(reader, source.layout, 'the address of a chunk'), stored, mask },
  };
}
