/** The shapes that real-valued layers have in published networks: what graph each becomes, and that it computes the same. */
import { describe, expect, it } from 'vitest';
import type { Imported } from '../../../compiler/frontends/frontend.ts';
import { typeOf } from '../../../compiler/ir/graph.ts';
import { OnnxModel } from '../../support/onnx-model.ts';
import { expectSameAsOnnxRuntime, integersBetween, problemsOf, randomSource, readModel, signs } from './read-model.ts';

/** Kinds of the nodes in order; of a combine and a chain of steps what it does. */
function kindsOf({ graph }: Imported): readonly string[] {
  return graph.nodes.map((node) => {
    if (node.kind === 'combine') return node.attrs.operator;
    if (node.kind === 'elementwise') return node.attrs.steps.map(({ operator }) => operator).join('+');
    return node.kind;
  });
}

const convolution = (
  model: OnnxModel,
  x: string,
  [outputs, inputs, size]: readonly [outputs: number, inputs: number, size: number],
  attributes: Record<string, number | readonly number[]> = {},
): string => {
  const pads = Array.from({ length: 4 }, () => Math.floor(size / 2));
  const weights = model.floats([outputs, inputs, size, size], signs(randomSource(outputs + size), outputs * inputs * size * size));
  return model.node('Conv', [x, weights], { pads, ...attributes });
};

describe('a residual block', () => {
  it('adds the shortcut to what the signs of it gave', async () => {
    const model = new OnnxModel();
    const x = model.input('x', [1, 4, 5, 6]);
    const y = model.node('Add', [convolution(model, model.node('Sign', [x]), [4, 4, 3]), x]);
    const imported = await expectSameAsOnnxRuntime(model.bytes(y), [1, 4, 5, 6], randomSource(1));
    expect(kindsOf(imported)).toEqual(['sign', 'conv2d', 'add']);
    expect(imported.graph.nodes.at(-1)?.attrs).toEqual({ operator: 'add', sum: 'sequential' });
  });

  it('with half the size and twice the channels pads its shortcut with channels of zeros', async () => {
    const model = new OnnxModel();
    const x = model.input('x', [1, 4, 6, 6]);
    const every = model.node('Slice', [
      x,
      ...[
        [0, 0],
        [6, 6],
        [2, 3],
        [2, 2],
      ].map((list) => model.integers(list)),
    ]);
    const shortcut = model.node('Pad', [every, model.integers([0, 2, 0, 0, 0, 2, 0, 0])]);
    const main = convolution(model, model.node('Sign', [x]), [8, 4, 3], { strides: [2, 2] });
    const imported = await expectSameAsOnnxRuntime(model.bytes(model.node('Add', [main, shortcut])), [1, 4, 6, 6], randomSource(2));
    // The two channels of zeros are made once and joined twice.
    expect(kindsOf(imported).filter((kind) => kind !== 'sign' && kind !== 'conv2d')).toEqual([
      'slice',
      'slice',
      'maximum+minimum',
      'concat',
      'add',
    ]);
  });

  it('of a dense network adds vectors', async () => {
    const model = new OnnxModel();
    const x = model.input('x', [1, 7]);
    const hidden = model.node('MatMul', [model.node('Sign', [x]), model.floats([7, 7], signs(randomSource(3), 49))]);
    const imported = await expectSameAsOnnxRuntime(model.bytes(model.node('Sum', [x, hidden, x])), [1, 7], randomSource(3));
    expect(kindsOf(imported)).toEqual(['sign', 'dense', 'add', 'add']);
  });
});

describe('squeeze and excitation', () => {
  it('multiplies each channel by a factor made of all means', async () => {
    const model = new OnnxModel();
    const x = model.input('x', [1, 4, 4, 4]);
    const means = model.node('Flatten', [model.node('GlobalAveragePool', [x])]);
    const factors = model.node(
      'HardSigmoid',
      [model.node('Gemm', [means, model.floats([4, 4], integersBetween(randomSource(4), -2, 2, 16))])],
      {
        alpha: { float: 0.25 },
      },
    );
    const y = model.node('Mul', [x, model.node('Reshape', [factors, model.integers([1, 4, 1, 1])])]);
    const imported = await expectSameAsOnnxRuntime(model.bytes(y), [1, 4, 4, 4], randomSource(4));
    expect(kindsOf(imported)).toEqual(['average-pool', 'reshape', 'dense', 'multiply+add+minimum+maximum', 'reshape', 'multiply']);
  });
});

