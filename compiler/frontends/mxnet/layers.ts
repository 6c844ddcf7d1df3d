/** Convolutions, dense layers, batch normalization and pools, real and binary. */
import { elementCount } from '../../ir/encoding.ts';
import { meanMagnitudes } from '../magnitudes.ts';
import { choiceAttribute, numberAttribute, refuse, truthAttribute, tupleAttribute, wholeAttribute } from './attributes.ts';
import { isPacked, packedCount, signsOf, unpackFilters, unpackMatrix } from './packed.ts';
import { add, addSign, array, arrayOf, scalar, sourceOf, tensor, type Translate, type Translation } from './translation.ts';

type Windows = Readonly<Record<string, readonly number[]>>;

/** ONNX's kernel, strides, pads and dilations; every one of MXNet has one number for each spatial axis. */
function windowOf({ node }: Translation): {
  readonly attributes: Windows;
  readonly pads: readonly number[];
} {
  const kernel = tupleAttribute(node, 'kernel') ?? refuse(node, 'states no kernel');
  const each = (name: string, fallback: number): readonly number[] => {
    const values = tupleAttribute(node, name) ?? kernel.map(() => fallback);
    return values.length === kernel.length
      ? values
      : refuse(node, `has ${name} [${values.join(', ')}] for a kernel of ${kernel.length} dimensions`);
  };
  const pad = each('pad', 0);
  return { attributes: { kernel_shape: kernel, strides: each('stride', 1), dilations: each('dilate', 1) }, pads: [...pad, ...pad] };
}

function needChannelsFirst({ node }: Translation): void {
  const layout = node.attributes.get('layout');
  if (layout !== undefined && layout !== 'None' && !layout.startsWith('NC'))
    refuse(node, `has the layout ${layout}; NCHW can be compiled`, 'Train or export with layout NCHW, MXNet’s default.');
}

/** Binary layers have none unless they say so; the inference operators of BMXNet v2 have no code for one. */
function hasBias({ node }: Translation): boolean {
  const isBinary = node.op.startsWith('Q') || node.op.startsWith('BinaryInference');
  return !node.op.startsWith('BinaryInference') && !truthAttribute(node, 'no_bias', isBinary);
}

export const convolution: Translate = (t) => {
  needChannelsFirst(t);
  const { attributes, pads } = windowOf(t);
  const group = wholeAttribute(t.node, 'num_group', 1);
  return add(t, 'Conv', [tensor(t, 0), tensor(t, 1), hasBias(t) ? tensor(t, 2) : ''], { ...attributes, pads, group });
};

/** Dense layers take every tensor as a vector, unless `flatten` says otherwise. */
function flattened(t: Translation): string {
  const x = tensor(t, 0);
  return truthAttribute(t.node, 'flatten', true) ? add(t, 'Flatten', [x], { axis: 1 }, 'flatten') : x;
}

export const fullyConnected: Translate = (t) => {
  const x = flattened(t);
  return add(t, 'Gemm', [x, tensor(t, 1), hasBias(t) ? tensor(t, 2) : ''], { transB: 1 });
};

/** Sums of 1-bit weights and activations only. */
function needOneBit({ node }: Translation): void {
  for (const name of ['act_bit', 'weight_bit']) {
    const bits = wholeAttribute(node, name, 1);
    if (bits !== 1) refuse(node, `has ${name} ${bits}; bnnc compiles one bit`, 'Retrain with act_bit 1 and weight_bit 1.');
  }
}

/** Weights of the layer as ±1, [outputs][taps], and the taps of an output. */
function binaryWeights(
  t: Translation,
  outputs: number,
  dense: boolean,
): { readonly signs: Float32Array; readonly taps: number; readonly packed: boolean } {
  const weights = array(t, 1, 'its weights');
  const declared = isPacked(t.node);
  const count = declared ? packedCount(weights) : elementCount(weights.shape);
  if (outputs < 1 || count === 0 || count % outputs !== 0)
    return refuse(
      t.node,
      `has weights of shape [${weights.shape.join(', ')}] (${weights.element}${declared ? ', packed' : ''}) for ${outputs} outputs`,
    );
  const signs = !declared ? signsOf(weights) : dense ? unpackMatrix(weights, outputs) : unpackFilters(weights);
  return { signs, taps: count / outputs, packed: declared };
}

/**
 * What BMXNet's binary layers give is not the sum s of n products of ±1 but the number of equal bits, (n + s)/2; the bias is added to
 * that (smd_hpi/src/q_convolution-inl.h). Both steps are exact in float32.
 */
function counted(t: Translation, sum: string, taps: number, outputs: number, rank: number, scale: number | null): string {
  const bias = hasBias(t);
  const half = add(t, 'Mul', [sum, scalar(t, 0.5)], {}, 'half');
  const last = !bias && scale === null;
  const count = add(t, 'Add', [half, scalar(t, taps / 2)], {}, last ? '' : 'count');
  if (last) return count;
  const shape = [1, outputs, ...Array.from({ length: rank - 2 }, () => 1)];
  const biased = bias
    ? add(t, 'Add', [count, t.network.constant(shape, arrayOf(t, 2, 'its bias', outputs).read())], {}, scale === null ? '' : 'bias')
    : count;
  return scale === null ? biased : add(t, 'Mul', [biased, scalar(t, scale)]);
}

