import { describe, expect, it } from 'vitest';
import { typeOf } from '../../../compiler/ir/graph.ts';
import { OnnxModel } from '../../support/onnx-model.ts';
import { codesOf, expectSameAsOnnxRuntime, integersBetween, problemsOf, randomSource, readModel, signs } from './read-model.ts';

const kinds = (bytes: Uint8Array): readonly string[] => readModel(bytes).graph.nodes.map(({ kind }) => kind);

/** Conv → [node] → flatten → BatchNormalization and Add per feature → MatMul. */
function flattened(random: () => number, opset: number, flatten: (model: OnnxModel, x: string) => string): Uint8Array {
  const model = new OnnxModel(opset);
  const x = model.input('x', ['N', 2, 5, 6]);
  const map = model.node('Conv', [x, model.floats([3, 2, 2, 2], signs(random, 24))]); // [1, 3, 4, 5]
  const features = flatten(model, map);
  const constants = [0, 1, 2].map(() => model.floats([60], integersBetween(random, -3, 3, 60)));
  const normalized = model.node('BatchNormalization', [features, ...constants, model.floats([60], Array(60).fill(3))], {
    epsilon: { float: 1 },
  });
  const shifted = model.node('Add', [normalized, model.floats([60], integersBetween(random, -3, 3, 60))]);
  return model.bytes(model.node('MatMul', [shifted, model.floats([60, 4], signs(random, 240))]));
}

describe('a flattened channels-first image', () => {
  const ways: readonly (readonly [string, number, (model: OnnxModel, x: string) => string])[] = [
    ['Flatten', 13, (m, x) => m.node('Flatten', [x])],
    ['Flatten with axis -3', 13, (m, x) => m.node('Flatten', [x], { axis: -3 })],
    ['Reshape to [0, -1]', 13, (m, x) => m.node('Reshape', [x, m.integers([0, -1])])],
    ['Reshape to [-1, 60]', 7, (m, x) => m.node('Reshape', [x, m.integers([-1, 60])])],
    ['two Reshapes', 13, (m, x) => m.node('Reshape', [m.node('Reshape', [x, m.integers([1, 12, 5])]), m.integers([1, 60])])],
    [
      'Shape, Gather, Unsqueeze, Concat and Reshape',
      11,
      (m, x) => {
        const batch = m.node(
          'Unsqueeze',
          [m.node('Gather', [m.node('Shape', [x]), m.node('Constant', [], { value_ints: [0] })], { axis: 0 })],
          { axes: [0] },
        );
        const flat = m.node('Concat', [m.node('Squeeze', [batch], { axes: [1] }), m.integers([-1])], { axis: 0 });
        return m.node('Reshape', [x, flat]);
      },
    ],
    [
      'Transpose to channels last and Reshape',
      13,
      (m, x) => m.node('Reshape', [m.node('Transpose', [x], { perm: [0, 2, 3, 1] }), m.integers([1, 60])]),
    ],
  ];

  it.each(ways)('by %2$s moves its order into constants and weights', async (_name, opset, flatten) => {
    const random = randomSource(opset);
    await expectSameAsOnnxRuntime(flattened(random, opset === 11 ? 12 : opset, flatten), [1, 2, 5, 6], random);
  });

  it('becomes one reshape of the graph', () => {
    expect(kinds(flattened(randomSource(1), 13, (m, x) => m.node('Flatten', [x])))).toEqual([
      'conv2d',
      'reshape',
      'batch-norm',
      'elementwise',
      'dense',
    ]);
  });

  it('may become an image again', async () => {
    const random = randomSource(5);
    const model = new OnnxModel();
    const flat = model.node('Flatten', [model.input('x', [1, 2, 4, 3])]);
    const map = model.node('Reshape', [model.node('Relu', [flat]), model.integers([-1, 2, 4, 3])]);
    await expectSameAsOnnxRuntime(
      model.bytes(model.node('Conv', [map, model.floats([2, 2, 2, 2], signs(random, 16))])),
      [1, 2, 4, 3],
      random,
    );
  });

  it('as the output is brought into the order of the file', async () => {
    const model = new OnnxModel();
    const bytes = model.bytes(model.node('Flatten', [model.input('x', [1, 2, 4, 3])]));
    const imported = await expectSameAsOnnxRuntime(bytes, [1, 2, 4, 3], randomSource(5));
    expect(imported.outputOrder).toBeNull();
    expect(imported.graph.nodes.map(({ kind }) => kind)).toEqual(['reshape', 'slice', 'slice', 'concat']);
  });

  it('is refused as the output where that would take hundreds of parts', () => {
    const model = new OnnxModel();
    expect(codesOf(model.bytes(model.node('Flatten', [model.input('x', [1, 300, 2, 2])])))).toEqual(['BNN1011']);
  });

  it('is refused as an image of other sizes', () => {
    const model = new OnnxModel();
    const map = model.node('Reshape', [model.input('x', [1, 2, 4, 3]), model.integers([1, 3, 2, 4])], {}, { name: 'mix' });
    const problems = problemsOf(model.bytes(model.node('Conv', [map, model.floats([1, 3, 1, 1], [1, 1, 1])], {}, { name: 'conv' })));
    expect(problems.map(({ code, origin }) => [code, origin?.path])).toEqual([['BNN1011', 'graph.node[1] "conv" (Conv)']]);
  });
});

