/** Lining up: which element of a constant, or of another tensor, belongs to which element of a value. */
import { elementCount } from '../../ir/encoding.ts';
import type { Constant } from './constant.ts';
import type { ImportContext } from './context.ts';
import { asPlacedImage, asVector, checkSize, imageShape, isImage, rearranged, reshapeValue, takeLast, type PlacedImage } from './images.ts';
import { broadcastIndices, broadcastShape } from './indexing.ts';
import { sameOrder } from '../order.ts';
import { imageOrder, type Activation } from './layout.ts';
import { refuse, type OnnxNode } from './node.ts';

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

/** Two tensors of a sum, difference or product whose values correspond element by element, or have a size of 1 where they differ. */
export interface Aligned {
  readonly first: Activation;
  readonly second: Activation;
  /** What the result is as a tensor of the file. */
  readonly shape: readonly number[];
  readonly order: Int32Array | null;
}

/** Lines two computed tensors up, by ONNX's (numpy's) broadcasting. */
export function alignTensors(context: ImportContext, node: OnnxNode, a: Activation, b: Activation): Aligned {
  const shape = broadcastShape(a.shape, b.shape);
  const shapes = `tensors of shapes [${a.shape.join(', ')}] and [${b.shape.join(', ')}]`;
  if (shape === undefined) return refuse(node, `combines ${shapes}, whose sizes do not fit`);
  checkSize(node, shape);
  const widened = (x: Activation): Activation => ({ ...x, shape: [...shape.slice(x.shape.length).map(() => 1), ...x.shape] });
  const [first, second] = [widened(a), widened(b)];
  const count = elementCount(shape);
  const image = imageShape(shape);
  if (image !== undefined && isImage(first) && isImage(second)) {
    const [p, q] = [asPlacedImage(context, node, first), asPlacedImage(context, node, second)];
    const isSingle = ({ image: { shape: sizes } }: PlacedImage): boolean => sizes[1] === 1;
    const places = isSingle(p) ? q.places : p.places;
    const moved = isSingle(q) || sameOrder(q.places, places) ? q.image : rearranged(context, node, q.image, q.places, places);
    return { first: p.image, second: moved, shape, order: imageOrder(image, places) };
  }
  if (elementCount(second.shape) === 1) return { first, second: asOne(context, node, second, first), shape, order: first.order };
  if (elementCount(first.shape) === 1) return { first: asOne(context, node, first, second), second, shape, order: second.order };
  if (elementCount(first.shape) !== count || elementCount(second.shape) !== count)
    return refuse(
      node,
      `combines ${shapes}`,
      'Tensors of one shape can be combined, and images one of which has a single channel, row or column where the other has several.',
    );
  const [p, q] = [asVector(context, node, first), asVector(context, node, second)];
  if (sameOrder(p.order, q.order)) return { first: p, second: q, shape, order: p.order };
  const wanted = new Int32Array(count);
  for (let i = 0; i < count; i += 1) wanted[p.order?.[i] ?? i] = q.order?.[i] ?? i;
  return { first: p, second: { ...q, value: takeLast(context, node, q.value, wanted, []) }, shape, order: p.order };
}

/** A tensor of one element beside another one: its value has as many dimensions. */
function asOne(context: ImportContext, node: OnnxNode, x: Activation, other: Activation): Activation {
  const { shape } = context.builder.typeOf(other.value);
  return reshapeValue(
    context,
    node,
    x,
    shape.map(() => 1),
  );
}
