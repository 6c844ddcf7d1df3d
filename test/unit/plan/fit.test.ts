/** Speed is given up until a network fits, and no more of it than that. */
import { describe, expect, it } from 'vitest';
import type { Preference } from '../../../compiler/kernels/select.ts';
import { fitProblem, fittingPlan } from '../../../compiler/plan/fit.ts';
import type { Plan } from '../../../compiler/plan/plan.ts';
import { BENCH_MODELS } from '../../../scripts/bench-models.ts';
import { compileModel, type CompileOptions, type ModelSource } from '../../../compiler/driver/compile.ts';
import { UserError } from '../../../compiler/support/diagnostics.ts';
import { loadTarget } from '../../../compiler/targets/load.ts';
import { compileOptions } from '../../support/options.ts';
import { problemsIn } from '../../support/problems.ts';

interface Tried {
  readonly plan: Plan;
  readonly instructions: number;
}

/** Ways to compute one layer: instructions, bytes of tables, bytes of RAM. */
const WAYS = [
  [100, 8000, 6000],
  [110, 4000, 6000],
  [150, 1000, 6000],
  [400, 1200, 0],
  [900, 900, 0],
] as const;

const LAYERS = 3;

/** What a planner chooses, layer by layer, of `WAYS`; each layer is ten times as long as the one before. */
function attempt(preference: Preference): Tried {
  const priceOf = (layer: number, [instructions, flash, ram]: (typeof WAYS)[number]): number => {
    if (preference === 'ram') return ram;
    if (preference === 'size') return flash + ram;
    const rate = preference === 'speed' ? { flash: 0, ram: 0 } : preference;
    return instructions * 10 ** layer + rate.flash * flash + rate.ram * ram;
  };
  const chosen = Array.from(
    { length: LAYERS },
    (_, layer) => [...WAYS].sort((a, b) => priceOf(layer, a) - priceOf(layer, b))[0] ?? WAYS[0],
  );
  const tableBytes = chosen.reduce((sum, [, flash]) => sum + flash, 0);
  const workspaceWords = Math.max(...chosen.map(([, , ram]) => ram)) / 4;
  const instructions = chosen.reduce((sum, [each], layer) => sum + each * 10 ** layer, 0);
  return { plan: { tableBytes, workspaceWords, layers: [], slots: [], target: 'test' } as unknown as Plan, instructions };
}

const fitted = (flash: number | null, ram: number | null): Tried => fittingPlan(attempt, 'speed', { flash, ram });

describe('a plan for speed', () => {
  it('is the fastest where there is room', () => {
    expect(fitted(null, null).instructions).toBe(11100);
    expect(fitted(24000, 6000).instructions).toBe(11100);
  });

  it('gives up speed first where it costs least', () => {
    const { plan, instructions } = fitted(14000, null);
    expect(plan.tableBytes).toBeLessThanOrEqual(14000);
    expect(instructions).toBeLessThan(12000); // the longest layer keeps its 8000 bytes
  });

  it('gives up tables in RAM where that is short', () => {
    expect(fitted(null, 5999).plan.workspaceWords).toBe(0);
    expect(fitted(3000, 5999).plan.tableBytes).toBeLessThanOrEqual(3000);
  });

  it('is the smallest where nothing fits, so that the message says how little is missing', () => {
    const limits = { flash: 100, ram: 100 };
    const { plan } = fittingPlan(attempt, 'speed', limits);
    expect(fitProblem(plan, limits)?.code).toBe('BNN3001');
    expect(plan.tableBytes).toBeLessThanOrEqual(3600);
  });

  it('is not made again for the least RAM', () => {
    const asked: Preference[] = [];
    const once = (preference: Preference): Tried => {
      asked.push(preference);
      return attempt(preference);
    };
    fittingPlan(once, 'ram', { flash: 1, ram: 1 });
    expect(asked).toEqual(['ram']);
  });
});

