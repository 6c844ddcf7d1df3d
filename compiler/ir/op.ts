/** Calls of an op through its kind, where the kind is only known at run time. */
import { OPS, type OpKind } from './ops/index.ts';
import type { Node, OpDef, Tensor, TensorType } from './types.ts';

/**
 * The definition of a kind with its attributes' type forgotten. Sound because a `Node` pairs kind and attributes:
 * always call it with the attributes of a node of the same kind.
 */
export function opOf(kind: OpKind): OpDef<string, unknown> {
  return OPS[kind] as OpDef<string, unknown>;
}

/** Output type of a node. */
export function inferNode(node: Node, inputs: readonly TensorType[]): TensorType | { readonly error: string } {
  return opOf(node.kind).infer(node.attrs, inputs);
}

/** Output tensor of a node whose output type is known. */
export function evaluateNode(node: Node, inputs: readonly Tensor[], output: TensorType): Tensor {
  return { type: output, data: opOf(node.kind).evaluate(node.attrs, inputs, output) };
}
