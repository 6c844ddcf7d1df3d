/** Values with several readers, and operations with several inputs: no pass serves one reader at the cost of another. */
import { describe, expect, it } from 'vitest';
import { fixMeaning } from '../../../compiler/driver/meaning.ts';
import { NO_PADDING, type Weights } from '../../../compiler/ir/attributes.ts';
import { typeOf } from '../../../compiler/ir/graph.ts';
import { interpret } from '../../../compiler/ir/interpret.ts';
import { channelSlice } from '../../../compiler/ir/ops/slice.ts';
import { printGraph } from '../../../compiler/ir/print.ts';
import type { Graph, TensorType, ValueId } from '../../../compiler/ir/types.ts';
import { Diagnostics } from '../../../compiler/support/diagnostics.ts';
import { rational } from '../../../compiler/support/rational.ts';
import { codesOf, planGraph } from '../../support/compile-graph.ts';
import { randomElements } from '../../support/kernel-cases.ts';
import { randomFrom } from '../../support/random.ts';
import { SIGN, branches, exactConv, exactDense, lower, steps, type as tensor, type AddNode } from '../../support/small-graph.ts';
import { differenceOf } from '../../support/tensors.ts';

const random = randomFrom(5);
const HALF = rational(1, 2);
const PIXEL = { kernel: [1, 1], stride: [1, 1], dilation: [1, 1], padding: NO_PADDING } as const;

function weights(outputs: number, taps: number): Weights {
  return { kind: 'binary', outputs, signs: random.signs(outputs * taps), scale: Float32Array.of(1) };
}

/** 1×1 convolution from `inputs` to `outputs` channels. */
function conv(add: AddNode, x: ValueId, inputs: number, outputs: number, changes: object = {}): ValueId {
  return add('conv2d', { ...exactConv(weights(outputs, inputs))[1], ...changes } as never, x);
}

function norm(add: AddNode, x: ValueId, ...factors: readonly number[]): ValueId {
  return add('elementwise', steps(['multiply', factors], ['add', factors.map((f) => f * 0.5)])[1] as never, x);
}

const sign = (add: AddNode, x: ValueId): ValueId => add('sign', SIGN[1] as { zero: 'plus' }, x);
const scores = (add: AddNode, x: ValueId, inputs: number): ValueId =>
  add('dense', exactDense(weights(2, inputs))[1] as never, add('reshape', { shape: [inputs] }, x));

/** The kinds and inputs of the lowered graph, after a check that it computes the same. */
function shapeOf(graph: Graph): readonly string[] {
  const after = lower(graph);
  for (let sample = 0; sample < 6; sample += 1) {
    const data = randomElements(typeOf(graph, graph.input), randomFrom(sample), sample);
    const difference = differenceOf(interpret(graph, data), interpret(after, data));
    if (difference !== null) throw new Error(`${difference}\n${printGraph(graph)}became\n${printGraph(after)}`);
  }
  return after.nodes.map(({ output, kind, inputs }) => `${output} = ${kind}(${inputs.join(', ')})`);
}

const map: TensorType = tensor('b1', [2, 2, 3]);

describe('sums with two signs', () => {
  it('are computed once for each, with the thresholds of each', () => {
    const graph = branches(map, (x, add) => {
      const sums = conv(add, x, 3, 2);
      const both = add('concat', {}, sign(add, norm(add, sums, 1, -1)), sign(add, norm(add, sums, -2, 2)));
      return scores(add, both, 16);
    });
    expect(shapeOf(graph)).toEqual([
      'conv2d = conv2d(x)',
      'conv2d.2 = conv2d(x)',
      'concat = concat(conv2d, conv2d.2)',
      'reshape = reshape(concat)',
      'dense = dense(reshape)',
    ]);
  });

  it('whose steps are shared in part keep all steps of each', () => {
    const graph = branches(map, (x, add) => {
      const shared = norm(add, conv(add, x, 3, 2), -1, 3);
      const both = add('concat', {}, sign(add, shared), sign(add, norm(add, shared, 2, -2)));
      return scores(add, both, 16);
    });
    expect(shapeOf(graph).filter((line) => line.includes('conv2d('))).toHaveLength(2);
  });

  it('behind one pool are pooled as bits in both branches', () => {
    const graph = branches(map, (x, add) => {
      const pooled = add('max-pool', { ...PIXEL, kernel: [2, 2], minimum: null }, conv(add, x, 3, 2));
      return scores(add, add('concat', {}, sign(add, norm(add, pooled, 1, 1)), sign(add, norm(add, pooled, -1, 1))), 4);
    });
    expect(shapeOf(graph).filter((line) => line.includes('max-pool('))).toHaveLength(2);
  });
});

