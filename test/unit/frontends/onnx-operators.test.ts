import { describe, expect, it } from 'vitest';
import { OnnxModel } from '../../support/onnx-model.ts';
import { expectSameAsOnnxRuntime, integersBetween, randomSource, readModel, signs } from './read-model.ts';

const SEEDS = [1, 2, 3, 4, 5, 6];

const upTo = (random: () => number, low: number, high: number): number => integersBetween(random, low, high, 1)[0] ?? low;

describe('convolutions', () => {
  it.each(SEEDS)('agree with onnxruntime at random sizes, strides, dilations, groups and pads (seed %i)', async (seed) => {
    const random = randomSource(seed);
    const groups = upTo(random, 1, 2);
    const [inputs, outputs] = [upTo(random, 1, 4), groups * upTo(random, 1, 4)];
    const [kh, kw] = [upTo(random, 1, 3), upTo(random, 1, 3)];
    const shape = [1, inputs * groups, upTo(random, 6, 9), upTo(random, 6, 9)];
    const model = new OnnxModel();
    const x = model.input('x', ['N', ...shape.slice(1)]);
    const weights = model.floats([outputs, inputs, kh, kw], signs(random, outputs * inputs * kh * kw));
    const bias = model.floats([outputs], integersBetween(random, -3, 3, outputs));
    const attributes = {
      kernel_shape: [kh, kw],
      strides: integersBetween(random, 1, 2, 2),
      dilations: integersBetween(random, 1, 2, 2),
      pads: integersBetween(random, 0, 2, 4),
      group: groups,
    };
    await expectSameAsOnnxRuntime(model.bytes(model.node('Conv', [x, weights, bias], attributes)), shape, random);
  });

  it.each(['SAME_UPPER', 'SAME_LOWER', 'VALID'])('pad by auto_pad %s as onnxruntime does', async (mode) => {
    for (const seed of SEEDS) {
      const random = randomSource(seed);
      const shape = [1, 2, upTo(random, 5, 8), upTo(random, 5, 8)];
      const model = new OnnxModel();
      const x = model.input('x', shape);
      const weights = model.floats([3, 2, 2, 3], integersBetween(random, -2, 2, 36));
      await expectSameAsOnnxRuntime(model.bytes(model.node('Conv', [x, weights], { auto_pad: mode, strides: [2, 1] })), shape, random);
    }
  });

  it.each([0, 1, -1])('take over a Pad with value %i', async (value) => {
    const random = randomSource(7);
    const model = new OnnxModel();
    const x = model.input('x', [1, 2, 5, 4]);
    const padded = model.node('Pad', [x, model.integers([0, 0, 1, 2, 0, 0, 2, 1]), model.float(value)]);
    const weights = model.floats([3, 2, 3, 3], signs(random, 54));
    const imported = await expectSameAsOnnxRuntime(model.bytes(model.node('Conv', [padded, weights])), [1, 2, 5, 4], random);
    expect(imported.graph.nodes).toHaveLength(1);
    expect(imported.graph.nodes[0]?.attrs).toMatchObject({ padValue: value, padding: { top: 1, left: 2, bottom: 2, right: 1 } });
  });

  it('take over a Pad that stands before their sign', async () => {
    const random = randomSource(8);
    const model = new OnnxModel(10);
    const x = model.input('x', [1, 2, 5, 4]);
    const padded = model.node('Pad', [x], { pads: [0, 0, 1, 1, 0, 0, 1, 1], value: { float: -7 } });
    const weights = model.floats([3, 2, 3, 3], signs(random, 54));
    const imported = await expectSameAsOnnxRuntime(
      model.bytes(model.node('Conv', [model.node('Sign', [padded]), weights])),
      [1, 2, 5, 4],
      random,
    );
    expect(imported.graph.nodes[1]?.attrs).toMatchObject({ padValue: -1 });
  });

  it('keep weights as ±α where they are, and as they stand elsewhere', () => {
    const model = new OnnxModel();
    const x = model.input('x', [1, 1, 2, 2]);
    const binary = model.node('Conv', [x, model.floats([2, 1, 1, 2], [0.5, -0.5, 3, 3])]);
    const real = model.node('Conv', [binary, model.floats([1, 2, 1, 1], [0.5, 0.25])]);
    const [first, second] = readModel(model.bytes(real)).graph.nodes;
    expect(first?.attrs).toMatchObject({ sum: 'sequential', bias: null, threshold: null });
    expect(first?.kind === 'conv2d' && first.attrs.weights).toMatchObject({ kind: 'binary', scale: Float32Array.of(0.5, 3) });
    expect(second?.kind === 'conv2d' && second.attrs.weights.kind).toBe('real');
  });
});

