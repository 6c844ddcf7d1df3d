/** Functions of single elements. */
import type { OperatorNetwork } from '../../onnx/network.ts';
import { describeSizes, pointwise, type Layer, type LayerReader } from '../layer.ts';
import { numberField, refuse, requiredFloats, tensorField, truthField, type Module } from '../module.ts';

/** An operator of ONNX without attributes. */
function operator(op: string): LayerReader {
  return (module) => pointwise(module, (network, x, source) => network.add(op, [x], {}, source));
}

/** An operator with one number behind the tensor. */
function withNumber(module: Module, op: string, value: number): Layer {
  return pointwise(module, (network, x, source) => network.add(op, [x, network.constant([], [value])], {}, source));
}

const pass: LayerReader = (module) => pointwise(module, (_network, x) => x);

function clip(module: Module, low: number, high: number): Layer {
  return pointwise(module, (network, x, source) =>
    network.add('Clip', [x, network.constant([], [low]), network.constant([], [high])], {}, source),
  );
}

/** x where it is above `threshold`, else `val`. */
const threshold: LayerReader = (module) => {
  const [limit, below] = [numberField(module, 'threshold', 0), numberField(module, 'val', 0)];
  if (limit !== below) refuse(module, `replaces all up to ${limit} by ${below}; the same number for both works`);
  return limit === 0 ? pointwise(module, (network, x, source) => network.add('Relu', [x], {}, source)) : withNumber(module, 'Max', limit);
};

const prelu: LayerReader = (module, { budget }) => {
  const { sizes = [] } = tensorField(module, 'weight') ?? {};
  const slopes = requiredFloats(
    module,
    'weight',
    Math.max(
      1,
      sizes.reduce((product, size) => product * size, 1),
    ),
    budget,
  );
  return {
    kind: 'leaf',
    module,
    sizes: (input) =>
      slopes.length === 1 || slopes.length === input[0] ? input : `has ${slopes.length} slopes, and gets ${describeSizes(input)}`,
    emit: (network, x, input, source) => {
      const shape = slopes.length === 1 ? [1] : [slopes.length, ...input.slice(1).map(() => 1)];
      return network.add('PRelu', [x, network.constant(shape, slopes)], {}, source);
    },
  };
};

/**
 * sign((x + 1)/2 − 0.5) with sign(0) = 0, rounded after each step: 0 also where |x| is below about 2^−25 (BinaryNet's
 * BinarizedNeurons.lua, which draws lots in training only).
 */
const binarizedNeurons: LayerReader = (module) =>
  pointwise(module, (network, x, source) => {
    const constant = (value: number): string => network.constant([], [value]);
    const inner = { ...source, name: `${source.name}.half` };
    const half = network.add('Div', [network.add('Add', [x, constant(1)], {}, inner), constant(2)], {}, inner);
    return network.own('Sign', [network.add('Sub', [half, constant(0.5)], {}, inner)], { zero: 'zero' }, source);
  });

/** Dropout that was scaled in training passes its input on; older ones, and that of whole channels, scale now (nn/Dropout.lua). */
function dropout(isScaledInTraining: (module: Module) => boolean): LayerReader {
  return (module, context, children) => {
    const p = numberField(module, 'p', 0.5);
    if (p < 0 || p >= 1) refuse(module, `drops ${p} of its input; a part from 0 to less than 1 works`);
    return p === 0 || isScaledInTraining(module) ? pass(module, context, children) : withNumber(module, 'Mul', 1 - p);
  };
}

function scores(op: 'Softmax' | 'LogSoftmax'): LayerReader {
  return (module) => pointwise(module, (network: OperatorNetwork, x, source) => network.add(op, [x], { axis: 1 }, source));
}

const hardTanh: LayerReader = (module) => clip(module, numberField(module, 'min_val', -1), numberField(module, 'max_val', 1));

/** Modules of nn that cudnn has too. */
const TWINS: Readonly<Record<string, LayerReader>> = {
  ReLU: threshold,
  Tanh: operator('Tanh'),
  Sigmoid: operator('Sigmoid'),
  SoftMax: scores('Softmax'),
  LogSoftMax: scores('LogSoftmax'),
  SpatialSoftMax: scores('Softmax'),
  SpatialLogSoftMax: scores('LogSoftmax'),
};

export const ACTIVATION: Readonly<Record<string, LayerReader>> = {
  ...Object.fromEntries(Object.entries(TWINS).flatMap(([name, reader]) => ['nn', 'cudnn'].map((home) => [`${home}.${name}`, reader]))),
  'nn.HardTanh': hardTanh,
  'nn.Clamp': hardTanh,
  'nn.ReLU6': (module) => clip(module, 0, 6),
  'cudnn.ClippedReLU': (module) => clip(module, 0, numberField(module, 'ceiling')),
  'nn.LeakyReLU': (module) => {
    const alpha = numberField(module, 'negval', 0.01);
    return pointwise(module, (network, x, source) => network.add('LeakyRelu', [x], { alpha }, source));
  },
  'nn.PReLU': prelu,
  'nn.Threshold': threshold,
  'nn.Abs': operator('Abs'),
  'nn.BinActiveZ': (module) => pointwise(module, (network, x, source) => network.own('Sign', [x], { zero: 'zero' }, source)),
  BinarizedNeurons: binarizedNeurons,
  'nn.MulConstant': (module) => withNumber(module, 'Mul', numberField(module, 'constant_scalar')),
  'nn.AddConstant': (module) => withNumber(module, 'Add', numberField(module, 'constant_scalar')),
  'nn.Identity': pass,
  'nn.Copy': pass,
  'nn.Contiguous': pass,
  'nn.Dropout': dropout((module) => truthField(module, 'v2', false)),
  'nn.SpatialDropout': dropout(() => false),
};
