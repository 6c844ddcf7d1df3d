/** Numbers as files store them: element types by name, and arrays of them as JavaScript holds them. */

/** int64 and uint64 are held as doubles, exact to 2^53; 16-bit floats are widened to float32; truth values are 0 and 1. */
export type ElementType =
  'bool' | 'int8' | 'uint8' | 'int16' | 'uint16' | 'int32' | 'uint32' | 'int64' | 'uint64' | 'float16' | 'bfloat16' | 'float32' | 'float64';

export type ElementData = Float32Array | Float64Array | Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array;

interface Stored {
  readonly bytes: 1 | 2 | 4 | 8;
  readonly allocate: (count: number) => ElementData;
  readonly read: (view: DataView, at: number, littleEndian: boolean) => number;
}

/** IEEE half precision, exactly. */
export function float16(bits: number): number {
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (fraction + 1024) * 2 ** (exponent - 25));
}

/** The upper half of a float32, exactly. */
export function bfloat16(bits: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint16(0, bits & 0xffff);
  return view.getFloat32(0);
}

const STORED: { readonly [E in ElementType]: Stored } = {
  bool: { bytes: 1, allocate: (n) => new Uint8Array(n), read: (v, at) => (v.getUint8(at) === 0 ? 0 : 1) },
  int8: { bytes: 1, allocate: (n) => new Int8Array(n), read: (v, at) => v.getInt8(at) },
  uint8: { bytes: 1, allocate: (n) => new Uint8Array(n), read: (v, at) => v.getUint8(at) },
  int16: { bytes: 2, allocate: (n) => new Int16Array(n), read: (v, at, le) => v.getInt16(at, le) },
  uint16: { bytes: 2, allocate: (n) => new Uint16Array(n), read: (v, at, le) => v.getUint16(at, le) },
  int32: { bytes: 4, allocate: (n) => new Int32Array(n), read: (v, at, le) => v.getInt32(at, le) },
  uint32: { bytes: 4, allocate: (n) => new Uint32Array(n), read: (v, at, le) => v.getUint32(at, le) },
  int64: { bytes: 8, allocate: (n) => new Float64Array(n), read: (v, at, le) => Number(v.getBigInt64(at, le)) },
  uint64: { bytes: 8, allocate: (n) => new Float64Array(n), read: (v, at, le) => Number(v.getBigUint64(at, le)) },
  float16: { bytes: 2, allocate: (n) => new Float32Array(n), read: (v, at, le) => float16(v.getUint16(at, le)) },
  bfloat16: { bytes: 2, allocate: (n) => new Float32Array(n), read: (v, at, le) => bfloat16(v.getUint16(at, le)) },
  float32: { bytes: 4, allocate: (n) => new Float32Array(n), read: (v, at, le) => v.getFloat32(at, le) },
  float64: { bytes: 8, allocate: (n) => new Float64Array(n), read: (v, at, le) => v.getFloat64(at, le) },
};

/** Bytes of one stored element. */
export function elementBytes(type: ElementType): number {
  return STORED[type].bytes;
}

/** Zeros, in the array that elements of the type are held in. */
export function emptyElements(type: ElementType, count: number): ElementData {
  return STORED[type].allocate(count);
}

/** As many elements as the bytes hold; a rest of bytes at the end is left out. */
export function decodeElements(bytes: Uint8Array, type: ElementType, littleEndian = true): ElementData {
  if (type === 'uint8') return new Uint8Array(bytes); // slice of a Buffer would not copy
  const { bytes: size, allocate, read } = STORED[type];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = allocate(Math.floor(bytes.length / size));
  for (let i = 0; i < data.length; i += 1) data[i] = read(view, i * size, littleEndian);
  return data;
}
