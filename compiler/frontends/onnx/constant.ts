/** Constant tensors of an ONNX file: their element types and how they are read from every storage form. */
import { elementCount } from '../../ir/encoding.ts';
import { fail, type Origin } from '../../support/diagnostics.ts';
import type { SideFiles } from '../frontend.ts';
import { TensorProto_DataLocation as Location, type TensorProto } from './onnx_pb.ts';

/** int64 and uint64 are held as doubles (exact to 2^53, far above any shape); 16-bit floats are widened to float32. */
export type ElementType = 'float32' | 'float64' | 'int8' | 'uint8' | 'int16' | 'uint16' | 'int32' | 'uint32' | 'int64' | 'uint64' | 'bool';

export type ConstantData = Float32Array | Float64Array | Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array;

/** A tensor whose elements are known: row-major, in the file's own dimension order. */
export interface Constant {
  readonly kind: 'constant';
  readonly element: ElementType;
  readonly shape: readonly number[];
  readonly data: ConstantData;
}

const ALLOCATE: { readonly [E in ElementType]: (length: number) => ConstantData } = {
  float32: (length) => new Float32Array(length),
  float64: (length) => new Float64Array(length),
  int8: (length) => new Int8Array(length),
  uint8: (length) => new Uint8Array(length),
  int16: (length) => new Int16Array(length),
  uint16: (length) => new Uint16Array(length),
  int32: (length) => new Int32Array(length),
  uint32: (length) => new Uint32Array(length),
  int64: (length) => new Float64Array(length),
  uint64: (length) => new Float64Array(length),
  bool: (length) => new Uint8Array(length),
};

/** Zeros. Storing into the array rounds to float32 or wraps to the integer's width. */
export function allocate(element: ElementType, length: number): ConstantData {
  return ALLOCATE[element](length);
}

export function constant(element: ElementType, shape: readonly number[], data: ConstantData): Constant {
  return { kind: 'constant', element, shape, data };
}

export function int64s(values: readonly number[]): Constant {
  return constant('int64', [values.length], Float64Array.from(values));
}

export function isFloat(element: ElementType): boolean {
  return element === 'float32' || element === 'float64';
}

interface StoredType {
  readonly name: string;
  readonly element: ElementType;
  readonly bytes: number;
  readonly read: (view: DataView, at: number) => number;
  /** The typed field that holds the elements when there is no raw data. */
  readonly field: (tensor: TensorProto) => ArrayLike<number | bigint>;
  /** Element of that field → value, where it is stored as bits. */
  readonly fromField?: (stored: number) => number;
}

const int32Field = (tensor: TensorProto): ArrayLike<number> => tensor.int32Data;

/** By the number in TensorProto.data_type. */
const STORED: ReadonlyMap<number, StoredType> = new Map<number, StoredType>([
  [1, { name: 'float', element: 'float32', bytes: 4, read: (v, at) => v.getFloat32(at, true), field: (t) => t.floatData }],
  [2, { name: 'uint8', element: 'uint8', bytes: 1, read: (v, at) => v.getUint8(at), field: int32Field }],
  [3, { name: 'int8', element: 'int8', bytes: 1, read: (v, at) => v.getInt8(at), field: int32Field }],
  [4, { name: 'uint16', element: 'uint16', bytes: 2, read: (v, at) => v.getUint16(at, true), field: int32Field }],
  [5, { name: 'int16', element: 'int16', bytes: 2, read: (v, at) => v.getInt16(at, true), field: int32Field }],
  [6, { name: 'int32', element: 'int32', bytes: 4, read: (v, at) => v.getInt32(at, true), field: int32Field }],
  [7, { name: 'int64', element: 'int64', bytes: 8, read: (v, at) => Number(v.getBigInt64(at, true)), field: (t) => t.int64Data }],
  [
    9,
    {
      name: 'bool',
      element: 'bool',
      bytes: 1,
      read: (v, at) => (v.getUint8(at) === 0 ? 0 : 1),
      field: int32Field,
      fromField: (b) => (b === 0 ? 0 : 1),
    },
  ],
  [
    10,
    {
      name: 'float16',
      element: 'float32',
      bytes: 2,
      read: (v, at) => float16(v.getUint16(at, true)),
      field: int32Field,
      fromField: float16,
    },
  ],
  [11, { name: 'double', element: 'float64', bytes: 8, read: (v, at) => v.getFloat64(at, true), field: (t) => t.doubleData }],
  [12, { name: 'uint32', element: 'uint32', bytes: 4, read: (v, at) => v.getUint32(at, true), field: (t) => t.uint64Data }],
  [13, { name: 'uint64', element: 'uint64', bytes: 8, read: (v, at) => Number(v.getBigUint64(at, true)), field: (t) => t.uint64Data }],
  [
    16,
    {
      name: 'bfloat16',
      element: 'float32',
      bytes: 2,
      read: (v, at) => bfloat16(v.getUint16(at, true)),
      field: int32Field,
      fromField: bfloat16,
    },
  ],
]);

