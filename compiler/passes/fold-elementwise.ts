import { rebuild } from '../ir/builder.ts';
import { onlyConsumerOf, producerOf } from '../ir/graph.ts';
import type { Graph, NodeOf } from '../ir/types.ts';
import type { Pass } from './pass.ts';

/** The elementwise node right before this one, if nothing else reads it. */
function previous(graph: Graph, node: NodeOf<'elementwise'>): NodeOf<'elementwise'> | undefined {
  const [id] = node.inputs;
  if (id === undefined || onlyConsumerOf(graph, id) !== node) return undefined;
  const producer = producerOf(graph, id);
  return producer?.kind === 'elementwise' ? producer : undefined;
}

function chainOf(graph: Graph, node: NodeOf<'elementwise'>): readonly NodeOf<'elementwise'>[] {
  const before = previous(graph, node);
  return before === undefined ? [node] : [...chainOf(graph, before), node];
}

export const foldElementwise: Pass = {
  name: 'fold-elementwise',
  doc: 'Chains of float32 operations with constants become one list of steps; no step is merged or reordered.',
  run: (graph) =>
    rebuild(graph, (node) => {
      if (node.kind !== 'elementwise') return undefined;
      const [next] = graph.nodes.filter((n) => n.inputs.includes(node.output));
      if (next?.kind === 'elementwise' && previous(graph, next) === node) return []; // its steps move into the next node
      return [{ kind: 'elementwise', attrs: { steps: chainOf(graph, node).flatMap((n) => n.attrs.steps) } }];
    }),
};
