/** The list of every layer that is read, by the name of its class. */
import { elementCount } from '../../ir/encoding.ts';
import type { Value } from '../channels-last.ts';
import { refuseUse } from '../refuse-use.ts';
import { activate, applyQuantizer } from './activations.ts';
import { list } from './config.ts';
import { flag, inner, number, only, weight, window, type LayerContext, type LayerReader } from './layer.ts';
import { conv2D, dense, depthwiseConv2D } from './linear.ts';
import { quantizerNamed } from './quantizers.ts';

const same: LayerReader = (context, inputs) => context.net.each('Identity', only(context, inputs), {}, context.source);

/**
 * TensorFlow 2 normalizes images by a kernel of its own, (x − mean)·(γ/√(variance + ε)) + β; vectors, and Keras 3 everything, by
 * x·s + (β − mean·s) with s = γ/√(variance + ε).
 */
const batchNormalization: LayerReader = (context, inputs) => {
  const { layer, net, source, keras } = context;
  const x = only(context, inputs);
  const stated = layer.config.get('axis');
  const axis = Array.isArray(stated) ? (stated as readonly unknown[])[0] : (stated ?? -1);
  if (axis !== -1 && axis !== x.shape.length - 1)
    return refuseUse(source, `normalizes along axis ${String(axis).slice(0, 20)}; the last one, -1, works`);
  const channels = x.shape.at(-1) ?? 0;
  let place = 0;
  const statistic = (name: string, present: boolean, otherwise: number): Float32Array => {
    if (!present) return new Float32Array(channels).fill(otherwise);
    place += 1;
    return weight(context, [name], place - 1, [channels]);
  };
  const statistics = [
    statistic('gamma', flag(context, 'scale', true), 1),
    statistic('beta', flag(context, 'center', true), 0),
    statistic('moving_mean', true, 0),
    statistic('moving_variance', true, 1),
  ];
  const form = keras === 2 && x.shape.length === 4 ? 'lasagne' : 'scale-shift';
  return net.batchNorm(x, statistics, form, number(context, 'epsilon', 1e-3), source);
};

const pool =
  (op: 'MaxPool' | 'AveragePool'): LayerReader =>
  (context, inputs) =>
    context.net.pool(op, only(context, inputs), window(context, 'pool_size', 'kernel'), context.source);

const globalPool =
  (op: 'GlobalMaxPool' | 'GlobalAveragePool'): LayerReader =>
  (context, inputs) =>
    context.net.globalPool(op, only(context, inputs), flag(context, 'keepdims', false), context.source);

const combine =
  (op: 'Add' | 'Sub' | 'Mul'): LayerReader =>
  ({ net, source }, inputs) => {
    const [first, ...rest] = inputs;
    if (first === undefined || rest.length === 0) return refuseUse(source, `combines ${inputs.length} tensors; two or more work`);
    return rest.reduce(
      (sum, x, i) => net.combine(op, sum, x, i === rest.length - 1 ? source : { ...source, name: `${source.name}/${i}` }),
      first,
    );
  };

const flatten: LayerReader = (context, inputs) => {
  const x = only(context, inputs);
  return context.net.reshape(x, [1, elementCount(x.shape)], context.source);
};

const reshape: LayerReader = (context, inputs) => {
  const sizes = list(context.layer.config.get('target_shape')).map(Number);
  return context.net.reshape(only(context, inputs), [1, ...sizes], context.source);
};

const zeroPadding: LayerReader = (context, inputs) => {
  const stated = context.layer.config.get('padding') ?? 1;
  const two = (value: unknown): readonly [number, number] => {
    const [a, b] = typeof value === 'number' ? [value, value] : list(value);
    return typeof a === 'number' && typeof b === 'number' ? [a, b] : refuseUse(context.source, 'has padding that is no list of numbers');
  };
  const [rows, columns] = typeof stated === 'number' ? [stated, stated] : list(stated);
  return context.net.pad(only(context, inputs), [...two(rows), ...two(columns)], 0, context.source);
};

