/** Views of arrays, as torch, numpy and Torch7 store tensors: element [i, j, …] stands at offset + i·strides[0] + j·strides[1] + … */

export interface View {
  readonly sizes: readonly number[];
  /** In elements; 0 repeats, and below 0 goes backwards. */
  readonly strides: readonly number[];
  /** Of element [0, 0, …]; 0 by default. */
  readonly offset?: number;
}

/** Elements between neighbours along each axis, the last axis being that of neighbours. */
export function rowMajorStrides(sizes: readonly number[]): readonly number[] {
  const strides = sizes.map(() => 1);
  for (let axis = sizes.length - 2; axis >= 0; axis -= 1) strides[axis] = (strides[axis + 1] ?? 1) * (sizes[axis + 1] ?? 1);
  return strides;
}

/** Fortran's: the first axis is that of neighbours. */
export function columnMajorStrides(sizes: readonly number[]): readonly number[] {
  return [...rowMajorStrides([...sizes].reverse())].reverse();
}

/** Do the elements of the view follow each other? Along an axis of size 1 no stride matters. */
export function isRowMajor({ sizes, strides }: View): boolean {
  const plain = rowMajorStrides(sizes);
  return sizes.every((size, axis) => size === 1 || strides[axis] === plain[axis]);
}

/** Index of the last element, where no stride is below 0. */
export function lastIndex({ sizes, strides, offset = 0 }: View): number {
  return sizes.reduce((last, size, axis) => last + (size - 1) * (strides[axis] ?? 0), offset);
}

/** Fills `into`, which has as many elements as the view, with them in row-major order. */
export function gather<T extends { readonly length: number; [i: number]: number }>(
  from: ArrayLike<number>,
  { sizes, strides, offset = 0 }: View,
  into: T,
): T {
  const [run = 1, step = 0] = [sizes.at(-1), strides.at(-1)];
  const index = sizes.slice(0, -1).map(() => 0);
  let at = offset;
  for (let i = 0; i < into.length; i += run) {
    for (let n = 0; n < run; n += 1) into[i + n] = from[at + n * step] ?? 0;
    for (let axis = index.length - 1; axis >= 0; axis -= 1) {
      const [size = 1, stride = 0] = [sizes[axis], strides[axis]];
      const next = (index[axis] ?? 0) + 1;
      at += stride;
      index[axis] = next;
      if (next < size) break;
      at -= stride * size;
      index[axis] = 0;
    }
  }
  return into;
}
