/**
 * The integer sum behind an exact linear op.
 *
 * An exact linear op reads stored integers q (bits ±1, u8, i8) whose real value in channel c is S_c·q + O_c, has
 * weights α_o·w with w = ±1, and means
 *
 *     real_o = α_o·Σ w·(S_c·q + O_c) + bias_o        over the window; a padded tap is worth the pad value P.
 *
 * This file finds integers m_c, a_c, p and a unit U > 0 or < 0, so that the C code only has to form
 *
 *     acc_o  = Σ w·(m_c·q + a_c)                      a padded tap counts w·p
 *     real_o = α_o·U·acc_o + α_o·Σ w·F_c + bias_o     with F_c = O_c where the offset was folded, else 0.
 *
 * 1. One scale S for all channels and no padding, or a padded tap that is itself a stored integer
 *    p = (P - O)/S: then m = 1, a = 0, U = S and every tap, padded or not, carries the same O, which is folded.
 *    (Zero padding of a plain u8 image: p = 0. Zero padding of {0,1} activations, S = O = 1/2: p = -1.)
 * 2. No padding, scales that differ by channel: a = 0, m_c = S_c/U, offsets folded.
 * 3. Otherwise a padded tap would not carry the offset: it must be inside the sum, U = 1/(common denominator).
 */
import {
  ZERO,
  add,
  divide,
  equals,
  greatestCommonDivisor,
  leastCommonDenominator,
  multiply,
  rational,
  rationalFromNumber,
  subtract,
  type Rational,
} from '../support/rational.ts';
import { DTYPES, perChannel } from './encoding.ts';
import type { TensorType } from './types.ts';

export interface IntegerTerms {
  /** m_c, length 1 or one per input channel. */
  readonly multiplier: readonly number[];
  /** a_c, length 1 or one per input channel. */
  readonly addend: readonly number[];
  /** p: what a padded tap counts before its weight. 0 means that padded taps are skipped. */
  readonly pad: number;
  readonly unit: Rational;
  /** F_c, length 1 or one per input channel. */
  readonly folded: readonly Rational[];
}

/** True when the sum is Σ w·q over stored elements: no multiplier, no addend. */
export function isDirect(terms: IntegerTerms): boolean {
  return terms.multiplier.every((m) => m === 1) && terms.addend.every((a) => a === 0);
}

/** @throws RangeError when the input has no encoding (a real-valued tensor) */
export function integerTerms(input: TensorType, padded: boolean, padValue: number): IntegerTerms {
  const { encoding, dtype } = input;
  if (encoding === undefined) throw new RangeError(`${dtype} has no integer terms`);
  const { scale, offset } = encoding;
  const pad = rationalFromNumber(padValue);
  const [firstScale = ZERO] = scale;
  const [firstOffset = ZERO] = offset;

  if (scale.length === 1 && (!padded || offset.length === 1)) {
    const stored = padded ? divide(subtract(pad, firstOffset), firstScale) : ZERO;
    const { minimum, maximum } = DTYPES[dtype];
    const value = Number(stored.numerator);
    if (stored.denominator === 1n && value >= minimum && value <= maximum) {
      return { multiplier: [1], addend: [0], pad: value, unit: firstScale, folded: offset };
    }
  }
  const inside = padded ? [...scale, ...offset, pad] : scale;
  const denominator = leastCommonDenominator(inside);
  const common = inside.reduce((acc, v) => greatestCommonDivisor(acc, (v.numerator * denominator) / v.denominator), 0n) || 1n;
  const unit = rational(common, denominator);
  const units = (value: Rational): number => Number(divide(value, unit).numerator);
  return padded
    ? { multiplier: scale.map(units), addend: offset.map(units), pad: units(pad), unit, folded: [ZERO] }
    : { multiplier: scale.map(units), addend: [0], pad: 0, unit, folded: offset };
}

/** Largest |m_c·q + a_c| over the stored range of the type, and |p|. */
export function largestTerm(input: TensorType, terms: IntegerTerms): number {
  const { minimum, maximum } = DTYPES[input.dtype];
  let largest = Math.abs(terms.pad);
  for (let c = 0; c < Math.max(terms.multiplier.length, terms.addend.length); c += 1) {
    const [m, a] = [perChannel(terms.multiplier, c), perChannel(terms.addend, c)];
    largest = Math.max(largest, Math.abs(m * minimum + a), Math.abs(m * maximum + a));
  }
  return largest;
}

/** α_o·Σ w·F_c for each output, exactly. `signs` is [outputs][taps][inputs of the group]. */
export function foldedOffsets(
  folded: readonly Rational[],
  signs: Int8Array,
  outputs: number,
  inputsPerGroup: number,
  groups: number,
): readonly Rational[] {
  if (folded.every((f) => equals(f, ZERO))) return [ZERO];
  const perOutput = signs.length / outputs;
  return Array.from({ length: outputs }, (_, output) => {
    const group = Math.floor(output / (outputs / groups));
    const [only] = folded;
    if (folded.length === 1 && only !== undefined) {
      const row = signs.subarray(output * perOutput, (output + 1) * perOutput);
      return multiply(rational(row.reduce((count, sign) => count + sign, 0)), only);
    }
    let sum = ZERO;
    for (let channel = 0; channel < inputsPerGroup; channel += 1) {
      let count = 0;
      for (let i = channel; i < perOutput; i += inputsPerGroup) count += signs[output * perOutput + i] ?? 0;
      sum = add(sum, multiply(rational(count), perChannel(folded, group * inputsPerGroup + channel)));
    }
    return sum;
  });
}