describe('a join', () => {
  it('of sums before a batch norm and a sign becomes a join of bits, each part with its own constants', () => {
    const graph = branches(map, (x, add) => {
      const joined = add('concat', {}, conv(add, x, 3, 2), conv(add, x, 3, 1));
      return scores(add, sign(add, norm(add, joined, 1, -1, -3)), 12);
    });
    expect(shapeOf(graph).slice(0, 3)).toEqual(['conv2d = conv2d(x)', 'conv2d.2 = conv2d(x)', 'concat = concat(conv2d, conv2d.2)']);
  });

  it('before a pool is pooled in its parts', () => {
    const graph = branches(map, (x, add) => {
      const joined = add('concat', {}, sign(add, conv(add, x, 3, 2)), sign(add, conv(add, x, 3, 1)));
      return scores(add, add('max-pool', { ...PIXEL, kernel: [2, 2], minimum: Uint8Array.of(0, 1, 1) }, joined), 3);
    });
    const lines = shapeOf(graph);
    expect(lines.findIndex((line) => line.includes('concat('))).toBeGreaterThan(lines.findLastIndex((line) => line.includes('max-pool(')));
  });

  it('of a map and of the sums of a layer on it is two bit maps', () => {
    const graph = branches(map, (x, add) => {
      const first = conv(add, x, 3, 2);
      const second = conv(add, sign(add, first), 2, 2);
      return scores(add, sign(add, norm(add, add('concat', {}, first, second), 1, -1, 2, -2)), 16);
    });
    expect(shapeOf(graph).map((line) => line.split(' ')[0])).toEqual(['conv2d', 'conv2d.2', 'conv2d.2.2', 'concat', 'reshape', 'dense']);
  });

  it('of bits is not binarized again: a sign behind it keeps, flips or fixes channels', () => {
    const joined = (x: ValueId, add: AddNode): ValueId => add('concat', {}, sign(add, conv(add, x, 3, 1)), sign(add, conv(add, x, 3, 1)));
    const kinds = (...factors: readonly number[]): readonly string[] =>
      shapeOf(branches(map, (x, add) => scores(add, sign(add, norm(add, joined(x, add), ...factors)), 8)));
    expect(kinds(1, 1).some((line) => /threshold|invert/.test(line))).toBe(false);
    expect(kinds(1, -1).some((line) => line.includes('threshold'))).toBe(false);
    expect(kinds(1, 0).filter((line) => line.includes('threshold('))).toHaveLength(1);
  });

  it('of a join is one join of all parts', () => {
    const graph = branches(map, (x, add) => {
      const inner = add('concat', {}, x, sign(add, conv(add, x, 3, 2)));
      return scores(add, add('concat', {}, sign(add, conv(add, inner, 5, 1)), inner, x), 36);
    });
    expect(shapeOf(graph).filter((line) => line.includes('concat('))).toEqual([
      'concat = concat(x, conv2d)',
      'concat.2 = concat(conv2d.2, x, conv2d, x)',
    ]);
  });

  it('of sums at the end of the network stays a join of sums', () => {
    const graph = branches(tensor('b1', [4]), (x, add) =>
      add('concat', {}, ...[0, 1].map(() => add('dense', exactDense(weights(2, 4))[1] as never, x))),
    );
    expect(codesOf(() => lower(graph))).toEqual([]);
  });
});

describe('a slice', () => {
  const parts = (x: ValueId, add: AddNode): readonly ValueId[] =>
    [
      { start: 0, size: 1, step: 1 },
      { start: 1, size: 2, step: 1 },
    ].map((range) => add('slice', channelSlice([2, 2, 3], range), x));

  it('of all bits of a layer cuts the layer up, and nothing is copied', () => {
    const graph = branches(map, (x, add) => {
      const [a = x, b = x] = parts(sign(add, norm(add, conv(add, x, 3, 3), 1, -1, 2)), add);
      return scores(add, add('concat', {}, sign(add, conv(add, a, 1, 2)), sign(add, conv(add, b, 2, 2))), 16);
    });
    expect(shapeOf(graph).some((line) => line.includes('slice('))).toBe(false);
  });

  it('of bits worth 0 and 1 cuts the layer up too', () => {
    const graph = branches(map, (x, add) => {
      const bits = add('rescale', { change: { scale: [HALF], offset: [HALF] } }, sign(add, conv(add, x, 3, 3)));
      const [a = x, b = x] = parts(bits, add);
      return scores(add, add('concat', {}, sign(add, conv(add, a, 1, 2)), sign(add, conv(add, b, 2, 2))), 16);
    });
    expect(shapeOf(graph).some((line) => line.includes('slice('))).toBe(false);
  });

  it('of bits that somebody reads in full stays a slice', () => {
    const graph = branches(map, (x, add) => {
      const bits = sign(add, conv(add, x, 3, 3));
      const [a = x] = parts(bits, add);
      return scores(add, add('concat', {}, sign(add, conv(add, a, 1, 2)), sign(add, conv(add, bits, 3, 2))), 16);
    });
    expect(shapeOf(graph).filter((line) => line.includes('slice('))).toHaveLength(1);
  });

  it('of a grouped layer keeps whole groups, and is taken of the bits where it would tear one', () => {
    const grouped = (range: { start: number; size: number; step: number }, size: number): readonly string[] =>
      shapeOf(
        branches(tensor('b1', [2, 2, 6]), (x, add) => {
          const sums = conv(add, x, 2, 6, { groups: 3 });
          return scores(
            add,
            sign(add, norm(add, add('slice', channelSlice([2, 2, 6], range), sums), ...new Array<number>(size).fill(-1))),
            4 * size,
          );
        }),
      );
    expect(grouped({ start: 2, size: 4, step: 1 }, 4).slice(0, 2)).toEqual(['slice = slice(x)', 'conv2d = conv2d(slice)']);
    expect(grouped({ start: 1, size: 3, step: 1 }, 3).slice(0, 2)).toEqual(['conv2d = conv2d(x)', 'slice = slice(conv2d)']);
  });

  it('that nothing reads disappears', () => {
    const graph = branches(map, (x, add) => {
      const [, used = x] = parts(sign(add, conv(add, x, 3, 3)), add);
      return scores(add, used, 8);
    });
    expect(graph.nodes.filter(({ kind }) => kind === 'slice')).toHaveLength(1);
  });
});

