/**
 * How the tensors of the file correspond to the values of the graph.
 *
 * An ONNX tensor has a batch dimension and usually puts channels first; a value of the graph is [height][width][channels]
 * or [features]. The correspondence is kept as one permutation per tensor: element i of the ONNX tensor (row-major) is
 * element `order[i]` of the value. Transpose then permutes `order`, Reshape leaves it alone, a dense layer moves it
 * into its weight columns, and a convolution asks whether it is the channels-first order of an image, of which it moves a permutation
 * of the channels (a channel shuffle) into its weights as well.
 */
import type { ValueId } from '../../ir/types.ts';
import { compactOrder, type Order } from '../order.ts';
import type { ThreeWay } from './deferred.ts';
import { stridesOf, transposeIndices, walk } from './indexing.ts';

/** A tensor that depends on the input. */
export interface Activation {
  readonly kind: 'activation';
  readonly value: ValueId;
  /** ONNX shape, a batch of 1 included. */
  readonly shape: readonly number[];
  /** Element of the value for each ONNX element; null where both orders agree. */
  readonly order: Order;
  /** What the file computes with: only floats take part in arithmetic; the others need a Cast before. */
  readonly element: 'float' | 'double' | 'integer' | 'bool';
  /** The truth values of `value` are meant inverted (a Not). */
  readonly negated: boolean;
  /** A Pad that waits for its convolution; `shape` is the shape before it. */
  readonly pad: PendingPad | null;
  /** Every element lies between these numbers. */
  readonly range?: readonly [low: number, high: number] | undefined;
  /** What else is known of the elements: a function of whether another tensor is below, at or above a limit. */
  readonly three?: ThreeWay | undefined;
}

export interface PendingPad {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
  readonly value: number;
  /** The Pad node, for messages. */
  readonly by: string;
}

/** The order of a [channels][height][width] tensor whose value is [height][width][channels]. */
export function channelsFirst(channels: number, height: number, width: number): Order {
  if (channels === 1 || height * width === 1) return null;
  const [y = 0, x = 0, c = 0] = stridesOf([height, width, channels]);
  return walk([channels, height, width], [c, y, x]);
}

export type ImageShape = readonly [channels: number, height: number, width: number];

/** Channel c of an image of the file is channel places[c] of its value; null where all lie in the file's order. */
export type Places = Int32Array | null;

/** The order of an image whose value is [height][width][channels]. */
export function imageOrder([channels, height, width]: ImageShape, places: Places): Order {
  if (places === null) return channelsFirst(channels, height, width);
  const pixels = height * width;
  return compactOrder(
    Int32Array.from({ length: channels * pixels }, (_, i) => (i % pixels) * channels + (places[Math.floor(i / pixels)] ?? 0)),
  );
}

/** Where the channels lie, if `order` is that of an image; undefined for other orders. */
export function placesIn(order: Order, [channels, height, width]: ImageShape): Places | undefined {
  const pixels = height * width;
  const places = Int32Array.from({ length: channels }, (_, c) => order?.[c * pixels] ?? c * pixels);
  const isOrder = places.every((place, c) => {
    for (let pixel = 0; pixel < pixels; pixel += 1) {
      const i = c * pixels + pixel;
      if ((order?.[i] ?? i) !== pixel * channels + place) return false;
    }
    return place < channels;
  });
  return isOrder ? compactOrder(places) : undefined;
}

/** The order after the ONNX tensor of `shape` has been transposed. */
export function transposedOrder(shape: readonly number[], order: Order, permutation: readonly number[]): Order {
  const before = transposeIndices(shape, permutation);
  return compactOrder(order === null ? before : before.map((index) => order[index] ?? 0));
}

/** Sizes of the dimensions that are not 1. */
export function properSizes(shape: readonly number[]): readonly number[] {
  return shape.filter((size) => size !== 1);
}
