/** The arrays of a .npz as tensors: format 1.0 to 3.0 of numpy's .npy, in both orders of bytes and of axes. */
import { elementCount } from '../../ir/encoding.ts';
import { ByteReader } from '../../support/byte-reader.ts';
import { decodeElements, elementBytes, type ElementData, type ElementType } from '../../support/elements.ts';
import { readMember, readZip, type ZipMember } from '../../support/zip.ts';
import { tensorFile, type StoredTensor, type TensorFile } from '../tensor-file.ts';

const TYPES: ReadonlyMap<string, ElementType> = new Map<string, ElementType>([
  ['b1', 'bool'],
  ['i1', 'int8'],
  ['u1', 'uint8'],
  ['i2', 'int16'],
  ['u2', 'uint16'],
  ['i4', 'int32'],
  ['u4', 'uint32'],
  ['i8', 'int64'],
  ['u8', 'uint64'],
  ['f2', 'float16'],
  ['f4', 'float32'],
  ['f8', 'float64'],
]);
const MOST_DIMENSIONS = 8;
const LONGEST_HEADER = 65_536;
/** Elements of all arrays: BinaryNet's largest has 37 million. */
const MOST_ELEMENTS_OF_ALL = 2 ** 27;

interface Header {
  readonly element: ElementType;
  readonly littleEndian: boolean;
  readonly columnMajor: boolean;
  readonly shape: readonly number[];
}

function readHeader(reader: ByteReader): Header {
  const start = reader.offset;
  const magic = Buffer.from(reader.take(6, 'the header of the array')).toString('latin1');
  if (magic !== '\x93NUMPY') reader.fail('the member is no numpy array', undefined, start);
  const wide = reader.u8('the version of the header') >= 2;
  reader.skip(1, 'the version of the header');
  const length = wide ? reader.u32('the length of the header') : reader.u16('the length of the header');
  if (length > LONGEST_HEADER) reader.fail(`the header of the array is said to have ${length} bytes`);
  const at = reader.offset;
  const text = Buffer.from(reader.take(length, 'the header of the array')).toString('latin1');
  const [, order = '', type = ''] = /'descr':\s*'([<>|=])([a-z]\d{1,2})'/.exec(text) ?? [];
  const element =
    TYPES.get(type) ?? reader.fail('the array has no simple type of elements', 'Save arrays of numbers, not of objects or records.', at);
  const sizes = /'shape':\s*\(([\d,\sL]*)\)/.exec(text)?.[1] ?? reader.fail('the header of the array states no shape', undefined, at);
  const shape = sizes.split(',').flatMap((size) => (size.trim() === '' ? [] : [Number(size.trim().replace(/L$/, ''))]));
  if (shape.length > MOST_DIMENSIONS || !shape.every((size) => Number.isSafeInteger(size)))
    reader.fail('the header of the array states no usable shape', undefined, at);
  return { element, littleEndian: order !== '>', columnMajor: /'fortran_order':\s*True/.test(text), shape };
}

/** From Fortran's order of elements to C's. */
function rowMajor(data: ElementData, shape: readonly number[]): ElementData {
  const result = data.slice();
  const strides = shape.map((_, axis) => elementCount(shape.slice(0, axis)));
  for (let i = 0; i < data.length; i += 1) {
    let rest = i;
    let from = 0;
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      const size = shape[axis] ?? 1;
      from += (rest % size) * (strides[axis] ?? 0);
      rest = Math.floor(rest / size);
    }
    result[i] = data[from] ?? 0;
  }
  return result;
}

function readArray(bytes: Uint8Array, member: ZipMember, file: string, left: number): StoredTensor {
  const name = member.name.replace(/\.npy$/, '');
  const content = readMember(bytes, member, { file, path: `array "${name}"` });
  const place = { file, path: `array "${name}"${content.byte === null ? ', decompressed' : ''}` };
  const whole = content.byte === null ? content.bytes : bytes;
  const start = content.byte ?? 0;
  const reader = new ByteReader(whole, place, { start, end: start + content.bytes.length });
  const { element, littleEndian, columnMajor, shape } = readHeader(reader);
  const count = elementCount(shape);
  // A product of hostile sizes may also be NaN.
  if (!(count <= left)) reader.fail(`the arrays have more than ${MOST_ELEMENTS_OF_ALL} elements`);
  reader.expect(count, elementBytes(element), 'the elements of the array');
  const origin = reader.origin();
  const stored = reader.take(count * elementBytes(element), 'the elements of the array');
  const read = (): ElementData => {
    const data = decodeElements(stored, element, littleEndian);
    return columnMajor && shape.length > 1 ? rowMajor(data, shape) : data;
  };
  return { name, element, shape, origin, read };
}

/** @throws UserError BNN1003 with the member and the byte that is wrong */
export function readArrays(bytes: Uint8Array, file: string): TensorFile {
  const members = [...readZip(bytes, { file, path: 'zip directory' }).values()].filter(({ name }) => name.endsWith('.npy'));
  let left = MOST_ELEMENTS_OF_ALL;
  const tensors = members.map((member) => {
    const array = readArray(bytes, member, file, left);
    left -= elementCount(array.shape);
    return array;
  });
  return tensorFile(file, tensors);
}
