/** What cannot be compiled exactly is refused with the code that explains it, and every problem of a stage at once. */
import { describe, expect, it } from 'vitest';
import type { Encoding, Graph } from '../../../compiler/ir/types.ts';
import { PIPELINE } from '../../../compiler/passes/index.ts';
import { runPasses } from '../../../compiler/passes/run.ts';
import { Diagnostics, UserError, type Diagnostic } from '../../../compiler/support/diagnostics.ts';
import { ZERO, rational } from '../../../compiler/support/rational.ts';
import { fixMeaning, type InputMeaning } from '../../../compiler/driver/meaning.ts';
import { fitProblem } from '../../../compiler/plan/fit.ts';
import { codesOf, compileGraph, planGraph } from '../../support/compile-graph.ts';
import { SIGN, chain, exactConv, exactDense, lower, signs, steps, type as tensor, type NodeSpec } from '../../support/small-graph.ts';

const bits = tensor('b1', [3]);
const weights = signs(2, 1, 1, -1, 1, 1, -1);
const scores = exactDense(signs(1, 1, 1));
/** A last layer as a frontend makes it. */
const imported = (outputs: number): NodeSpec => [
  'dense',
  { weights: signs(1, ...Array.from({ length: outputs }, () => 1)), bias: null, sum: 'sequential', threshold: null },
];
const NO_WORDS: InputMeaning = { type: null, encoding: null, signZero: null };

function problems(action: () => unknown): readonly Diagnostic[] {
  try {
    action();
  } catch (error) {
    if (error instanceof UserError) return error.diagnostics;
    throw error;
  }
  return [];
}

function warningsOf(graph: Graph): readonly Diagnostic[] {
  const diagnostics = new Diagnostics();
  runPasses(fixMeaning(graph, NO_WORDS, diagnostics), PIPELINE, diagnostics);
  return diagnostics.warnings;
}

function norm(changes: Partial<Record<'gamma' | 'beta' | 'mean' | 'variance', readonly [number, number]>>): Graph {
  const list = (values: readonly number[] = [1, 1]): Float32Array => Float32Array.from(values);
  const { gamma, beta, mean, variance } = changes;
  const attrs = {
    gamma: list(gamma),
    beta: list(beta),
    mean: list(mean),
    variance: list(variance),
    epsilon: 1e-5,
    form: 'scale-shift',
  } as const;
  return chain(bits, [exactDense(weights), ['batch-norm', attrs], SIGN, scores]);
}

