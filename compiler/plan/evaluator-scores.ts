/**
 * How stored integers become real numbers where doubles and big integers are at hand: float32(S·x + O), rounded once.
 *
 *   scale   fround(x·S) when O = 0, S is a double and x·S has at most 53 bits: the product is exact, fround rounds it
 *   round   otherwise: a double and its error bound, and where they cannot decide the exact fraction (see templates/evaluator.ts)
 */
import { PLAIN, perChannel } from '../ir/encoding.ts';
import type { Encoding, TensorType } from '../ir/types.ts';
import { ZERO, equals, leastCommonDenominator, rationalFromNumber, toNumber, type Rational } from '../support/rational.ts';
import type { EvaluatorOperation } from './evaluator.ts';

const DOUBLE_BITS = 53;

/** Bits from the highest to the lowest 1; 0 for 0. */
function significantBits(value: bigint): number {
  return (value < 0n ? -value : value).toString(2).replace(/0+$/, '').length;
}

function isDouble(value: Rational): boolean {
  const double = toNumber(value);
  return Number.isFinite(double) && equals(rationalFromNumber(double), value);
}

/** @param largest bound of |x| */
export function realOperation({ encoding = PLAIN }: TensorType, largest: number): EvaluatorOperation {
  const { scale, offset } = encoding;
  const bits = largest.toString(2).length;
  const exact = scale.every((s) => isDouble(s) && significantBits(s.numerator) + bits <= DOUBLE_BITS);
  if (exact && offset.every((o) => equals(o, ZERO))) return { kind: 'scale', scale: scale.map(toNumber) };
  return roundOperation(encoding);
}

function roundOperation({ scale, offset }: Encoding): EvaluatorOperation {
  const fractions = Array.from({ length: Math.max(scale.length, offset.length) }, (_, c) => {
    const [s, o] = [perChannel(scale, c), perChannel(offset, c)];
    const divisor = leastCommonDenominator([s, o]);
    const units = ({ numerator, denominator }: Rational): bigint => (numerator * divisor) / denominator;
    return { factor: units(s), constant: units(o), divisor, scale: toNumber(s), offset: toNumber(o) };
  });
  return { kind: 'round', fractions };
}
