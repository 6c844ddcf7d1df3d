/** How elements of a file's tensors are stored, and what they are once read. */
import { bfloat16, float16 } from '../../support/elements.ts';
import type { TensorProto } from './onnx_pb.ts';

/** int64 and uint64 are held as doubles (exact to 2^53, far above any shape); 16-bit floats are widened to float32. */
export type ElementType = 'float32' | 'float64' | 'int8' | 'uint8' | 'int16' | 'uint16' | 'int32' | 'uint32' | 'int64' | 'uint64' | 'bool';

export type ConstantData = Float32Array | Float64Array | Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array;

export interface StoredType {
  readonly name: string;
  readonly element: ElementType;
  /** Bits of an element in raw data; elements of 4 bits lie two to a byte, the first in the low half, rows not aligned. */
  readonly bits: 4 | 8 | 16 | 32 | 64;
  /** Element of raw data that begins at byte `at`; for 4 bits the whole byte is handed to `fromBits`. */
  readonly read: (view: DataView, at: number) => number;
  /** The typed field that holds the elements when there is no raw data. */
  readonly field: (tensor: TensorProto) => ArrayLike<number | bigint>;
  /** Element of that field → value, where it is stored as bits. */
  readonly fromBits?: (stored: number) => number;
}

const int32Field = (tensor: TensorProto): ArrayLike<number> => tensor.int32Data;
const uint64Field = (tensor: TensorProto): ArrayLike<bigint> => tensor.uint64Data;
const truth = (stored: number): number => (stored === 0 ? 0 : 1);

/** By the number in TensorProto.data_type. */
export const STORED: ReadonlyMap<number, StoredType> = new Map<number, StoredType>([
  [1, { name: 'float', element: 'float32', bits: 32, read: (v, at) => v.getFloat32(at, true), field: (t) => t.floatData }],
  [2, { name: 'uint8', element: 'uint8', bits: 8, read: (v, at) => v.getUint8(at), field: int32Field }],
  [3, { name: 'int8', element: 'int8', bits: 8, read: (v, at) => v.getInt8(at), field: int32Field }],
  [4, { name: 'uint16', element: 'uint16', bits: 16, read: (v, at) => v.getUint16(at, true), field: int32Field }],
  [5, { name: 'int16', element: 'int16', bits: 16, read: (v, at) => v.getInt16(at, true), field: int32Field }],
  [6, { name: 'int32', element: 'int32', bits: 32, read: (v, at) => v.getInt32(at, true), field: int32Field }],
  [7, { name: 'int64', element: 'int64', bits: 64, read: (v, at) => Number(v.getBigInt64(at, true)), field: (t) => t.int64Data }],
  [9, { name: 'bool', element: 'bool', bits: 8, read: (v, at) => truth(v.getUint8(at)), field: int32Field, fromBits: truth }],
  [
    10,
    {
      name: 'float16',
      element: 'float32',
      bits: 16,
      read: (v, at) => float16(v.getUint16(at, true)),
      field: int32Field,
      fromBits: float16,
    },
  ],
  [11, { name: 'double', element: 'float64', bits: 64, read: (v, at) => v.getFloat64(at, true), field: (t) => t.doubleData }],
  [12, { name: 'uint32', element: 'uint32', bits: 32, read: (v, at) => v.getUint32(at, true), field: uint64Field }],
  [13, { name: 'uint64', element: 'uint64', bits: 64, read: (v, at) => Number(v.getBigUint64(at, true)), field: uint64Field }],
  [
    16,
    {
      name: 'bfloat16',
      element: 'float32',
      bits: 16,
      read: (v, at) => bfloat16(v.getUint16(at, true)),
      field: int32Field,
      fromBits: bfloat16,
    },
  ],
  [21, { name: 'uint4', element: 'uint8', bits: 4, read: (v, at) => v.getUint8(at), field: int32Field, fromBits: (b) => b & 15 }],
  [22, { name: 'int4', element: 'int8', bits: 4, read: (v, at) => v.getUint8(at), field: int32Field, fromBits: (b) => ((b & 15) ^ 8) - 8 }],
]);

/** Types without a reading, and why. */
const UNREADABLE: ReadonlyMap<number, readonly [name: string, why: string]> = new Map([
  [0, ['undefined', 'the file does not say what they are']],
  [8, ['string', 'a network computes with numbers']],
  [14, ['complex64', 'a network computes with real numbers']],
  [15, ['complex128', 'a network computes with real numbers']],
  [17, ['float8e4m3fn', 'convert the tensor to float before exporting']],
  [18, ['float8e4m3fnuz', 'convert the tensor to float before exporting']],
  [19, ['float8e5m2', 'convert the tensor to float before exporting']],
  [20, ['float8e5m2fnuz', 'convert the tensor to float before exporting']],
  [23, ['float4e2m1', 'convert the tensor to float before exporting']],
]);

/** `float`, `uint8`, …: the name of an element type in the file. */
export function storedTypeName(dataType: number): string {
  return STORED.get(dataType)?.name ?? UNREADABLE.get(dataType)?.[0] ?? `data type ${dataType}`;
}

/** Why elements of this type cannot be read. */
export function whyUnreadable(dataType: number): string {
  return UNREADABLE.get(dataType)?.[1] ?? 'ONNX has no such type, or it is newer than this version of bnnc';
}

/** How elements of a file's data type are held here; undefined when they cannot be read. */
export function elementOf(dataType: number): ElementType | undefined {
  return STORED.get(dataType)?.element;
}
