import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Step } from '../../../compiler/ir/attributes.ts';
import { batchNormSteps } from '../../../compiler/ir/ops/batch-norm.ts';
import { direction } from '../../../compiler/ir/steps.ts';
import { preSign, searchThreshold, zeroRange } from '../../../compiler/ir/threshold-search.ts';
import type { TensorType } from '../../../compiler/ir/types.ts';
import { rational } from '../../../compiler/support/rational.ts';

fc.configureGlobal({ seed: 20240501 });

const float = (...special: readonly number[]): fc.Arbitrary<Float32Array> =>
  fc
    .oneof(fc.constantFrom(...special), fc.double({ min: -300, max: 300, noNaN: true }), fc.integer({ min: -40, max: 40 }))
    .map((value) => Float32Array.of(value));

const affine = {
  gamma: float(0, -0, 1, -1, 1e-6, -1e-6, 1e-30),
  beta: float(0, 1e-6, -1e-6, 0.5),
  mean: float(0, 0.5, -3, 1e6, -1e6),
};
const ofVariance = fc.record({
  ...affine,
  variance: fc.constantFrom(1, 0, 1e-40, 1e-9, 2000, 1e12).map((v) => Float32Array.of(v)),
  epsilon: fc.constantFrom(1e-5, 1e-3),
  form: fc.constantFrom('scale-shift' as const, 'normalize' as const, 'torch' as const, 'lasagne' as const),
});
const ofInverse = fc.record({
  ...affine,
  inverseDeviation: fc.constantFrom(1, 300, 1e-4, 0.7).map((v) => Float32Array.of(v)),
  form: fc.constantFrom('shift-based' as const, 'lasagne' as const),
});
const norm = fc.oneof({ weight: 3, arbitrary: ofVariance }, ofInverse).map(batchNormSteps);

const single = fc
  .tuple(fc.constantFrom<Step['operator'][]>('add', 'subtract', 'multiply', 'divide', 'maximum', 'minimum'), float(0.5, -0.25, 3))
  .filter(([operator, [value]]) => operator !== 'divide' || value !== 0)
  .map(([operator, values]): readonly Step[] => [{ operator, values }]);

const chains = fc.array(fc.oneof(norm, single), { maxLength: 3 }).map((parts) => parts.flat());
const scales = fc.constantFrom(rational(1), rational(1, 255), rational(-2, 3), rational(12265823, 16777216), rational(1, 2 ** 30));
const offsets = fc.constantFrom(rational(0), rational(1, 2), rational(-1307, 3081), rational(77));
const ranges = fc.tuple(fc.integer({ min: -1500, max: 200 }), fc.nat(1200)).map(([low, size]) => ({ low, high: low + size }));

const cases = fc
  .tuple(scales, offsets, chains, ranges)
  .map(([scale, offset, steps, range]) => {
    const type: TensorType = { dtype: 'i32', shape: [1], encoding: { scale: [scale], offset: [offset] } };
    const real = preSign(type, steps);
    return { f: (acc: number) => real(acc, 0), range, steps, scale };
  })
  .filter(({ f, range }) => Number.isFinite(f(range.low)) && Number.isFinite(f(range.high)));

function all({ low, high }: { readonly low: number; readonly high: number }): readonly number[] {
  return Array.from({ length: high - low + 1 }, (_, i) => low + i);
}

describe('a threshold', () => {
  it('gives the bit of the float32 definition at every attainable integer, for both conventions of sign(0)', () => {
    fc.assert(
      fc.property(cases, fc.constantFrom('plus' as const, 'minus' as const), ({ f, range }, zero) => {
        const found = searchThreshold(f, range, zero);
        if (found === undefined) throw new Error('no threshold where f is finite');
        const fires = (acc: number): boolean => (found.direction === 1 ? acc >= found.threshold : acc <= found.threshold);
        const wrong = all(range).filter((acc) => fires(acc) !== (zero === 'plus' ? f(acc) >= 0 : f(acc) > 0));
        expect(wrong).toEqual([]);
        expect(found.threshold).toBeGreaterThanOrEqual(range.low - 1);
        expect(found.threshold).toBeLessThanOrEqual(range.high + 1);
      }),
      { numRuns: 400 },
    );
  });

  it('does not exist where the float32 value overflows', () => {
    const huge: readonly Step[] = [{ operator: 'multiply', values: Float32Array.of(3e38) }];
    const f = preSign({ dtype: 'i32', shape: [1], encoding: { scale: [rational(1)], offset: [rational(0)] } }, huge);
    expect(searchThreshold((acc) => f(acc, 0), { low: -9, high: 9 }, 'plus')).toBeUndefined();
    expect(searchThreshold((acc) => f(acc, 0), { low: -1, high: 1 }, 'plus')).toEqual({ threshold: 0, direction: 1 });
  });
});

describe('the integers at which the value is exactly 0', () => {
  it('are those that evaluation finds', () => {
    fc.assert(
      fc.property(cases, ({ f, range }) => {
        const zeros = all(range).filter((acc) => f(acc) === 0);
        const found = zeroRange(f, range);
        expect(found === undefined ? [] : all(found)).toEqual(zeros);
      }),
      { numRuns: 400 },
    );
  });
});

describe('a chain of steps', () => {
  it('is monotone in the direction that its factors say', () => {
    fc.assert(
      fc.property(cases, ({ f, range, steps, scale }) => {
        const values = all(range).map(f);
        const sign = direction(steps, 0) * (scale.numerator < 0n ? -1 : 1);
        const against = values.filter((value, i) => i > 0 && sign * (value - (values[i - 1] ?? value)) < 0);
        expect(against).toEqual([]);
        if (sign === 0) expect(new Set(values.map((v) => (v === 0 ? 0 : v))).size).toBe(1);
      }),
      { numRuns: 300 },
    );
  });
});
