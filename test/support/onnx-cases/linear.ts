/** Convolutions, dense layers, batch normalization and pools. */
import type { AttributeValue, OnnxModel } from '../onnx-model.ts';
import { ALL, axesOf, count, on, type Case, type Draw } from './case.ts';

/** A constant tensor of weights or biases. */
const linear = (model: OnnxModel, magnitude: (value: number) => number, shape: readonly number[], values: readonly number[]): string =>
  model.floats(shape, values.map(magnitude));

/** Integers, or numbers with fractions. */
const weightsOf = (draw: Draw, size: number): number[] => (draw.flag() ? draw.integers(-2, 2, size) : draw.values(size));

/** Sums of the elements of an image: results differ with the order of the terms. */
function summed(opsets: Case['opsets'], rank: number, build: (model: OnnxModel, x: string, draw: Draw) => string): Case {
  return {
    opsets,
    build: (model, draw) => {
      const shape = draw.shape(rank);
      return { output: build(model, model.input('x', shape), draw), shape, terms: count(shape) + 1 };
    },
  };
}

/** Over rows, columns and channels, each or several of them. */
function reduction(op: string, axesAreInput: number): Case {
  return summed(ALL, 4, (model, x, draw) => {
    const axes = draw.pick([[2, 3], [-1, -2], [1], [2], [3], [1, 3], [-3, 2, 3]]);
    const [inputs, attributes] = axesOf(model, axes, axesAreInput);
    return model.node(op, [x, ...inputs], { ...attributes, keepdims: draw.int(0, 1) });
  });
}

