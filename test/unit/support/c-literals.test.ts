import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { floatLiteral } from '../../../compiler/support/c-literals.ts';

fc.configureGlobal({ seed: 20240501 });

describe('float literals', () => {
  it('name every finite float32 uniquely, the sign of zero included', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const literal = floatLiteral(value);
        expect(literal).toMatch(/^-?\d+(\.\d+)?(e[+-]?\d+)?f$/);
        expect(literal).toMatch(/[.e]/);
        expect(Math.fround(Number(literal.slice(0, -1)))).toBe(value);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    [0, '0.0f'],
    [1, '1.0f'],
    [-2.5, '-2.5f'],
    [100, '100.0f'],
    [16777216, '16777216.0f'],
    [123456792, '123456792.0f'],
    [4294967296, '4294967300.0f'],
    [2 ** -7, '0.0078125f'],
    [2 ** -20, '9.53674316e-7f'],
    [2 ** 100, '1.2676506e+30f'],
    [Math.fround(0.1), '0.100000001f'],
  ])('of %d have no zeros at their end', (value, literal) => expect(floatLiteral(value)).toBe(literal));

  it('do not exist for NaN and infinities', () => {
    for (const value of [NaN, Infinity, -Infinity]) expect(() => floatLiteral(value)).toThrow(RangeError);
  });
});
