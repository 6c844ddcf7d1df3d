/** Slice, Split, Gather and Concat of tensors that depend on the input, against onnxruntime. */
import { describe, expect, it } from 'vitest';
import { OnnxModel } from '../../support/onnx-model.ts';
import { codesOf, expectSameAsOnnxRuntime, integersBetween, problemsOf, randomSource, readModel, signs } from './read-model.ts';

const kinds = (bytes: Uint8Array): readonly string[] => readModel(bytes).graph.nodes.map(({ kind }) => kind);

/** A network of one node on an image of 4 channels, and a convolution behind it. */
function onImage(opset: number, part: (model: OnnxModel, x: string) => string, channels: number): Uint8Array {
  const model = new OnnxModel(opset);
  const x = model.input('x', [1, 4, 5, 6]);
  const map = model.node('Conv', [x, model.floats([4, 4, 1, 1], signs(randomSource(3), 16))]);
  return model.bytes(model.node('Conv', [part(model, map), model.floats([2, channels, 1, 1], signs(randomSource(4), 2 * channels))]));
}

describe('Slice', () => {
  it.each([
    ['channels, as attributes', 9, 2, (m: OnnxModel, x: string) => m.node('Slice', [x], { starts: [1], ends: [3], axes: [1] })],
    ['channels, as inputs', 13, 3, (m: OnnxModel, x: string) => m.node('Slice', [x, ...[[1], [9], [1]].map((l) => m.integers(l))])],
    [
      'channels from behind, every second',
      13,
      2,
      (m: OnnxModel, x: string) => m.node('Slice', [x, ...[[-3], [4], [-3], [2]].map((l) => m.integers(l))]),
    ],
    [
      'rows and columns too',
      13,
      3,
      (m: OnnxModel, x: string) =>
        m.node('Slice', [
          x,
          ...[
            [0, 1, -4],
            [3, -1, 99],
            [1, 2, 3],
            [1, 1, 2],
          ].map((l) => m.integers(l)),
        ]),
    ],
    ['nothing', 13, 4, (m: OnnxModel, x: string) => m.node('Slice', [x, ...[[0], [4], [1]].map((l) => m.integers(l))])],
  ] as const)('takes %s', async (_name, opset, channels, part) => {
    await expectSameAsOnnxRuntime(onImage(opset, part, channels), [1, 4, 5, 6], randomSource(opset));
  });

  it.each([
    ['of a vector', [1, 7], [[1], [6], [-1], [2]]],
    ['of a vector backwards', [1, 7], [[-1], [-99], [1], [-2]]],
    ['of a flattened image of one channel', [1, 1, 3, 4], [[2], [7], [1], [1]]],
  ] as const)('%s keeps its order', async (_name, shape, lists) => {
    const model = new OnnxModel();
    const flat = model.node('Flatten', [model.input('x', shape)]);
    const part = model.node('Slice', [flat, ...lists.map((list) => model.integers(list))]);
    const count = _name.includes('image') ? 5 : _name.includes('backwards') ? 4 : 3;
    const bytes = model.bytes(model.node('MatMul', [part, model.floats([count, 2], signs(randomSource(1), 2 * count))]));
    await expectSameAsOnnxRuntime(bytes, shape, randomSource(2));
  });

  /** The first `count` features of a flattened image: all pixels of the first channel, some of the second. */
  const cut = (shape: readonly number[], count: number): Uint8Array => {
    const model = new OnnxModel();
    const flat = model.node('Flatten', [model.input('x', shape)]);
    const part = model.node('Slice', [flat, ...[[0], [count], [1]].map((list) => model.integers(list))], {}, { name: 'cut' });
    return model.bytes(model.node('MatMul', [part, model.floats([count, 1], Array(count).fill(1))]));
  };

  it('of a flattened image joins the features where they lie unevenly in the map', async () => {
    await expectSameAsOnnxRuntime(cut([1, 2, 2, 3], 7), [1, 2, 2, 3], randomSource(6));
  });

  it('of a flattened image is refused where that would take hundreds of parts', () => {
    const problems = problemsOf(cut([1, 3, 32, 32], 2047));
    expect(problems.map(({ code, origin }) => [code, origin?.path])).toEqual([['BNN1011', 'graph.node[1] "cut" (Slice)']]);
  });

  it.each([
    ['nothing left', [[2], [2], [1], [1]]],
    ['an axis outside', [[0], [1], [4], [1]]],
    ['a step of 0', [[0], [1], [1], [0]]],
    ['lists of different lengths', [[0, 0], [1], [1], [1]]],
  ] as const)('is refused with %s', (_name, lists) => {
    expect(codesOf(onImage(13, (m, x) => m.node('Slice', [x, ...lists.map((l) => m.integers(l))]), 4))).toEqual(['BNN1008']);
  });
});

