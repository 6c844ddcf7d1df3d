/**
 * A checkpoint of TensorFlow's second version (tensorflow/core/util/tensor_bundle): NAME.index, a table of names, shapes and places, and
 * the elements in NAME.data-00000-of-00001, …
 */
import { elementCount } from '../../ir/encoding.ts';
import { fail, type Origin } from '../../support/diagnostics.ts';
import { decodeElements, elementBytes, type ElementData } from '../../support/elements.ts';
import type { SideFiles } from '../frontend.ts';
import { tensorFile, type StoredTensor, type TensorFile } from '../tensor-file.ts';
import { checksumText, maskedCrc32c } from './crc32c.ts';
import { sizesOf } from './shape.ts';
import { elementOf, typeName } from './stored-types.ts';
import { readTable, type TableEntry } from './table.ts';
import { BundleEntrySchema, BundleHeaderSchema, type BundleEntry, type BundleHeader } from './tensorflow_pb.ts';
import { decodeMessage } from './wire.ts';

/** Of all tensors of a checkpoint together that a network reads. */
const MOST_BYTES = 2 ** 28;
const MOST_SHARDS = 1000;
const KNOWN_VERSION = 1;
const BIG_ENDIAN = 1;

export const PARTITIONED = 'Save the model again without partitioned variables (partitioner=None), or freeze the graph.';

export interface Checkpoint extends TensorFile {
  /** Tensors that are there and cannot be read, such as strings: their type by name. */
  readonly unreadable: ReadonlyMap<string, string>;
}

/** `model.ckpt` + 0 of 2 → `model.ckpt.data-00000-of-00002` */
export function shardName(prefix: string, shard: number, shards: number): string {
  const digits = (value: number): string => String(value).padStart(5, '0');
  return `${prefix}.data-${digits(shard)}-of-${digits(shards)}`;
}

/**
 * The tensors of a checkpoint. Elements are read, and their checksums compared, when a tensor is asked for.
 * @param bytes of the index, whose name is `file`
 * @throws UserError BNN1003 for damage, BNN1010 for a later version
 */
export function readCheckpoint(bytes: Uint8Array, file: string, side: SideFiles): Checkpoint {
  const [first, ...entries] = readTable(bytes, file);
  const place = { file, path: 'header' };
  if (first?.key.length !== 0)
    return fail({
      code: 'BNN1003',
      message: `"${file}" has no header, the entry without a name.`,
      origin: { ...place, position: { byte: 0 } },
    });
  const header = readHeader(first, file);
  const prefix = prefixOf(file, header.numShards, side);
  const budget = { left: MOST_BYTES };
  const tensors: StoredTensor[] = [];
  const unreadable = new Map<string, string>();
  for (const entry of entries) {
    // Slices of other tensors have names in a binary form that begins with 0.
    if (entry.key[0] === 0) continue;
    const name = new TextDecoder().decode(entry.key);
    const stored = decodeMessage(BundleEntrySchema, entry.value, { file, path: `entry "${name}", in it` });
    const element = elementOf(stored.dtype);
    if (element === undefined) {
      unreadable.set(name, typeName(stored.dtype));
      continue;
    }
    const shape = sizesOf(stored.shape);
    const origin: Origin = { file, path: `entry "${name}"`, position: { byte: entry.byte } };
    const data: Origin = {
      file: shardName(prefix, stored.shardId, header.numShards),
      path: `tensor "${name}"`,
      position: { byte: Number(stored.offset) },
    };
    const read = (): ElementData => readElements({ name, stored, shape, header, origin, data, side, budget });
    tensors.push({ name, element, shape, origin: data, read });
  }
  return { ...tensorFile(file, tensors), unreadable };
}

