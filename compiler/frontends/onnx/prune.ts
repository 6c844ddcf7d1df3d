/** Leaves out what the output does not need: comparisons that were replaced by one of their combination. */
import type { Graph, Node, ValueId } from '../../ir/types.ts';

export function prune(graph: Graph): Graph {
  const needed = new Set<ValueId>([graph.output]);
  const kept: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!needed.has(node.output)) continue;
    node.inputs.forEach((id) => needed.add(id));
    kept.unshift(node);
  }
  needed.add(graph.input);
  return { ...graph, nodes: kept, values: new Map([...graph.values].filter(([id]) => needed.has(id))) };
}
