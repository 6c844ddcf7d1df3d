import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  add,
  divide,
  equals,
  multiply,
  parseRational,
  printRational,
  rational,
  rationalFromNumber,
  roundedAffine,
  subtract,
  toFloat32,
  toNumber,
  type Rational,
} from '../../../compiler/support/rational.ts';

fc.configureGlobal({ seed: 20240501 });

/** Zero has no sign here. */
const unsigned = (value: number): number => (value === 0 ? 0 : value);

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
/** Doubles around the places where float32 rounding decides: midpoints of neighbours, denormals, the ends of the range. */
const delicate = fc
  .tuple(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(0, 0.5, -0.5, 0.5 + 2 ** -20, 0.5 - 2 ** -20, 1), fc.boolean())
  .map(([value, part, tiny]) => {
    const at = Math.fround(tiny ? value * 2 ** -140 : value);
    const unit = Math.max(2 ** -149, 2 ** (Math.floor(Math.log2(Math.abs(at) || 2 ** -149)) - 23));
    return at + part * unit;
  })
  .filter(Number.isFinite);

const integer = fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n });
const fractions = fc.tuple(integer, fc.bigInt({ min: 1n, max: 10n ** 9n })).map(([n, d]) => rational(n, d));

describe('rounding to float32', () => {
  it('is Math.fround for every double, midpoints and denormals included', () => {
    fc.assert(
      fc.property(fc.oneof(finite, delicate), (value) => {
        expect(toFloat32(rationalFromNumber(value))).toBe(unsigned(Math.fround(value)));
      }),
      { numRuns: 3000 },
    );
  });

  it('rounds midpoints to even and overflows like IEEE 754', () => {
    expect(toFloat32(rational(2n ** 24n + 1n))).toBe(2 ** 24);
    expect(toFloat32(rational(2n ** 24n + 3n))).toBe(2 ** 24 + 4);
    expect(toFloat32(rational(1n, 2n ** 150n))).toBe(0);
    expect(toFloat32(rational(-1n, 2n ** 150n))).toBe(0);
    expect(toFloat32(rational(3n, 2n ** 150n))).toBe(2 ** -148);
    expect(toFloat32(rational(2n ** 128n))).toBe(Infinity);
    expect(toFloat32(rational(-(10n ** 400n)))).toBe(-Infinity);
    expect(toFloat32(rational(1n, 3n))).toBe(Math.fround(1 / 3));
  });

  it('of a fraction is the nearest float32: neither neighbour is nearer', () => {
    fc.assert(
      fc.property(fractions, (value) => {
        const nearest = toFloat32(value);
        const gap = (candidate: number): Rational => {
          const difference = subtract(value, rationalFromNumber(candidate));
          return difference.numerator < 0n ? rational(-difference.numerator, difference.denominator) : difference;
        };
        const ulp = Math.max(2 ** -149, 2 ** (Math.floor(Math.log2(Math.abs(nearest) || 2 ** -149)) - 24));
        for (const neighbour of [Math.fround(nearest - 2 * ulp), Math.fround(nearest + 2 * ulp), Math.fround(nearest - ulp)]) {
          expect(subtract(gap(neighbour), gap(nearest)).numerator >= 0n).toBe(true);
        }
      }),
    );
  });

  it('of scale·q + offset has a fast way that always agrees with the exact one', () => {
    const scales = fc.oneof(fractions, delicate.map(rationalFromNumber), fc.constantFrom(rational(1n, 255n), rational(-1n, 3n)));
    fc.assert(
      fc.property(scales, scales, fc.array(fc.integer(), { minLength: 1, maxLength: 20 }), (scale, offset, integers) => {
        const f = roundedAffine(scale, offset);
        for (const q of integers) expect(f(q)).toBe(toFloat32(add(multiply(scale, rational(q)), offset)));
      }),
      { numRuns: 1000 },
    );
  });

  it('of scale·q + offset agrees with the exact way where the sum is a midpoint', () => {
    fc.assert(
      fc.property(delicate, fc.integer({ min: -1000, max: 1000 }), fractions, (value, q, scale) => {
        const offset = subtract(rationalFromNumber(value), multiply(scale, rational(q)));
        expect(roundedAffine(scale, offset)(q)).toBe(unsigned(Math.fround(value)));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('exact numbers', () => {
  it('hold every double exactly, and give it back where it is not denormal', () => {
    const normal = finite.filter((value) => value === 0 || Math.abs(value) > 2 ** -900);
    fc.assert(
      fc.property(normal, (value) => {
        expect(toNumber(rationalFromNumber(value))).toBe(unsigned(value));
      }),
    );
  });

  it('are read as decimals and fractions, and printed so that they are read again', () => {
    expect(parseRational('0.1307')).toEqual(rational(1307n, 10000n));
    expect(parseRational('1/255')).toEqual(rational(1n, 255n));
    expect(parseRational('-.5/25.5e1')).toEqual(rational(-1n, 510n));
    expect(parseRational('1e-3')).toEqual(rational(1n, 1000n));
    for (const bad of ['', '.', '1/0', '1/2/3', '0x10', 'one', '1e', '--1', '1e9999']) expect(parseRational(bad)).toBeUndefined();
    fc.assert(
      fc.property(fractions, (value) => {
        expect(parseRational(printRational(value))).toEqual(value);
      }),
    );
  });

  it('add, subtract, multiply and divide without rounding', () => {
    fc.assert(
      fc.property(fractions, fractions, (a, b) => {
        expect(equals(subtract(add(a, b), b), a)).toBe(true);
        if (b.numerator !== 0n) expect(equals(multiply(divide(a, b), b), a)).toBe(true);
      }),
    );
    expect(() => divide(rational(1n), rational(0n))).toThrow(RangeError);
  });
});
