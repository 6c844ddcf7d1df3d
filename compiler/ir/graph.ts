/** Reading and rebuilding immutable graphs. */
import type { Graph, Node, TensorType, Value, ValueId } from './types.ts';

export function valueOf(graph: Graph, id: ValueId): Value {
  const value = graph.values.get(id);
  if (value === undefined) throw new Error(`no value %${id} in graph ${graph.name}`);
  return value;
}

export function typeOf(graph: Graph, id: ValueId): TensorType {
  return valueOf(graph, id).type;
}

/** The node that makes a value; undefined for the graph input. */
export function producerOf(graph: Graph, id: ValueId): Node | undefined {
  return graph.nodes.find((node) => node.output === id);
}

export function consumersOf(graph: Graph, id: ValueId): readonly Node[] {
  return graph.nodes.filter((node) => node.inputs.includes(id));
}

/** The one node that reads this value, if there is exactly one and the value is not the graph's output. */
export function onlyConsumerOf(graph: Graph, id: ValueId): Node | undefined {
  const consumers = consumersOf(graph, id);
  return consumers.length === 1 && graph.output !== id ? consumers[0] : undefined;
}
