/** The list of every operator of a symbol and what it is in ONNX. */
import { elementCount } from '../../ir/encoding.ts';
import { choiceAttribute, numberAttribute, refuse, truthAttribute, tupleAttribute, wholeAttribute } from './attributes.ts';
import { batchNorm, binaryConvolution, binaryFullyConnected, convolution, fullyConnected, pooling } from './layers.ts';
import { signsOf } from './packed.ts';
import { add, addSign, scalar, sourceOf, tensor, type Translate, type Translation } from './translation.ts';

const identity: Translate = (t) => add(t, 'Identity', [tensor(t, 0)]);

const binary =
  (op: string): Translate =>
  (t) =>
    add(t, op, [tensor(t, 0), tensor(t, 1)]);

/** An attribute without a default. */
function statedNumber({ node }: Translation, name: string): number {
  const value = numberAttribute(node, name, Number.NaN);
  return Number.isNaN(value) ? refuse(node, `states no ${name}`) : value;
}

/** x op c, or c op x. */
const withScalar =
  (op: string, reversed = false): Translate =>
  (t) => {
    const [x, c] = [tensor(t, 0), scalar(t, statedNumber(t, 'scalar'))];
    return add(t, op, reversed ? [c, x] : [x, c]);
  };

/** `det_sign` and the signs whose forward pass is that are +1 at 0, MXNet's own is 0 there. Weights are binarized at once. */
const sign =
  (zero: 'plus' | 'zero'): Translate =>
  (t) => {
    const [operand] = t.inputs;
    if (operand?.kind !== 'array') return addSign(t, tensor(t, 0), zero);
    return t.network.constant(operand.array.shape, signsOf(operand.array, zero === 'plus' ? 1 : 0));
  };

/** At inference, unless it says that it drops there too. */
const dropout: Translate = (t) =>
  choiceAttribute(t.node, 'mode', ['training', 'always']) === 'training'
    ? identity(t)
    : refuse(t.node, 'drops also when the network is used (mode always)', 'Export it with mode training, the default.');

/** Everything is computed in float32. */
const cast: Translate = (t) => {
  const type = t.node.attributes.get('dtype') ?? 'none';
  return type === 'float32' || type === 'float64' ? identity(t) : refuse(t.node, `casts to ${type}; float32 and float64 can be compiled`);
};

/** The binarization happens inside the following layer where `backward_only` says so. */
const quantizedActivation: Translate = (t) => {
  const bits = wholeAttribute(t.node, 'act_bit', 1);
  if (bits !== 1) return refuse(t.node, `quantizes to ${bits} bits; bnnc compiles one bit`, 'Retrain with act_bit 1.');
  return truthAttribute(t.node, 'backward_only', false) ? identity(t) : addSign(t, tensor(t, 0), 'plus');
};

const ACTIVATIONS = { relu: 'Relu', tanh: 'Tanh', sigmoid: 'Sigmoid', softsign: 'Softsign' } as const;

const activation: Translate = (t) =>
  add(t, ACTIVATIONS[choiceAttribute(t.node, 'act_type', ['relu', 'tanh', 'sigmoid', 'softsign'])], [tensor(t, 0)]);

const leakyRelu: Translate = (t) => {
  const type = choiceAttribute(t.node, 'act_type', ['leaky', 'prelu']);
  if (type === 'leaky') return add(t, 'LeakyRelu', [tensor(t, 0)], { alpha: numberAttribute(t.node, 'slope', 0.25) });
  const slope = t.inputs[1];
  if (slope?.kind !== 'array') return refuse(t.node, 'takes its slope from what is computed at run time');
  const count = elementCount(slope.array.shape);
  const [x] = t.inputs;
  const behind = x?.kind === 'tensor' && count > 1 ? Array.from({ length: x.rank - 2 }, () => 1) : [];
  return add(t, 'PRelu', [tensor(t, 0), t.network.constant([count, ...behind], slope.array.read())]);
};

const clip: Translate = (t) => {
  const limits = ['a_min', 'a_max'].map((name) => scalar(t, statedNumber(t, name)));
  return add(t, 'Clip', [tensor(t, 0), ...limits]);
};

const pad: Translate = (t) => {
  const mode = choiceAttribute(t.node, 'mode', ['constant']);
  const widths = tupleAttribute(t.node, 'pad_width') ?? refuse(t.node, 'states no pad_width');
  const before = widths.filter((_, i) => i % 2 === 0);
  const after = widths.filter((_, i) => i % 2 === 1);
  return add(t, 'Pad', [tensor(t, 0), t.network.integers([...before, ...after]), scalar(t, numberAttribute(t.node, 'constant_value', 0))], {
    mode,
  });
};

const reshape: Translate = (t) => {
  const shape = tupleAttribute(t.node, 'shape') ?? refuse(t.node, 'states no shape');
  if (truthAttribute(t.node, 'reverse', false) || shape.some((size) => size < -1))
    return refuse(t.node, `has the shape (${shape.join(', ')}); sizes, 0 (kept) and one -1 can be compiled`);
  return add(t, 'Reshape', [tensor(t, 0), t.network.integers(shape)]);
};

const concat: Translate = (t) =>
  add(
    t,
    'Concat',
    t.inputs.map((_, i) => tensor(t, i)),
    { axis: wholeAttribute(t.node, 'dim', 1) },
  );

