/** Row-major index arithmetic that constant folding and layout tracking share. */
import { elementCount } from '../../ir/encoding.ts';
import { rowMajorStrides } from '../../support/strided.ts';

export { MOST_ELEMENTS } from '../limits.ts';
export { rowMajorStrides as stridesOf } from '../../support/strided.ts';

/**
 * For each element of a tensor of `shape`, in row-major order, its index in storage where a step along axis i is
 * `strides[i]` elements. Transposes, broadcasts and slices are all such walks.
 */
export function walk(shape: readonly number[], strides: readonly number[], start = 0): Int32Array {
  const indices = new Int32Array(elementCount(shape));
  const position = shape.map(() => 0);
  let index = start;
  for (let i = 0; i < indices.length; i += 1) {
    indices[i] = index;
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      const [at = 0, size = 1, stride = 0] = [position[axis], shape[axis], strides[axis]];
      if (at + 1 < size) {
        position[axis] = at + 1;
        index += stride;
        break;
      }
      position[axis] = 0;
      index -= at * stride;
    }
  }
  return indices;
}

/** For each element after a transpose by `permutation`, its index before. */
export function transposeIndices(shape: readonly number[], permutation: readonly number[]): Int32Array {
  const strides = rowMajorStrides(shape);
  return walk(
    permutation.map((axis) => shape[axis] ?? 1),
    permutation.map((axis) => strides[axis] ?? 0),
  );
}

/** True when `permutation` names each axis of `rank` once. */
export function isPermutation(permutation: readonly number[], rank: number): boolean {
  return permutation.length === rank && [...permutation].sort((a, b) => a - b).every((axis, i) => axis === i);
}

/** The common shape of two tensors by ONNX's (numpy's) broadcasting; undefined when they do not fit. */
export function broadcastShape(a: readonly number[], b: readonly number[]): readonly number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const shape: number[] = [];
  for (let axis = 0; axis < rank; axis += 1) {
    const p = a[axis - rank + a.length] ?? 1;
    const q = b[axis - rank + b.length] ?? 1;
    if (p !== q && p !== 1 && q !== 1) return undefined;
    shape.push(p === 1 ? q : p);
  }
  return shape;
}

/** For each element of `to`, the element of a tensor of shape `from` that is broadcast to it. */
export function broadcastIndices(from: readonly number[], to: readonly number[]): Int32Array {
  const strides = rowMajorStrides(from);
  const lead = to.length - from.length;
  return walk(
    to,
    to.map((_, axis) => (axis < lead || from[axis - lead] === 1 ? 0 : (strides[axis - lead] ?? 0))),
  );
}

/** A negative axis counts from the end. Undefined when it lies outside. */
export function resolveAxis(axis: number, rank: number): number | undefined {
  const resolved = axis < 0 ? axis + rank : axis;
  return Number.isInteger(resolved) && resolved >= 0 && resolved < rank ? resolved : undefined;
}

/** Target of a Reshape with its 0 (copy) and -1 (rest) filled in; undefined when the counts do not fit. */
export function resolveReshape(from: readonly number[], target: readonly number[], allowZero: boolean): readonly number[] | undefined {
  const copied = target.map((size, axis) => (size === 0 && !allowZero ? (from[axis] ?? -2) : size));
  if (copied.some((size) => size < -1) || copied.filter((size) => size === -1).length > 1) return undefined;
  const known = elementCount(copied.filter((size) => size !== -1));
  const total = elementCount(from);
  const shape = copied.map((size) => (size === -1 ? total / known : size));
  return shape.every(Number.isSafeInteger) && elementCount(shape) === total ? shape : undefined;
}

/** Shape after inserting dimensions of size 1 at `axes` (of the result); undefined for a bad axis. */
export function unsqueezedShape(shape: readonly number[], axes: readonly number[]): readonly number[] | undefined {
  const rank = shape.length + axes.length;
  const inserted = new Set(axes.map((axis) => resolveAxis(axis, rank)));
  if (inserted.has(undefined) || inserted.size !== axes.length) return undefined;
  const rest = [...shape];
  return Array.from({ length: rank }, (_, axis) => (inserted.has(axis) ? 1 : (rest.shift() ?? 1)));
}

/** Shape without the dimensions `axes` (null: without all of size 1); undefined when one of them is not 1. */
export function squeezedShape(shape: readonly number[], axes: readonly number[] | null): readonly number[] | undefined {
  if (axes === null) return shape.filter((size) => size !== 1);
  const removed = new Set(axes.map((axis) => resolveAxis(axis, shape.length)));
  if (removed.has(undefined) || [...removed].some((axis) => shape[axis ?? 0] !== 1)) return undefined;
  return shape.filter((_, axis) => !removed.has(axis));
}
