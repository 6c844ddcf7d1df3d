/** The list of every kernel of elements. The first one that takes a node is used. Adding one is a kernel in this folder and one line below. */
import type { Node, TensorType } from '../../ir/types.ts';
import type { Layout } from '../kernel.ts';
import type { Element, ElementKernel } from './element.ts';
import { conv2d8bitSum, conv2dB1GroupSum, conv2dB1Sum, dense8bitSum, denseB1Sum } from './integer-sums.ts';
import { averagePoolF32, maxPool8bit, maxPoolF32, maxPoolI32, sumPool8bit, sumPoolB1, sumPoolI32 } from './pools.ts';
import { conv2d8bitF32, conv2dF32, conv2dF32Ternary, dense8bitF32, denseF32, denseF32Ternary } from './real-sums.ts';

export const ELEMENT_KERNELS: readonly ElementKernel[] = [
  conv2dB1Sum,
  conv2dB1GroupSum,
  conv2d8bitSum,
  denseB1Sum,
  dense8bitSum,
  conv2d8bitF32,
  conv2dF32Ternary,
  conv2dF32,
  dense8bitF32,
  denseF32Ternary,
  denseF32,
  maxPoolF32,
  maxPoolI32,
  maxPool8bit,
  averagePoolF32,
  sumPoolI32,
  sumPool8bit,
  sumPoolB1,
];

/** How the elements of a node are computed, or why none of the kernels can. */
export function elementOf(
  node: Node,
  input: TensorType,
  output: TensorType,
  offered: Layout | undefined,
): Element | { readonly reason: string } {
  for (const kernel of ELEMENT_KERNELS) {
    const element = kernel.element(node, input, output, offered);
    if (element !== undefined) return element;
  }
  return { reason: `no kernel takes ${input.dtype} values` };
}
