/** Conv, Gemm and MatMul with constant weights. */
import { elementCount } from '../../../ir/encoding.ts';
import { toBinaryWeights, type Padding, type Weights } from '../../../ir/attributes.ts';
import {
  activationInput,
  apply,
  constantInput,
  needFloat,
  optionalConstant,
  paddedInput,
  type ImportContext,
  type NodeReader,
} from '../context.ts';
import { asPlacedImage, asVector, checkSize, imageResult, imageSizes, needVector, rearranged, type PlacedImage } from '../images.ts';
import { broadcastIndices, broadcastShape } from '../indexing.ts';
import { compactOrder } from '../../order.ts';
import type { Activation, PendingPad, Places } from '../layout.ts';
import { floatAttribute, integerAttribute, refuse, type OnnxNode } from '../node.ts';
import type { Constant } from '../constant.ts';
import { elementwise } from './arithmetic.ts';
import { readWindow } from './window.ts';

/** Weights as ±α per output where they are; as they stand otherwise, for a later pass to judge. */
function toWeights(values: Float32Array, outputs: number): Weights {
  const binary = toBinaryWeights(values, outputs);
  return 'kind' in binary ? binary : { kind: 'real', outputs, values };
}

/** Bias of each output, or null when there is none or it is all zero. */
function toBias(node: OnnxNode, bias: Constant | undefined, outputs: number, factor = 1): Float32Array | null {
  if (bias === undefined) return null;
  const shape = broadcastShape(bias.shape, [1, outputs]);
  if (shape === undefined || elementCount(shape) !== outputs)
    return refuse(node, `has a bias of shape [${bias.shape.join(', ')}] for ${outputs} outputs`);
  const values = Float32Array.from(broadcastIndices(bias.shape, shape), (at) => Math.fround(factor * (bias.data[at] ?? 0)));
  return values.some((value) => value !== 0) ? values : null;
}

/** What a convolution pads in all: its own zeros and a Pad before it. */
function joinPadding(node: OnnxNode, own: Padding, pad: PendingPad | null): { readonly padding: Padding; readonly padValue: 0 | 1 | -1 } {
  if (pad === null) return { padding: own, padValue: 0 };
  const { value } = pad;
  if (value !== 0 && value !== 1 && value !== -1)
    return refuse(node, `reads what "${pad.by}" (Pad) has padded with ${value}; 0, 1 and -1 work`);
  if (value !== 0 && [own.top, own.left, own.bottom, own.right].some((n) => n > 0)) {
    return refuse(node, `pads with 0 around what "${pad.by}" (Pad) has padded with ${value}; one value must serve for both`);
  }
  const padding = { top: own.top + pad.top, left: own.left + pad.left, bottom: own.bottom + pad.bottom, right: own.right + pad.right };
  return { padding, padValue: value === 1 ? 1 : value === -1 ? -1 : 0 };
}

/**
 * An image whose channels lie group by group, the groups in any order. Where they do not (a channel shuffle before a grouped convolution),
 * the channels of each group are brought together, in the order in which they lie.
 */
function groupedImage(context: ImportContext, node: OnnxNode, x: Activation, groups: number): PlacedImage {
  const placed = asPlacedImage(context, node, x);
  const { image, places } = placed;
  if (places === null) return placed;
  const size = places.length / groups;
  const groupOf = (channel: number): number => Math.floor((places[channel] ?? 0) / size);
  if (places.every((_, c) => groupOf(c) === groupOf(c - (c % size)))) return placed;
  const together = new Int32Array(places.length);
  for (let first = 0; first < places.length; first += size) {
    const byPlace = Int32Array.from({ length: size }, (_, i) => first + i).sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0));
    byPlace.forEach((channel, i) => {
      together[channel] = first + i;
    });
  }
  return { image: rearranged(context, node, image, places, together), places: compactOrder(together) };
}

/** Weights of the file are [outputs][inputs][height][width], or [outputs][inputs][length]; ours [outputs][height][width][inputs]. */
export const readConv: NodeReader = (node, context) => {
  const x = paddedInput(node, context);
  needFloat(node, x);
  const weights = constantInput(node, context, 1, 'its weights');
  const rank = weights.shape.length;
  if ((rank !== 3 && rank !== 4) || elementCount(weights.shape) === 0) {
    return refuse(node, `has weights of shape [${weights.shape.join(', ')}]; convolutions in one or two dimensions work`);
  }
  if (x.shape.length !== rank)
    return refuse(node, `has weights of shape [${weights.shape.join(', ')}] on a tensor of shape [${x.shape.join(', ')}]`);
  const [outputs = 0, inputs = 0, height = 1, width = 1] = rank === 3 ? [...weights.shape.slice(0, 2), 1, weights.shape[2]] : weights.shape;
  const [channels, rows, columns] = imageSizes(node, x);
  const groups = integerAttribute(node, 'group', 1);
  if (!Number.isSafeInteger(groups) || groups < 1 || inputs * groups !== channels || outputs % groups !== 0) {
    return refuse(node, `has ${groups} groups of ${inputs} input channels and ${outputs} outputs on an image of ${channels} channels`);
  }
  const { image, places } = groupedImage(context, node, { ...x, pad: null }, groups);
  const padded = [rows + (x.pad ? x.pad.top + x.pad.bottom : 0), columns + (x.pad ? x.pad.left + x.pad.right : 0)] as const;
  const window = readWindow(node, padded, rank === 3 ? 1 : 2, [height, width]);
  // Output o of the file is output outputAt(o) of the layer: its group stands where the channels of the group lie.
  const placeOf = (channel: number): number => places?.[channel] ?? channel;
  const perGroup = outputs / groups;
  const outputAt = (o: number): number => Math.floor(placeOf(Math.floor(o / perGroup) * inputs) / inputs) * perGroup + (o % perGroup);
  const values = new Float32Array(weights.data.length);
  const taps = height * width;
  for (let o = 0; o < outputs; o += 1) {
    for (let c = 0; c < inputs; c += 1) {
      const column = placeOf(Math.floor(o / perGroup) * inputs + c) % inputs;
      for (let tap = 0; tap < taps; tap += 1) {
        values[(outputAt(o) * taps + tap) * inputs + column] = weights.data[(o * inputs + c) * taps + tap] ?? 0;
      }
    }
  }
  const outputPlaces = compactOrder(Int32Array.from({ length: outputs }, (_, o) => outputAt(o)));
  const bias = toBias(node, optionalConstant(node, context, 2, 'its bias'), outputs);
  const attrs = {
    weights: toWeights(values, outputs),
    bias: bias && moved(bias, outputPlaces),
    sum: 'sequential',
    threshold: null,
    ...window,
    ...joinPadding(node, window.padding, x.pad),
    groups,
  } as const;
  return imageResult(context, node, 'conv2d', attrs, image, outputPlaces);
};

