/** Reading immutable graphs: who makes a value, and who reads it. */
import { indexBy } from '../support/index-by.ts';
import type { Graph, Node, TensorType, Value, ValueId } from './types.ts';

export function valueOf(graph: Graph, id: ValueId): Value {
  const value = graph.values.get(id);
  if (value === undefined) throw new Error(`no value %${id} in graph ${graph.name}`);
  return value;
}

export function typeOf(graph: Graph, id: ValueId): TensorType {
  return valueOf(graph, id).type;
}

/** Types of all inputs. @throws Error for a node without any, which no lowered graph has */
export function inputTypes(graph: Graph, node: Node): readonly [TensorType, ...TensorType[]] {
  const [first, ...rest] = node.inputs.map((id) => typeOf(graph, id));
  if (first === undefined) throw new Error(`"${node.name}" has no input`);
  return [first, ...rest];
}

interface Edges {
  readonly producers: ReadonlyMap<ValueId, Node>;
  readonly consumers: ReadonlyMap<ValueId, readonly Node[]>;
}

/** A graph never changes, so its edges are found once. */
const EDGES = new WeakMap<Graph, Edges>();

function edgesOf(graph: Graph): Edges {
  const known = EDGES.get(graph);
  if (known !== undefined) return known;
  const edges = {
    producers: new Map(graph.nodes.map((node) => [node.output, node])),
    consumers: indexBy(graph.nodes, ({ inputs }) => inputs),
  };
  EDGES.set(graph, edges);
  return edges;
}

/** The node that makes a value; undefined for the graph input. */
export function producerOf(graph: Graph, id: ValueId): Node | undefined {
  return edgesOf(graph).producers.get(id);
}

/** The nodes that read a value, in execution order, each once however often it reads it. */
export function consumersOf(graph: Graph, id: ValueId): readonly Node[] {
  return edgesOf(graph).consumers.get(id) ?? [];
}

/** The one node that reads this value, if there is exactly one and the value is not the graph's output. */
export function onlyConsumerOf(graph: Graph, id: ValueId): Node | undefined {
  const consumers = consumersOf(graph, id);
  return consumers.length === 1 && graph.output !== id ? consumers[0] : undefined;
}

/** The value that an operation with one input reads. */
export function inputOf(node: Node): ValueId {
  const [id] = node.inputs;
  if (id === undefined) throw new Error(`"${node.name}" has no input`);
  return id;
}
