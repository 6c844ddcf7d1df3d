/** Building graphs: from a frontend node by node, or from another graph by a rewrite of its nodes. */
import { fail, type Origin } from '../support/diagnostics.ts';
import { opOf } from './op.ts';
import type { AttrsOf, OpKind } from './ops/index.ts';
import type { Graph, Node, TensorType, Value, ValueId } from './types.ts';

/** Adds nodes in execution order; output types are inferred, names made unique. */
export class GraphBuilder {
  readonly #name: string;
  readonly #values = new Map<ValueId, Value>();
  readonly #nodes: Node[] = [];
  readonly #names = new Set<string>();
  #input: ValueId | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  /** Declares the graph's only input. */
  input(name: string, type: TensorType, origin: Origin): ValueId {
    this.#input = this.#value(name, type, origin);
    return this.#input;
  }

  typeOf(id: ValueId): TensorType {
    const value = this.#values.get(id);
    if (value === undefined) throw new Error(`no value %${id}`);
    return value.type;
  }

  /** Adds a node and returns its output. A type error is a `UserError` that names the node (BNN2001). */
  node<K extends OpKind>(kind: K, name: string, attrs: AttrsOf<K>, inputs: readonly ValueId[], origin: Origin): ValueId {
    return this.#add(kind, name, attrs, inputs, origin);
  }

  /** Adds a replacement, whose kind is only known at run time. */
  replacement(step: Replacement, name: string, inputs: readonly ValueId[], origin: Origin): ValueId {
    return this.#add(step.kind, step.name ?? name, step.attrs, inputs, origin);
  }

  #add(kind: OpKind, name: string, attrs: unknown, inputs: readonly ValueId[], origin: Origin): ValueId {
    const type = opOf(kind).infer(
      attrs,
      inputs.map((id) => this.typeOf(id)),
    );
    if ('error' in type) {
      fail({
        code: 'BNN2001',
        message: `"${name}" cannot work on its input: ${type.error}`,
        origin,
        help: 'Check the shapes along the model; if the file is right, the reading of this node is a bug in bnnc.',
      });
    }
    const unique = this.#unique(name);
    const output = this.#value(unique, type, origin);
    this.#nodes.push({ kind, name: unique, attrs, inputs, output, origin } as unknown as Node);
    return output;
  }

  finish(output: ValueId): Graph {
    if (this.#input === undefined) throw new Error('a graph without input');
    return { name: this.#name, values: new Map(this.#values), nodes: [...this.#nodes], input: this.#input, output };
  }

  #value(name: string, type: TensorType, origin: Origin): ValueId {
    let id = name;
    for (let n = 2; this.#values.has(id as ValueId); n += 1) id = `${name}.${n}`;
    this.#values.set(id as ValueId, { id: id as ValueId, name, type, origin });
    return id as ValueId;
  }

  #unique(name: string): string {
    let unique = name;
    for (let n = 2; this.#names.has(unique); n += 1) unique = `${name}.${n}`;
    this.#names.add(unique);
    return unique;
  }
}

/** One operation of the chain that a rewrite puts in a node's place. `name` defaults to the node's name. */
export type Replacement = {
  readonly [K in OpKind]: { readonly kind: K; readonly attrs: AttrsOf<K>; readonly name?: string };
}[OpKind];

/**
 * Rebuilds a graph. For each node, `rewrite` returns the chain of operations to put in its place: the first reads the
 * node's inputs, each next one the output before it. An empty chain passes the first input through. Undefined keeps the node.
 */
export function rebuild(
  graph: Graph,
  rewrite: (node: Node, inputs: readonly TensorType[]) => readonly Replacement[] | undefined,
  inputType?: TensorType,
): Graph {
  const builder = new GraphBuilder(graph.name);
  const renamed = new Map<ValueId, ValueId>();
  const input = graph.values.get(graph.input);
  if (input === undefined) throw new Error('a graph without input');
  renamed.set(graph.input, builder.input(input.name, inputType ?? input.type, input.origin));
  const rename = (id: ValueId): ValueId => {
    const found = renamed.get(id);
    if (found === undefined) throw new Error(`%${id} is used before it is made`);
    return found;
  };
  for (const node of graph.nodes) {
    let current = node.inputs.map(rename);
    const chain: readonly Replacement[] = rewrite(
      node,
      current.map((id) => builder.typeOf(id)),
    ) ?? [node];
    for (const step of chain) current = [builder.replacement(step, node.name, current, node.origin)];
    const [last] = current;
    if (last === undefined) throw new Error(`"${node.name}" has no input`);
    renamed.set(node.output, last);
  }
  return builder.finish(rename(graph.output));
}
