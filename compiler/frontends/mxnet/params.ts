/**
 * MXNet's `.params`: named arrays, in the versions 0 to 3 that MXNet 0.9 to 1.x write (src/ndarray/ndarray.cc, dmlc's serializer).
 *
 * Little-endian: uint64 0x112, uint64 0, uint64 N, N arrays, uint64 M (N or 0), M names (uint64 length, bytes).
 */
import { elementCount } from '../../ir/encoding.ts';
import { ByteReader } from '../../support/byte-reader.ts';
import { decodeElements, elementBytes, type ElementData, type ElementType } from '../../support/elements.ts';
import { MOST_WEIGHT_BYTES } from '../limits.ts';

const MAGIC = 0x112;
const [VERSION_1, VERSION_2, VERSION_3] = [0xf993fac8, 0xf993fac9, 0xf993faca];
const MOST_DIMENSIONS = 32;
const MOST_ARRAYS = 65_536;

/** type_flag of mshadow. */
const TYPES: readonly ElementType[] = ['float32', 'float64', 'float16', 'uint8', 'int32', 'int8', 'int64'];

export interface ParamsArray {
  readonly element: ElementType;
  readonly shape: readonly number[];
  readonly name: string;
  readonly file: string;
  /** Where the elements begin in the file. */
  readonly byte: number;
  /** The elements as they are stored: packed weights are words whose type is a lie. */
  readonly bytes: Uint8Array;
  readonly read: () => ElementData;
}

export function isParams(bytes: Uint8Array): boolean {
  if (bytes.length < 24) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (
    view.getUint32(0, true) === MAGIC && view.getUint32(4, true) === 0 && view.getUint32(8, true) === 0 && view.getUint32(12, true) === 0
  );
}

function readSizes(reader: ByteReader, dimensions: number, size: () => number): readonly number[] {
  if (dimensions < 0 || dimensions > MOST_DIMENSIONS) reader.fail(`an array is said to have ${dimensions} dimensions`);
  return Array.from({ length: dimensions }, size);
}

function readShape(reader: ByteReader): readonly number[] {
  return readSizes(reader, reader.i32('the number of dimensions'), () => reader.i64('a size'));
}

/** Shape of one array; undefined for an empty one, behind which nothing follows. */
function readHead(reader: ByteReader): readonly number[] | undefined {
  const start = reader.offset;
  const first = reader.u32('the version of an array');
  if (first === VERSION_2 || first === VERSION_3) {
    const storage = reader.i32('the storage type');
    if (storage !== 0)
      reader.fail(`an array has storage type ${storage}; dense arrays (0) can be read`, 'Save it with array.tostype("default").', start);
    const shape = readShape(reader);
    return first === VERSION_2 && shape.length === 0 ? undefined : shape;
  }
  const shape = first === VERSION_1 ? readShape(reader) : readSizes(reader, first, () => reader.u32('a size'));
  return shape.length === 0 ? undefined : shape;
}

/** An array whose name stands behind all arrays; null for an empty one. */
function readArray(reader: ByteReader, file: string): ((name: string) => ParamsArray) | null {
  const shape = readHead(reader);
  if (shape === undefined) return null;
  reader.skip(8, 'the device of an array');
  const flag = reader.i32('the element type');
  const element = TYPES[flag] ?? reader.fail(`an array has elements of type ${flag}; 0 to 6 are known`);
  const count = elementCount(shape);
  if (shape.some((size) => size < 0) || !Number.isSafeInteger(count)) reader.fail(`an array has the shape [${shape.join(', ')}]`);
  reader.expect(count, elementBytes(element), `an array of shape [${shape.join(', ')}]`);
  const byte = reader.offset;
  const bytes = reader.take(count * elementBytes(element), 'its elements');
  const read = (): ElementData => decodeElements(bytes, element);
  return (name) => ({ element, shape, name, file, byte, bytes, read });
}

/** @throws UserError BNN1003 naming the byte */
export function readParams(bytes: Uint8Array, file: string): ReadonlyMap<string, ParamsArray> {
  const reader = new ByteReader(bytes, { file, path: 'arrays' });
  if (!isParams(bytes)) reader.fail('the file does not begin as a .params file of MXNet does, with 0x112');
  if (bytes.length > MOST_WEIGHT_BYTES) reader.fail(`the file has ${bytes.length} bytes; up to ${MOST_WEIGHT_BYTES} are read`);
  reader.skip(16, 'the head');
  const count = reader.u64('the number of arrays');
  if (count > MOST_ARRAYS) reader.fail(`the file is said to hold ${count} arrays`, undefined, 16);
  const arrays = Array.from({ length: count }, () => readArray(reader, file));
  const named = reader.u64('the number of names');
  if (named !== count)
    reader.fail(
      `the file has ${count} arrays and ${named} names`,
      'mx.nd.save with a list writes no names; save a dictionary, or the module itself (save_checkpoint, export).',
    );
  const result = new Map<string, ParamsArray>();
  for (const named of arrays) {
    const name = reader.text(reader.u64('the length of a name'), 'a name');
    if (named !== null) result.set(name, named(name));
  }
  return result;
}