/** Entry i of a list moved to places[i]. */
function moved(list: Float32Array, places: Places): Float32Array {
  const result = new Float32Array(list.length);
  list.forEach((entry, i) => {
    result[places?.[i] ?? i] = entry;
  });
  return result;
}

/** The dense layer itself: `weightAt(input, output)` in the file's order of inputs, moved to the value's order. */
function dense(
  node: OnnxNode,
  context: ImportContext,
  x: Activation,
  size: { readonly inputs: number; readonly outputs: number },
  weightAt: (input: number, output: number) => number,
  bias: Float32Array | null,
): Activation {
  const { inputs, outputs } = size;
  const vector = asVector(context, node, x);
  const values = new Float32Array(inputs * outputs);
  for (let i = 0; i < inputs; i += 1) {
    const column = x.order?.[i] ?? i;
    for (let o = 0; o < outputs; o += 1) values[o * inputs + column] = weightAt(i, o);
  }
  const attrs = { weights: toWeights(values, outputs), bias, sum: 'sequential', threshold: null } as const;
  return { ...apply(context, node, 'dense', attrs, vector), order: null };
}

function needInputs(node: OnnxNode, x: Activation, inputs: number, outputs: number): void {
  needFloat(node, x);
  needVector(node, x);
  if (elementCount(x.shape) !== inputs) refuse(node, `has weights for ${inputs} inputs on a tensor of shape [${x.shape.join(', ')}]`);
  if (inputs * outputs === 0) refuse(node, 'has no weights');
}

export const readMatMul: NodeReader = (node, context) =>
  matrixProduct(node, context, activationInput(node, context), constantInput(node, context, 1, 'its weights'));

/** x·W for a matrix W of [inputs, outputs]. */
export function matrixProduct(node: OnnxNode, context: ImportContext, x: Activation, weights: Constant): Activation {
  const [inputs = 0, outputs = 0] = weights.shape.slice(-2);
  if (weights.shape.length < 2 || elementCount(weights.shape) !== inputs * outputs) {
    return refuse(node, `has weights of shape [${weights.shape.join(', ')}]; a matrix [inputs, outputs] works`);
  }
  needInputs(node, x, inputs, outputs);
  if (x.shape.at(-1) !== inputs)
    return refuse(node, `multiplies a tensor of shape [${x.shape.join(', ')}] by a matrix [${inputs}, ${outputs}]`);
  const shape = [...x.shape.slice(0, -1), outputs];
  checkSize(node, shape);
  return { ...dense(node, context, x, { inputs, outputs }, (i, o) => weights.data[i * outputs + o] ?? 0, null), shape };
}

/** alpha·x·W + beta·C. With alpha = 1 the bias belongs to the layer; else both are steps of their own. */
export const readGemm: NodeReader = (node, context) => {
  const x = activationInput(node, context);
  const weights = constantInput(node, context, 1, 'its weights');
  if (weights.shape.length !== 2) return refuse(node, `has weights of shape [${weights.shape.join(', ')}]; a matrix works`);
  const [rows = 0, columns = 0] = weights.shape;
  const transposed = integerAttribute(node, 'transB', 0) !== 0;
  const [inputs, outputs] = transposed ? [columns, rows] : [rows, columns];
  needInputs(node, x, inputs, outputs);
  const features = integerAttribute(node, 'transA', 0) === 0 ? x.shape[1] : x.shape[0];
  if (x.shape.length !== 2 || features !== inputs)
    return refuse(node, `multiplies a tensor of shape [${x.shape.join(', ')}] where [1, ${inputs}] is needed`);
  const alpha = floatAttribute(node, 'alpha', 1);
  const bias = toBias(node, optionalConstant(node, context, 2, 'its bias'), outputs, floatAttribute(node, 'beta', 1));
  const weightAt = (i: number, o: number): number => weights.data[transposed ? o * columns + i : i * columns + o] ?? 0;
  const product: Activation = {
    ...dense(node, context, x, { inputs, outputs }, weightAt, alpha === 1 ? bias : null),
    shape: [1, outputs],
  };
  if (alpha === 1) return product;
  const scaled = elementwise(context, node, product, [{ operator: 'multiply', values: Float32Array.of(alpha) }]);
  return bias === null ? scaled : elementwise(context, node, scaled, [{ operator: 'add', values: bias }]);
};