/** BMXNet v1's `scaling_mode` forward: one number for the layer, the mean of |w|. */
function scalingOf(t: Translation, packed: boolean): number | null {
  if (choiceAttribute(t.node, 'scaling_mode', ['none', 'forward', 'backward']) !== 'forward') return null;
  if (packed) return refuse(t.node, 'scales by the mean of its weights, and they are packed into bits', 'Compile the unconverted files.');
  const [scale = 1] = meanMagnitudes(array(t, 1, 'its weights').read(), 1, 1);
  return scale;
}

/** Padded taps are +1: BMXNet pads with 0 and takes the sign of that. */
export const binaryConvolution: Translate = (t) => {
  needOneBit(t);
  needChannelsFirst(t);
  const { attributes, pads } = windowOf(t);
  const outputs = wholeAttribute(t.node, 'num_filter', 0);
  const group = wholeAttribute(t.node, 'num_group', 1);
  const { signs, taps, packed } = binaryWeights(t, outputs, false);
  const kernel = attributes['kernel_shape'] ?? [];
  const inputs = taps / elementCount(kernel);
  if (!Number.isInteger(inputs)) return refuse(t.node, `has ${taps} weights for each output, which is no multiple of its kernel`);
  const pad = pads.every((count) => count === 0)
    ? tensor(t, 0)
    : add(
        t,
        'Pad',
        [tensor(t, 0), t.network.integers([0, 0, ...pads.slice(0, pads.length / 2), 0, 0, ...pads.slice(pads.length / 2)]), scalar(t, 0)],
        {},
        'pad',
      );
  const bits = addSign(t, pad, 'plus', 'sign');
  const weights = t.network.constant([outputs, inputs, ...kernel], signs);
  const sum = add(t, 'Conv', [bits, weights], { ...attributes, group }, 'sum');
  return counted(t, sum, taps, outputs, kernel.length + 2, scalingOf(t, packed));
};

export const binaryFullyConnected: Translate = (t) => {
  needOneBit(t);
  const outputs = wholeAttribute(t.node, 'num_hidden', 0);
  const { signs, taps } = binaryWeights(t, outputs, true);
  const bits = addSign(t, flattened(t), 'plus', 'sign');
  const sum = add(t, 'Gemm', [bits, t.network.constant([outputs, taps], signs)], { transB: 1 }, 'sum');
  return counted(t, sum, taps, outputs, 2, null);
};

/** (x − mean)·inv·γ + β, with γ = 1 unless `fix_gamma` is False (src/operator/nn/batch_norm.cc). */
export const batchNorm: Translate = (t) => {
  const { network, node } = t;
  if (wholeAttribute(node, 'axis', 1) !== 1)
    return refuse(node, `normalizes along axis ${node.attributes.get('axis')}; 1, the channels, can be compiled`);
  const gamma = array(t, 1, 'its gamma');
  const channels = elementCount(gamma.shape);
  const fixed = truthAttribute(node, 'fix_gamma', true);
  const constant = (values: ArrayLike<number>): string => network.constant([channels], values);
  const others = ['its beta', 'its moving mean', 'its moving variance'].map((what, i) =>
    constant(arrayOf(t, i + 2, what, channels).read()),
  );
  const scale = constant(fixed ? new Float32Array(channels).fill(1) : gamma.read());
  const epsilon = Math.fround(numberAttribute(node, 'eps', 1e-3));
  return network.own('BatchNormalization', [tensor(t, 0), scale, ...others], { form: 'torch', epsilon }, sourceOf(node));
};

/**
 * The convention `full` has a last window also where it begins behind the image (src/operator/nn/pooling.cc), in which there is nothing
 * to choose from. Whether it does depends on the size; where it never can, the convention is ONNX's ceil_mode.
 */
function needFullWindows({ node }: Translation, { kernel_shape: kernel = [], strides = [] }: Windows, pads: readonly number[]): void {
  const isReached = kernel.every((size, i) => (strides[i] ?? 1) + (pads[i] ?? 0) <= size);
  if (isReached) return;
  refuse(
    node,
    `has a kernel of [${kernel.join(', ')}], strides of [${strides.join(', ')}] and padding of [${pads.slice(0, kernel.length).join(', ')}] with the convention full, whose last window may lie beside the image`,
    'The convention valid can be compiled.',
  );
}

export const pooling: Translate = (t) => {
  needChannelsFirst(t);
  const type = choiceAttribute(t.node, 'pool_type', ['max', 'avg']);
  if (truthAttribute(t.node, 'global_pool', false)) return add(t, type === 'max' ? 'GlobalMaxPool' : 'GlobalAveragePool', [tensor(t, 0)]);
  const { attributes, pads } = windowOf(t);
  const ceil = choiceAttribute(t.node, 'pooling_convention', ['valid', 'full']) === 'full' ? 1 : 0;
  const { dilations: _, ...window } = attributes;
  if (ceil === 1) needFullWindows(t, attributes, pads);
  if (type === 'max') return add(t, 'MaxPool', [tensor(t, 0)], { ...window, pads, ceil_mode: ceil });
  const counts = truthAttribute(t.node, 'count_include_pad', true) ? 1 : 0;
  return add(t, 'AveragePool', [tensor(t, 0)], { ...window, pads, ceil_mode: ceil, count_include_pad: counts });
};