describe('dense layers', () => {
  it.each([
    ['transB', { transB: 1 }, [5, 7]],
    ['no attributes', {}, [7, 5]],
    ['alpha and beta', { alpha: { float: 0.5 }, beta: { float: 2 } }, [7, 5]],
  ] as const)('agree with onnxruntime as Gemm with %s', async (_name, attributes, weightShape) => {
    const random = randomSource(11);
    const model = new OnnxModel();
    const x = model.input('x', ['N', 7]);
    const weights = model.floats(weightShape, integersBetween(random, -3, 3, 35));
    const bias = model.floats([1, 5], integersBetween(random, -3, 3, 5));
    await expectSameAsOnnxRuntime(model.bytes(model.node('Gemm', [x, weights, bias], attributes)), [1, 7], random);
  });

  it('agree with onnxruntime as MatMul on a vector without batch', async () => {
    const random = randomSource(12);
    const model = new OnnxModel();
    const y = model.node('MatMul', [model.input('x', [6]), model.floats([6, 4], signs(random, 24))]);
    await expectSameAsOnnxRuntime(model.bytes(y), [6], random);
  });
});

describe('max-pooling', () => {
  it.each(SEEDS)('agrees with onnxruntime at random windows (seed %i)', async (seed) => {
    const random = randomSource(seed);
    const shape = [1, 3, upTo(random, 6, 9), upTo(random, 6, 9)];
    const kernel = integersBetween(random, 2, 3, 2);
    const model = new OnnxModel();
    const attributes = { kernel_shape: kernel, strides: integersBetween(random, 1, 3, 2), pads: integersBetween(random, 0, 1, 4) };
    await expectSameAsOnnxRuntime(model.bytes(model.node('MaxPool', [model.input('x', shape)], attributes)), shape, random);
  });

  it.each([5, 6, 7, 8])('with ceil_mode makes room for a partly filled window (size %i)', async (size) => {
    const random = randomSource(size);
    const model = new OnnxModel();
    const y = model.node('MaxPool', [model.input('x', [1, 2, size, size])], { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 });
    await expectSameAsOnnxRuntime(model.bytes(y), [1, 2, size, size], random);
  });

  it('without strides moves by one', async () => {
    const model = new OnnxModel(8);
    const y = model.node('MaxPool', [model.input('x', [1, 1, 4, 4])], { kernel_shape: [2, 2] });
    await expectSameAsOnnxRuntime(model.bytes(y), [1, 1, 4, 4], randomSource(1));
  });
});

describe('batch normalization', () => {
  it('keeps its constants and the operation order of onnxruntime', async () => {
    const random = randomSource(21);
    const model = new OnnxModel();
    const x = model.input('x', [1, 3, 2, 4]);
    const [gamma, beta, mean] = [0, 1, 2].map(() => model.floats([3], integersBetween(random, -4, 4, 3)));
    const variance = model.floats([3], [3.75, 15.75, 0.75]); // + 0.25 gives squares, so every step is exact
    const y = model.node('BatchNormalization', [x, gamma ?? '', beta ?? '', mean ?? '', variance], { epsilon: { float: 0.25 } });
    const imported = await expectSameAsOnnxRuntime(model.bytes(y), [1, 3, 2, 4], random);
    expect(imported.graph.nodes[0]?.attrs).toMatchObject({ form: 'scale-shift', epsilon: 0.25 });
  });

  it('between Unsqueeze and Squeeze works on the features of a vector', async () => {
    const random = randomSource(22);
    const model = new OnnxModel();
    const x = model.node('Unsqueeze', [model.input('x', [1, 4]), model.integers([2])]);
    const constants = [2, 3, 4].map(() => model.floats([4], integersBetween(random, -4, 4, 4)));
    const y = model.node('BatchNormalization', [x, ...constants, model.floats([4], [3, 3, 15, 0])], { epsilon: { float: 1 } });
    const imported = await expectSameAsOnnxRuntime(model.bytes(model.node('Squeeze', [y, model.integers([2])])), [1, 4], random);
    expect(imported.graph.nodes.map(({ kind }) => kind)).toEqual(['batch-norm']);
  });
});

