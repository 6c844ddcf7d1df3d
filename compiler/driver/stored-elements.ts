/** What C programs leave in memory, as elements; and the elements that the interpreter expects there. */
import { channelCount, elementCount, realValueOf, realValues } from '../ir/encoding.ts';
import type { Tensor, TensorType } from '../ir/types.ts';
import { bitPlace } from '../kernels/bit-places.ts';
import type { Layout } from '../kernels/kernel.ts';

/** Stored elements in the order of the tensor: signs as -1 and +1, integers, or real numbers. */
export type Elements = Int32Array | Float32Array;

/** The elements that lie in `bytes`, which are little-endian as on all targets. */
export function storedElements(bytes: Uint8Array, layout: Layout, { dtype, shape }: TensorType): Elements {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = elementCount(shape);
  if (layout.kind === 'f32') return Float32Array.from({ length }, (_, i) => view.getFloat32(4 * i, true));
  const element = (i: number): number => {
    if (layout.kind === 'i32') return view.getInt32(4 * i, true);
    if (layout.kind !== 'bit-runs' && layout.kind !== 'bit-planes') return dtype === 'i8' ? view.getInt8(i) : view.getUint8(i);
    const bit = bitPlace(layout, i);
    return (view.getUint8(bit >> 3) >> (bit & 7)) & 1 ? 1 : -1;
  };
  return Int32Array.from({ length }, (_, i) => element(i));
}

/** What a tensor is where it lies in this layout: integers are also stored as the real numbers that they are worth. */
export function expectedElements(tensor: Tensor, layout: Layout): Elements {
  return layout.kind === 'f32' ? realValues(tensor) : Int32Array.from(tensor.data);
}

/** What an element of such a tensor is worth. */
export function worthOf(type: TensorType, layout: Layout, element: number, channel: number): number {
  return layout.kind === 'f32' ? element : realValueOf(type)(element, channel);
}

/** Where an element stands; `y` and `x` in images only. */
export interface Position {
  readonly channel: number;
  readonly y: number | null;
  readonly x: number | null;
}

export function positionOf(shape: readonly number[], index: number): Position {
  const channels = channelCount(shape);
  const [, width = 1] = shape;
  const pixel = Math.floor(index / channels);
  const isImage = shape.length === 3;
  return { channel: index % channels, y: isImage ? Math.floor(pixel / width) : null, x: isImage ? pixel % width : null };
}

/** The first element that differs, as bits, and how many do. Undefined where all are the same. */
export function compareElements(expected: Elements, actual: Elements): { readonly first: number; readonly count: number } | undefined {
  const [a, b] = [bitsOf(expected), bitsOf(actual)];
  let first = -1;
  let count = 0;
  for (let i = 0; i < a.length; i += 1) {
    if (a[i] === b[i]) continue;
    if (first < 0) first = i;
    count += 1;
  }
  return count === 0 ? undefined : { first, count };
}

function bitsOf(elements: Elements): Int32Array {
  return new Int32Array(elements.buffer, elements.byteOffset, elements.length);
}
