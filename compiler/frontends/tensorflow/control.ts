/**
 * Control flow at inference. tf.cond is a Switch for each tensor that enters a branch and a Merge for each that leaves; the predicate is
 * a boolean placeholder such as is_training, which is false when a network is used.
 */
import { flagOf, typeOf } from './attributes.ts';
import { constantOf } from './constant.ts';
import { inOrder, inputOf, producerOf, refuse, type Edge, type GraphNode, type TensorflowGraph } from './graph.ts';
import { BOOL } from './stored-types.ts';

/** Operations whose output is their input. */
const PASSED: ReadonlySet<string> = new Set([
  'Identity',
  'StopGradient',
  'PreventGradient',
  'CheckNumerics',
  'Snapshot',
  'Print',
  'PrintV2',
  'EnsureShape',
]);
const PLACEHOLDERS: ReadonlySet<string> = new Set(['Placeholder', 'PlaceholderV2', 'PlaceholderWithDefault']);

export function isPlaceholder({ op }: GraphNode): boolean {
  return PLACEHOLDERS.has(op);
}

/** A placeholder or a variable that a program switches between training and use. */
export function isSwitch(node: GraphNode): boolean {
  return isPlaceholder(node) && typeOf(node, 'dtype') === BOOL;
}

export class ControlFlow {
  readonly #graph: TensorflowGraph;
  readonly #dead = new Map<string, boolean>();
  /** Names of the placeholders that were taken as false. */
  readonly taken = new Set<string>();

  constructor(graph: TensorflowGraph) {
    this.#graph = graph;
  }

  /** Where the value of an edge comes from at inference, behind everything that only passes it on. */
  source(edge: Edge, reader: GraphNode | null): Edge {
    const seen = new Set<string>();
    let at = edge;
    let from = reader;
    for (;;) {
      const node = producerOf(this.#graph, at, from);
      const next = this.#passed(node, at);
      if (next === undefined) return at;
      if (seen.has(node.name)) return refuse(node, 'reads itself', LOOPS);
      seen.add(node.name);
      from = node;
      at = next;
    }
  }

  #passed(node: GraphNode, { port }: Edge): Edge | undefined {
    if (node.op === 'IdentityN') return inputOf(node, port);
    if (PASSED.has(node.op)) return inputOf(node, 0);
    if (node.op === 'PlaceholderWithDefault' && !isSwitch(node)) {
      const value = node.inputs[0] && this.#graph.nodes.get(node.inputs[0].node);
      return value === undefined || value.op === 'Const' ? undefined : inputOf(node, 0);
    }
    if (node.op === 'Switch' || node.op === 'RefSwitch') return inputOf(node, 0);
    if (node.op !== 'Merge' && node.op !== 'RefMerge') return undefined;
    const live = node.inputs.filter((input) => !this.#isDead(input));
    const [only] = live;
    if (only !== undefined && live.length === 1) return only;
    return refuse(node, `joins ${node.inputs.length} branches, of which ${live.length} may run`, LOOPS);
  }

  /** The value of a boolean; undefined where it is not known before the network runs. */
  predicate(edge: Edge, reader: GraphNode): boolean | undefined {
    let inverted = false;
    const seen = new Set<string>();
    for (let at = edge, from = reader; ;) {
      const node = producerOf(this.#graph, at, from);
      if (seen.has(node.name)) return undefined;
      seen.add(node.name);
      if (isSwitch(node)) {
        this.taken.add(node.name);
        return inverted;
      }
      if (node.op === 'Const') {
        const { data } = constantOf(node);
        return data.length === 1 ? (data[0] !== 0) !== inverted : undefined;
      }
      if (node.op === 'LogicalNot') inverted = !inverted;
      else if (!PASSED.has(node.op) && node.op !== 'Switch' && node.op !== 'ReadVariableOp') return undefined;
      at = inputOf(node, 0);
      from = node;
    }
  }

  #isDead({ node: name, port }: Edge): boolean {
    for (const node of inOrder(this.#graph, [name], (needing) => this.#undecided(needing))) {
      if (!this.#dead.has(node.name)) this.#dead.set(node.name, this.#decide(node));
    }
    return this.#deadAt({ node: name, port });
  }

  #undecided(node: GraphNode): readonly string[] {
    return [...node.inputs.map((edge) => edge.node), ...node.controls].filter((name) => !this.#dead.has(name));
  }

  #decide(node: GraphNode): boolean {
    const inputs = node.inputs.map((edge) => this.#deadAt(edge));
    if (node.op === 'Merge' || node.op === 'RefMerge') return inputs.length > 0 && inputs.every((dead) => dead);
    return inputs.some((dead) => dead) || node.controls.some((name) => this.#dead.get(name) ?? false);
  }

  #deadAt({ node: name, port }: Edge): boolean {
    const node = this.#graph.nodes.get(name);
    if (node === undefined) return false;
    if (this.#dead.get(name) === true) return true;
    if (node.op !== 'Switch' && node.op !== 'RefSwitch') return false;
    const taken = this.predicate(inputOf(node, 1), node);
    return taken === undefined
      ? refuse(node, 'depends on a condition that is computed while the network runs', LOOPS)
      : port !== (taken ? 1 : 0);
  }
}

const LOOPS =
  'bnnc compiles networks without loops and conditions; a condition on a boolean placeholder such as is_training is taken as false.';

/** Whether a FusedBatchNorm normalizes with the statistics of the batch. */
export function isTraining(node: GraphNode): boolean {
  return flagOf(node, 'is_training', true);
}
