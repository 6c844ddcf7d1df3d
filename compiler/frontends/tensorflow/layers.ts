/** Layers: products, convolutions, pools, normalization. */
import { flagOf, floatOf, integersOf, textOf, type ImageAxes } from './attributes.ts';
import { isTraining } from './control.ts';
import { refuse, type GraphNode } from './graph.ts';
import type { Attributes } from '../onnx/network.ts';
import { sourceOf, type Translation, type Translator } from './translation.ts';

const matMul: Translator = (node, to) => {
  const [first, second] = [flagOf(node, 'transpose_a') || flagOf(node, 'adj_x'), flagOf(node, 'transpose_b') || flagOf(node, 'adj_y')];
  if (first) return refuse(node, 'transposes its first matrix');
  const weights = to.stored(node, 1);
  const matrix = second ? to.add(node, 'Transpose', [weights], { perm: [1, 0] }) : weights;
  return { rank: to.input(node, 0).rank, last: to.add(node, 'MatMul', [to.stored(node, 0), matrix]) };
};

/** SAME is as many windows as strides begin, an odd element of padding behind; EXPLICIT lists two numbers for each dimension. */
function paddingOf(node: GraphNode, { channelsLast }: ImageAxes): Attributes {
  const padding = textOf(node, 'padding', 'VALID');
  if (padding === 'SAME') return { auto_pad: 'SAME_UPPER' };
  if (padding === 'VALID') return { auto_pad: 'VALID' };
  const pads = integersOf(node, 'explicit_paddings');
  if (padding !== 'EXPLICIT' || pads.length !== 8)
    return refuse(node, `has padding ${padding} with ${pads.length} numbers; SAME, VALID and EXPLICIT with eight work`);
  const at = (i: number): number => pads[i] ?? 0;
  const [c, y, x] = channelsLast ? [6, 2, 4] : [2, 4, 6];
  if ([at(0), at(1), at(c), at(c + 1)].some((count) => count !== 0)) return refuse(node, `pads [${pads.join(', ')}] batch or channels`);
  return { pads: [at(y), at(x), at(y + 1), at(x + 1)] };
}

/** Weights are [height][width][inputs][outputs] in the file. */
const conv2D: Translator = (node, to) => {
  const { x, keep, ...axes } = to.image(node, 0);
  const weights = to.add(node, 'Transpose', [to.stored(node, 1)], { perm: [3, 2, 0, 1] });
  const attributes = { strides: axes.window('strides'), dilations: axes.window('dilations'), ...paddingOf(node, axes) };
  return keep(to.add(node, 'Conv', [x, weights], attributes));
};

/** Weights are [height][width][channels][outputs of a channel]. */
const depthwise: Translator = (node, to) => {
  const { x, keep, ...axes } = to.image(node, 0);
  const [height = 0, width = 0, inputs = 0, perChannel = 0] =
    to.shapeBehind(node, 1, 4) ?? refuse(node, 'has weights whose shape is not known');
  const byChannel = to.add(node, 'Transpose', [to.stored(node, 1)], { perm: [2, 3, 0, 1] });
  const weights = to.add(node, 'Reshape', [byChannel, to.network.integers([inputs * perChannel, 1, height, width])]);
  const attributes = { group: inputs, strides: axes.window('strides'), dilations: axes.window('dilations'), ...paddingOf(node, axes) };
  return keep(to.add(node, 'Conv', [x, weights], attributes));
};

function pool(op: string): Translator {
  return (node, to) => {
    const { x, keep, ...axes } = to.image(node, 0);
    const attributes = { kernel_shape: axes.window('ksize'), strides: axes.window('strides'), ...paddingOf(node, axes) };
    return keep(to.add(node, op, [x], attributes));
  };
}

/** One number for each channel: of the last dimension, or the second where data_format says so. */
const biasAdd: Translator = (node, to) => {
  const x = to.input(node, 0);
  const bias = to.stored(node, 1);
  if (textOf(node, 'data_format', 'NHWC') === 'NHWC' || x.rank === 2)
    return { rank: x.rank, last: to.add(node, 'Add', [to.inOrder(x, node), bias]) };
  return { rank: x.rank, last: to.add(node, 'Add', [to.inOrder(x, node), besideRows(node, to, bias)]) };
};

/** [channels] as [channels][1][1]. */
function besideRows(node: GraphNode, to: Translation, values: string): string {
  return to.add(node, 'Unsqueeze', [values, to.network.integers([1, 2])]);
}

/** On a CPU: (x − mean)·(γ/√(variance + ε)) + β (tensorflow/core/kernels/fused_batch_norm_op.cc). */
const fusedBatchNorm: Translator = (node, to) => {
  if (isTraining(node)) {
    return refuse(
      node,
      'normalizes with the statistics of the batch (is_training)',
      'Build the graph for inference: training=False, or a boolean placeholder, which bnnc takes as false.',
    );
  }
  const { x, keep } = to.image(node, 0);
  const statistics = [1, 2, 3, 4].map((position) => to.stored(node, position));
  const attributes = { form: 'lasagne', epsilon: floatOf(node, 'epsilon', Math.fround(1e-4)) };
  return keep(to.network.own('BatchNormalization', [x, ...statistics], attributes, sourceOf(node)));
};

export const LAYERS: Readonly<Record<string, Translator>> = {
  MatMul: matMul,
  BatchMatMul: matMul,
  BatchMatMulV2: matMul,
  Conv2D: conv2D,
  DepthwiseConv2dNative: depthwise,
  MaxPool: pool('MaxPool'),
  AvgPool: pool('AveragePool'),
  BiasAdd: biasAdd,
  BiasAddV1: biasAdd,
  FusedBatchNorm: fusedBatchNorm,
  FusedBatchNormV2: fusedBatchNorm,
  FusedBatchNormV3: fusedBatchNorm,
};