describe('the input', () => {
  it('of rank 4 is channels first: the graph takes it channels last and says how', async () => {
    const random = randomSource(6);
    const model = new OnnxModel();
    const y = model.node('Conv', [model.input('x', ['batch', 2, 3, 4]), model.floats([1, 2, 2, 2], signs(random, 8))]);
    const imported = await expectSameAsOnnxRuntime(model.bytes(y), [1, 2, 3, 4], random);
    expect(typeOf(imported.graph, imported.graph.input).shape).toEqual([3, 4, 2]);
    expect(imported.inputShape).toEqual([2, 3, 4]);
    expect(Array.from(imported.inputOrder ?? []).slice(0, 4)).toEqual([0, 12, 1, 13]);
  });

  it('with one channel has the same order in the file and in the graph', () => {
    const model = new OnnxModel();
    expect(readModel(model.bytes(model.node('Relu', [model.input('x', ['N', 1, 3, 4])]))).inputOrder).toBeNull();
  });

  it('that is transposed to channels first at once is channels last', async () => {
    const random = randomSource(7);
    const model = new OnnxModel();
    const scaled = model.node('Mul', [model.input('x', ['N', 5, 4, 3]), model.floats([3], [1, 2, 4])]);
    const map = model.node('Conv', [
      model.node('Transpose', [scaled], { perm: [0, 3, 1, 2] }),
      model.floats([2, 3, 2, 2], signs(random, 24)),
    ]);
    const back = model.node('Flatten', [model.node('Transpose', [map], { perm: [0, 2, 3, 1] })]);
    const bytes = model.bytes(model.node('MatMul', [back, model.floats([24, 2], signs(random, 48))]));
    const imported = await expectSameAsOnnxRuntime(bytes, [1, 5, 4, 3], random);
    expect(imported.inputOrder).toBeNull();
    expect(typeOf(imported.graph, imported.graph.input).shape).toEqual([5, 4, 3]);
  });

  it('that is flattened at once and has its only channel last is channels last', async () => {
    const random = randomSource(8);
    const model = new OnnxModel();
    const flat = model.node('Flatten', [model.input('x', ['N', 6, 5, 1])]);
    const imported = await expectSameAsOnnxRuntime(
      model.bytes(model.node('MatMul', [flat, model.floats([30, 2], signs(random, 60))])),
      [1, 6, 5, 1],
      random,
    );
    expect(typeOf(imported.graph, imported.graph.input).shape).toEqual([6, 5, 1]);
  });

  it('of rank 3 with a batch is an image of one channel', async () => {
    const random = randomSource(9);
    const model = new OnnxModel();
    const image = model.node('Unsqueeze', [model.input('x', ['N', 5, 4]), model.integers([1])]);
    const imported = await expectSameAsOnnxRuntime(
      model.bytes(model.node('Conv', [image, model.floats([2, 1, 2, 2], signs(random, 8))])),
      [1, 5, 4],
      random,
    );
    expect(typeOf(imported.graph, imported.graph.input).shape).toEqual([5, 4, 1]);
  });

  it('of three fixed sizes is an image without batch', async () => {
    const random = randomSource(10);
    const model = new OnnxModel();
    const image = model.node('Unsqueeze', [model.input('x', [3, 5, 4]), model.integers([0])]);
    const imported = await expectSameAsOnnxRuntime(
      model.bytes(model.node('Conv', [image, model.floats([2, 3, 2, 2], signs(random, 24))])),
      [3, 5, 4],
      random,
    );
    expect(typeOf(imported.graph, imported.graph.input).shape).toEqual([5, 4, 3]);
  });

  it('of rank 2 keeps its own order, also as the image it is reshaped to', async () => {
    const random = randomSource(11);
    const model = new OnnxModel();
    const image = model.node('Reshape', [model.input('x', ['N', 20]), model.integers([-1, 1, 5, 4])]);
    const imported = await expectSameAsOnnxRuntime(
      model.bytes(model.node('Conv', [image, model.floats([2, 1, 2, 2], signs(random, 8))])),
      [1, 20],
      random,
    );
    expect(typeOf(imported.graph, imported.graph.input).shape).toEqual([20]);
    expect(imported.inputOrder).toBeNull();
  });

  it('with a fixed batch is read as one sample, and a note says so', () => {
    const model = new OnnxModel();
    const flat = model.node('Reshape', [model.input('x', [64, 1, 4, 4]), model.integers([64, 16])]);
    const imported = readModel(model.bytes(model.node('MatMul', [flat, model.floats([16, 2], Array(32).fill(1))])));
    expect(imported.notes.join(' ')).toContain('batch of 64');
    expect(typeOf(imported.graph, imported.graph.output).shape).toEqual([2]);
  });
});

