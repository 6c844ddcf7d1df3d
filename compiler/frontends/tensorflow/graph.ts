/** A GraphDef as lookup tables. Nothing here decides what a node means. */
import { fail, type Diagnostics, type Origin } from '../../support/diagnostics.ts';
import { indexBy } from '../../support/index-by.ts';
import { nearest } from '../../support/nearest.ts';
import { refuseUse } from '../refuse-use.ts';
import type { AttrValue, GraphDef } from './tensorflow_pb.ts';

/** One output of a node. */
export interface Edge {
  readonly node: string;
  readonly port: number;
}

export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly Edge[];
  /** Nodes that run before, whose values are not used. */
  readonly controls: readonly string[];
  readonly attributes: ReadonlyMap<string, AttrValue>;
  readonly origin: Origin;
}

export interface TensorflowGraph {
  readonly file: string;
  readonly nodes: ReadonlyMap<string, GraphNode>;
  /** Nodes that read a value of the node. */
  readonly readers: ReadonlyMap<string, readonly GraphNode[]>;
}

/** `"fc1/MatMul:1"` → node and output. A name without a number stands for output 0. */
export function edgeOf(text: string): Edge {
  const found = /^(.*):(\d{1,9})$/s.exec(text);
  return found === null ? { node: text, port: 0 } : { node: found[1] ?? '', port: Number(found[2]) };
}

/** Two nodes of one name are damage (BNN1003). */
export function indexGraph(graph: GraphDef, file: string, diagnostics: Diagnostics): TensorflowGraph {
  const nodes = new Map<string, GraphNode>();
  graph.node.forEach((proto, index) => {
    const { name, op } = proto;
    const origin: Origin = { file, path: `node[${index}] "${name}" (${op})` };
    if (nodes.has(name)) {
      diagnostics.error({ code: 'BNN1003', message: `two nodes of the graph are named "${name}".`, origin });
      return;
    }
    const node: GraphNode = {
      name,
      op,
      inputs: proto.input.filter((input) => !input.startsWith('^')).map(edgeOf),
      controls: proto.input.filter((input) => input.startsWith('^')).map((input) => input.slice(1)),
      attributes: new Map(proto.attr.flatMap(({ key, value }) => (value === undefined ? [] : [[key, value] as const]))),
      origin,
    };
    nodes.set(name, node);
  });
  diagnostics.stopOnErrors();
  return { file, nodes, readers: indexBy(nodes.values(), ({ inputs }) => inputs.map(({ node }) => node)) };
}

/** The node that an edge comes from. @throws UserError BNN1003 where there is none */
export function producerOf(graph: TensorflowGraph, { node }: Edge, reader: GraphNode | null): GraphNode {
  const found = graph.nodes.get(node);
  if (found !== undefined) return found;
  const near = nearest(node, [...graph.nodes.keys()]);
  return fail({
    code: 'BNN1003',
    message:
      reader === null
        ? `the graph has no node "${node}".`
        : `"${reader.name}" (${reader.op}) reads "${node}", and the graph has no such node.`,
    origin: reader?.origin ?? { file: graph.file, path: 'graph' },
    ...(near === undefined ? {} : { help: `Did you mean "${near}"?` }),
  });
}

/** Input `position` of a node. @throws UserError BNN1003 where it has fewer */
export function inputOf(node: GraphNode, position: number): Edge {
  return (
    node.inputs[position] ??
    fail({ code: 'BNN1003', message: `"${node.name}" (${node.op}) lacks its input ${position}.`, origin: node.origin })
  );
}

/** Refuses a use of a supported operation (BNN1008). `message` completes "NAME (Op) …". */
export function refuse(node: GraphNode, message: string, help?: string): never {
  return refuseUse({ ...node, shown: node.op }, message, help);
}

/**
 * The nodes behind the roots, those that a node needs before the node itself. Where nodes need each other in a circle, one is given
 * before what it needs.
 * @param needs names of the nodes that a node needs; names that the graph lacks are passed over
 */
export function inOrder(
  graph: TensorflowGraph,
  roots: Iterable<string>,
  needs: (node: GraphNode) => readonly string[],
): readonly GraphNode[] {
  const order: GraphNode[] = [];
  const seen = new Set<string>();
  for (const root of roots) {
    const stack: { readonly node: GraphNode; readonly needed: readonly string[]; next: number }[] = [];
    const enter = (name: string): void => {
      const node = graph.nodes.get(name);
      if (node === undefined || seen.has(name)) return;
      seen.add(name);
      stack.push({ node, needed: needs(node), next: 0 });
    };
    enter(root);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const name = top.needed[top.next];
      top.next += 1;
      if (name !== undefined) enter(name);
      else order.push((stack.pop() ?? top).node);
    }
  }
  return order;
}