describe('elementwise arithmetic', () => {
  it.each(['Add', 'Sub', 'Mul', 'Max', 'Min'])('%s takes a constant on either side', async (op) => {
    for (const swapped of [false, true]) {
      const random = randomSource(31);
      const model = new OnnxModel();
      const x = model.input('x', [1, 3, 2, 2]);
      const constant = model.floats([3, 1, 1], integersBetween(random, -4, 4, 3));
      await expectSameAsOnnxRuntime(model.bytes(model.node(op, swapped ? [constant, x] : [x, constant])), [1, 3, 2, 2], random);
    }
  });

  it.each([
    ['Div', (m: OnnxModel) => [m.float(4)]],
    ['Pow', (m: OnnxModel) => [m.float(1)]],
    ['Neg', () => []],
    ['Relu', () => []],
    ['Sign', () => []],
    ['Identity', () => []],
    ['Dropout', () => []],
    ['Clip', (m: OnnxModel) => [m.float(-1), m.float(1)]],
    ['Clip', (m: OnnxModel) => ['', m.float(2)]],
  ] as const)('%s agrees with onnxruntime', async (op, constants) => {
    const model = new OnnxModel();
    const y = model.node(op, [model.input('x', [1, 12]), ...constants(model)]);
    await expectSameAsOnnxRuntime(model.bytes(y), [1, 12], randomSource(32));
  });

  it('reads the limits of an older Clip from its attributes', async () => {
    const model = new OnnxModel(10);
    const y = model.node('Clip', [model.input('x', [1, 12])], { min: { float: -1 }, max: { float: 2 } });
    await expectSameAsOnnxRuntime(model.bytes(y), [1, 12], randomSource(33));
  });

  it('gives a constant that differs inside a channel one entry per element', async () => {
    const random = randomSource(34);
    const model = new OnnxModel();
    const y = model.node('Add', [model.input('x', [1, 2, 3, 3]), model.floats([2, 3, 3], integersBetween(random, -4, 4, 18))]);
    const weights = model.floats([2, 2, 2, 2], signs(random, 16));
    await expectSameAsOnnxRuntime(model.bytes(model.node('Conv', [y, weights])), [1, 2, 3, 3], random);
  });
});

describe('comparisons', () => {
  it.each(['Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual'])('%s and Where give one of two constants', async (op) => {
    for (const swapped of [false, true]) {
      for (const inverted of [false, true]) {
        const random = randomSource(41);
        const model = new OnnxModel();
        const x = model.input('x', [1, 3, 2, 2]);
        const constant = model.floats([3, 1, 1], integersBetween(random, -2, 2, 3));
        const compared = model.node(op, swapped ? [constant, x] : [x, constant]);
        const condition = inverted ? model.node('Not', [compared]) : compared;
        const y = model.node('Where', [condition, model.float(1), model.floats([1], [-1])]);
        await expectSameAsOnnxRuntime(model.bytes(y), [1, 3, 2, 2], random);
      }
    }
  });

  it('may choose from constants of a higher rank', async () => {
    const model = new OnnxModel();
    const truth = model.node('Greater', [model.input('x', [4]), model.float(0)]);
    const y = model.node('Where', [truth, model.floats([1, 1], [2]), model.float(-2)]);
    await expectSameAsOnnxRuntime(model.bytes(model.node('MatMul', [y, model.floats([4, 1], [1, -1, 1, 1])])), [4], randomSource(43));
  });

  it('a Cast of a truth value is 1 or 0', async () => {
    const model = new OnnxModel();
    const truth = model.node('Greater', [model.input('x', [1, 8]), model.float(0)]);
    const y = model.node('Sub', [model.node('Mul', [model.node('Cast', [truth], { to: 1 }), model.float(2)]), model.float(1)]);
    const imported = await expectSameAsOnnxRuntime(model.bytes(y), [1, 8], randomSource(42));
    expect(imported.graph.nodes[1]).toMatchObject({ kind: 'select', attrs: { whenTrue: 1, whenFalse: 0 } });
  });
});

describe('integer inputs', () => {
  it.each([
    [2, 'uint8', 'u8'],
    [3, 'int8', 'i8'],
  ] as const)('of type %i become %s elements of the graph', async (elementType, type, dtype) => {
    const random = randomSource(51);
    const model = new OnnxModel();
    const x = model.node('Cast', [model.input('x', ['N', 1, 3, 3], elementType)], { to: 1 });
    const y = model.node('Conv', [model.node('Sub', [x, model.float(3)]), model.floats([2, 1, 3, 3], signs(random, 18))]);
    const imported = await expectSameAsOnnxRuntime(model.bytes(y), [1, 1, 3, 3], random, type);
    expect(imported.graph.values.get(imported.graph.input)?.type.dtype).toBe(dtype);
  });
});
