/** Arrays in numpy's files: .npy (format 1.0 to 3.0) and .npz. */
import { unzipSync } from 'fflate';
import { decodeElements, elementBytes, type ElementType } from './elements.ts';

export type Elements = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

/** Row-major. */
export interface NumericArray {
  readonly shape: readonly number[];
  readonly elements: Elements;
}

/** Says what is wrong, from which byte on, and what would be right; does not return. */
export type Refuse = (what: string, wanted: string, byte: number) => never;

/** Elements by numpy's kind and bytes of each. Objects, texts, dates, complex numbers and records are none. */
export const NUMPY_TYPES: ReadonlyMap<string, ElementType> = new Map<string, ElementType>([
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

/** Of numpy itself. */
const MOST_DIMENSIONS = 32;
const LONGEST_HEADER = 65_536;
const EXAMPLE = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}";

/** What stands before the elements of a .npy file. */
export interface NpyHeader {
  readonly element: ElementType;
  readonly littleEndian: boolean;
  /** In Fortran's order: the first index is that of neighbours. */
  readonly columnMajor: boolean;
  readonly shape: readonly number[];
  /** Byte of the first element. */
  readonly start: number;
}

export function isNpy(bytes: Uint8Array): boolean {
  return bytes[0] === 0x93 && String.fromCharCode(...bytes.subarray(1, 6)) === 'NUMPY';
}

export function isNpz(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b;
}

/** The header of a .npy file, as numpy/lib/format.py writes it: a dictionary of Python as text. */
export function readNpyHeader(bytes: Uint8Array, refuse: Refuse): NpyHeader {
  if (!isNpy(bytes)) return refuse('it is no numpy array', 'an array that numpy.save or numpy.savez wrote', 0);
  const [version = 0] = bytes.subarray(6);
  if (version < 1 || version > 3) return refuse(`it is of version ${version} of its format`, 'version 1, 2 or 3', 6);
  const from = version === 1 ? 10 : 12;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length < from ? 0 : version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > LONGEST_HEADER) return refuse(`its header is said to have ${length} bytes`, `at most ${LONGEST_HEADER}`, 8);
  if (bytes.length < from + length) return refuse('it ends inside its header', 'a whole .npy file', bytes.length);
  const header = new TextDecoder('latin1').decode(bytes.subarray(from, from + length));
  const type = /'descr':\s*('[^']*'|\[)/.exec(header)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const sizes = /'shape':\s*\(([\d,\sL]*)\)/.exec(header)?.[1]; // Python 2 wrote sizes as 3L
  if (type === undefined || order === undefined || sizes === undefined)
    return refuse('its header does not state type, order and shape', EXAMPLE, from);
  const [, endian = '', kind = ''] = /^'([<>|=])([a-z]\d)'$/.exec(type) ?? [];
  const element = NUMPY_TYPES.get(kind);
  if (element === undefined) {
    const seen = type === '[' ? 'its elements are records' : `its elements have type ${type.slice(0, 20)}`;
    return refuse(seen, 'numbers or truth values', from);
  }
  const shape = sizes.split(',').flatMap((size) => (size.trim() === '' ? [] : [Number(size.trim().replace(/L$/, ''))]));
  if (!shape.every(Number.isSafeInteger)) return refuse(`its shape is (${sizes.slice(0, 80)})`, 'whole numbers', from);
  if (shape.length > MOST_DIMENSIONS) return refuse(`it has ${shape.length} dimensions`, `at most ${MOST_DIMENSIONS}`, from);
  return { element, littleEndian: endian !== '>', columnMajor: order === 'True', shape, start: from + length };
}

/** Checks that as many elements as the shape says begin at `start`. */
export function expectElements(bytes: Uint8Array, element: ElementType, shape: readonly number[], start: number, refuse: Refuse): number {
  const count = shape.reduce((product, size) => product * size, 1);
  const need = count * elementBytes(element);
  // A product of hostile sizes may also be NaN.
  if (need <= bytes.length - start) return count;
  return refuse(`it ends after ${bytes.length - start} bytes of elements`, `${need} bytes for shape [${shape.join(', ')}]`, bytes.length);
}

const DATA_TYPES: ReadonlySet<ElementType> = new Set(['uint8', 'bool', 'int8', 'int16', 'int32', 'int64', 'float32', 'float64']);

/**
 * Numbers of one type as data: integers have at most 32 bits.
 * @param start byte of the first element
 * @param littleEndian byte order of the elements
 */
export function readElements(
  bytes: Uint8Array,
  element: ElementType,
  shape: readonly number[],
  start: number,
  littleEndian: boolean,
  refuse: Refuse,
): Elements {
  if (!DATA_TYPES.has(element)) return refuse(`its elements have type ${element}`, [...DATA_TYPES].join(', '), start);
  const count = expectElements(bytes, element, shape, start, refuse);
  const data = decodeElements(bytes.subarray(start, start + count * elementBytes(element)), element, littleEndian);
  if (data instanceof Uint16Array || data instanceof Uint32Array) throw new Error('data of a type that was refused');
  if (element !== 'int64') return data;
  const beyond = data.findIndex((value) => value !== (value | 0));
  return beyond < 0 ? Int32Array.from(data) : refuse(`it holds ${data[beyond]}`, 'integers of at most 32 bits', start + 8 * beyond);
}

export function readNpy(bytes: Uint8Array, refuse: Refuse): NumericArray {
  const { element, littleEndian, columnMajor, shape, start } = readNpyHeader(bytes, refuse);
  if (columnMajor) return refuse('it is in Fortran order', 'C order: save numpy.ascontiguousarray(array)', start);
  return { shape, elements: readElements(bytes, element, shape, start, littleEndian, refuse) };
}

/** The names of the files in a .npz, and the bytes of those that are wanted, as long as they are `most` bytes together. */
export function openNpz(
  bytes: Uint8Array,
  most: number,
  wanted: (name: string) => boolean,
  refuse: Refuse,
): { readonly names: readonly string[]; readonly arrays: ReadonlyMap<string, Uint8Array> } {
  const names: string[] = [];
  let total = 0;
  try {
    const files = unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        names.push(name);
        if (!wanted(name)) return false;
        total += originalSize;
        return total <= most;
      },
    });
    return { names: names.sort(), arrays: new Map(Object.entries(files)) };
  } catch {
    return refuse('the zip container is damaged', 'a whole .npz file', 0);
  }
}