describe('the compiler refuses', () => {
  it('real weights on bits only when it is strict, with the first value that is not ±α (BNN2002)', () => {
    const values = Float32Array.of(0.5, -0.5, 0.5, 0.5, 0.25, 0.5);
    const real = { weights: { kind: 'real', outputs: 2, values }, bias: null, sum: 'sequential', threshold: null } as const;
    const [problem, ...others] = warningsOf(chain(bits, [['dense', real]]));
    expect(others).toEqual([]);
    expect(problem?.code).toBe('BNN2002');
    expect(problem?.details?.[0]).toBe('output 1, weight 1 = 0.25');
  });

  it.each([
    ['a NaN γ', norm({ gamma: [1, NaN] })],
    ['an infinite mean', norm({ mean: [-Infinity, 0] })],
    ['a negative variance', norm({ variance: [1, -1] })],
    ['a γ that overflows after the division', norm({ gamma: [3e38, 1], variance: [1e-40, 1] })],
    ['steps that overflow', chain(bits, [exactDense(weights), steps(['multiply', [3e38]]), SIGN, scores])],
    ['a lower limit of +∞', chain(bits, [exactDense(weights), steps(['maximum', [Infinity]]), SIGN, scores])],
    ['scores that overflow', chain(bits, [exactDense(weights), steps(['multiply', [3e38]])])],
  ])('%s (BNN2003)', (_, graph) => {
    expect(codesOf(() => lower(graph))).toEqual(['BNN2003']);
  });

  it('no clip from -∞ to +∞: it limits nothing', () => {
    const graph = chain(bits, [exactDense(weights), steps(['maximum', [-Infinity]], ['minimum', [Infinity]]), SIGN, scores]);
    expect(codesOf(() => lower(graph))).toEqual([]);
  });

  it('sign(0) = 0 where 0 can arrive, and accepts it where parity forbids 0 (BNN2004)', () => {
    const sign = (inputs: number): Graph => chain(tensor('f32', [inputs]), [imported(inputs), ['sign', { zero: 'zero' }], imported(1)]);
    const fix = (graph: Graph, signZero: 'plus' | 'minus' | null): readonly string[] =>
      codesOf(() => fixMeaning(graph, { type: 'b1', encoding: null, signZero }, new Diagnostics()));
    expect(fix(sign(4), null)).toEqual(['BNN2004']);
    expect(fix(sign(3), null)).toEqual([]);
    expect(fix(sign(4), 'minus')).toEqual([]);
  });

  it('sign(0) = 0 where a padded tap that counts twice lets an odd number of taps give 0 (BNN2004)', () => {
    const window = { kernel: [1, 3], stride: [1, 1], dilation: [1, 1], padding: { top: 0, left: 1, bottom: 0, right: 0 } } as const;
    const layer = {
      weights: signs(1, 1, 1, 1),
      bias: null,
      sum: 'sequential',
      threshold: null,
      groups: 1,
      padValue: 1,
      ...window,
    } as const;
    const graph = chain(tensor('f32', [1, 2, 1]), [
      ['conv2d', layer],
      ['sign', { zero: 'zero' }],
      ['reshape', { shape: [1] }],
      imported(1),
    ]);
    const encoding: Encoding = { scale: [rational(1, 2)], offset: [ZERO] };
    expect(codesOf(() => fixMeaning(graph, { type: 'b1', encoding, signZero: null }, new Diagnostics()))).toEqual(['BNN2004']);
    expect(codesOf(() => compileGraph(graph, { type: 'b1', encoding, signZero: 'plus' }))).toEqual(['BNN3002']);
  });

  it('binary layers on a float input only when it is strict (BNN2005)', () => {
    const float = { weights, bias: null, sum: 'sequential', threshold: null } as const;
    expect(warningsOf(chain(tensor('f32', [3]), [['dense', float]])).map(({ code }) => code)).toEqual(['BNN2005']);
  });

  it('accumulators wider than 32 bits (BNN2006)', () => {
    const encoding: Encoding = { scale: [rational(1, 1000003), rational(1, 999983), rational(1, 3)], offset: [ZERO] };
    const graph = chain(tensor('u8', [2, 2, 3], encoding), [
      exactConv(weights),
      SIGN,
      ['reshape', { shape: [8] }],
      exactDense(signs(1, 1, 1, 1, 1, 1, 1, 1, 1)),
    ]);
    expect(codesOf(() => lower(graph))).toEqual(['BNN2006']);
  });

  it('sums whose terms cancel at the end but not on the way (BNN2006)', () => {
    const encoding: Encoding = { scale: [rational(1), rational(3)], offset: [ZERO, ZERO] };
    const shifted: Encoding = { scale: [rational(1), rational(3)], offset: [rational(1_500_000_000), rational(1_500_000_000)] };
    const graph = (e: Encoding): Graph => {
      const padding = { top: 0, left: 1, bottom: 0, right: 0 };
      const window = { kernel: [1, 1], stride: [1, 1], dilation: [1, 1], padding } as const;
      const layer = {
        weights: signs(2, 1, -1, 1, -1),
        bias: null,
        sum: 'exact',
        threshold: null,
        groups: 1,
        padValue: 0,
        ...window,
      } as const;
      return chain(tensor('u8', [1, 1, 2], e), [['conv2d', layer], SIGN, ['reshape', { shape: [4] }], exactDense(signs(1, 1, 1, 1, 1))]);
    };
    expect(codesOf(() => lower(graph(encoding)))).toEqual([]);
    expect(codesOf(() => lower(graph(shifted)))).toEqual(['BNN2006']);
  });

  it.each([
    ['bits as the output', chain(bits, [exactDense(weights), SIGN])],
    ['bytes as the output', chain(tensor('u8', [4]), [['slice', { ranges: [{ start: 0, size: 2, step: 1 }] }]])],
  ])('%s (BNN2007)', (_, graph) => {
    expect(codesOf(() => lower(graph))).toContain('BNN2007');
  });

  it.each([
    ['a scale of 0', 'u8', { scale: [ZERO], offset: [ZERO] }],
    ['two scales for three channels', 'u8', { scale: [rational(1), rational(2)], offset: [ZERO] }],
    ['a scale for a float input', 'f32', { scale: [rational(1, 255)], offset: [ZERO] }],
  ] as const)('%s (BNN2008)', (_, type, encoding) => {
    const graph = chain(tensor('f32', [2, 2, 3]), []);
    expect(codesOf(() => fixMeaning(graph, { type, encoding, signZero: null }, new Diagnostics()))).toEqual(['BNN2008']);
  });

  it('models that are larger than the part (BNN3001)', () => {
    const plan = planGraph(lower(norm({})));
    expect(fitProblem(plan, { flash: null, ram: null })).toBeNull();
    expect(fitProblem(plan, { flash: plan.tableBytes, ram: plan.workspaceWords * 4 })).toBeNull();
    expect(fitProblem(plan, { flash: plan.tableBytes - 1, ram: null })?.code).toBe('BNN3001');
    expect(fitProblem(plan, { flash: null, ram: plan.workspaceWords * 4 - 1 })?.details?.[0]).toContain('1 too many');
  });

  it('layers that no kernel can take, with the reason of each (BNN3002)', () => {
    const encoding: Encoding = { scale: [rational(1), rational(2), rational(3)], offset: [ZERO] };
    const found = problems(() => planGraph(lower(chain(tensor('u8', [3], encoding), [exactDense(weights), SIGN, scores]))));
    expect(found.map(({ code }) => code)).toEqual(['BNN3002']);
    expect(found[0]?.details?.length).toBeGreaterThan(1);
  });

  it('scores without an exact float32 expression, and says so once (BNN3003)', () => {
    const layer = exactDense({ ...weights, scale: Float32Array.of(0.7311) } as typeof weights, Float32Array.of(0.123, 0.123));
    const thirds: Encoding = { scale: [rational(1, 3)], offset: [ZERO] };
    expect(codesOf(() => planGraph(lower(chain(tensor('u8', [3], thirds), [layer, steps(['multiply', [2]])]))))).toEqual(['BNN3003']);
  });
});

describe('constants that are not finite', () => {
  const chosen = (whenTrue: number, value = 0): NodeSpec[] => [
    ['compare', { operator: 'greater', values: Float32Array.of(value) }],
    ['select', { whenTrue, whenFalse: -1 }],
  ];

  it.each([Infinity, -Infinity, NaN])('%s in a choice, a comparison or a bias is refused before numbers are made exact', (value) => {
    const real = tensor('f32', [2]);
    for (const nodes of [chosen(value), chosen(1, value)])
      expect(codesOf(() => compileGraph(chain(real, nodes), NO_WORDS))).toEqual(['BNN2003']);
    const biased: NodeSpec = ['dense', { weights: signs(1, 1, 1), bias: Float32Array.of(value), sum: 'sequential', threshold: null }];
    expect(codesOf(() => compileGraph(chain(real, [...chosen(1), biased]), NO_WORDS))).toEqual(['BNN2003']);
  });
});