const UNREADABLE_NAMES: ReadonlyMap<number, string> = new Map([
  [0, 'undefined'],
  [8, 'string'],
  [14, 'complex64'],
  [15, 'complex128'],
  [21, 'uint4'],
  [22, 'int4'],
]);

/** `float`, `uint8`, …: the name of an element type in the file. */
export function storedTypeName(dataType: number): string {
  return STORED.get(dataType)?.name ?? UNREADABLE_NAMES.get(dataType) ?? `data type ${dataType}`;
}

/** How elements of a file's data type are held here; undefined when they cannot be read. */
export function elementOf(dataType: number): ElementType | undefined {
  return STORED.get(dataType)?.element;
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

/**
 * Reads an initializer or the value of a Constant node from raw, typed or external data.
 * Nothing is allocated before the stored length has been compared with the shape.
 * @throws UserError BNN1009 for unreadable types and for data shorter or longer than the shape says
 */
export function readTensor(tensor: TensorProto, side: SideFiles, origin: Origin): Constant {
  const refuse = (what: string, help?: string): never =>
    fail({ code: 'BNN1009', message: `The tensor "${tensor.name}" ${what}.`, origin, ...(help === undefined ? {} : { help }) });
  const type = STORED.get(tensor.dataType);
  if (type === undefined) return refuse(`has elements of type ${storedTypeName(tensor.dataType)}, which cannot be read`);
  const shape = tensor.dims.map(Number);
  const count = elementCount(shape);
  const stated = `[${shape.join(', ')}]`;
  if (shape.some((size) => size < 0) || !Number.isSafeInteger(count)) return refuse(`has the impossible shape ${stated}`);

  const external = tensor.dataLocation === Location.EXTERNAL;
  const raw = external ? readExternal(tensor, count * type.bytes, side, refuse) : tensor.rawData;
  if (external || raw.length > 0) {
    if (raw.length !== count * type.bytes)
      return refuse(`has ${raw.length} bytes of data where ${stated} ${type.name} needs ${count * type.bytes}`);
    const data = allocate(type.element, count);
    const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
    for (let i = 0; i < count; i += 1) data[i] = type.read(view, i * type.bytes);
    return constant(type.element, shape, data);
  }
  const stored = type.field(tensor);
  if (stored.length !== count) return refuse(`has ${stored.length} elements of data where ${stated} ${type.name} needs ${count}`);
  const data = allocate(type.element, count);
  for (let i = 0; i < count; i += 1) data[i] = type.fromField?.(Number(stored[i])) ?? Number(stored[i]);
  return constant(type.element, shape, data);
}

function readExternal(tensor: TensorProto, needed: number, side: SideFiles, refuse: (what: string, help?: string) => never): Uint8Array {
  const entry = (key: string): string | undefined => tensor.externalData.find((pair) => pair.key === key)?.value;
  const location = entry('location') ?? '';
  const whole = (key: string, fallback: number): number => {
    const value = Number(entry(key) ?? fallback);
    return Number.isSafeInteger(value) && value >= 0 ? value : refuse(`states the ${key} "${entry(key)}" for its external data`);
  };
  if (location === '' || location.startsWith('/') || /^[A-Za-z]:|\\/.test(location) || location.split('/').includes('..')) {
    return refuse(`keeps its data in "${location}", outside the model's folder`, 'Save the model again with its external data beside it.');
  }
  const offset = whole('offset', 0);
  const length = whole('length', needed);
  if (length !== needed) return refuse(`states ${length} bytes of external data where its shape needs ${needed}`);
  if (length === 0) return new Uint8Array(0);
  return (
    side.read(location, offset, length) ??
    refuse(
      `keeps bytes ${offset} to ${offset + length} of "${location}", and there is no such file beside the model or it is shorter`,
      `Copy "${location}" into the folder of the model.`,
    )
  );
}
