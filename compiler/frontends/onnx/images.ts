/** Images and vectors: how a tensor of the file is laid out where a node needs one or the other. */
import { elementCount } from '../../ir/encoding.ts';
import type { AttrsOf, OpKind } from '../../ir/ops/index.ts';
import { isWhole, wholeRange, type Range } from '../../ir/ops/slice.ts';
import type { ValueId } from '../../ir/types.ts';
import { apply, type ImportContext } from './context.ts';
import { MOST_ELEMENTS } from './indexing.ts';
import { imageOrder, placesIn, properSizes, type Activation, type ImageShape, type Places } from './layout.ts';
import { refuse, refuseOrder, type OnnxNode } from './node.ts';

/** The tensor as a vector of all its elements, in the value's own order. */
export function asVector(context: ImportContext, node: OnnxNode, x: Activation): Activation {
  const { shape } = context.builder.typeOf(x.value);
  return shape.length === 1 ? x : reshapeValue(context, node, x, [elementCount(shape)]);
}

/** The same tensor of the file, its value in another shape: the order of the value's elements stays. */
export function reshapeValue(context: ImportContext, node: OnnxNode, x: Activation, shape: readonly number[]): Activation {
  const current = context.builder.typeOf(x.value).shape;
  if (current.length === shape.length && current.every((size, axis) => size === shape[axis])) return x;
  const name = ['Flatten', 'Reshape'].includes(node.op) ? node.name : `${node.name}.reshape`;
  return { ...x, value: context.builder.node('reshape', name, { shape }, [x.value], node.origin) };
}

/** Sizes of one image, [1, channels, height, width], or of one sequence, [1, channels, length]: an image of one row. */
export function imageShape(shape: readonly number[]): ImageShape | undefined {
  const [batch, channels, height = 1, width = 1] = shape.length === 3 ? [shape[0], shape[1], 1, shape[2]] : shape;
  return (shape.length === 3 || shape.length === 4) && batch === 1 && channels !== undefined ? [channels, height, width] : undefined;
}

/** Where the channels lie, if the value, read as [height][width][channels], is the channels-first ONNX image; undefined otherwise. */
export function channelPlaces(x: Activation): Places | undefined {
  const image = imageShape(x.shape);
  return image && placesIn(x.order, image);
}

/** True when the value, read as [height][width][channels], is the channels-first ONNX image, its channels in any order. */
export function isImage(x: Activation): boolean {
  return channelPlaces(x) !== undefined;
}

/** The sizes of an image that a node needs. Refuses other ranks (BNN1008). */
export function imageSizes(node: OnnxNode, { shape }: Activation): ImageShape {
  return (
    imageShape(shape) ??
    refuse(
      node,
      `works on a tensor of shape [${shape.join(', ')}]; bnnc supports images [batch, channels, height, width] and sequences [batch, channels, length] of batch 1`,
    )
  );
}

export interface PlacedImage {
  readonly image: Activation;
  readonly places: Places;
}

/** The tensor as an image value [height][width][channels], its channels in any order. Refuses other ranks and orders (BNN1008, BNN1011). */
export function asPlacedImage(context: ImportContext, node: OnnxNode, x: Activation): PlacedImage {
  const [channels, height, width] = imageSizes(node, x);
  const places = channelPlaces(x);
  if (places === undefined)
    return refuseOrder(node, 'reads an image whose elements an earlier Transpose or Reshape has put into another order');
  return { image: reshapeValue(context, node, x, [height, width, channels]), places };
}

/** The tensor as an image value whose channels lie in the file's order. */
export function asImage(context: ImportContext, node: OnnxNode, x: Activation): Activation {
  const { image, places } = asPlacedImage(context, node, x);
  return places === null ? image : rearranged(context, node, image, places, null);
}

/** An image with its channels at other places: those of the value are taken in the order that this needs. */
export function rearranged(context: ImportContext, node: OnnxNode, image: Activation, from: Places, to: Places): Activation {
  const sizes = imageSizes(node, image);
  const [channels, height, width] = sizes;
  const wanted = new Int32Array(channels);
  for (let c = 0; c < channels; c += 1) wanted[to?.[c] ?? c] = from?.[c] ?? c;
  const value = takeLast(context, node, image.value, wanted, [height, width].map(wholeRange));
  return { ...image, value, order: imageOrder(sizes, to), three: undefined };
}

/** More parts than this make code that nobody wants. */
const MOST_RUNS = 256;

/** Indices as few ranges: start, start + step, … with a step of at least 1 each. */
function rangesOf(indices: ArrayLike<number>): readonly Range[] {
  const ranges: Range[] = [];
  for (let at = 0; at < indices.length;) {
    const [start = 0, second = 0] = [indices[at], indices[at + 1]];
    const step = at + 1 < indices.length && second > start ? second - start : 1;
    let size = 1;
    while (at + size < indices.length && indices[at + size] === start + size * step) size += 1;
    ranges.push({ start, size, step: size === 1 ? 1 : step });
    at += size;
  }
  return ranges;
}

/** The elements `wanted` along the last dimension, in that order, and ranges of all dimensions before it: slices, joined where several. */
export function takeLast(
  context: ImportContext,
  node: OnnxNode,
  value: ValueId,
  wanted: ArrayLike<number>,
  before: readonly Range[],
): ValueId {
  const { shape } = context.builder.typeOf(value);
  const ranges = rangesOf(wanted);
  if (ranges.length > MOST_RUNS)
    return refuseOrder(
      node,
      `needs the elements of a tensor in another order than they lie in, ${ranges.length} parts of them; up to ${MOST_RUNS} can be joined`,
      'Combine, take or give out tensors before a Flatten, Transpose or Reshape.',
    );
  const parts = ranges.map((range) => {
    const all = [...before, range];
    if (all.every((one, axis) => isWhole(one, shape[axis] ?? 0))) return value;
    return context.builder.node('slice', node.name, { ranges: all }, [value], node.origin);
  });
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : context.builder.node('concat', node.name, {}, parts, node.origin);
}

/** Operations that make an image of an image. */
type ImageOp = 'conv2d' | 'max-pool' | 'average-pool';

/** The result of a node that makes images: value [height][width][channels], ONNX of as many dimensions as the image before, channels at `places`. */
export function imageResult<K extends ImageOp & OpKind>(
  context: ImportContext,
  node: OnnxNode,
  kind: K,
  attrs: AttrsOf<K>,
  image: Activation,
  places: Places = null,
): Activation {
  const result = apply(context, node, kind, attrs, image);
  const [height = 0, width = 0, channels = 0] = context.builder.typeOf(result.value).shape;
  const shape = image.shape.length === 3 ? [1, channels, width] : [1, channels, height, width];
  checkSize(node, shape);
  return { ...result, shape, order: imageOrder([channels, height, width], places), element: image.element, pad: null };
}

export function checkSize(node: OnnxNode, shape: readonly number[]): void {
  if (elementCount(shape) <= MOST_ELEMENTS) return;
  refuse(node, `makes a tensor of shape [${shape.join(', ')}], more than ${MOST_ELEMENTS} elements`);
}

/** Refuses tensors with more than one dimension beside the batch, where a vector is meant. */
export function needVector(node: OnnxNode, { shape }: Activation): void {
  if (properSizes(shape).length > 1) {
    refuse(node, `works on a tensor of shape [${shape.join(', ')}]; bnnc supports vectors [1, features] here`, 'Flatten the tensor first.');
  }
}