export const LINEAR: Readonly<Record<string, Case>> = {
  Conv: {
    opsets: ALL,
    build: (model, draw, magnitude) => {
      const groups = draw.int(1, 2);
      const [inputs, outputs, kh, kw] = [draw.int(1, 3), groups * draw.int(1, 3), draw.int(1, 3), draw.int(1, 3)];
      const shape = [1, inputs * groups, draw.int(6, 8), draw.int(6, 8)];
      const weights = linear(model, magnitude, [outputs, inputs, kh, kw], weightsOf(draw, outputs * inputs * kh * kw));
      const bias = linear(model, magnitude, [outputs], draw.values(outputs));
      const padding: Record<string, AttributeValue> = draw.flag()
        ? { pads: draw.integers(0, 2, 4), dilations: draw.integers(1, 2, 2) }
        : { auto_pad: draw.pick(['SAME_UPPER', 'SAME_LOWER', 'VALID', 'NOTSET']) };
      const attributes = { strides: draw.integers(1, 2, 2), group: groups, ...padding };
      const output = model.node('Conv', [model.input('x', shape), weights, ...(draw.flag() ? [bias] : [])], attributes);
      return { output, shape, terms: inputs * kh * kw + 1 };
    },
  },
  'Conv of sequences': {
    opsets: ALL,
    build: (model, draw, magnitude) => {
      const groups = draw.int(1, 3);
      const [inputs, outputs, length] = [draw.int(1, 2), groups * draw.int(1, 3), draw.int(1, 4)];
      const shape = [1, inputs * groups, draw.int(8, 12)];
      const weights = linear(model, magnitude, [outputs, inputs, length], weightsOf(draw, outputs * inputs * length));
      const bias = linear(model, magnitude, [outputs], draw.values(outputs));
      const padding: Record<string, AttributeValue> = draw.flag()
        ? { pads: draw.integers(0, 2, 2), dilations: [draw.int(1, 2)] }
        : { auto_pad: draw.pick(['SAME_UPPER', 'SAME_LOWER', 'VALID', 'NOTSET']) };
      const attributes = { strides: [draw.int(1, 2)], group: groups, ...padding };
      const output = model.node('Conv', [model.input('x', shape), weights, ...(draw.flag() ? [bias] : [])], attributes);
      return { output, shape, terms: inputs * length + 1 };
    },
  },
  'Conv of a transposed sequence': {
    opsets: ALL,
    build: (model, draw, magnitude) => {
      const shape = [1, draw.int(3, 8), draw.int(1, 4)];
      const [, , channels = 1] = shape;
      const weights = linear(model, magnitude, [2, channels, 2], weightsOf(draw, 4 * channels));
      const output = model.node('Conv', [model.node('Transpose', [model.input('x', shape)], { perm: [0, 2, 1] }), weights]);
      return { output, shape, terms: 2 * channels };
    },
  },
  Gemm: {
    opsets: ALL,
    build: (model, draw, magnitude) => {
      const [inputs, outputs] = [draw.int(1, 40), draw.int(1, 6)];
      const transB = draw.int(0, 1);
      const weights = linear(model, magnitude, transB === 1 ? [outputs, inputs] : [inputs, outputs], weightsOf(draw, inputs * outputs));
      const bias = linear(model, magnitude, draw.flag() ? [outputs] : [1, outputs], draw.values(outputs));
      const scales = draw.flag() ? {} : { alpha: { float: draw.pick([0.5, 2]) }, beta: { float: draw.pick([0.25, 1, 3]) } };
      const output = model.node('Gemm', [model.input('x', [1, inputs]), weights, bias], { transB, ...scales });
      return { output, shape: [1, inputs], terms: inputs + 2 };
    },
  },
  MatMul: {
    opsets: ALL,
    build: (model, draw, magnitude) => {
      const [inputs, outputs] = [draw.int(1, 40), draw.int(1, 6)];
      const shape = draw.pick([[inputs], [1, inputs], [1, 1, inputs]]);
      const weights = linear(model, magnitude, [inputs, outputs], weightsOf(draw, inputs * outputs));
      return { output: model.node('MatMul', [model.input('x', shape), weights]), shape, terms: inputs };
    },
  },
  BatchNormalization: on(ALL, (model, x, draw, [, channels = 1]) => {
    const [gamma, beta, mean] = [0, 1, 2].map(() => model.floats([channels], draw.values(channels)));
    const variance = model.floats([channels], draw.values(channels).map(Math.abs));
    return model.node('BatchNormalization', [x, gamma ?? '', beta ?? '', mean ?? '', variance], { epsilon: { float: 1e-3 } });
  }),
  MaxPool: {
    opsets: ALL,
    build: (model, draw) => {
      const shape = [1, draw.int(1, 4), draw.int(6, 9), draw.int(6, 9)];
      const strides: Record<string, AttributeValue> = draw.flag() ? { strides: draw.integers(1, 3, 2) } : {};
      const newer: Record<string, AttributeValue> =
        model.opset >= 10 ? draw.pick([{}, { dilations: draw.integers(1, 2, 2) }, { ceil_mode: 1 }]) : {};
      const attributes = { kernel_shape: draw.integers(2, 3, 2), pads: draw.integers(0, 1, 4), ...strides, ...newer };
      return { output: model.node('MaxPool', [model.input('x', shape)], attributes), shape };
    },
  },
  AveragePool: {
    opsets: ALL,
    build: (model, draw) => {
      const shape = [1, draw.int(1, 4), draw.int(6, 9), draw.int(6, 9)];
      const kernel = draw.integers(2, 3, 2);
      const [ceil, counted] = [model.opset >= 10 && draw.flag(), draw.flag()];
      const pads = draw.integers(0, ceil && counted ? 0 : 1, 4); // beyond padding that counts, ceil_mode is refused
      // With steps beyond the window onnxruntime computes a negative padding for SAME.
      const padding: Record<string, AttributeValue> =
        ceil || draw.flag()
          ? { pads, strides: draw.integers(1, 3, 2) }
          : { auto_pad: draw.pick(['SAME_UPPER', 'SAME_LOWER', 'VALID']), strides: draw.integers(1, 2, 2) };
      const newer: Record<string, AttributeValue> = {
        ...(ceil ? { ceil_mode: 1 } : {}),
        // onnxruntime leaves dilations out of the padding of SAME, which its own shape inference counts.
        ...(model.opset >= 19 && !ceil && 'pads' in padding && draw.flag() ? { dilations: draw.integers(1, 2, 2) } : {}),
      };
      const attributes = {
        kernel_shape: kernel,
        count_include_pad: counted ? 1 : 0,
        ...padding,
        ...newer,
      };
      return { output: model.node('AveragePool', [model.input('x', shape)], attributes), shape, terms: count(kernel) + 1 };
    },
  },
  'MaxPool of sequences': on(
    ALL,
    (model, x, draw) => model.node('MaxPool', [x], { kernel_shape: [2], strides: [draw.int(1, 3)], pads: [0, 1] }),
    3,
  ),
  'AveragePool of sequences': summed(ALL, 3, (model, x, draw) =>
    model.node('AveragePool', [x], {
      kernel_shape: [3],
      strides: [draw.int(1, 3)],
      pads: [draw.int(1, 2), 2],
      count_include_pad: draw.int(0, 1),
    }),
  ),
  'GlobalAveragePool of sequences': summed(ALL, 3, (model, x) => model.node('GlobalAveragePool', [x])),
  'BatchNormalization of sequences': on(
    ALL,
    (model, x, draw, [, channels = 1]) => {
      const constants = [0, 1, 2].map(() => model.floats([channels], draw.values(channels)));
      const variance = model.floats([channels], draw.values(channels).map(Math.abs));
      return model.node('BatchNormalization', [x, ...constants, variance]);
    },
    3,
  ),
  GlobalAveragePool: summed(ALL, 4, (model, x) => model.node('GlobalAveragePool', [x])),
  ReduceMean: reduction('ReduceMean', 18),
  ReduceSum: reduction('ReduceSum', 13),
  GlobalMaxPool: on(ALL, (model, x) => model.node('GlobalMaxPool', [x]), 4),
  ReduceMax: on(
    ALL,
    (model, x, draw) => {
      const [inputs, attributes] = axesOf(
        model,
        draw.pick([
          [2, 3],
          [-1, -2],
        ]),
        18,
      );
      return model.node('ReduceMax', [x, ...inputs], { ...attributes, keepdims: draw.int(0, 1) });
    },
    4,
  ),
};
