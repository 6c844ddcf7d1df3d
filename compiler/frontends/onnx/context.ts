/** What the readers of single operators share: the graph under construction and the tensors known so far. */
import { elementCount } from '../../ir/encoding.ts';
import type { AttrsOf, OpKind } from '../../ir/ops/index.ts';
import type { GraphBuilder } from '../../ir/builder.ts';
import type { Constant } from './constant.ts';
import { TRUTH, refuseAnswers, refuseSquashed, type Deferred, type ThreeWay } from './deferred.ts';
import { MOST_ELEMENTS, broadcastIndices, broadcastShape } from './indexing.ts';
import { channelsFirst, properSizes, sameOrder, type Activation } from './layout.ts';
import { refuse, refuseOrder, type OnnxNode } from './node.ts';

export type Tensor = Activation | Constant | Deferred;

export interface ImportContext {
  readonly builder: GraphBuilder;
  /** The batch size that the file fixes; it is read as 1. */
  readonly batch: number;
  /** Tensors by name; nodes whose inputs are missing are never read. */
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** Reads one node on tensors that depend on the input and returns what its outputs are; one tensor stands for the first. */
export type NodeReader = (node: OnnxNode, context: ImportContext) => Tensor | readonly Tensor[];

/** The input at `position`, or undefined where it is left out. */
export function optionalTensor(node: OnnxNode, context: ImportContext, position: number): Tensor | undefined {
  const name = node.inputs[position] ?? '';
  return name === '' ? undefined : context.tensors.get(name);
}

export function requiredTensor(node: OnnxNode, context: ImportContext, position: number): Tensor {
  return optionalTensor(node, context, position) ?? refuse(node, `lacks its input ${position}`);
}

/** An input that depends on the graph's input and may carry a pending Pad. */
export function paddedInput(node: OnnxNode, context: ImportContext, position = 0): Activation {
  const tensor = requiredTensor(node, context, position);
  if (tensor.kind === 'activation') return tensor;
  if (tensor.kind === 'three-way') return settle(node, context, tensor);
  if (tensor.kind === 'squashed') return refuseSquashed(node, tensor);
  return refuse(node, `computes its result from the constant "${node.inputs[position]}" where bnnc expects the previous layer`);
}

/** An input that depends on the graph's input. Refuses one that a Pad has enlarged. */
export function activationInput(node: OnnxNode, context: ImportContext, position = 0): Activation {
  const tensor = paddedInput(node, context, position);
  if (tensor.pad === null) return tensor;
  return refuse(
    node,
    `reads what "${tensor.pad.by}" (Pad) has padded`,
    'Only a convolution, or a sign before it, can take over a Pad. Put the Pad directly before the Conv.',
  );
}

/** A constant input. `what` names it in the message. */
export function constantInput(node: OnnxNode, context: ImportContext, position: number, what: string): Constant {
  const tensor = requiredTensor(node, context, position);
  if (tensor.kind === 'constant') return tensor;
  return refuse(
    node,
    `takes ${what} from "${node.inputs[position]}", which is computed at run time`,
    'bnnc needs it as a constant of the file.',
  );
}

export function optionalConstant(node: OnnxNode, context: ImportContext, position: number, what: string): Constant | undefined {
  return (node.inputs[position] ?? '') === '' ? undefined : constantInput(node, context, position, what);
}

/** Refuses integers and truth values where the file would compute with them in their own type. */
export function needFloat(node: OnnxNode, x: Activation): void {
  if (x.element === 'float') return;
  refuse(
    node,
    `computes with ${x.element === 'bool' ? 'truth values' : x.element === 'double' ? 'doubles' : 'integers'}`,
    'Cast the tensor to float before this node.',
  );
}

/** Adds a graph node and gives its value the layout of `x`. */
export function apply<K extends OpKind>(context: ImportContext, node: OnnxNode, kind: K, attrs: AttrsOf<K>, x: Activation): Activation {
  const value = context.builder.node(kind, node.name, attrs, [x.value], node.origin);
  return { ...x, value, element: 'float', negated: false, range: undefined, three: undefined };
}

/** Tensors that were made on demand: a second reader gets the same. */
const settled = new WeakMap<ThreeWay, Activation>();

const COMPARISONS = ['greater', 'greater-or-equal', 'less', 'less-or-equal'] as const;

/** Makes a three-way tensor: a comparison, and behind it a choice of two numbers unless it holds truth values. */
export function settle(node: OnnxNode, context: ImportContext, three: ThreeWay): Activation {
  const before = settled.get(three);
  if (before !== undefined) return before;
  const made = { ...make(node, context, three), three };
  settled.set(three, made);
  return made;
}

function make(node: OnnxNode, context: ImportContext, three: ThreeWay): Activation {
  const { source, limits, element, answers } = three;
  const [below, at, above] = answers;
  if (element === 'bool') {
    const operator = COMPARISONS.find((name) => TRUTH[name].every((truth, i) => truth === answers[i]));
    if (operator === undefined) return refuseAnswers(node, three);
    return { ...apply(context, node, 'compare', { operator, values: limits }, source), element };
  }
  const aroundZero = limits.every((limit) => limit === 0);
  if (aroundZero && below === -above && above > 0 && (at === 0 || at === above || at === below)) {
    const zero = at === 0 ? 'zero' : at > 0 ? 'plus' : 'minus';
    const signs = apply(context, node, 'sign', { zero }, source);
    if (above === 1) return { ...signs, element };
    return {
      ...apply(context, node, 'elementwise', { steps: [{ operator: 'multiply', values: Float32Array.of(above) }] }, signs),
      element,
    };
  }
  if (below === above || (at !== below && at !== above)) return refuseAnswers(node, three);
  const operator = at === above ? 'greater-or-equal' : 'greater';
  const compared = apply(context, node, 'compare', { operator, values: limits }, source);
  const choices = { whenTrue: Math.fround(above), whenFalse: Math.fround(below) };
  return { ...apply(context, node, 'select', choices, compared), element };
}

/** The tensor as a vector of all its elements, in the value's own order. */
export function asVector(context: ImportContext, node: OnnxNode, x: Activation): Activation {
  const { shape } = context.builder.typeOf(x.value);
  if (shape.length === 1) return x;
  const attrs = { shape: [elementCount(shape)] };
  return { ...x, value: context.builder.node('reshape', nameOfReshape(node), attrs, [x.value], node.origin) };
}

/** Shape of a batch of one image, [1, channels, height, width], or undefined. */
export function imageShape(shape: readonly number[]): readonly [channels: number, height: number, width: number] | undefined {
  const [batch, channels, height, width] = shape;
  if (shape.length !== 4 || batch !== 1 || channels === undefined || height === undefined || width === undefined) return undefined;
  return [channels, height, width];
}

/** True when the value, read as [height][width][channels], is the channels-first ONNX image. */
export function isImage(x: Activation): boolean {
  const image = imageShape(x.shape);
  return image !== undefined && sameOrder(x.order, channelsFirst(...image));
}

/** The tensor as an image value [height][width][channels]. Refuses other ranks and orders (BNN1008, BNN1011). */
export function asImage(context: ImportContext, node: OnnxNode, x: Activation): Activation {
  const image = imageShape(x.shape);
  if (image === undefined) {
    return refuse(
      node,
      `works on a tensor of shape [${x.shape.join(', ')}]; bnnc supports images [batch, channels, height, width] of batch 1`,
    );
  }
  if (!isImage(x)) refuseOrder(node, 'reads an image whose elements an earlier Transpose or Reshape has put into another order');
  const [channels, height, width] = image;
  const shape = [height, width, channels];
  const current = context.builder.typeOf(x.value).shape;
  if (current.length === 3 && current.every((size, axis) => size === shape[axis])) return x;
  return { ...x, value: context.builder.node('reshape', nameOfReshape(node), { shape }, [x.value], node.origin) };
}

function nameOfReshape(node: OnnxNode): string {
  return ['Flatten', 'Reshape'].includes(node.op) ? node.name : `${node.name}.reshape`;
}

/** The result of a node that makes images: value [height][width][channels], ONNX [1, channels, height, width]. */
export function imageResult<K extends 'conv2d' | 'max-pool'>(
  context: ImportContext,
  node: OnnxNode,
  kind: K,
  attrs: AttrsOf<K>,
  x: Activation,
): Activation {
  const result = apply(context, node, kind, attrs, x);
  const [height = 0, width = 0, channels = 0] = context.builder.typeOf(result.value).shape;
  const shape = [1, channels, height, width];
  checkSize(node, shape);
  return { ...result, shape, order: channelsFirst(channels, height, width), element: x.element, pad: null };
}

export function checkSize(node: OnnxNode, shape: readonly number[]): void {
  if (elementCount(shape) <= MOST_ELEMENTS) return;
  refuse(node, `makes a tensor of shape [${shape.join(', ')}], more than ${MOST_ELEMENTS} elements`);
}

/**
 * Lines a constant of `shape` up with a tensor: which element of the constant belongs to each channel of the value.
 * A constant that differs inside a channel needs one entry per element, so the value becomes a vector first.
 */
export function alignConstant(
  context: ImportContext,
  node: OnnxNode,
  x: Activation,
  shape: readonly number[],
): { readonly x: Activation; readonly index: Int32Array } {
  const common = broadcastShape(x.shape, shape);
  if (common === undefined || elementCount(common) !== elementCount(x.shape)) {
    refuse(
      node,
      `combines a tensor of shape [${x.shape.join(', ')}] with a constant of shape [${shape.join(', ')}], which would enlarge the tensor`,
    );
  }
  const widened: Activation = { ...x, shape: common };
  if (elementCount(shape) === 1) return { x: widened, index: new Int32Array(1) };
  const source = broadcastIndices(shape, common);
  const perChannel = indexByChannel(widened, source, context.builder.typeOf(x.value).shape.at(-1) ?? 1);
  if (perChannel !== undefined) return { x: widened, index: perChannel };
  const vector = asVector(context, node, widened);
  return { x: vector, index: indexByChannel(vector, source, source.length) ?? source };
}

/** Undefined when two elements of one channel (the value's last dimension) need different elements of the constant. */
function indexByChannel({ order }: Activation, source: Int32Array, channels: number): Int32Array | undefined {
  const index = new Int32Array(channels).fill(-1);
  for (let i = 0; i < source.length; i += 1) {
    const channel = (order?.[i] ?? i) % channels;
    const wanted = source[i] ?? 0;
    if (index[channel] === -1) index[channel] = wanted;
    else if (index[channel] !== wanted) return undefined;
  }
  return index;
}

/** The constant's elements as float32, one per channel of the value or a single one. */
export function gatherFloats(constant: Constant, index: Int32Array): Float32Array {
  return Float32Array.from(index, (at) => constant.data[at] ?? Number.NaN);
}

/** Refuses tensors with more than one dimension beside the batch, where a vector is meant. */
export function needVector(node: OnnxNode, { shape }: Activation): void {
  if (properSizes(shape).length > 1) {
    refuse(node, `works on a tensor of shape [${shape.join(', ')}]; bnnc supports vectors [1, features] here`, 'Flatten the tensor first.');
  }
}
