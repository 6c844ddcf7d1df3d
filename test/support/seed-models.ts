/** Small ONNX files that use many operators in unusual ways, as beginnings for damaged ones. */
import { OnnxModel } from './onnx-model.ts';

function signs(random: () => number, count: number): readonly number[] {
  return Array.from({ length: count }, () => (random() < 0.5 ? -1 : 1));
}

/** Padded with -1, pooled upwards, flattened by a computed shape. */
export function convolutional(random: () => number): Uint8Array {
  const model = new OnnxModel();
  const x = model.node('Pad', [model.input('x', ['N', 2, 5, 4]), model.integers([0, 0, 1, 1, 0, 0, 1, 1]), model.float(-1)]);
  const conv = model.node('Conv', [x, model.floats([3, 2, 3, 3], signs(random, 54))], { strides: [1, 1], pads: [0, 0, 0, 0] });
  const pool = model.node('MaxPool', [conv], { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 });
  const sign = model.node('Where', [model.node('Greater', [pool, model.float(0)]), model.float(1), model.float(-1)]);
  const flat = model.node('Reshape', [sign, model.node('Concat', [model.integers([1]), model.integers([-1])], { axis: 0 })]);
  const scores = model.node('Gemm', [flat, model.floats([2, 18], signs(random, 36))], { transB: 1, alpha: { float: 0.5 } });
  return model.bytes(model.node('Softmax', [scores], { axis: 1 }));
}

/** QONNX with computed weights, scales and shapes. */
export function quantized(random: () => number): Uint8Array {
  const model = new OnnxModel(9);
  const x = model.input('x', [1, 1, 2, 3]);
  const shape = model.node('Slice', [model.node('Shape', [x]), model.integers([0]), model.integers([1]), model.integers([0])]);
  const flat = model.node('Reshape', [x, model.node('Concat', [shape, model.integers([-1])], { axis: 0 })]);
  const bipolar = model.node(
    'BipolarQuant',
    [model.node('Transpose', [flat], { perm: [0, 1] }), model.float(1)],
    {},
    { domain: 'onnx.brevitas' },
  );
  const scale = model.node('Expand', [model.float(0.5), model.integers([4, 6])]);
  const weights = model.node('Transpose', [model.node('Mul', [model.floats([4, 6], signs(random, 24)), scale])], { perm: [1, 0] });
  const normalized = model.node('BatchNormalization', [
    model.node('MatMul', [bipolar, weights]),
    ...[1, 2, 3, 4].map((value) => model.floats([4], [value, value, value, value])),
  ]);
  const filled = model.node('ConstantOfShape', [model.integers([4])]);
  return model.bytes(model.node('Sub', [filled, model.node('Clip', [normalized], { min: { float: -1 } })]));
}

/** Residual sums, a channel shuffle before groups, means, factors per channel, functions of real numbers. */
export function residual(random: () => number): Uint8Array {
  const model = new OnnxModel();
  const x = model.input('x', ['N', 4, 6, 6]);
  const shape = (...sizes: readonly number[]): string => model.integers(sizes);
  const turned = model.node('Transpose', [model.node('Reshape', [x, shape(1, 2, 2, 6, 6)])], { perm: [0, 2, 1, 3, 4] });
  const shuffled = model.node('Reshape', [turned, shape(1, 4, 6, 6)]);
  const grouped = model.node('Conv', [model.node('Sign', [shuffled]), model.floats([4, 2, 3, 3], signs(random, 72))], {
    group: 2,
    pads: [1, 1, 1, 1],
  });
  const sum = model.node('Sum', [grouped, x, model.floats([4, 1, 1], [0.5, -1, 2, 0.25])]);
  const bent = model.node('PRelu', [sum, model.floats([4, 1, 1], [0.25, 0.5, 0, 1])]);
  const factors = model.node('Sigmoid', [model.node('ReduceMean', [bent], { axes: [2, 3], keepdims: 1 })]);
  const scaled = model.node('Mul', [factors, bent]);
  const padded = model.node('Pad', [scaled, model.integers([0, 1, 0, 0, 0, 1, 0, 0])]);
  const averaged = model.node('AveragePool', [padded], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 0, 0], ceil_mode: 1 });
  const flat = model.node('Flatten', [model.node('Tanh', [averaged])]);
  return model.bytes(model.node('Gemm', [flat, model.floats([2, 54], signs(random, 108))], { transB: 1 }));
}

/** One dimension: padded, convolved, pooled, channels taken in another order, averaged. */
export function sequence(random: () => number): Uint8Array {
  const model = new OnnxModel(18);
  const x = model.node('Pad', [model.input('x', [1, 2, 9]), model.integers([0, 0, 1, 0, 0, 1]), model.float(0)]);
  const conv = model.node('Conv', [x, model.floats([4, 2, 3], signs(random, 24))], { strides: [2] });
  const pool = model.node('MaxPool', [conv], { kernel_shape: [2], strides: [1] });
  const moved = model.node('Gather', [pool, model.integers([3, 1, 1, 0])], { axis: 1 });
  const difference = model.node('Sub', [pool, moved]);
  const mean = model.node('ReduceMean', [model.node('Abs', [difference]), model.integers([-1])], { keepdims: 0 });
  return model.bytes(model.node('MatMul', [mean, model.floats([4, 2], signs(random, 8))]));
}
