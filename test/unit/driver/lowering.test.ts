/** The passes must keep what values mean; faults are planted by one more pass. */
import { describe, expect, it } from 'vitest';
import { lowering, type LoweringCheck } from '../../../compiler/driver/lowering.ts';
import { rebuild } from '../../../compiler/ir/builder.ts';
import { interpretAll } from '../../../compiler/ir/interpret.ts';
import { successorsOf } from '../../../compiler/ir/lineage.ts';
import type { Graph, ValueId } from '../../../compiler/ir/types.ts';
import { randomFrom } from '../../support/random.ts';
import { POOL, SIGN, chain, exactConv, exactDense, lower, signs, steps, type as tensor } from '../../support/small-graph.ts';

/** Two convolutions, the second channel of the first one with a falling batch norm; a pool; a dense layer. */
const REFERENCE = chain(tensor('b1', [8, 8, 2]), [
  exactConv(signs(2, 1, 1, 1, -1)),
  steps(['multiply', [1, -1]], ['add', [0.5, 0.5]]),
  SIGN,
  exactConv(signs(3, 1, 1, -1, 1, -1, -1)),
  POOL,
  SIGN,
  ['reshape', { shape: [48] }],
  exactDense(signs(2, ...Array.from({ length: 96 }, (_, i) => (i % 3 === 0 ? -1 : 1)))),
]);

function checked(reference: Graph, lowered: Graph, samples = 8): LoweringCheck {
  const check = lowering({ reference, lowered });
  const random = randomFrom(1);
  for (let s = 0; s < samples; s += 1) {
    const input = random.signs(128);
    check.compare(s, input, interpretAll(lowered, input));
  }
  return check.result();
}

describe('the lowered graph', () => {
  it('has the values of the reference, bits inverted a whole channel at a time', () => {
    const result = checked(REFERENCE, lower(REFERENCE));
    expect(result.difference).toBeNull();
    expect(result.compared).toBeGreaterThanOrEqual(4);
    expect(result.values).toBe(8);
  });

  it('with a threshold that a pass has moved is found to differ, by layer, channel and position', () => {
    const lowered = lower(REFERENCE);
    const layers = lowered.nodes.filter(({ kind }) => kind === 'conv2d');
    const wrong = rebuild(lowered, (node) => {
      if (node.kind !== 'conv2d' || node !== layers[1] || node.attrs.threshold === null) return undefined;
      return [{ kind: 'conv2d', attrs: { ...node.attrs, threshold: node.attrs.threshold.map((t, o) => (o === 1 ? t + 2 : t)) } }];
    });
    const { difference } = checked(REFERENCE, wrong);
    expect(difference).toMatchObject({ layer: 'sign.2', lowered: 'max-pool', channel: 1 });
    expect(difference?.expected).toBe(-(difference?.actual ?? 0));
  });

  it('is compared where values survive: after a rewrite each one is found under its new name', () => {
    const again = rebuild(REFERENCE, (node) =>
      node.kind === 'reshape' ? [{ ...node, name: 'flat' }] : node.name === 'sign.2' ? [node, { ...node, name: 'twice' }] : undefined,
    );
    const successors = successorsOf(REFERENCE, again);
    expect([...successors.values()]).toContain('flat');
    const of = (name: string): ValueId => REFERENCE.nodes.find((node) => node.name === name)?.output ?? REFERENCE.input;
    expect(successors.get(of('sign.2'))).toBe('twice');
    expect(successors.get(REFERENCE.output)).toBe(again.output);
    expect(() => successorsOf(again, REFERENCE)).toThrow('is no rewrite of');
  });
});
