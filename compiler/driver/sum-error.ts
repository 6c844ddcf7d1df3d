/**
 * How far float32 implementations of an exact layer can be from its sum.
 *
 * The layer means X = α·Σ w_i·x_i + b over n taps, w_i = ±1. An implementation forms the products α·w_i·x̂_i, or multiplies the sum
 * of w_i·x̂_i by α; it adds in any order and any tree (one register, SIMD lanes, pairs), with b first, last or anywhere, with or
 * without fused multiply-add; x̂_i is what it has for the real input x_i.
 *
 * The sum. With u = 2^-24, an operation of IEEE 754 float32 gives (a ∘ b)·(1 + δ), |δ| <= u; a product may be wrong by another 2^-150
 * where it is denormal, a sum never. A summand t_i at depth d_i of the tree of additions, with one product on its way, arrives as
 * t_i times d_i + 1 factors (1 + δ) (Higham, Accuracy and Stability of Numerical Algorithms, lemma 3.1 and chapter 4), so that
 *
 *     |X̂ − X| <= Σ (d_i + 1)·u/(1 − (n+2)·u)·|t_i|     over the taps and b.
 *
 * Σ d_i·|t_i| adds up, for every addition, the magnitudes of the summands below it. Let T_1 >= T_2 >= … be the magnitudes of the n taps.
 * Without b there are n−1 additions. One with m taps below it has m−1 additions among its descendants and itself, so at most n−m+1
 * additions have m taps or more below them: sorted by size, the k-th largest has at most n−k+1. It adds up at most the largest of
 * them, and the worst tree is the chain that starts with the largest:
 *
 *     Σ d_i·T_i <= C = Σ_(m=2..n) (T_1 + … + T_m) = Σ_i T_i·(n + 1 − max(i, 2)).
 *
 * b is one more leaf: taking it away removes one addition, below which all taps may be, so the taps have C + A with A = Σ T_i, and b
 * has depth n at most. The product adds A once more.
 *
 * The input. A byte q of scale S and offset O is worth S·q + O. (q/255 − mean)/std, with all constants rounded to float32, reciprocals
 * or a quotient, or one product and one addition with rounded S and O, are at most 7 roundings of two summands, which S and O are far
 * from underflow for: |x̂ − x| <= γ_7·(|S·q| + |O|), γ_k = k·u/(1 − k·u). It is 0 where S, O and all S·q + O are multiples of one power of
 * two, and no more than 2^24 times that. The two values of a bit are float32 numbers, and every implementation has them.
 *
 * No rounding. If all α·x_i and b are multiples of a power of two g >= 2^-149, and α·A + |b| <= 2^24·g, then every partial sum in every
 * order is a float32 number. So are the sums before a multiplication by α: α is a multiple of its own power of two. The error is 0.
 */
import { tapsOf, type LinearNode } from '../ir/accumulator.ts';
import { isPadded } from '../ir/attributes.ts';
import { DTYPES, PLAIN, perChannel } from '../ir/encoding.ts';
import type { TensorType } from '../ir/types.ts';
import { add, equals, multiply, rational, rationalFromNumber, toFloat32, toNumber, type Rational } from '../support/rational.ts';

/** Unit roundoff of float32. */
const ROUNDOFF = 2 ** -24;
/** Twice what a denormal product can lose. */
export const UNDERFLOW = 2 ** -149;
/** Integers of a unit that float32 holds without gaps. */
const EXACT_UNITS = 2 ** 24;
/** Numbers beyond this are taken for overflow, which no bound covers; the largest float32 is just below 2^128. */
export const OVERFLOW = 2 ** 126;

/** γ_k: what k roundings change a number by, relative to it. */
export function roundings(count: number): number {
  return (count * ROUNDOFF) / (1 - count * ROUNDOFF);
}

/** The largest power of two of which a float32 number is a multiple; Infinity for 0. */
function unitOf(value: number): number {
  if (value === 0) return Infinity;
  let unit = 1;
  while (!Number.isInteger(value / unit)) unit /= 2;
  while (Number.isInteger(value / (unit * 2))) unit *= 2;
  return unit;
}

/** What is known about the real inputs of one channel. */
export interface Worth {
  /** Largest magnitude. */
  readonly largest: number;
  /** An implementation's number is no further from the exact one. */
  readonly error: number;
  /** A power of two of which all of them are multiples; 0 where rounding is needed. */
  readonly unit: number;
}

