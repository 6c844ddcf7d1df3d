/** Building graphs: from a frontend node by node, or from another graph by a rewrite of its nodes. */
import { fail, type Origin } from '../support/diagnostics.ts';
import { recordRewrite } from './lineage.ts';
import { opOf } from './op.ts';
import type { AttrsOf, OpKind } from './ops/index.ts';
import type { Graph, Node, TensorType, Value, ValueId } from './types.ts';

/** A node before its final name is known. */
type Unnamed = Omit<Node, 'name'> & { readonly wanted: string };

/** Adds nodes in execution order; output types are inferred, names made unique, and what nothing reads is left out. */
export class GraphBuilder {
  readonly #name: string;
  readonly #values = new Map<ValueId, Value>();
  readonly #uniqueId = unique((id) => this.#values.has(id as ValueId));
  readonly #nodes: Unnamed[] = [];
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
    return this.#add(step.kind, step.name ?? name, step.attrs, inputs, step.origin ?? origin);
  }

  #add(kind: OpKind, wanted: string, attrs: unknown, inputs: readonly ValueId[], origin: Origin): ValueId {
    const type = opOf(kind).infer(
      attrs,
      inputs.map((id) => this.typeOf(id)),
    );
    if ('error' in type) {
      fail({
        code: 'BNN2001',
        message: `"${wanted}" cannot work on its input: ${type.error}`,
        origin,
        help: 'Check the shapes along the model; if the file is right, the reading of this node is a bug in bnnc.',
      });
    }
    const output = this.#value(wanted, type, origin);
    this.#nodes.push({ kind, wanted, attrs, inputs, output, origin } as unknown as Unnamed);
    return output;
  }

  /** The graph of all nodes that `output` depends on. Values are named anew, so that nodes left out leave no gap. */
  finish(output: ValueId): Graph {
    return this.finishNamed(output).graph;
  }

  /** The graph as `finish` gives it, and the new name of each of its values. */
  finishNamed(output: ValueId): { readonly graph: Graph; readonly renamed: ReadonlyMap<ValueId, ValueId> } {
    if (this.#input === undefined) throw new Error('a graph without input');
    const needed = this.#needed(output);
    const renamed = new Map<ValueId, ValueId>();
    const values = new Map<ValueId, Value>();
    const uniqueId = unique((id) => values.has(id as ValueId));
    const rename = (id: ValueId): ValueId => {
      const found = renamed.get(id);
      if (found === undefined) throw new Error(`%${id} is used before it is made`);
      return found;
    };
    const keep = (id: ValueId, name: string): ValueId => {
      const fresh = uniqueId(name) as ValueId;
      values.set(fresh, { ...valueIn(this.#values, id), id: fresh, name });
      renamed.set(id, fresh);
      return fresh;
    };
    const input = keep(this.#input, valueIn(this.#values, this.#input).name);
    const names = new Set<string>();
    const uniqueName = unique((name) => names.has(name));
    const nodes = this.#nodes
      .filter((node) => needed.has(node.output))
      .map(({ wanted, ...node }) => {
        const name = uniqueName(wanted);
        names.add(name);
        return { ...node, name, inputs: node.inputs.map(rename), output: keep(node.output, name) } as Node;
      });
    return { graph: { name: this.#name, values, nodes, input, output: rename(output) }, renamed };
  }

  #needed(output: ValueId): ReadonlySet<ValueId> {
    const needed = new Set<ValueId>([output]);
    for (const node of [...this.#nodes].reverse()) {
      if (needed.has(node.output)) for (const id of node.inputs) needed.add(id);
    }
    return needed;
  }

  #value(name: string, type: TensorType, origin: Origin): ValueId {
    const id = this.#uniqueId(name) as ValueId;
    this.#values.set(id, { id, name, type, origin });
    return id;
  }
}

function valueIn(values: ReadonlyMap<ValueId, Value>, id: ValueId): Value {
  const value = values.get(id);
  if (value === undefined) throw new Error(`no value %${id}`);
  return value;
}

/** The name itself, or with the first free number behind it. What is taken stays so: numbers are not tried again. */
function unique(isTaken: (name: string) => boolean): (wanted: string) => string {
  const next = new Map<string, number>();
  return (wanted) => {
    let name = wanted;
    let number = next.get(wanted) ?? 2;
    for (; isTaken(name); number += 1) name = `${wanted}.${number}`;
    next.set(wanted, number);
    return name;
  };
}

/** One operation that a rewrite makes. `name` and `origin` default to those of the node that is rewritten. */
export type Replacement = {
  readonly [K in OpKind]: { readonly kind: K; readonly attrs: AttrsOf<K>; readonly name?: string; readonly origin?: Origin };
}[OpKind];

/** The graph that a rewrite makes, as seen from one node of the old graph. */
export interface Rewriting {
  /** The new value that means what a value of the old graph means. */
  readonly value: (old: ValueId) => ValueId;
  /** Type of a new value. */
  readonly typeOf: (id: ValueId) => TensorType;
  /** Adds an operation on new values. */
  readonly add: (step: Replacement, ...inputs: readonly ValueId[]) => ValueId;
}

/**
 * Rewrites a graph from its readers: for each node, `rewrite` returns the new value that takes the place of the node's
 * output, made of any values before it; undefined keeps the node. A node that no new value reads any more disappears, so a
 * rewrite never asks how many readers a value has: it serves one of them, and the others keep what they read.
 */
export function rewrite(graph: Graph, change: (node: Node, to: Rewriting) => ValueId | undefined, inputType?: TensorType): Graph {
  const builder = new GraphBuilder(graph.name);
  const renamed = new Map<ValueId, ValueId>();
  const input = valueIn(graph.values, graph.input);
  renamed.set(graph.input, builder.input(input.name, inputType ?? input.type, input.origin));
  const value = (old: ValueId): ValueId => {
    const found = renamed.get(old);
    if (found === undefined) throw new Error(`%${old} is used before it is made`);
    return found;
  };
  for (const node of graph.nodes) {
    const add = (step: Replacement, ...inputs: readonly ValueId[]): ValueId => builder.replacement(step, node.name, inputs, node.origin);
    const to: Rewriting = { value, typeOf: (id) => builder.typeOf(id), add };
    renamed.set(node.output, change(node, to) ?? add(node, ...node.inputs.map(value)));
  }
  const finished = builder.finishNamed(value(graph.output));
  const kept = [...renamed].flatMap(([old, made]): readonly (readonly [ValueId, ValueId])[] => {
    const final = finished.renamed.get(made);
    return final === undefined ? [] : [[old, final]];
  });
  recordRewrite(graph, finished.graph, new Map(kept));
  return finished.graph;
}

/** Rewrites again and again, until `change` keeps every node. */
export function rewriteAll(graph: Graph, change: (graph: Graph, node: Node, to: Rewriting) => ValueId | undefined): Graph {
  const changed: Node[] = [];
  const next = rewrite(graph, (node, to) => {
    const value = change(graph, node, to);
    if (value !== undefined) changed.push(node);
    return value;
  });
  return changed.length === 0 ? graph : rewriteAll(next, change);
}

/**
 * Rewrites node by node. For each node, `change` returns the chain of operations to put in its place: the first reads the
 * node's inputs, each next one the output before it. An empty chain passes the first input through. Undefined keeps the node.
 */
export function rebuild(
  graph: Graph,
  change: (node: Node, inputs: readonly TensorType[]) => readonly Replacement[] | undefined,
  inputType?: TensorType,
): Graph {
  return rewrite(
    graph,
    (node, to) => {
      let current: readonly ValueId[] = node.inputs.map(to.value);
      const chain = change(node, current.map(to.typeOf));
      if (chain === undefined) return undefined;
      for (const step of chain) current = [to.add(step, ...current)];
      const [last] = current;
      if (last === undefined) throw new Error(`"${node.name}" has no input`);
      return last;
    },
    inputType,
  );
}
