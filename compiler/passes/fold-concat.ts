import { rewriteAll, type Rewriting } from '../ir/builder.ts';
import { producerOf } from '../ir/graph.ts';
import type { Graph, Node, ValueId } from '../ir/types.ts';
import type { Pass } from './pass.ts';

/** The parts of a join in place of the join itself, where all are of one type: a join of mixed types is made of real numbers. */
function joinOfParts(graph: Graph, node: Node, to: Rewriting): ValueId | undefined {
  if (node.kind !== 'concat') return undefined;
  const parts = node.inputs.flatMap((id) => {
    const inner = producerOf(graph, id);
    return inner?.kind === 'concat' && to.typeOf(to.value(id)).dtype === 'b1' ? inner.inputs : [id];
  });
  return parts.length === node.inputs.length ? undefined : to.add({ kind: 'concat', attrs: {} }, ...parts.map(to.value));
}

export const foldConcat: Pass = {
  name: 'fold-concat',
  doc: 'A join of joined bits is one join: no bit is copied twice.',
  run: (graph) => rewriteAll(graph, joinOfParts),
};
