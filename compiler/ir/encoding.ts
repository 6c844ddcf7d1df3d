/** What stored elements are worth: dtype facts, encodings, and exact affine changes of them. */
import { ONE, ZERO, add, divide, equals, multiply, negate, rational, roundedAffine, type Rational } from '../support/rational.ts';
import type { DType, Encoding, Tensor, TensorData, TensorType } from './types.ts';

/** Stored value = real value. */
export const PLAIN: Encoding = { scale: [ONE], offset: [ZERO] };

interface DTypeFacts {
  readonly minimum: number;
  readonly maximum: number;
  readonly allocate: (length: number) => TensorData;
}

const int8 = (length: number): TensorData => new Int8Array(length);
const uint8 = (length: number): TensorData => new Uint8Array(length);
const int32 = (length: number): TensorData => new Int32Array(length);

/** Stored range and storage of each type. */
export const DTYPES: { readonly [D in DType]: DTypeFacts } = {
  b1: { minimum: -1, maximum: 1, allocate: int8 },
  t2: { minimum: -1, maximum: 1, allocate: int8 },
  bool: { minimum: 0, maximum: 1, allocate: uint8 },
  u8: { minimum: 0, maximum: 255, allocate: uint8 },
  i8: { minimum: -128, maximum: 127, allocate: int8 },
  i16: { minimum: -32768, maximum: 32767, allocate: int32 },
  i32: { minimum: -(2 ** 31), maximum: 2 ** 31 - 1, allocate: int32 },
  f32: { minimum: -Infinity, maximum: Infinity, allocate: (length) => new Float32Array(length) },
};

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Size of the last dimension; 1 for a scalar. */
export function channelCount(shape: readonly number[]): number {
  return shape.at(-1) ?? 1;
}

/** Entry c of a list that has length 1 (shared) or one entry per channel. */
export function perChannel<T>(list: ArrayLike<T>, channel: number): T {
  const entry = list[list.length === 1 ? 0 : channel];
  if (entry === undefined) throw new RangeError(`no entry for channel ${channel} in a list of ${list.length}`);
  return entry;
}

/** What a byte is worth as (stored/255 − mean)/std. Lists have length 1 or one entry per channel; no std is 0. */
export function normalised(mean: readonly Rational[], std: readonly Rational[]): Encoding {
  const each = Array.from({ length: Math.max(mean.length, std.length) }, (_, c) => c);
  return compact({
    scale: each.map((c) => divide(ONE, multiply(rational(255), perChannel(std, c)))),
    offset: each.map((c) => negate(divide(perChannel(mean, c), perChannel(std, c)))),
  });
}

export function isPlain(encoding: Encoding): boolean {
  return encoding.scale.every((s) => equals(s, ONE)) && encoding.offset.every((o) => equals(o, ZERO));
}

export function sameType(a: TensorType, b: TensorType): boolean {
  if (a.dtype !== b.dtype || a.shape.length !== b.shape.length || a.shape.some((d, i) => d !== b.shape[i])) return false;
  if (a.encoding === undefined || b.encoding === undefined) return a.encoding === b.encoding;
  return sameList(a.encoding.scale, b.encoding.scale) && sameList(a.encoding.offset, b.encoding.offset);
}

function sameList(a: readonly Rational[], b: readonly Rational[]): boolean {
  return a.length === b.length && a.every((value, i) => equals(value, perChannel(b, i)));
}

/** The encoding after real ← scale·real + offset, exactly. Lists have length 1 or one entry per channel. */
export function composeEncoding(inner: Encoding, outer: Encoding): Encoding {
  const channels = Math.max(inner.scale.length, inner.offset.length, outer.scale.length, outer.offset.length);
  const each = Array.from({ length: channels }, (_, c) => c);
  return compact({
    scale: each.map((c) => multiply(perChannel(inner.scale, c), perChannel(outer.scale, c))),
    offset: each.map((c) => add(multiply(perChannel(inner.offset, c), perChannel(outer.scale, c)), perChannel(outer.offset, c))),
  });
}

/** Lists of equal entries become lists of one. */
export function compact(encoding: Encoding): Encoding {
  const shrink = (list: readonly Rational[]): readonly Rational[] => {
    const first = list[0];
    return first !== undefined && list.every((value) => equals(value, first)) ? [first] : list;
  };
  return { scale: shrink(encoding.scale), offset: shrink(encoding.offset) };
}

/** The function (stored q, channel) ↦ real value rounded once to float32. Identity for f32, t2 and bool. */
export function realValueOf(type: TensorType): (stored: number, channel: number) => number {
  const { encoding } = type;
  if (encoding === undefined || isPlain(encoding)) return (stored) => Math.fround(stored);
  const count = Math.max(encoding.scale.length, encoding.offset.length);
  const functions = Array.from({ length: count }, (_, c) => roundedAffine(perChannel(encoding.scale, c), perChannel(encoding.offset, c)));
  return (stored, channel) => perChannel(functions, channel)(stored);
}

/** All elements as float32 real values. */
export function realValues(tensor: Tensor): Float32Array {
  if (tensor.data instanceof Float32Array) return tensor.data;
  const channels = channelCount(tensor.type.shape);
  const real = realValueOf(tensor.type);
  return Float32Array.from(tensor.data, (stored, i) => real(stored, i % channels));
}
