/** The graph under translation: what its edges are in the network, and what the translations of single operators share. */
import { elementCount } from '../../ir/encoding.ts';
import type { Attributes, NodeSource, OperatorNetwork } from '../onnx/network.ts';
import { refuse } from './attributes.ts';
import type { ParamsArray } from './params.ts';
import type { SymbolNode } from './symbol.ts';

/** An array of the .params file, or a tensor that depends on the input. */
export type Operand =
  | { readonly kind: 'array'; readonly array: ParamsArray }
  | {
      readonly kind: 'tensor';
      readonly tensor: string;
      /** Number of dimensions, the batch among them. */
      readonly rank: number;
    };

export interface Translation {
  readonly network: OperatorNetwork;
  readonly node: SymbolNode;
  readonly inputs: readonly Operand[];
}

/** Gives the tensors of the outputs. */
export type Translate = (translation: Translation) => string | readonly string[];

/** `part` tells several operators of one node apart; the last one has the node's own name. */
export function sourceOf({ name, op, origin }: SymbolNode, part = ''): NodeSource {
  return { name: part === '' ? name : `${name}.${part}`, shown: op, origin };
}

/** Adds an operator. */
export function add({ network, node }: Translation, op: string, inputs: readonly string[], attributes: Attributes = {}, part = ''): string {
  return network.add(op, inputs, attributes, sourceOf(node, part));
}

/** The sign with +1 at 0, or with 0. */
export function addSign({ network, node }: Translation, tensor: string, zero: 'plus' | 'zero', part = ''): string {
  return network.own('Sign', [tensor], { zero }, sourceOf(node, part));
}

/** The operand as a tensor of the network; arrays become constants. */
export function tensor(translation: Translation, position: number): string {
  const operand = translation.inputs[position] ?? refuse(translation.node, `lacks its input ${position}`);
  if (operand.kind === 'tensor') return operand.tensor;
  return translation.network.constant(operand.array.shape, operand.array.read());
}

/** An array of the file. `what` names it in the message. */
export function array({ node, inputs }: Translation, position: number, what: string): ParamsArray {
  const operand = inputs[position];
  if (operand?.kind === 'array') return operand.array;
  return refuse(
    node,
    operand === undefined ? `lacks ${what}` : `takes ${what} from what is computed at run time; bnnc needs an array of the .params file`,
  );
}

/** An array with so many elements. */
export function arrayOf(translation: Translation, position: number, what: string, count: number): ParamsArray {
  const found = array(translation, position, what);
  if (elementCount(found.shape) === count) return found;
  return refuse(translation.node, `has ${what} of shape [${found.shape.join(', ')}] where ${count} elements are wanted`);
}

export function scalar({ network }: Translation, value: number): string {
  return network.constant([], [value]);
}