describe('a final convolution of one position', () => {
  it('gives a vector of scores', async () => {
    const random = randomSource(12);
    const model = new OnnxModel();
    const y = model.node('Conv', [model.input('x', [1, 2, 3, 3]), model.floats([4, 2, 3, 3], signs(random, 72))]);
    const imported = await expectSameAsOnnxRuntime(model.bytes(y), [1, 2, 3, 3], random);
    expect(typeOf(imported.graph, imported.graph.output).shape).toEqual([4]);
  });
});

describe('the end of the network', () => {
  const scores = (model: OnnxModel): string =>
    model.node('MatMul', [model.input('x', ['N', 3]), model.floats([3, 2], [1, -1, 1, 1, -1, -1])]);
  const tails: readonly (readonly [string, (model: OnnxModel, x: string) => readonly string[]])[] = [
    ['Softmax', (m, x) => [m.node('Softmax', [x])]],
    ['Softmax and its scores', (m, x) => [x, m.node('Softmax', [x], { axis: 1 })]],
    ['LogSoftmax', (m, x) => [m.node('LogSoftmax', [x], { axis: -1 })]],
    ['ArgMax, Cast and Squeeze', (m, x) => [m.node('Squeeze', [m.node('Cast', [m.node('ArgMax', [x], { axis: 1 })], { to: 6 })])]],
    [
      'both outputs of TopK',
      (m, x) => {
        m.node('TopK', [x, m.integers([1])], {}, { outputs: ['values', 'indices'] });
        return ['values', 'indices'];
      },
    ],
  ];

  it.each(tails)('%s is left out with a note', (_name, tail) => {
    const model = new OnnxModel();
    const imported = readModel(model.bytes(...tail(model, scores(model))));
    expect(imported.graph.nodes.map(({ kind }) => kind)).toEqual(['dense']);
    expect(imported.notes.join(' ')).toContain('left out');
  });

  it.each([
    ['Softmax over the batch', (m: OnnxModel, x: string) => m.node('Softmax', [x], { axis: 0 })],
    ['TopK with k = 2', (m: OnnxModel, x: string) => m.node('TopK', [x, m.integers([2])], {}, { outputs: ['v', 'i'] })],
  ] as const)('%s is refused', (_name, tail) => {
    const model = new OnnxModel();
    expect(codesOf(model.bytes(tail(model, scores(model))))).toEqual(['BNN1008']);
  });
});