describe('the K map of XNOR-Net', () => {
  it('is a mean over channels, a box filter, and a product with the convolution of signs', async () => {
    const model = new OnnxModel();
    const x = model.input('x', [1, 4, 5, 5]);
    const mean = model.node('ReduceMean', [model.node('Abs', [x])], { axes: [1], keepdims: 1 });
    const box = model.node('Conv', [mean, model.floats([1, 1, 2, 2], [0.25, 0.25, 0.25, 0.25])]);
    const binary = model.node('Conv', [model.node('Sign', [x]), model.floats([3, 4, 2, 2], signs(randomSource(5), 48))]);
    const imported = await expectSameAsOnnxRuntime(model.bytes(model.node('Mul', [binary, box])), [1, 4, 5, 5], randomSource(5));
    expect(kindsOf(imported).toSorted()).toEqual(['absolute', 'conv2d', 'conv2d', 'conv2d', 'multiply', 'sign']);
    const [over] = imported.graph.nodes.filter(({ kind, inputs: [input] }) => kind === 'conv2d' && input?.startsWith('Abs'));
    expect(over?.attrs).toMatchObject({ weights: { kind: 'binary', outputs: 1, scale: Float32Array.of(0.25) }, kernel: [1, 1] });
  });

  it('may leave the dimension of the mean out and put it back', async () => {
    const model = new OnnxModel(18);
    const x = model.input('x', [1, 2, 3, 4]);
    const mean = model.node('ReduceMean', [x, model.integers([1])], { keepdims: 0 });
    const y = model.node('Mul', [x, model.node('Unsqueeze', [mean, model.integers([1])])]);
    await expectSameAsOnnxRuntime(model.bytes(y), [1, 2, 3, 4], randomSource(6));
  });
});

describe('a channel shuffle', () => {
  const shuffle = (model: OnnxModel, x: string, channels: number, groups: number, size: number): string => {
    const apart = model.node('Reshape', [x, model.integers([1, groups, channels / groups, size, size])]);
    const turned = model.node('Transpose', [apart], { perm: [0, 2, 1, 3, 4] });
    return model.node('Reshape', [turned, model.integers([1, channels, size, size])]);
  };

  it('before a depthwise and a plain convolution is no operation at all', async () => {
    const model = new OnnxModel();
    const x = convolution(model, model.input('x', [1, 2, 4, 4]), [6, 2, 1]);
    const depthwise = convolution(model, shuffle(model, x, 6, 3, 4), [6, 1, 3], { group: 6 });
    const imported = await expectSameAsOnnxRuntime(model.bytes(convolution(model, depthwise, [3, 6, 1])), [1, 2, 4, 4], randomSource(7));
    expect(kindsOf(imported)).toEqual(['conv2d', 'conv2d', 'conv2d']);
  });

  it('before a grouped convolution brings the channels of each group together', async () => {
    const model = new OnnxModel();
    const x = convolution(model, model.input('x', [1, 2, 4, 4]), [8, 2, 1]);
    const grouped = convolution(model, shuffle(model, x, 8, 2, 4), [4, 4, 1], { group: 2 });
    const imported = await expectSameAsOnnxRuntime(model.bytes(grouped), [1, 2, 4, 4], randomSource(8));
    // Two runs of channels for each of the two groups.
    expect(kindsOf(imported)).toEqual(['conv2d', 'slice', 'slice', 'slice', 'slice', 'concat', 'conv2d']);
  });

  it('behind the join of two branches, split again, takes every second channel', async () => {
    const model = new OnnxModel();
    const x = model.input('x', [1, 4, 3, 3]);
    model.node('Split', [x], { axis: 1 }, { outputs: ['a', 'b'] });
    const joined = model.node('Concat', ['a', model.node('Neg', ['b'])], { axis: 1 });
    model.node('Split', [shuffle(model, joined, 4, 2, 3)], { axis: 1 }, { outputs: ['c', 'd'] });
    const y = model.node('Sub', ['c', 'd']);
    const imported = await expectSameAsOnnxRuntime(model.bytes(y), [1, 4, 3, 3], randomSource(9));
    expect(kindsOf(imported)).toEqual(['slice', 'slice', 'multiply', 'concat', 'slice', 'slice', 'subtract']);
  });

  it('of an output is made: the header gives channels in the order of the file', async () => {
    const model = new OnnxModel();
    const y = shuffle(model, model.input('x', [1, 4, 2, 2]), 4, 2, 2);
    const imported = await expectSameAsOnnxRuntime(model.bytes(y), [1, 4, 2, 2], randomSource(10));
    expect(kindsOf(imported)).toEqual(['slice', 'slice', 'concat']);
  });
});

