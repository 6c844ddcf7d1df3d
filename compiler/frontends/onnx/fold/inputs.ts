/** Access to the constant inputs of a node that is folded. */
import { elementCount } from '../../../ir/encoding.ts';
import type { Constant } from '../constant.ts';
import { MOST_ELEMENTS } from '../indexing.ts';
import { integersAttribute, refuse, type OnnxNode } from '../node.ts';

export function needed(node: OnnxNode, inputs: readonly (Constant | undefined)[], position: number): Constant {
  return inputs[position] ?? refuse(node, `lacks its input ${position}`);
}

/** The only element of a constant. */
export function scalar(node: OnnxNode, constant: Constant, what: string): number {
  const [value] = constant.data;
  if (value === undefined || constant.data.length !== 1)
    return refuse(node, `needs one number as ${what}, not a tensor of shape [${constant.shape.join(', ')}]`);
  return value;
}

/** A list of integers that older operator sets give as an attribute and newer ones as an input. */
export function integerList(node: OnnxNode, name: string, input: Constant | undefined): readonly number[] | undefined {
  return input === undefined ? integersAttribute(node, name) : Array.from(input.data);
}

/** Refuses a made-up size before anything of that size is allocated. `available` elements exist already. */
export function checkCount(node: OnnxNode, shape: readonly number[], available: number): number {
  const count = elementCount(shape);
  if (shape.every((size) => Number.isSafeInteger(size) && size >= 0) && count <= Math.max(MOST_ELEMENTS, available)) return count;
  return refuse(node, `makes a constant of shape [${shape.join(', ')}], which is too large`);
}
