/**
 * Exact rational numbers, and their one rounding to float32.
 *
 * A linear layer whose sum is `exact` means: the rational sum, rounded once to float32 (round half to even).
 * Scales, offsets, means and deviations given by the user are read as exact decimals or fractions.
 */

/** numerator/denominator in lowest terms, denominator > 0. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

export const ZERO: Rational = { numerator: 0n, denominator: 1n };
export const ONE: Rational = { numerator: 1n, denominator: 1n };

export function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

/** @throws RangeError if the denominator is 0 */
export function rational(numerator: bigint | number, denominator: bigint | number = 1n): Rational {
  let [n, d] = [BigInt(numerator), BigInt(denominator)];
  if (d === 0n) throw new RangeError('a rational with denominator 0');
  if (d < 0n) [n, d] = [-n, -d];
  const divisor = greatestCommonDivisor(n, d) || 1n;
  return { numerator: n / divisor, denominator: d / divisor };
}

/** The exact value of a finite double (every double is a rational with a power of two below). */
export function rationalFromNumber(value: number): Rational {
  if (!Number.isFinite(value)) throw new RangeError(`${value} is not a rational number`);
  let exponent = 0;
  let scaled = value;
  while (!Number.isInteger(scaled)) {
    scaled *= 2; // exact: only the exponent changes; denormals become normal on the way
    exponent += 1;
  }
  return rational(BigInt(scaled), 1n << BigInt(exponent));
}

const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;

/** Reads `0.1307`, `1e-3`, `1/255` or `0.5/255` exactly. Returns undefined for anything else. */
export function parseRational(text: string): Rational | undefined {
  const parts = text.trim().split('/');
  if (parts.length > 2) return undefined;
  const values = parts.map(parseDecimal);
  const [top, bottom] = values;
  if (top === undefined || (parts.length === 2 && bottom === undefined)) return undefined;
  if (bottom === undefined) return top;
  return bottom.numerator === 0n ? undefined : divide(top, bottom);
}

function parseDecimal(text: string): Rational | undefined {
  const match = NUMBER.exec(text.trim());
  if (!match) return undefined;
  const [, sign = '', whole = '', fraction = '', exponentText = '0'] = match;
  if (whole === '' && fraction === '') return undefined;
  const exponent = Number(exponentText) - fraction.length;
  const digits = BigInt(`${whole}${fraction}`) * (sign === '-' ? -1n : 1n);
  return exponent >= 0 ? rational(digits * 10n ** BigInt(exponent)) : rational(digits, 10n ** BigInt(-exponent));
}

export function add(a: Rational, b: Rational): Rational {
  return rational(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);
}

export function subtract(a: Rational, b: Rational): Rational {
  return add(a, negate(b));
}

export function multiply(a: Rational, b: Rational): Rational {
  return rational(a.numerator * b.numerator, a.denominator * b.denominator);
}

export function divide(a: Rational, b: Rational): Rational {
  return rational(a.numerator * b.denominator, a.denominator * b.numerator);
}

export function negate(a: Rational): Rational {
  return { numerator: -a.numerator, denominator: a.denominator };
}

export function equals(a: Rational, b: Rational): boolean {
  return a.numerator === b.numerator && a.denominator === b.denominator;
}

/** -1, 0 or 1. */
export function signOf(a: Rational): -1 | 0 | 1 {
  return a.numerator > 0n ? 1 : a.numerator < 0n ? -1 : 0;
}

export function leastCommonDenominator(values: readonly Rational[]): bigint {
  return values.reduce((acc, v) => (acc / greatestCommonDivisor(acc, v.denominator)) * v.denominator, 1n);
}

export function printRational(a: Rational): string {
  return a.denominator === 1n ? `${a.numerator}` : `${a.numerator}/${a.denominator}`;
}

/** Nearest double; used only for printing and for bounds that carry their own error. */
export function toNumber(a: Rational): number {
  const shift = BigInt(Math.max(0, bitLength(a.denominator) - bitLength(a.numerator) + 64));
  return Number((a.numerator << shift) / a.denominator) / Number(1n << shift);
}

function bitLength(value: bigint): number {
  return (value < 0n ? -value : value).toString(2).length;
}

/** The float32 nearest to `a`, ties to even, as a double. Overflows to an infinity like IEEE 754; a result of 0 is +0. */
export function toFloat32(a: Rational): number {
  if (a.numerator === 0n) return 0;
  const magnitude = a.numerator < 0n ? -a.numerator : a.numerator;
  // Choose e with 2^e <= magnitude/denominator < 2^(e+1); a float32 has 24 bits from 2^e down, never below 2^-149.
  let e = bitLength(magnitude) - bitLength(a.denominator);
  const atLeast = (power: number): boolean =>
    power >= 0 ? magnitude >= a.denominator << BigInt(power) : magnitude << BigInt(-power) >= a.denominator;
  if (!atLeast(e)) e -= 1;
  const unit = Math.max(e - 23, -149);
  const [top, bottom] = unit >= 0 ? [magnitude, a.denominator << BigInt(unit)] : [magnitude << BigInt(-unit), a.denominator];
  let units = top / bottom;
  const twice = 2n * (top % bottom);
  if (twice > bottom || (twice === bottom && units % 2n === 1n)) units += 1n;
  const value = Math.fround(Number(units) * 2 ** unit); // exact: units < 2^24 + 1
  return a.numerator < 0n && value !== 0 ? -value : value;
}

/**
 * The function q ↦ float32(scale·q + offset), rounded once, for integers |q| < 2^53.
 *
 * Fast path: the double v = q·s + o with s, o the nearest doubles has an error below
 * (|q·s| + |o|)·2^-50; when both ends of that interval round to one float32, it is the answer. Otherwise exact.
 */
export function roundedAffine(scale: Rational, offset: Rational): (q: number) => number {
  const s = toNumber(scale);
  const o = toNumber(offset);
  return (q) => {
    const v = q * s + o;
    const error = (Math.abs(q * s) + Math.abs(o)) * 2 ** -50;
    const low = Math.fround(v - error);
    if (low === Math.fround(v + error)) return low + 0;
    return toFloat32(add(multiply(scale, rational(q)), offset));
  };
}