describe('Split', () => {
  /** Each part through a convolution of its own, joined again. */
  const grouped = (opset: number, sizes: readonly number[], split: (m: OnnxModel, x: string, outputs: readonly string[]) => void) => {
    const model = new OnnxModel(opset);
    const x = model.input('x', [1, 6, 4, 3]);
    const outputs = sizes.map((_, i) => `part${i}`);
    split(model, x, outputs);
    const maps = sizes.map((size, i) =>
      model.node('Conv', [outputs[i] ?? '', model.floats([2, size, 2, 2], signs(randomSource(i), 8 * size))]),
    );
    return model.bytes(model.node('Concat', maps, { axis: 1 }));
  };

  it.each([
    [
      'by an attribute',
      11,
      [1, 2, 3],
      (m: OnnxModel, x: string, outputs: readonly string[]) => m.node('Split', [x], { axis: 1, split: [1, 2, 3] }, { outputs }),
    ],
    [
      'by an input',
      13,
      [4, 2],
      (m: OnnxModel, x: string, outputs: readonly string[]) => m.node('Split', [x, m.integers([4, 2])], { axis: -3 }, { outputs }),
    ],
    ['evenly', 13, [3, 3], (m: OnnxModel, x: string, outputs: readonly string[]) => m.node('Split', [x], { axis: 1 }, { outputs })],
    [
      'by a number of outputs',
      18,
      [2, 2, 2],
      (m: OnnxModel, x: string, outputs: readonly string[]) => m.node('Split', [x], { axis: 1, num_outputs: 3 }, { outputs }),
    ],
    [
      'by a number of outputs with a smaller last',
      18,
      [2, 2, 2, 0].slice(0, 3),
      (m: OnnxModel, x: string, outputs: readonly string[]) => m.node('Split', [x], { axis: 1, num_outputs: 3 }, { outputs }),
    ],
  ] as const)('%s gives every part', async (_name, opset, sizes, split) => {
    await expectSameAsOnnxRuntime(grouped(opset, sizes, split), [1, 6, 4, 3], randomSource(opset));
  });

  it('leaves out parts that nothing reads', () => {
    const model = new OnnxModel();
    model.node('Split', [model.input('x', [1, 6, 4, 3])], { axis: 1 }, { outputs: ['a', 'b', 'c'] });
    expect(kinds(model.bytes(model.node('Conv', ['b', model.floats([1, 2, 1, 1], [1, 1])])))).toEqual(['slice', 'conv2d']);
  });

  it.each([
    [
      'sizes that do not add up',
      (m: OnnxModel, x: string) => m.node('Split', [x, m.integers([4, 1])], { axis: 1 }, { outputs: ['a', 'b'] }),
    ],
    ['a size that does not divide', (m: OnnxModel, x: string) => m.node('Split', [x], { axis: 1 }, { outputs: ['a', 'b', 'c', 'd'] })],
    ['more outputs than parts', (m: OnnxModel, x: string) => m.node('Split', [x, m.integers([6])], { axis: 1 }, { outputs: ['a', 'b'] })],
  ])('is refused with %s', (_name, split) => {
    const model = new OnnxModel();
    split(model, model.input('x', [1, 6, 4, 3]));
    expect(codesOf(model.bytes(model.node('Conv', ['b', model.floats([1, 2, 1, 1], [1, 1])])))).toEqual(['BNN1008']);
  });
});

describe('Gather', () => {
  it('of a list of channels is a slice', async () => {
    const bytes = onImage(13, (m, x) => m.node('Gather', [x, m.integers([1, 3])], { axis: 1 }), 2);
    await expectSameAsOnnxRuntime(bytes, [1, 4, 5, 6], randomSource(1));
  });

  it('of one element drops the dimension', async () => {
    const model = new OnnxModel();
    const flat = model.node('Reshape', [model.input('x', [1, 12]), model.integers([1, 4, 3])]);
    const one = model.node('Gather', [flat, model.node('Constant', [], { value_int: 1 })], { axis: 2 }); // [1, 4]
    const bytes = model.bytes(model.node('MatMul', [one, model.floats([4, 2], signs(randomSource(1), 8))]));
    await expectSameAsOnnxRuntime(bytes, [1, 12], randomSource(2));
  });

  it.each([[[0, 1, 3]], [[1, 1]], [[2, 0, 1]], [[3, 3, 0, 1, 2, 3, 0]]])('of channels %j takes them in that order', async (list) => {
    const bytes = onImage(13, (m, x) => m.node('Gather', [x, m.integers(list)], { axis: 1 }), list.length);
    await expectSameAsOnnxRuntime(bytes, [1, 4, 5, 6], randomSource(8));
  });

  it('of all channels in another order is no operation: the weights behind it are permuted', () => {
    const bytes = onImage(13, (m, x) => m.node('Gather', [x, m.integers([3, 0, 2, 1])], { axis: 1 }), 4);
    expect(kinds(bytes)).toEqual(['conv2d', 'conv2d']);
  });

  it('of a channel that does not exist is refused', () => {
    expect(codesOf(onImage(13, (m, x) => m.node('Gather', [x, m.integers([7])], { axis: 1 }), 1))).toEqual(['BNN1008']);
  });
});

