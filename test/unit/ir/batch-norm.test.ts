/** Every form of batch normalization: its float32 operations, one by one, and where the forms differ. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BATCH_NORM_FORMS, batchNorm, batchNormSteps, powerOfTwo, type BatchNormAttrs } from '../../../compiler/ir/ops/batch-norm.ts';
import { runSteps } from '../../../compiler/ir/steps.ts';
import { evaluateNode } from '../../../compiler/ir/op.ts';
import type { TensorType } from '../../../compiler/ir/types.ts';

const f = Math.fround;
const one = (value: number): Float32Array => Float32Array.of(value);
const norm = (attrs: BatchNormAttrs, x: number): number => runSteps(batchNormSteps(attrs), x, 0);

const numbers = fc.double({ min: -30, max: 30, noNaN: true }).map(f);
const constants = fc.record({
  gamma: numbers,
  beta: numbers,
  mean: numbers,
  variance: fc.double({ min: 0.001, max: 900, noNaN: true }).map(f),
  epsilon: fc.constantFrom(0, 1e-5, 1e-4, 1e-3),
  x: fc.integer({ min: -500, max: 500 }),
});

const deviationOf = (variance: number, epsilon: number): number => f(Math.sqrt(f(variance + f(epsilon))));

describe('a form of batch normalization with a variance', () => {
  const cases = [
    ['scale-shift', (x: number, g: number, b: number, m: number, d: number) => f(f(x * f(g * f(1 / d))) + f(b - f(m * f(g * f(1 / d)))))],
    ['normalize', (x: number, g: number, b: number, m: number, d: number) => f(f(f(f(x - m) / d) * g) + b)],
    ['torch', (x: number, g: number, b: number, m: number, d: number) => f(f(f(f(x - m) * f(1 / d)) * g) + b)],
    ['lasagne', (x: number, g: number, b: number, m: number, d: number) => f(f(f(x - m) * f(g * f(1 / d))) + b)],
  ] as const;

  it.each(cases)('%s rounds after every operation, in its own order', (form, formula) => {
    fc.assert(
      fc.property(constants, ({ gamma, beta, mean, variance, epsilon, x }) => {
        const attrs = { gamma: one(gamma), beta: one(beta), mean: one(mean), variance: one(variance), epsilon, form };
        expect(norm(attrs, x)).toBe(formula(x, gamma, beta, mean, deviationOf(variance, epsilon)));
      }),
      { seed: 5 },
    );
  });

  it('normalize without ε is what the C code of eBNN computes: (x − mean)/std·γ + β with std = √variance', () => {
    const attrs = { gamma: one(0.7), beta: one(-0.3), mean: one(2.5), variance: one(7), epsilon: 0, form: 'normalize' } as const;
    expect(norm(attrs, 5)).toBe(f(f(f(f(5 - 2.5) / f(Math.sqrt(7))) * f(0.7)) + f(-0.3)));
  });

  it('differs from another one in the last bit: each pair of forms does for some constants', () => {
    const found = new Set<string>();
    const values = fc.sample(constants, { numRuns: 300, seed: 6 });
    for (const { gamma, beta, mean, variance, epsilon, x } of values) {
      const results = cases.map(([form]) =>
        norm({ gamma: one(gamma), beta: one(beta), mean: one(mean), variance: one(variance), epsilon, form }, x),
      );
      results.forEach((a, i) => {
        results.forEach((b, k) => {
          if (i < k && a !== b) found.add(`${i} ${k}`);
        });
      });
    }
    expect(found.size).toBe(6);
  });
});

describe('a form of batch normalization with a stored inverse deviation', () => {
  const stored = { gamma: one(3), beta: one(0.1), mean: one(1.3), inverseDeviation: one(0.7) };

  it('lasagne multiplies γ by it first', () => {
    expect(norm({ ...stored, form: 'lasagne' }, 4)).toBe(f(f(f(4 - f(1.3)) * f(3 * f(0.7))) + f(0.1)));
  });

  it('torch multiplies by it, then by γ', () => {
    expect(norm({ ...stored, form: 'torch' }, 4)).toBe(f(f(f(f(4 - f(1.3)) * f(0.7)) * 3) + f(0.1)));
  });

  it('shift-based multiplies by powers of two, which is exact', () => {
    expect(norm({ ...stored, form: 'shift-based' }, 4)).toBe(f(f(4 - f(1.3)) * 0.5 * 4 + f(0.1)));
  });

  it('shift-based with γ = 0 gives β, as 2^round(log 0) = 0', () => {
    expect(norm({ ...stored, gamma: one(0), form: 'shift-based' }, 4)).toBe(f(0.1));
  });

  it.each([
    ['normalize', stored, 'divides by a deviation'],
    ['shift-based', { gamma: one(1), beta: one(0), mean: one(0), variance: one(1), epsilon: 0 }, 'a variance is given'],
    ['lasagne', { ...stored, inverseDeviation: Float32Array.of(1, 2) }, 'inverseDeviation has 2 values for 1 channels'],
  ] as const)('%s without what it needs is refused', (form, attrs, reason) => {
    const type = batchNorm.infer({ ...attrs, form }, [{ dtype: 'f32', shape: [1] }]);
    expect('error' in type && type.error).toContain(reason);
  });
});

describe('the nearest power of two', () => {
  it.each([
    [1, 1],
    [1.4142135, 1],
    [1.4142137, 2],
    [-3, -4],
    [-2.5, -2],
    [0.7, 0.5],
    [0.70710677, 0.5],
    [0.7071068, 1],
    [5, 4],
    [6, 8],
    [0, 0],
    [2 ** -149, 2 ** -149],
    [3 * 2 ** -149, 4 * 2 ** -149],
    [2 ** 127, 2 ** 127],
    [3e38, Infinity],
  ])('of %d is %d', (value, wanted) => {
    expect(powerOfTwo(f(value))).toBe(wanted);
  });

  it('is within a factor of √2, and odd', () => {
    fc.assert(
      fc.property(fc.float({ min: Math.fround(1e-30), max: Math.fround(1e30), noNaN: true }), (value) => {
        const power = powerOfTwo(value);
        expect(Number.isInteger(Math.log2(power))).toBe(true);
        expect(Math.abs(Math.log2(value / power))).toBeLessThanOrEqual(0.5 + 1e-7);
        expect(powerOfTwo(-value)).toBe(-power);
      }),
      { seed: 7 },
    );
  });
});

describe('batch-norm as an operation', () => {
  it.each(BATCH_NORM_FORMS)('%s evaluates to its steps, channel by channel', (form) => {
    const spread =
      form === 'shift-based' ? { inverseDeviation: Float32Array.of(0.7, 3) } : { variance: Float32Array.of(2, 0.1), epsilon: 1e-4 };
    const attrs = { gamma: Float32Array.of(1.5, -2), beta: Float32Array.of(0, 1), mean: Float32Array.of(-1, 2), ...spread, form };
    const type: TensorType = { dtype: 'f32', shape: [2, 1, 2] };
    const data = Float32Array.of(1, 2, 3, 4);
    const { data: result } = evaluateNode(
      { kind: 'batch-norm', name: 'bn', attrs, inputs: [], output: '' as never, origin: { file: '', path: '' } },
      [{ type, data }],
      type,
    );
    expect(Array.from(result)).toEqual(Array.from(data, (x, i) => runSteps(batchNormSteps(attrs), x, i % 2)));
  });
});
