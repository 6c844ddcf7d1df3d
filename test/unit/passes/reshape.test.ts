import { describe, expect, it } from 'vitest';
import { NO_PADDING } from '../../../compiler/ir/attributes.ts';
import { planGraph } from '../../support/compile-graph.ts';
import { SIGN, chain, exactConv, exactDense, lower, signs, type as tensor, type NodeSpec } from '../../support/small-graph.ts';

const FLATTEN: NodeSpec = ['reshape', { shape: [64] }];
const ONES = Array.from({ length: 64 }, () => 1);

/** Words of the weights of the last layer. */
function lastWeights(input: ReturnType<typeof tensor>, nodes: readonly NodeSpec[]): number {
  const plan = planGraph(lower(chain(input, nodes)));
  return plan.tables.filter(({ name }) => name === 'weights').at(-1)?.values.length ?? 0;
}

describe('a flatten before a sign', () => {
  it('stays before it on an image of bytes, so that the bits are one stream of two words', () => {
    expect(lastWeights(tensor('u8', [8, 8, 1]), [FLATTEN, SIGN, exactDense(signs(1, ...ONES))])).toBe(2);
  });

  it('moves behind it after a convolution, whose threshold is then part of the layer', () => {
    const conv: NodeSpec = exactConv(signs(1, 1));
    const plan = planGraph(lower(chain(tensor('b1', [8, 8, 1]), [conv, FLATTEN, SIGN, exactDense(signs(1, ...ONES))])));
    expect(plan.layers.map(({ op }) => op)).toEqual(['conv2d', 'dense']);
  });

  it('moves behind a pool and a sign too', () => {
    const pool: NodeSpec = ['max-pool', { kernel: [1, 1], stride: [1, 1], dilation: [1, 1], padding: NO_PADDING, minimum: null }];
    const nodes = [exactConv(signs(1, 1)), pool, FLATTEN, SIGN, exactDense(signs(1, ...ONES))];
    expect(planGraph(lower(chain(tensor('b1', [8, 8, 1]), nodes))).layers.map(({ op }) => op)).toEqual(['conv2d', 'max-pool', 'dense']);
  });
});