describe('Concat', () => {
  it('of two flattened maps moves both orders into the weights', async () => {
    const model = new OnnxModel();
    const x = model.input('x', [1, 2, 4, 3]);
    const maps = [3, 2].map((outputs, i) =>
      model.node('Flatten', [model.node('Conv', [x, model.floats([outputs, 2, 2, 2], signs(randomSource(i), 8 * outputs))])]),
    );
    const joined = model.node('Concat', maps, { axis: -1 }); // 3 * 6 + 2 * 6
    const shifted = model.node('Add', [joined, model.floats([30], integersBetween(randomSource(5), -3, 3, 30))]);
    const bytes = model.bytes(model.node('MatMul', [shifted, model.floats([30, 2], signs(randomSource(6), 60))]));
    await expectSameAsOnnxRuntime(bytes, [1, 2, 4, 3], randomSource(7));
  });

  it('of a map with itself, flattened behind it', async () => {
    const model = new OnnxModel();
    const x = model.input('x', [1, 2, 3, 2]);
    const flat = model.node('Flatten', [model.node('Concat', [x, model.node('Neg', [x]), x], { axis: 1 })]);
    const bytes = model.bytes(model.node('MatMul', [flat, model.floats([36, 2], signs(randomSource(1), 72))]));
    await expectSameAsOnnxRuntime(bytes, [1, 2, 3, 2], randomSource(2));
  });

  it.each([
    ['rows of images', (m: OnnxModel, x: string) => m.node('Concat', [x, x], { axis: 2 })],
    [
      'maps of different sizes',
      (m: OnnxModel, x: string) => m.node('Concat', [x, m.node('MaxPool', [x], { kernel_shape: [2, 2] })], { axis: 1 }),
    ],
    ['a constant', (m: OnnxModel, x: string) => m.node('Concat', [x, m.floats([1, 1, 5, 6], Array(30).fill(0))], { axis: 1 })],
    [
      'truth values',
      (m: OnnxModel, x: string) => m.node('Concat', [m.node('Greater', [x, m.float(0)]), m.node('Less', [x, m.float(0)])], { axis: 1 }),
    ],
  ])('of %s is refused', (_name, part) => {
    expect(codesOf(onImage(13, part, 4))[0]).toBe('BNN1008');
  });
});

/** Branches of all kinds on small integers: signs, splits, joins, and maps that several nodes read. */
function randomBranches(seed: number): Uint8Array {
  const random = randomSource(seed);
  const between = (low: number, high: number): number => low + Math.floor(random() * (high - low + 1));
  const model = new OnnxModel([11, 13, 18][seed % 3]);
  let map = model.input('x', [1, 4, 5, 4]);
  let channels = 4;
  for (let block = 0; block < 3; block += 1) {
    const conv = (x: string, inputs: number, outputs: number): string =>
      model.node('Conv', [x, model.floats([outputs, inputs, 3, 3], signs(random, 9 * inputs * outputs))], { pads: [1, 1, 1, 1] });
    const sign = (x: string): string => (random() < 0.5 ? model.node('Sign', [x]) : x);
    const kind = between(0, 3);
    if (kind === 0) {
      map = sign(model.node('Concat', [conv(map, channels, 3), conv(map, channels, 2)], { axis: 1 }));
      channels = 5;
    } else if (kind === 1 && channels > 1) {
      const first = between(1, channels - 1);
      const sizes = [first, channels - first];
      const outputs = [`a${block}`, `b${block}`];
      if (model.opset < 13) model.node('Split', [map], { axis: 1, split: sizes }, { outputs });
      else model.node('Split', [map, model.integers(sizes)], { axis: 1 }, { outputs });
      map = model.node('Concat', [conv(outputs[1] ?? '', sizes[1] ?? 1, 2), sign(outputs[0] ?? '')], { axis: -3 });
      channels = 2 + first;
    } else if (kind === 2) {
      map = model.node('Concat', [map, sign(conv(map, channels, 2))], { axis: 1 });
      channels += 2;
    } else {
      const size = between(1, channels);
      map = conv(model.node('Slice', [map, ...[[channels - size], [channels], [1]].map((l) => model.integers(l))]), size, 3);
      channels = 3;
    }
  }
  const flat = model.node('Concat', [model.node('Flatten', [map]), model.node('Flatten', [map])], { axis: 1 });
  return model.bytes(model.node('MatMul', [flat, model.floats([40 * channels, 2], signs(random, 80 * channels))]));
}

describe('random branches', () => {
  it.each(Array.from({ length: 24 }, (_, seed) => seed))('of seed %i are what onnxruntime computes', async (seed) => {
    await expectSameAsOnnxRuntime(randomBranches(seed), [1, 4, 5, 4], randomSource(seed + 100));
  });
});