function isNumber(value: Rational, number: number): boolean {
  return Number.isFinite(number) && equals(rationalFromNumber(number), value);
}

/** Neither underflow nor overflow comes near a computation with this constant. */
function isModerate(value: number): boolean {
  return value === 0 || (Math.abs(value) > 2 ** -40 && Math.abs(value) < 2 ** 40);
}

/** Of bits and bytes. */
export function worthOf({ dtype, encoding = PLAIN }: TensorType, channel: number): Worth {
  const [scale, offset] = [perChannel(encoding.scale, channel), perChannel(encoding.offset, channel)];
  const { minimum, maximum } = DTYPES[dtype];
  const ends = [minimum, maximum].map((stored) => add(multiply(scale, rational(stored)), offset));
  const largest = Math.max(...ends.map((end) => Math.abs(toNumber(end))));
  const floats = ends.map(toFloat32);
  if (dtype === 'b1' && ends.every((end, i) => isNumber(end, floats[i] as number))) {
    return { largest, error: 0, unit: Math.min(...floats.map(unitOf)) };
  }
  const [s, o] = [toNumber(scale), toNumber(offset)];
  const parts = Math.abs(s) * Math.max(-minimum, maximum) + Math.abs(o);
  if (isNumber(scale, s) && isNumber(offset, o)) {
    const unit = Math.min(unitOf(s), unitOf(o));
    if (parts <= EXACT_UNITS * unit) return { largest, error: 0, unit };
  }
  return { largest, error: isModerate(s) && isModerate(o) ? roundings(7) * parts : Infinity, unit: 0 };
}

/** Sums over the taps of one group of outputs. */
interface Taps {
  /** C: see above. */
  readonly order: number;
  /** A: Σ |x̂_i|. */
  readonly total: number;
  /** Σ |x̂_i − x_i|. */
  readonly error: number;
  readonly unit: number;
}

function tapsOfGroup(node: LinearNode, input: TensorType, first: number, channels: number): Taps {
  const taps = tapsOf(node);
  const padded = node.kind === 'conv2d' && isPadded(node.attrs.padding) && node.attrs.padValue !== 0;
  const worths = Array.from({ length: channels }, (_, c) => worthOf(input, first + c)).map(({ largest, error }) => ({
    largest: Math.max(largest, padded ? 1 : 0) + error,
    error,
  }));
  const units = Array.from({ length: channels }, (_, c) => worthOf(input, first + c).unit);
  let [order, total, error, place] = [0, 0, 0, 0];
  for (const worth of [...worths].sort((a, b) => b.largest - a.largest)) {
    for (let i = 0; i < taps / channels; i += 1) {
      place += 1;
      order += worth.largest * (taps + 1 - Math.max(place, 2));
      total += worth.largest;
      error += worth.error;
    }
  }
  return { order: taps > 1 ? order : 0, total, error, unit: Math.min(...units, padded ? 1 : Infinity) };
}

/** For each output of an exact layer: no float32 implementation is further from the exact sum. Infinity where no bound is known. */
export function sumErrors(node: LinearNode, input: TensorType): (output: number) => number {
  const { weights, bias } = node.attrs;
  if (weights.kind !== 'binary') throw new Error(`"${node.name}" has no exact sum`);
  const groups = node.kind === 'conv2d' ? node.attrs.groups : 1;
  const channels = (input.shape.at(-1) ?? 1) / groups;
  const of = Array.from({ length: groups }, (_, group) => tapsOfGroup(node, input, group * channels, channels));
  const count = tapsOf(node);
  return (output) => {
    const { order, total, error, unit } = perChannel(of, Math.floor(output / (weights.outputs / groups)));
    const alpha = perChannel(weights.scale, output);
    const constant = Math.abs(bias?.[output] ?? 0);
    const common = Math.min(unit * unitOf(alpha), unitOf(constant));
    const reach = alpha * total + constant;
    if (!isModerate(alpha)) return Infinity;
    if (reach <= EXACT_UNITS * common && common >= UNDERFLOW) return 0;
    if (!(reach + total < OVERFLOW && count < 2 ** 20)) return Infinity;
    const each = ROUNDOFF / (1 - (count + 2) * ROUNDOFF);
    return each * (alpha * (order + 2 * total) + count * constant) + alpha * error + (count + 2) * UNDERFLOW;
  };
}
