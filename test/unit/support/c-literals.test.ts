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

  it('do not exist for NaN and infinities', () => {
    for (const value of [NaN, Infinity, -Infinity]) expect(() => floatLiteral(value)).toThrow(RangeError);
  });
});