describe('a network of three convolutions', () => {
  const model = BENCH_MODELS.find(({ name }) => name === 'small-cifar');
  const source: ModelSource = {
    file: 'small-cifar.json',
    bytes: Buffer.from(model?.json() ?? ''),
    side: { list: () => [], read: () => undefined },
  };
  const options: CompileOptions = compileOptions(loadTarget('cortex-m4'), { goal: 'speed' });
  const planFor = (flash: number | null, ram: number | null): Plan => compileModel(source, { ...options, flash, ram }).plan;
  const estimate = ({ layers }: Plan): number => layers.reduce((sum, { instructions }) => sum + instructions, 0);

  it('becomes slower as flash and RAM become less, and always fits', () => {
    const limits = [
      [null, null],
      [50_000, null],
      [30_000, null],
      [20_000, null],
      [20_000, 13_000],
    ] as const;
    const plans = limits.map(([flash, ram]) => planFor(flash, ram));
    plans.forEach((plan, i) => {
      const [flash, ram] = limits[i] ?? [null, null];
      expect(fitProblem(plan, { flash, ram })).toBeNull();
    });
    const estimates = plans.map(estimate);
    expect(estimates).toEqual([...estimates].sort((a, b) => a - b));
    expect(new Set(estimates).size).toBeGreaterThanOrEqual(4);
  });

  it('is refused on a part on which no choice of kernels fits', () => {
    expect(() => planFor(null, 1000)).toThrow(UserError);
  });
});

describe('a network for a processor that cannot address all of a large flash', () => {
  const bits = (outputs: number, inputs: number): readonly (readonly number[])[] =>
    Array.from({ length: outputs }, (_, o) => Array.from({ length: inputs }, (_, i) => (Math.imul(o + 1, i + 3) % 7 < 3 ? -1 : 1)));
  const dense = (outputs: number, inputs: number): readonly object[] => [
    { op: 'dense', weights: bits(outputs, inputs) },
    { op: 'sign', zero: 'plus' },
  ];
  const sourceOf = (...widths: readonly number[]): ModelSource => {
    const [first = 1] = widths;
    const nodes = widths.slice(1).flatMap((outputs, i) => dense(outputs, widths[i] ?? 1));
    const document = { format: 'bnnc', version: 1, input: { type: 'b1', shape: first }, nodes: nodes.slice(0, -1) };
    return { file: 'wide.json', bytes: Buffer.from(JSON.stringify(document)), side: { list: () => [], read: () => undefined } };
  };
  const options: CompileOptions = compileOptions(loadTarget('avr'), { flash: 262_144, ram: 8192 });
  const problemsOf = (source: ModelSource): readonly (readonly string[])[] =>
    problemsIn(() => compileModel(source, options)).map(({ code, details = [], notes = [] }) => [code, ...details, ...notes]);
  const REACH = 'However much flash a part has, programs for avr reach only so many bytes of tables.';

  it('is refused where one table is too large', () => {
    expect(problemsOf(sourceOf(1024, 256, 2))).toEqual([
      [
        'BNN3001',
        expect.stringMatching(/^table {2}"wide_dense\w*_weights" has 32768 bytes, 32767 can be addressed: 1 too many$/) as unknown,
        REACH,
        expect.stringContaining('Code and stack') as unknown,
      ],
    ]);
    expect(compileModel(sourceOf(1024, 255, 2), options).plan.tables.length).toBeGreaterThan(1);
  });

  it('is refused where all tables together are too large', () => {
    const [found = []] = problemsOf(sourceOf(1024, 200, 200, 1024, 2));
    expect(found[1]).toMatch(/^flash {2}\d+ bytes of tables, 60000 can be addressed: \d+ too many$/);
    expect(found).toContain(REACH);
  });

  it('is refused for the flash of the part where that is less', () => {
    const small = problemsIn(() => compileModel(sourceOf(1024, 200, 2), { ...options, flash: 4096 }));
    expect(small[0]?.details?.[0]).toMatch(/, 4096 available: /);
    expect(small[0]?.notes).not.toContain(REACH);
  });
});
