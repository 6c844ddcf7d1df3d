import { rewrite } from '../ir/builder.ts';
import { inputOf, onlyConsumerOf, producerOf } from '../ir/graph.ts';
import type { Step } from '../ir/attributes.ts';
import type { Graph, Node, ValueId } from '../ir/types.ts';
import type { Pass } from './pass.ts';

/** All steps that end at `id`, and the value before the first of them. */
export function stepsBefore(graph: Graph, id: ValueId): { readonly source: ValueId; readonly steps: readonly Step[] } {
  const chain: Node<'elementwise'>[] = [];
  let source = id;
  for (let node = producerOf(graph, id); node?.kind === 'elementwise'; node = producerOf(graph, source)) {
    chain.push(node);
    source = inputOf(node);
  }
  return { source, steps: chain.reverse().flatMap(({ attrs }) => attrs.steps) };
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
      // What only another one reads has its steps there.
      if (onlyConsumerOf(graph, node.output)?.kind === 'elementwise') return undefined;
      const { source, steps } = stepsBefore(graph, node.output);
      return to.add({ kind: 'elementwise', attrs: { steps } }, to.value(source));
    }),
};
