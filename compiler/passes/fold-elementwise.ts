import { rewrite } from '../ir/builder.ts';
import { inputOf, producerOf } from '../ir/graph.ts';
import type { Step } from '../ir/attributes.ts';
import type { Graph, Node, ValueId } from '../ir/types.ts';
import type { Pass } from './pass.ts';

/** All steps that end at `id`, and the value before the first of them. */
export function stepsBefore(graph: Graph, id: ValueId): { readonly source: ValueId; readonly steps: readonly Step[] } {
  const producer = producerOf(graph, id);
  if (producer?.kind !== 'elementwise') return { source: id, steps: [] };
  const { source, steps } = stepsBefore(graph, inputOf(producer));
  return { source, steps: [...steps, ...producer.attrs.steps] };
}

function followsSteps(graph: Graph, node: Node): boolean {
  return producerOf(graph, inputOf(node))?.kind === 'elementwise';
}

export const foldElementwise: Pass = {
  name: 'fold-elementwise',
  doc: 'Chains of float32 operations with constants become one list of steps; no step is merged or reordered.',
  run: (graph) =>
    rewrite(graph, (node, to) => {
      if (node.kind !== 'elementwise' || !followsSteps(graph, node)) return undefined;
      const { source, steps } = stepsBefore(graph, node.output);
      return to.add({ kind: 'elementwise', attrs: { steps } }, to.value(source));
    }),
};
