/** Images and vectors: how a tensor of the file is laid out where a node needs one or the other. */
import { elementCount } from '../../ir/encoding.ts';
import type { AttrsOf, OpKind } from '../../ir/ops/index.ts';
import { apply, type ImportContext } from './context.ts';
import { MOST_ELEMENTS } from './indexing.ts';
import { channelsFirst, properSizes, sameOrder, type Activation } from './layout.ts';
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

export type ImageShape = readonly [channels: number, height: number, width: number];

/** Sizes of one image, [1, channels, height, width], or of one sequence, [1, channels, length]: an image of one row. */
export function imageShape(shape: readonly number[]): ImageShape | undefined {
  const [batch, channels, height = 1, width = 1] = shape.length === 3 ? [shape[0], shape[1], 1, shape[2]] : shape;
  return (shape.length === 3 || shape.length === 4) && batch === 1 && channels !== undefined ? [channels, height, width] : undefined;
}

/** True when the value, read as [height][width][channels], is the channels-first ONNX image. */
export function isImage(x: Activation): boolean {
  const image = imageShape(x.shape);
  return image !== undefined && sameOrder(x.order, channelsFirst(...image));
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

/** The tensor as an image value [height][width][channels]. Refuses other ranks and orders (BNN1008, BNN1011). */
export function asImage(context: ImportContext, node: OnnxNode, x: Activation): Activation {
  const [channels, height, width] = imageSizes(node, x);
  if (!isImage(x)) refuseOrder(node, 'reads an image whose elements an earlier Transpose or Reshape has put into another order');
  return reshapeValue(context, node, x, [height, width, channels]);
}

/** Operations that make an image of an image. */
type ImageOp = 'conv2d' | 'max-pool' | 'average-pool';

/** The result of a node that makes images: value [height][width][channels], ONNX of as many dimensions as the image before. */
export function imageResult<K extends ImageOp & OpKind>(
  context: ImportContext,
  node: OnnxNode,
  kind: K,
  attrs: AttrsOf<K>,
  image: Activation,
): Activation {
  const result = apply(context, node, kind, attrs, image);
  const [height = 0, width = 0, channels = 0] = context.builder.typeOf(result.value).shape;
  const shape = image.shape.length === 3 ? [1, channels, width] : [1, channels, height, width];
  checkSize(node, shape);
  return { ...result, shape, order: channelsFirst(channels, height, width), element: image.element, pad: null };
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
