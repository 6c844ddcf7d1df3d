import { describe, expect, it } from 'vitest';
import { printGraph } from '../../../compiler/ir/print.ts';
import { foldElementwise } from '../../../compiler/passes/fold-elementwise.ts';
import { Diagnostics } from '../../../compiler/support/diagnostics.ts';
import { POOL, SIGN, chain, exactConv, exactDense, lower, signs, steps, type as tensor } from '../../support/small-graph.ts';

/** The text form after the whole pipeline, without the line of the graph's name. */
function lowered(...parameters: Parameters<typeof chain>): readonly string[] {
  return printGraph(lower(chain(...parameters)))
    .trim()
    .split('\n')
    .slice(1);
}

const scores = exactDense(signs(1, 1, 1));

describe('a batch norm between a layer and a sign', () => {
  it('becomes thresholds; a decreasing channel gets a flipped row', () => {
    const norm = steps(['multiply', [2, -2]], ['add', [1, 1]]);
    expect(lowered(tensor('b1', [3]), [exactDense(signs(2, 1, 1, -1, 1, 1, -1)), norm, SIGN, scores])).toEqual([
      '%dense: b1[2] = dense outputs=2 weights=±1:[1,1,-1,-1,-1,1] scale=[1] sum=exact threshold=[0,0] (%x)',
      '%dense.2: i32[1] = dense outputs=1 weights=±1:[1,1] scale=[1] sum=exact (%dense)',
      'return %dense.2',
    ]);
  });

  it('with γ = 0 makes a constant channel: its threshold is at the end of the range or just outside', () => {
    const norm = steps(['multiply', [0, 0]], ['add', [1, -1]]);
    const [layer] = lowered(tensor('b1', [3]), [exactDense(signs(2, 1, 1, -1, 1, 1, -1)), norm, SIGN, scores]);
    expect(layer).toBe('%dense: b1[2] = dense outputs=2 weights=±1:[1,1,-1,1,1,-1] scale=[1] sum=exact threshold=[-3,4] (%x)');
  });

  it('behind a pool lets the pool work on bits; where it decreases, the pooled minimum becomes two flips', () => {
    const norm = steps(['multiply', [1, -1]], ['add', [0.5, 0.5]]);
    const last = exactDense(signs(1, 1, 1));
    const graph = chain(tensor('b1', [2, 2, 2]), [exactConv(signs(2, 1, 1, 1, -1)), POOL, norm, SIGN, ['reshape', { shape: [2] }], last]);
    expect(printGraph(lower(graph)).trim().split('\n').slice(1)).toEqual([
      '%conv2d: b1[2,2,2] = conv2d outputs=2 weights=±1:[1,1,1,-1] scale=[1] sum=exact threshold=[0,1] kernel=1x1 stride=1x1 dilation=1x1 padding=0,0,0,0 groups=1 pad-value=0 (%x)',
      '%max-pool: b1[1,1,2] = max-pool kernel=2x2 stride=2x2 dilation=1x1 padding=0,0,0,0 (%conv2d)',
      '%reshape: b1[2] = reshape shape=[2] (%max-pool)',
      '%dense: i32[1] = dense outputs=1 weights=±1:[1,-1] scale=[1] sum=exact (%reshape)',
      'return %dense',
    ]);
  });

  it('on both sides of a pool is one chain of steps', () => {
    const graph = [exactConv(signs(2, 1, 1, 1, -1)), steps(['add', [1]]), POOL, steps(['subtract', [2]]), SIGN] as const;
    const [layer, pool] = lowered(tensor('b1', [2, 2, 2]), [...graph, ['reshape', { shape: [2] }], scores]);
    expect(layer).toContain('threshold=[1,1]');
    expect(pool).toMatch(/^%max-pool: b1\[1,1,2\]/);
  });
});

it('thousands of steps in a row are one list of them', () => {
  const add = steps(['add', [1]]);
  const graph = foldElementwise.run(
    chain(
      tensor('f32', [1]),
      Array.from({ length: 9000 }, () => add),
    ),
    new Diagnostics(),
  );
  expect(graph.nodes.map(({ kind, attrs }) => [kind, 'steps' in attrs ? attrs.steps.length : 0])).toEqual([['elementwise', 9000]]);
});

describe('scores', () => {
  it('keep their float steps in order, and integers stay integers', () => {
    const norm = steps(['multiply', [0.5]], ['add', [-1]]);
    expect(lowered(tensor('b1', [2]), [exactDense(signs(1, 1, -1)), norm, steps(['maximum', [0]])])).toEqual(
      [
        '%dense: i32[1] = dense outputs=1 weights=±1:[1,-1] scale=[1] sum=exact (%x)',
        '%elementwise: f32[1] = elementwise multiply=[0.5] add=[-1] maximum=[0] (%dense)',
        'return %elementwise',
      ].map((line) => line.replaceAll('%elementwise', '%elementwise.2')),
    );
  });
});

describe('an 8-bit input with a sign of its own', () => {
  it('is binarized by one comparison an element', () => {
    const graph = [steps(['subtract', [127.5]]), SIGN, exactDense(signs(1, 1, -1))] as const;
    const [threshold] = lowered(tensor('u8', [2]), graph);
    expect(threshold).toBe('%sign: b1[2] = threshold thresholds=[128] directions=[1] (%x)');
  });
});
