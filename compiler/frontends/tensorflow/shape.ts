/** Shapes as TensorFlow states them. */
import type { TensorShape } from './tensorflow_pb.ts';

/** Sizes of a tensor; a scalar has none. Sizes below 0 are unknown ones. */
export function sizesOf(shape: TensorShape | undefined): readonly number[] {
  return (shape?.dim ?? []).map(({ size }) => Number(size));
}
