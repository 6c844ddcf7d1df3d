/**
 * Documents with "layout": "channels-first" count as PyTorch, Torch and MXNet do: images are [channels][height][width], and a
 * vector made of one has that order. Values of the graph have the channels last; what differs is moved into the constants.
 */
import { elementCount } from '../../ir/encoding.ts';
import type { TensorType } from '../../ir/types.ts';
import { inverseOrder, sameOrder, type Order } from '../order.ts';
import { channelsFirstOrder } from './input.ts';
import type { JsonNode } from './nodes.ts';
import type { FieldProblem } from './problems.ts';

export type Layout = 'channels-last' | 'channels-first';

/** For each feature as the document counts them, its place in the value; null where both agree. */
export type FeatureOrder = Order;

/** How the document counts what a node reads. */
export interface Convention {
  readonly layout: Layout;
  /** Of the first input. */
  readonly order: FeatureOrder;
}

export const CHANNELS_LAST: Convention = { layout: 'channels-last', order: null };

/** The order of a vector made of an image [height, width, channels]. */
export function flattenedOrder(shape: readonly number[], layout: Layout): FeatureOrder {
  const [height = 1, width = 1, channels = 1] = shape;
  const first = layout === 'channels-first' ? channelsFirstOrder(shape) : null;
  return channels === 1 || height * width === 1 ? null : inverseOrder(first);
}

/**
 * The order of what a node makes from inputs of these orders, or what is wrong.
 * @param input type of the first input
 */
export function orderBehind(
  node: JsonNode,
  orders: readonly FeatureOrder[],
  input: TensorType,
  shape: readonly number[],
  layout: Layout,
): FeatureOrder | FieldProblem {
  const [order = null] = orders;
  switch (node.op) {
    case 'dense':
      return null;
    case 'reshape':
      if (input.shape.length === 3 && shape.length === 1) return flattenedOrder(input.shape, layout);
      if (order === null && (layout === 'channels-last' || input.shape.length !== 3)) return null;
      return elementCount(shape) === shape[0]
        ? order
        : { what: 'makes an image of features in another order', seen: shape, wanted: 'a vector' };
    case 'combine':
      return orders.every((other) => sameOrder(other, order))
        ? order
        : { what: 'combines vectors whose features are in different orders', help: 'Flatten both from images of one shape.' };
    case 'rescale':
    case 'threshold':
    case 'invert':
      return order === null ? null : { what: 'is for compiled networks, whose vectors are not channels-first' };
    case 'concat':
    case 'slice':
      return orders.every((other) => other === null)
        ? null
        : { what: 'takes apart or joins a flattened image', help: 'Do it before the reshape, along the channels.' };
    default:
      return order;
  }
}
