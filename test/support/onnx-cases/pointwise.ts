/** Arithmetic and functions of single elements. */
import type { OnnxModel } from '../onnx-model.ts';
import { ALL, near, on, operand, unary, type Case, type Draw } from './case.ts';

function arithmetic(op: string, value?: (draw: Draw) => number, swaps = true): Case {
  return on(ALL, (model, x, draw, shape) => {
    const constant = operand(model, draw, shape, value && (() => value(draw)));
    return model.node(op, swaps && draw.flag() ? [constant, x] : [x, constant]);
  });
}

function variadic(op: string): Case {
  return on([8, 21], (model, x, draw, shape) => {
    const constants = Array.from({ length: draw.int(0, 2) }, () => operand(model, draw, shape));
    return model.node(op, [x, ...constants]);
  });
}

/** Another tensor of the file: the same function of each element, or one element for each channel, or one channel for all. */
function other(model: OnnxModel, x: string, draw: Draw, shape: readonly number[]): string {
  const [, , height = 1, width = 1] = shape;
  const whole = (): string =>
    draw.pick([
      () => model.node('Relu', [x]),
      () => model.node('Mul', [x, operand(model, draw, shape)]),
      () => model.node('Sign', [model.node('Add', [x, model.float(draw.value())])]),
      () => x,
    ])();
  if (shape.length === 2) return whole();
  return draw.pick([
    whole,
    () => model.node('GlobalMaxPool', [x]),
    () => model.node('Slice', [x, model.integers([0]), model.integers([1]), model.integers([1])]),
    () => model.node('MaxPool', [x], { kernel_shape: [height, 1] }),
    () => model.node('MaxPool', [x], { kernel_shape: [1, width] }),
    () =>
      model.node('Slice', [
        x,
        ...[
          [0, 0, 0],
          [1, 1, 1],
          [1, 2, 3],
        ].map((list) => model.integers(list)),
      ]),
  ])();
}

/** Two computed tensors, in either order. */
function combined(op: string): Case {
  return on([10, 21], (model, x, draw, shape) => {
    const [a, b] = [model.node('Neg', [x]), other(model, x, draw, shape)];
    return model.node(op, draw.flag() ? [a, b] : [b, a]);
  });
}

export const POINTWISE: Readonly<Record<string, Case>> = {
  Add: arithmetic('Add'),
  Sub: arithmetic('Sub'),
  Mul: arithmetic('Mul'),
  Div: arithmetic('Div', (draw) => draw.value() || 3, false),
  Sum: variadic('Sum'),
  'Add of two tensors': combined('Add'),
  'Sub of two tensors': combined('Sub'),
  'Mul of two tensors': combined('Mul'),
  'Sum of several tensors': on([10, 21], (model, x, draw, shape) => {
    const addend = (): string => (draw.flag() ? operand(model, draw, shape) : other(model, x, draw, shape));
    return model.node('Sum', [...(draw.flag() ? [operand(model, draw, shape)] : []), x, ...Array.from({ length: draw.int(1, 3) }, addend)]);
  }),
  Max: variadic('Max'),
  Min: variadic('Min'),
  Pow: arithmetic('Pow', () => 1, false),
  Neg: unary('Neg'),
  Relu: unary('Relu'),
  LeakyRelu: unary('LeakyRelu', 7, (draw) => (draw.flag() ? {} : { alpha: { float: draw.pick([0.25, -0.5, 0.1]) } })),
  PRelu: on(ALL, (model, x, draw, shape) => model.node('PRelu', [x, operand(model, draw, shape)])),
  Abs: on(ALL, (model, x, draw) => model.node('Add', [model.node('Abs', [x]), model.float(draw.value())])),
  'Tanh of real numbers': near([9, 21], 1e-6, (model, x, draw) => {
    const y = model.node('Tanh', [x]);
    return draw.pick([
      () => y,
      () => model.node('Mul', [y, model.float(0.5)]),
      () => model.node('Sub', [y, model.node('Tanh', [model.node('Neg', [x])])]),
    ])();
  }),
  'Sigmoid of real numbers': near([9, 21], 1e-6, (model, x, draw) => {
    const y = model.node('Sigmoid', [x]);
    return draw.pick([
      () => y,
      () => model.node('Sub', [model.float(1), y]),
      () => model.node('Add', [y, model.node('Sigmoid', [model.node('Neg', [x])])]),
    ])();
  }),
  HardSwish: unary('HardSwish', 14),
  HardSigmoid: unary('HardSigmoid', 7, (draw) => (draw.flag() ? {} : { alpha: { float: draw.pick([0.5, 1 / 6]) }, beta: { float: 0.25 } })),
  Clip: on(ALL, (model, x, draw) => {
    const [low, high] = [draw.int(-3, 0), draw.int(0, 3)];
    if (model.opset < 11) return model.node('Clip', [x], { min: { float: low }, ...(draw.flag() ? { max: { float: high } } : {}) });
    return model.node(
      'Clip',
      draw.pick([[x], [x, model.float(low)], [x, '', model.float(high)], [x, model.float(low), model.float(high)]]),
    );
  }),
};