describe('a network on sequences', () => {
  it('convolves, pools and flattens one row', async () => {
    const model = new OnnxModel();
    const x = model.input('x', ['N', 3, 16]);
    const map = model.node('Conv', [x, model.floats([4, 3, 3], signs(randomSource(11), 36))], { pads: [1, 1], strides: [2] });
    const pooled = model.node('MaxPool', [model.node('PRelu', [map, model.floats([4, 1], [0.5, 0.25, 1, 2])])], {
      kernel_shape: [2],
      strides: [2],
    });
    const depthwise = model.node('Conv', [pooled, model.floats([4, 1, 2], signs(randomSource(12), 8))], { group: 4 });
    const flat = model.node('Flatten', [depthwise]);
    const y = model.node('MatMul', [flat, model.floats([12, 2], signs(randomSource(13), 24))]);
    const imported = await expectSameAsOnnxRuntime(model.bytes(y), [1, 3, 16], randomSource(14));
    expect(kindsOf(imported)).toEqual(['conv2d', 'prelu', 'max-pool', 'conv2d', 'reshape', 'dense']);
    expect(typeOf(imported.graph, imported.graph.input).shape).toEqual([1, 16, 3]);
    expect(imported.inputShape).toEqual([3, 16]);
  });

  it('whose file has the channels last is read without a transpose', async () => {
    const model = new OnnxModel();
    const x = model.node('Transpose', [model.input('x', [1, 8, 3])], { perm: [0, 2, 1] });
    const y = model.node('Conv', [x, model.floats([2, 3, 3], signs(randomSource(15), 18))]);
    const imported = await expectSameAsOnnxRuntime(model.bytes(y), [1, 8, 3], randomSource(15));
    expect(typeOf(imported.graph, imported.graph.input).shape).toEqual([1, 8, 3]);
    expect(imported.inputOrder).toBeNull();
  });

  it('is averaged over time', async () => {
    const model = new OnnxModel();
    const x = model.node('Conv', [model.input('x', [1, 2, 8]), model.floats([4, 2, 1], signs(randomSource(16), 8))]);
    const y = model.node('Gemm', [
      model.node('ReduceMean', [x], { axes: [-1], keepdims: 0 }),
      model.floats([4, 2], signs(randomSource(17), 8)),
    ]);
    const imported = await expectSameAsOnnxRuntime(model.bytes(y), [1, 2, 8], randomSource(18));
    expect(kindsOf(imported)).toEqual(['conv2d', 'average-pool', 'reshape', 'dense']);
  });
});

describe('a Tanh', () => {
  it('read by a sign and by layers is made for the layers alone, once', () => {
    const model = new OnnxModel();
    const t = model.node('Tanh', [model.input('x', [1, 4])], {}, { name: 'tanh' });
    const dense = (x: string, seed: number): string => model.node('MatMul', [x, model.floats([4, 2], signs(randomSource(seed), 8))]);
    const y = model.node('Sum', [dense(model.node('Sign', [t]), 1), dense(t, 2), dense(t, 3)]);
    const imported = readModel(model.bytes(y));
    expect(kindsOf(imported)).toEqual(['sign', 'dense', 'tanh', 'dense', 'dense', 'add', 'add']);
    expect(imported.graph.nodes[2]?.name).toBe('tanh');
  });

  it('between a pool and a layer is computed on what the pool leaves', () => {
    const model = new OnnxModel();
    const t = model.node('Tanh', [model.input('x', [1, 1, 4, 4])]);
    const pooled = model.node('MaxPool', [t], { kernel_shape: [2, 2], strides: [2, 2] });
    const imported = readModel(model.bytes(convolution(model, pooled, [2, 1, 1])));
    expect(kindsOf(imported)).toEqual(['max-pool', 'tanh', 'conv2d']);
  });
});

describe('an average', () => {
  const pool = (attributes: Record<string, number | readonly number[]>): Uint8Array => {
    const model = new OnnxModel(19);
    return model.bytes(model.node('AveragePool', [model.input('x', [1, 1, 5, 5])], attributes));
  };

  it('whose partly filled windows reach beyond padding that counts is refused', () => {
    const [problem] = problemsOf(pool({ kernel_shape: [2, 2], strides: [2, 2], pads: [0, 0, 0, 1], ceil_mode: 1, count_include_pad: 1 }));
    expect(problem).toMatchObject({ code: 'BNN1008', help: 'Set count_include_pad to 0, or ceil_mode to 0.' });
  });

  it('whose dilated last window has hardly an element is refused', () => {
    const [problem] = problemsOf(pool({ kernel_shape: [2, 2], strides: [3, 3], dilations: [3, 3], ceil_mode: 1 }));
    expect(problem).toMatchObject({ code: 'BNN1008' });
    expect(problem?.message).toContain('ceil_mode 1 and dilations');
  });

  it('of padding alone is refused', () => {
    const attributes = { kernel_shape: [2, 2], pads: [1, 1, 1, 1], dilations: [6, 6] };
    expect(problemsOf(pool(attributes))[0]?.message).toContain('lies wholly in the padding');
  });

  it('of what a Pad has padded with zeros counts them', async () => {
    const model = new OnnxModel();
    const padded = model.node('Pad', [model.input('x', [1, 1, 4, 4]), model.integers([0, 0, 1, 1, 0, 0, 1, 1])]);
    const y = model.node('AveragePool', [padded], { kernel_shape: [2, 2], strides: [2, 2] });
    const imported = await expectSameAsOnnxRuntime(model.bytes(y), [1, 1, 4, 4], randomSource(19));
    expect(imported.graph.nodes[0]?.attrs).toMatchObject({ countPadding: true, padding: { top: 1, left: 1, bottom: 1, right: 1 } });
  });

  it('over the batch is refused', () => {
    const model = new OnnxModel();
    const [problem] = problemsOf(model.bytes(model.node('ReduceMean', [model.input('x', [4, 2, 3, 3])])));
    expect(problem?.message).toContain('reduces axis 0, the batch');
  });
});