const relu: LayerReader = (context, inputs) => {
  const x = only(context, inputs);
  const [slope, threshold] = [number(context, 'negative_slope', 0), number(context, 'threshold', 0)];
  const most = number(context, 'max_value', Infinity);
  if (threshold !== 0 || (slope !== 0 && most !== Infinity))
    return refuseUse(
      context.source,
      `has negative_slope ${slope}, max_value ${most} and threshold ${threshold}; a threshold of 0 and one of the others work`,
    );
  if (slope !== 0) return context.net.each('LeakyRelu', x, { alpha: slope }, context.source);
  return most === Infinity ? context.net.each('Relu', x, {}, context.source) : context.net.limited('Clip', x, [0, most], context.source);
};

const leakyRelu: LayerReader = (context, inputs) =>
  context.net.each(
    'LeakyRelu',
    only(context, inputs),
    { alpha: number(context, 'negative_slope', number(context, 'alpha', 0.3)) },
    context.source,
  );

const prelu: LayerReader = (context, inputs) => {
  const x = only(context, inputs);
  const shared = list(context.layer.config.get('shared_axes'));
  const shape = x.shape.slice(1).map((size, i) => (shared.includes(i + 1) ? 1 : size));
  return context.net.constant('PRelu', x, shape, weight(context, ['alpha'], 0, shape), context.source);
};

/** x·scale + offset, each one number or one for each channel. */
const rescaling: LayerReader = (context, inputs) => {
  const { layer, net, source } = context;
  const values = (name: string, fallback: number): readonly number[] => {
    const stated = layer.config.get(name) ?? fallback;
    const numbers = (Array.isArray(stated) ? (stated as readonly unknown[]) : [stated]).map(Number);
    return numbers.length >= 1 && numbers.every(Number.isFinite) ? numbers : refuseUse(source, `has a ${name} that is no number`);
  };
  const [scale, offset] = [values('scale', 1), values('offset', 0)];
  const scaled = net.constant('Mul', only(context, inputs), scale.length === 1 ? [] : [scale.length], scale, inner(context, 'scale'));
  return net.constant('Add', scaled, offset.length === 1 ? [] : [offset.length], offset, source);
};

const activation: LayerReader = (context, inputs) => {
  const value = context.layer.config.get('activation');
  const x = only(context, inputs);
  return value === 'linear' ? same(context, inputs) : activate(context, value, x, context.source);
};

const named =
  (name: string): LayerReader =>
  (context, inputs) =>
    activate(context, name, only(context, inputs), context.source);

const concatenate: LayerReader = (context, inputs) => context.net.concat(inputs, number(context, 'axis', -1), context.source);

export const LAYERS: ReadonlyMap<string, LayerReader> = new Map([
  ['Dense', dense],
  ['Conv2D', conv2D],
  ['DepthwiseConv2D', depthwiseConv2D],
  ['QuantDense', dense],
  ['QuantConv2D', conv2D],
  ['QuantDepthwiseConv2D', depthwiseConv2D],
  ['BatchNormalization', batchNormalization],
  ['BatchNormalizationV1', batchNormalization],
  ['BatchNormalizationV2', batchNormalization],
  ['MaxPooling2D', pool('MaxPool')],
  ['AveragePooling2D', pool('AveragePool')],
  ['GlobalMaxPooling2D', globalPool('GlobalMaxPool')],
  ['GlobalAveragePooling2D', globalPool('GlobalAveragePool')],
  ['Flatten', flatten],
  ['Reshape', reshape],
  ['Dropout', same],
  ['SpatialDropout2D', same],
  ['GaussianNoise', same],
  ['ActivityRegularization', same],
  ['Add', combine('Add')],
  ['Subtract', combine('Sub')],
  ['Multiply', combine('Mul')],
  ['Concatenate', concatenate],
  ['ZeroPadding2D', zeroPadding],
  ['ReLU', relu],
  ['LeakyReLU', leakyRelu],
  ['PReLU', prelu],
  ['Rescaling', rescaling],
  ['Softmax', named('softmax')],
  ['Activation', activation],
]);

/** A quantizer is a layer of its own in newer versions of Larq. */
export function readerOf(kind: string): LayerReader | undefined {
  const quantizer = quantizerNamed(kind);
  const known = LAYERS.get(kind);
  if (known !== undefined || quantizer === undefined) return known;
  return (context: LayerContext, inputs: readonly Value[]) => applyQuantizer(context, quantizer, only(context, inputs), context.source);
}