function readHeader({ value, byte }: TableEntry, file: string): BundleHeader {
  const origin = { file, path: 'header', position: { byte } };
  // The first version has a message in the place of the number of files.
  if (value[0] === 0x0a) {
    return fail({
      code: 'BNN1010',
      message: `"${file}" is a checkpoint of TensorFlow's first version, of before 2017.`,
      origin,
      help: 'Restore it and save it again with tf.train.Saver(write_version=tf.train.SaverDef.V2).',
    });
  }
  const header = decodeMessage(BundleHeaderSchema, value, { file, path: 'header, in it' });
  const { numShards, endianness, version } = header;
  if (!(numShards >= 1 && numShards <= MOST_SHARDS) || endianness < 0 || endianness > BIG_ENDIAN)
    return fail({ code: 'BNN1003', message: `"${file}" states ${numShards} data files and the byte order ${endianness}.`, origin });
  if ((version?.minConsumer ?? 0) > KNOWN_VERSION)
    return fail({ code: 'BNN1010', message: `"${file}" has version ${version?.minConsumer}; up to ${KNOWN_VERSION} can be read.`, origin });
  return header;
}

/** The name without `.index`; where the index was renamed, that of the only data file beside it. */
function prefixOf(file: string, shards: number, side: SideFiles): string {
  if (file.endsWith('.index')) return file.slice(0, -'.index'.length);
  const ending = shardName('', 0, shards);
  const names = side.list(`*${ending}`);
  const [only] = names;
  return only !== undefined && names.length === 1 ? only.slice(0, -ending.length) : file;
}

interface Wanted {
  readonly name: string;
  readonly stored: BundleEntry;
  readonly shape: readonly number[];
  readonly header: BundleHeader;
  readonly origin: Origin;
  readonly data: Origin;
  readonly side: SideFiles;
  readonly budget: { left: number };
}

function readElements({ name, stored, shape, header, origin, data, side, budget }: Wanted): ElementData {
  const refuse = (what: string, help?: string, where = origin): never =>
    fail({ code: 'BNN1009', message: `the tensor "${name}" ${what}.`, origin: where, ...(help === undefined ? {} : { help }) });
  const element = elementOf(stored.dtype);
  const [offset, size] = [Number(stored.offset), Number(stored.size)];
  if (element === undefined) throw new Error('tensors of other types are left out');
  if (stored.slices.length > 0) return refuse(`is stored in ${stored.slices.length} slices`, PARTITIONED);
  const needed = elementCount(shape) * elementBytes(element);
  const stated = `[${shape.join(', ')}] ${element}`;
  if (shape.some((length) => length < 0) || !Number.isSafeInteger(needed)) return refuse(`has the impossible shape [${shape.join(', ')}]`);
  if (size !== needed) return refuse(`has ${size} bytes of data where ${stated} needs ${needed}`);
  if (stored.shardId < 0 || stored.shardId >= header.numShards || !Number.isSafeInteger(offset) || offset < 0)
    return refuse(`is said to be at byte ${offset} of data file ${stored.shardId} of ${header.numShards}`);
  // Narrow types are widened to at most four times their bytes.
  budget.left -= Math.max(needed, 4 * elementCount(shape));
  if (budget.left < 0) return refuse(`is too much: up to ${MOST_BYTES} bytes of tensors are read`);
  const bytes = needed === 0 ? new Uint8Array(0) : side.read(data.file, offset, needed);
  if (bytes === undefined) {
    return fail({
      code: 'BNN1013',
      message: `the tensor "${name}" is kept in bytes ${offset} to ${offset + needed} of "${data.file}", and there is no such file beside the index or it is shorter.`,
      origin,
      help: `Copy "${data.file}" into the folder of "${origin.file}".`,
    });
  }
  const crc = maskedCrc32c(bytes);
  if (crc !== stored.crc32c) {
    return fail({
      code: 'BNN1003',
      message: `the ${needed} bytes of "${name}" have the checksum ${checksumText(crc)}, and the index states ${checksumText(stored.crc32c)}.`,
      origin: data,
      help: `Copy "${data.file}" and "${origin.file}" again: one is damaged, or they are of different checkpoints.`,
    });
  }
  return decodeElements(bytes, element, header.endianness !== BIG_ENDIAN);
}
