/** Numbers of dimensions: of all that a symbol does not state, the translation needs no more. */
import { truthAttribute, tupleAttribute } from './attributes.ts';
import type { SymbolNode } from './symbol.ts';
import type { Operand } from './translation.ts';

/** Of the outputs of a node. Operators element by element take on the rank of the largest input. */
export function rankOf(node: SymbolNode, inputs: readonly Operand[]): number {
  const ranks = inputs.map((operand) => (operand.kind === 'tensor' ? operand.rank : operand.array.shape.length));
  if (/^flatten$/i.test(node.op)) return 2;
  if (node.op.endsWith('FullyConnected')) return truthAttribute(node, 'flatten', true) ? 2 : (ranks[0] ?? 2);
  if (/^reshape$/i.test(node.op)) return tupleAttribute(node, 'shape')?.length ?? ranks[0] ?? 2;
  if (/^(?:broadcast|elemwise)_/.test(node.op)) return Math.max(...ranks);
  return ranks[0] ?? 2;
}