describe('an inversion', () => {
  const inverted = (x: ValueId, add: AddNode): ValueId => add('invert', { channels: Uint8Array.of(1, 0, 1) }, x);

  it('read by two layers flips columns of both', () => {
    const graph = branches(map, (x, add) => {
      const bits = inverted(x, add);
      return scores(add, add('concat', {}, sign(add, conv(add, bits, 3, 2)), sign(add, conv(add, bits, 3, 1))), 12);
    });
    expect(shapeOf(graph).some((line) => line.includes('invert('))).toBe(false);
  });

  it('read through a join flips the columns of its part', () => {
    const graph = branches(map, (x, add) => {
      const joined = add('concat', {}, x, inverted(x, add), x);
      return scores(add, sign(add, conv(add, joined, 9, 2)), 8);
    });
    expect(shapeOf(graph).some((line) => line.includes('invert('))).toBe(false);
  });

  it('that one of two layers cannot take stays for both, in memory of its own', () => {
    const graph = branches(map, (x, add) => {
      const bits = inverted(x, add);
      const padded = { padding: { top: 0, left: 1, bottom: 0, right: 0 }, kernel: [1, 2], padValue: 1 };
      const other = sign(add, conv(add, bits, 6, 1, padded));
      return scores(add, add('concat', {}, sign(add, conv(add, bits, 3, 2)), other, x), 24);
    });
    expect(shapeOf(graph).filter((line) => line.includes('invert('))).toHaveLength(1);
  });

  it('in place never touches bits that a later layer reads', () => {
    const graph = branches(map, (x, add) => {
      const bits = sign(add, conv(add, x, 3, 3));
      const again = sign(add, norm(add, bits, 1, 0, -1));
      return scores(add, add('concat', {}, again, bits), 24);
    });
    const { steps: made } = planGraph(lower(graph));
    const symbols = made.flatMap((step) => (step.kind === 'call' ? [step.call.symbol] : []));
    expect(symbols.indexOf('bnn1_threshold_b1')).toBe(symbols.lastIndexOf('bnn1_repack_b1') + 1);
    const touched = made.find((step) => step.kind === 'call' && step.call.symbol === 'bnn1_threshold_b1');
    const source = made.find((step) => step.kind === 'call' && step.call.symbol === 'bnn1_conv2d_b1_b1');
    if (touched?.kind !== 'call' || source?.kind !== 'call') throw new Error('another kernel was taken');
    expect(touched.call.arguments[0]).not.toBe(source.call.arguments.at(-1));
  });
});

describe('sign(0) = 0', () => {
  const ask = (graph: Graph): readonly string[] =>
    codesOf(() => fixMeaning(graph, { type: 'b1', encoding: null, signZero: null }, new Diagnostics()));
  const zeros = (add: AddNode, x: ValueId): ValueId => add('sign', { zero: 'zero' }, x);
  const sums = (add: AddNode, x: ValueId, inputs: number): ValueId =>
    add('dense', { ...exactDense(weights(2, inputs))[1], sum: 'sequential' } as never, x);

  it('is asked for behind a join where one part can be 0', () => {
    const graph = (even: number): Graph =>
      branches(tensor('f32', [7]), (x, add) => {
        const part = add('slice', channelSlice([7], { start: 0, size: even, step: 1 }), x);
        return sums(add, zeros(add, add('concat', {}, sums(add, x, 7), sums(add, part, even))), 4);
      });
    expect(ask(graph(5))).toEqual([]);
    expect(ask(graph(4))).toEqual(['BNN2004']);
  });

  it('is asked for behind a flatten with constants of its own for every element', () => {
    const graph = (last: number): Graph =>
      branches(tensor('f32', [1, 2, 3]), (x, add) => {
        const flat = add('reshape', { shape: [2] }, conv(add, x, 3, 1, { sum: 'sequential' }));
        const shifted = add('elementwise', steps(['add', [0.5, last]])[1] as never, flat);
        return sums(add, zeros(add, shifted), 2);
      });
    expect(ask(graph(0.5))).toEqual([]);
    expect(ask(graph(1))).toEqual(['BNN2004']);
  });
});
