/** ReduceMax, ReduceMean and ReduceSum along rows, columns and channels of an image, or along a vector. */
import { elementCount } from '../../../ir/encoding.ts';
import { NO_PADDING, toBinaryWeights, type Weights } from '../../../ir/attributes.ts';
import { activationInput, apply, needFloat, optionalConstant, type ImportContext, type NodeReader } from '../context.ts';
import { asPlacedImage, asVector, imageResult, imageSizes } from '../images.ts';
import { resolveAxis } from '../indexing.ts';
import { properSizes, type Activation } from '../layout.ts';
import { integerAttribute, integersAttribute, refuse, type OnnxNode } from '../node.ts';
import { maximumOfAll, meanOver } from './pool.ts';

/** The axes to reduce, resolved and sorted. They are an input since operator set 18, of ReduceSum since 13; all where none is named. */
function axesOf(node: OnnxNode, context: ImportContext, { shape }: Activation): readonly number[] {
  const input = optionalConstant(node, context, 1, 'its axes');
  const listed = (input === undefined ? integersAttribute(node, 'axes') : Array.from(input.data)) ?? [];
  if (listed.length === 0) return integerAttribute(node, 'noop_with_empty_axes', 0) === 0 ? shape.map((_, axis) => axis) : [];
  const axes = listed.map(
    (axis) => resolveAxis(axis, shape.length) ?? refuse(node, `reduces axis ${axis} of a tensor of shape [${shape.join(', ')}]`),
  );
  return axes.sort((a, b) => a - b);
}

function reduced(node: OnnxNode, axes: readonly number[], { shape }: Activation): readonly number[] {
  if (integerAttribute(node, 'keepdims', 1) === 0) return shape.filter((_, axis) => !axes.includes(axis));
  return shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
}

/** Over rows and columns, all of them. */
export const readReduceMax: NodeReader = (node, context) => {
  const x = activationInput(node, context);
  const axes = axesOf(node, context, x);
  const spatial = x.shape.map((_, axis) => axis).slice(2);
  if (x.shape.length < 3 || axes.join() !== spatial.join())
    return refuse(
      node,
      `takes the maximum over axes [${axes.join(', ')}] of a tensor of shape [${x.shape.join(', ')}]; rows and columns, [2, 3], work`,
    );
  const pooled = maximumOfAll(node, context);
  if (integerAttribute(node, 'keepdims', 1) !== 0) return pooled;
  return asVector(context, node, { ...pooled, shape: reduced(node, axes, x) });
};

/**
 * A mean over rows and columns is an average pool. Every other mean or sum is a layer whose weights are all 1/n or 1: a convolution
 * with one output over channels (the K map of XNOR-Net: Abs, ReduceMean over channels, a box filter), a depthwise one for a sum over rows
 * and columns, a dense layer on vectors.
 */
function readSum(mean: boolean): NodeReader {
  return (node, context) => {
    const x = activationInput(node, context);
    needFloat(node, x);
    const axes = axesOf(node, context, x);
    if (axes.length === 0) return x;
    const shape = reduced(node, axes, x);
    const size = (axis: number): number => (axes.includes(axis) ? (x.shape[axis] ?? 1) : 1);
    if (axes.includes(0) && (x.shape[0] !== 1 || context.batch !== 1 || x.shape.length === 1))
      return refuse(node, `reduces axis 0, the batch, of a tensor of shape [${x.shape.join(', ')}]`, 'Name the other axes in its axes.');
    if (x.shape.length === 2 || properSizes(x.shape).length <= 1) {
      const vector = asVector(context, node, x);
      const count = elementCount(x.shape);
      if (axes.reduce((product, axis) => product * size(axis), 1) === 1) return { ...x, shape };
      const weights = uniform(1, count, mean ? 1 / count : 1);
      const result = apply(context, node, 'dense', { weights, bias: null, sum: 'sequential', threshold: null }, vector);
      return { ...result, shape, order: null };
    }
    const [channels] = imageSizes(node, x);
    const kernel = x.shape.length === 3 ? ([1, size(2)] as const) : ([size(2), size(3)] as const);
    if (mean && !axes.includes(1)) return { ...meanOver(node, context, x, kernel), shape };
    const groups = axes.includes(1) ? 1 : channels;
    const count = kernel[0] * kernel[1] * (axes.includes(1) ? channels : 1);
    const attrs = {
      weights: uniform(groups, count, mean ? 1 / count : 1),
      bias: null,
      sum: 'sequential',
      threshold: null,
      kernel,
      stride: [1, 1],
      dilation: [1, 1],
      padding: NO_PADDING,
      groups,
      padValue: 0,
    } as const;
    const { image, places } = asPlacedImage(context, node, x);
    return { ...imageResult(context, node, 'conv2d', attrs, image, groups === 1 ? null : places), shape };
  };
}

function uniform(outputs: number, perOutput: number, weight: number): Weights {
  const values = new Float32Array(outputs * perOutput).fill(weight);
  const weights = toBinaryWeights(values, outputs);
  if (!('kind' in weights)) throw new Error('weights of one positive value are binary');
  return weights;
}

export const readReduceMean: NodeReader = readSum(true);
export const readReduceSum: NodeReader = readSum(false);