const sliceAxis: Translate = (t) => {
  const axis = wholeAttribute(t.node, 'axis', 0);
  const begin = wholeAttribute(t.node, 'begin', 0);
  const end = wholeAttribute(t.node, 'end', 2 ** 31 - 1);
  return add(t, 'Slice', [tensor(t, 0), ...[[begin], [end], [axis]].map((list) => t.network.integers(list))]);
};

const split: Translate = (t) => {
  const outputs = wholeAttribute(t.node, 'num_outputs', 0);
  if (outputs < 1 || outputs > 64) return refuse(t.node, `has ${outputs} outputs; 1 to 64 can be compiled`);
  if (truthAttribute(t.node, 'squeeze_axis', false)) return refuse(t.node, 'removes the axis that it splits');
  return t.network.addMany('Split', [tensor(t, 0)], { axis: wholeAttribute(t.node, 'axis', 1) }, sourceOf(t.node), outputs);
};

/** Along the last axis, or along the channels where an attribute of one of the older operators says so. */
const tail =
  (op: string): Translate =>
  (t) => {
    const alongChannels = truthAttribute(t.node, 'multi_output', false) || t.node.attributes.get('mode') === 'channel';
    return add(t, op, [tensor(t, 0)], { axis: alongChannels ? 1 : wholeAttribute(t.node, 'axis', -1) });
  };

/** Sums of any number of tensors. */
const sum: Translate = (t) =>
  add(
    t,
    'Sum',
    t.inputs.map((_, i) => tensor(t, i)),
  );

export const OPERATORS: ReadonlyMap<string, Translate> = new Map<string, Translate>([
  ['Convolution', convolution],
  ['Convolution_v1', convolution],
  ['FullyConnected', fullyConnected],
  ['QConvolution', binaryConvolution],
  ['QConvolution_v1', binaryConvolution],
  ['QFullyConnected', binaryFullyConnected],
  ['BinaryInferenceConvolution', binaryConvolution],
  ['BinaryInferenceFullyConnected', binaryFullyConnected],
  ['BatchNorm', batchNorm],
  ['BatchNorm_v1', batchNorm],
  ['Pooling', pooling],
  ['Pooling_v1', pooling],
  ['QActivation', quantizedActivation],
  ['det_sign', sign('plus')],
  ['_contrib_det_sign', sign('plus')],
  ['approx_sign', sign('plus')],
  ['_contrib_approx_sign', sign('plus')],
  ['sign', sign('zero')],
  ['_contrib_gradcancel', identity],
  ['Activation', activation],
  ['LeakyReLU', leakyRelu],
  ['relu', (t) => add(t, 'Relu', [tensor(t, 0)])],
  ['tanh', (t) => add(t, 'Tanh', [tensor(t, 0)])],
  ['sigmoid', (t) => add(t, 'Sigmoid', [tensor(t, 0)])],
  ['abs', (t) => add(t, 'Abs', [tensor(t, 0)])],
  ['clip', clip],
  ['Pad', pad],
  ['pad', pad],
  ['Flatten', (t) => add(t, 'Flatten', [tensor(t, 0)], { axis: 1 })],
  ['flatten', (t) => add(t, 'Flatten', [tensor(t, 0)], { axis: 1 })],
  ['Reshape', reshape],
  ['reshape', reshape],
  ['Concat', concat],
  ['concat', concat],
  ['slice_axis', sliceAxis],
  ['SliceChannel', split],
  ['split', split],
  ...['elemwise_add', '_plus', '_Plus', '_add', 'broadcast_add', 'broadcast_plus'].map((op) => [op, binary('Add')] as const),
  ...['elemwise_sub', '_minus', '_Minus', '_sub', 'broadcast_sub', 'broadcast_minus'].map((op) => [op, binary('Sub')] as const),
  ...['elemwise_mul', '_mul', '_Mul', 'broadcast_mul'].map((op) => [op, binary('Mul')] as const),
  ...['add_n', 'ElementWiseSum'].map((op) => [op, sum] as const),
  ...['_plus_scalar', '_PlusScalar'].map((op) => [op, withScalar('Add')] as const),
  ...['_minus_scalar', '_MinusScalar'].map((op) => [op, withScalar('Sub')] as const),
  ...['_rminus_scalar', '_RMinusScalar'].map((op) => [op, withScalar('Sub', true)] as const),
  ...['_mul_scalar', '_MulScalar'].map((op) => [op, withScalar('Mul')] as const),
  ...['_div_scalar', '_DivScalar'].map((op) => [op, withScalar('Div')] as const),
  ['Dropout', dropout],
  ['Cast', cast],
  ['cast', cast],
  ...['identity', '_copy', 'BlockGrad', 'stop_gradient'].map((op) => [op, identity] as const),
  ...['SoftmaxOutput', 'Softmax', 'softmax', 'SoftmaxActivation'].map((op) => [op, tail('Softmax')] as const),
  ['log_softmax', tail('LogSoftmax')],
]);

/** Operators whose further inputs are of training alone. */
export const ONE_INPUT: ReadonlySet<string> = new Set(['SoftmaxOutput', 'Softmax', 'softmax', 'log_softmax', 'SoftmaxActivation']);
