/** Arrays in numpy's files: .npy (format 1.0 to 3.0) and .npz. */
import { unzipSync } from 'fflate';

export type Elements = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

/** Row-major. */
export interface NumericArray {
  readonly shape: readonly number[];
  readonly elements: Elements;
}

/** Says what is wrong and what would be right, and does not return. */
export type Refuse = (what: string, wanted: string) => never;

export function isNpy(bytes: Uint8Array): boolean {
  return bytes[0] === 0x93 && String.fromCharCode(...bytes.subarray(1, 6)) === 'NUMPY';
}

export function isNpz(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b;
}

/**
 * Numbers of one type.
 * @param type numpy's kind and bytes an element: u1, b1, i1, i2, i4, i8, f4, f8
 * @param littleEndian byte order of the elements
 */
export function readElements(bytes: Uint8Array, type: string, shape: readonly number[], littleEndian: boolean, refuse: Refuse): Elements {
  const count = shape.reduce((product, size) => product * size, 1);
  const size = Number(type.slice(1));
  if (!(count * size <= bytes.length))
    return refuse(`it ends after ${bytes.length} bytes of elements`, `${count * size} bytes for shape [${shape.join(', ')}]`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, count * size);
  const each = Array.from({ length: type === 'u1' || type === 'i1' || type === 'b1' ? 0 : count }, (_, i) => i * size);
  switch (type) {
    case 'u1':
    case 'b1':
      return new Uint8Array(bytes.subarray(0, count));
    case 'i1':
      return new Int8Array(new Uint8Array(bytes.subarray(0, count)).buffer); // slice of a Buffer would not copy
    case 'i2':
      return Int16Array.from(each, (at) => view.getInt16(at, littleEndian));
    case 'i4':
      return Int32Array.from(each, (at) => view.getInt32(at, littleEndian));
    case 'i8': {
      const wide = each.map((at) => Number(view.getBigInt64(at, littleEndian)));
      const beyond = wide.find((value) => value !== (value | 0));
      return beyond === undefined ? Int32Array.from(wide) : refuse(`it holds ${beyond}`, 'integers of at most 32 bits');
    }
    case 'f4':
      return Float32Array.from(each, (at) => view.getFloat32(at, littleEndian));
    case 'f8':
      return Float64Array.from(each, (at) => view.getFloat64(at, littleEndian));
    default:
      return refuse(`its elements have type ${type}`, 'u1, i1, i2, i4, i8, f4, f8 or bool');
  }
}

export function readNpy(bytes: Uint8Array, refuse: Refuse): NumericArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = (bytes[6] ?? 0) >= 2;
  if (bytes.length < 12) return refuse('it ends inside its header', 'a whole .npy file');
  const start = wide ? 12 : 10;
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const header = new TextDecoder('latin1').decode(bytes.subarray(start, start + length));
  const descr = /'descr':\s*'([<>|=])([a-z])(\d+)'/.exec(header);
  const shapeText = /'shape':\s*\(([\d,\s]*)\)/.exec(header);
  if (descr === null || shapeText === null)
    return refuse('its header names no simple element type', 'an array of numbers, not of objects or records');
  if (/'fortran_order':\s*True/.test(header)) return refuse('it is in Fortran order', 'C order: save numpy.ascontiguousarray(array)');
  const shape = (shapeText[1] ?? '').split(',').flatMap((d) => (d.trim() === '' ? [] : [Number(d)]));
  if (!shape.every(Number.isSafeInteger)) return refuse('its header states no shape', 'a whole .npy file');
  const [, order = '<', kind = '', size = ''] = descr;
  return { shape, elements: readElements(bytes.subarray(start + length), `${kind}${size}`, shape, order !== '>', refuse) };
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
    return refuse('the zip container is damaged', 'a whole .npz file');
  }
}
