/**
 * Which kernels a row of layers shall use together. A kernel that is best by itself may leave its result in a layout that the next
 * one has to change, so the choice is made for a whole chain: nodes of which each alone reads the one before. Over the layouts in
 * which a value could lie, the cheapest rest of the chain is found from its end to its beginning (dynamic programming), which is
 * the best of all choices under the kernels' estimates. Where a chain ends, at several readers or at one that reads several values,
 * what the readers would cost by themselves stands for the rest.
 */
import { elementCount } from '../ir/encoding.ts';
import { consumersOf, inputTypes, onlyConsumerOf, typeOf } from '../ir/graph.ts';
import type { Graph, Node, NodeOf, ValueId } from '../ir/types.ts';
import type { Conversion } from '../kernels/conversions.ts';
import { elementOf } from '../kernels/elements/index.ts';
import { layoutWords, sameBits, type Candidate, type Layout, type Several } from '../kernels/kernel.ts';
import {
  NOTHING,
  addBills,
  billOf,
  billOfChange,
  catalogOf,
  changeOf,
  compareBills,
  layoutKey,
  offeredRuns,
  subtractBills,
  type Bill,
  type Catalog,
  type Preference,
} from '../kernels/select.ts';
import type { Target } from '../targets/target.ts';
import { isComputed } from './element-block.ts';
import { isElementwise } from './element-chain.ts';
import { layoutOf } from './element-copies.ts';

/** The kernels for the nodes of a graph on a target. */
export function catalogFor(graph: Graph, target: Target): Catalog {
  return catalogOf(target, (node) => ({ inputs: inputTypes(graph, node), output: typeOf(graph, node.output) }));
}

export interface ChoiceContext {
  readonly graph: Graph;
  readonly goal: Preference;
  /** Kernel to take wherever it can be; null for the cheapest. */
  readonly forced: string | null;
  readonly catalog: Catalog;
}

/** A candidate with all that it costs: itself, changes of layout before it, its result, and what it makes dearer behind it. */
export interface Priced {
  readonly candidate: Candidate;
  readonly bill: Bill;
}

/** How the inputs of a node lie, each perhaps in several copies. */
interface State {
  readonly offered: Several<Several<Layout>>;
  /** Is the input a strip of rows that a convolution writes and this pool reads? */
  readonly isStrip: boolean;
}

/** By node and by how its inputs lie: every candidate. */
export type Outlook = ReadonlyMap<Node, ReadonlyMap<string, readonly Priced[]>>;

export function stateKey(offered: Several<Several<Layout>>): string {
  return offered.map((copies) => copies.map(layoutKey).join('|')).join(' ');
}

/** A name for a value that it had already: nothing is computed. */
export function isRename({ kind }: Node): boolean {
  return kind === 'reshape' || kind === 'rescale';
}

/** The cheapest candidate, or the forced one. */
export function best(priced: readonly Priced[], { goal, forced }: Pick<ChoiceContext, 'goal' | 'forced'>): Priced | undefined {
  const isForced = priced.filter(({ candidate }) => candidate.kernel === forced);
  const [first, ...rest] = isForced.length > 0 ? isForced : priced;
  if (first === undefined) return undefined;
  return rest.reduce((least, each) => (compareBills(each.bill, least.bill, goal) < 0 ? each : least), first);
}

/** A pool that can run row by row right behind a convolution: no padding, no dilation. */
export function poolBehind(graph: Graph, node: Node): NodeOf<'max-pool'> | undefined {
  const next = node.kind === 'conv2d' ? onlyConsumerOf(graph, node.output) : undefined;
  if (next?.kind !== 'max-pool') return undefined;
  const { padding, dilation } = next.attrs;
  return Object.values(padding).some((p) => p > 0) || dilation[0] !== 1 || dilation[1] !== 1 ? undefined : next;
}

/** The kernels that can pool a strip of rows in this layout: it exists only as runs of bits. */
function stripPools({ catalog }: ChoiceContext, pool: Node, strip: Layout): readonly Candidate[] {
  if (strip.kind !== 'bit-runs') return [];
  return catalog(pool, [strip]).candidates.filter(({ inputs: [input], output }) => sameBits(input, strip) && output.kind === 'bit-runs');
}

/** A pool that runs row by row behind the convolution that makes its input. */
export interface StripPool {
  readonly node: NodeOf<'max-pool'>;
  readonly taken: Candidate;
  readonly priced: readonly Priced[];
}

/** How the pool behind a convolution is computed when the two run row by row; undefined where they cannot. */
export function stripPool(context: ChoiceContext, node: Node, candidate: Candidate): StripPool | undefined {
  const pool = candidate.byRows ? poolBehind(context.graph, node) : undefined;
  if (pool === undefined) return undefined;
  const priced = stripPools(context, pool, candidate.output).map((each) => ({
    candidate: each,
    bill: ownBill(context, pool, each, [[candidate.output]], null),
  }));
  const found = best(priced, context);
  return found === undefined ? undefined : { node: pool, taken: found.candidate, priced };
}

/** The value of a node, and the node that alone goes on from there. */
function goOn(graph: Graph, node: Node): Node | undefined {
  let next = onlyConsumerOf(graph, node.output);
  while (next !== undefined && isRename(next)) next = onlyConsumerOf(graph, next.output);
  return next === undefined || next.inputs.length > 1 || isElementwise(graph, next) ? undefined : next;
}

/** What a candidate costs up to its result, of which only `strip` rows exist unless that is null. */
function ownBill({ graph }: ChoiceContext, node: Node, candidate: Candidate, offered: State['offered'], strip: number | null): Bill {
  const inputs = inputTypes(graph, node);
  const changes = candidate.inputs.flatMap((layout, i) => changeOf(offered[i] ?? offered[0], layout, (inputs[i] ?? inputs[0]).shape) ?? []);
  const { shape } = typeOf(graph, node.output);
  const [, width = 1, channels = 1] = shape;
  const words = layoutWords(candidate.output, strip === null ? shape : [strip, width, channels]);
  return [billOf(candidate), ...changes.map(billOfChange)].reduce(addBills, { ...NOTHING, ram: words * 4 });
}

/** Bits that are read element by element: how, and by how many instructions. */
function elementReader(graph: Graph, reader: Node, id: ValueId, layout: Layout): { readonly wanted: Layout; readonly bill: Bill } {
  const type = typeOf(graph, id);
  const element = isComputed(reader) ? elementOf(reader, type, typeOf(graph, reader.output), layout) : null;
  if (element === null || 'reason' in element) return { wanted: layoutOf(type), bill: NOTHING };
  const instructions = Math.round(element.instructions * elementCount(typeOf(graph, reader.output).shape));
  return { wanted: element.input, bill: { ...NOTHING, instructions } };
}

/** What all readers of a value cost by themselves if it lies in this layout. It is changed once for all that want the same. */
function readersBill(context: ChoiceContext, id: ValueId, layout: Layout): Bill {
  const { graph } = context;
  const changes = new Map<string, Conversion>();
  let bill = NOTHING;
  const want = (wanted: Layout, value: ValueId): void => {
    const change = changeOf([layout], wanted, typeOf(graph, value).shape);
    if (change !== null) changes.set(layoutKey(wanted), change);
  };
  const read = (value: ValueId): void => {
    if (value === graph.output) want(layoutOf(typeOf(graph, value)), value);
    for (const reader of consumersOf(graph, value)) {
      if (isRename(reader)) read(reader.output);
      else if (isElementwise(graph, reader)) {
        const { wanted, bill: own } = elementReader(graph, reader, value, layout);
        want(wanted, value);
        bill = addBills(bill, own);
      } else {
        const taken = cheapestReader(context, reader, value, layout);
        if (taken === undefined) continue;
        taken.inputs.forEach((wanted, i) => (reader.inputs[i] === value ? want(wanted, value) : undefined));
        bill = addBills(bill, billOf(taken));
      }
    }
  };
  read(id);
  return [...changes.values()].map(billOfChange).reduce(addBills, bill);
}

function cheapestReader(context: ChoiceContext, reader: Node, id: ValueId, layout: Layout): Candidate | undefined {
  const { graph, catalog } = context;
  const offered = reader.inputs.map((input) => (input === id ? layout : undefined));
  const priced = catalog(reader, offered).candidates.map((candidate) => {
    const changes = candidate.inputs.flatMap((wanted, i) =>
      reader.inputs[i] === id ? (changeOf([layout], wanted, typeOf(graph, id).shape) ?? []) : [],
    );
    return { candidate, bill: changes.map(billOfChange).reduce(addBills, billOf(candidate)) };
  });
  return best(priced, context)?.candidate;
}

interface Stage {
  readonly node: Node;
  readonly states: ReadonlyMap<string, State>;
}

/** What a node may do with its inputs as they lie, and how it leaves its result. */
function movesOf(
  context: ChoiceContext,
  node: Node,
  { offered, isStrip }: State,
): readonly { readonly candidate: Candidate; readonly own: Bill; readonly next: State }[] {
  const [[layout]] = offered;
  const candidates = isStrip ? stripPools(context, node, layout) : context.catalog(node, offered.map(offeredRuns)).candidates;
  return candidates.map((candidate) => {
    const pool = stripPool(context, node, candidate);
    const rows = pool?.node.attrs.kernel[0] ?? null;
    return {
      candidate,
      own: ownBill(context, node, candidate, offered, rows),
      next: { offered: [[candidate.output]], isStrip: rows !== null },
    };
  });
}

const keyOf = ({ offered, isStrip }: State): string => `${stateKey(offered)}${isStrip ? ' strip' : ''}`;

/** The chain from a node whose inputs lie as they do, and all ways in which the values along it could lie. */
function stagesFrom(
  context: ChoiceContext,
  first: Node,
  start: State,
): { readonly stages: readonly Stage[]; readonly ends: readonly State[] } {
  const stages: Stage[] = [];
  let states = new Map([[keyOf(start), start]]);
  for (let node: Node | undefined = first; node !== undefined; node = goOn(context.graph, node)) {
    stages.push({ node, states });
    const reached = new Map<string, State>();
    for (const state of states.values()) {
      for (const { next } of movesOf(context, node, state)) reached.set(keyOf(next), next);
    }
    states = reached;
    if (states.size === 0) break; // no kernel: the walk says so
  }
  return { stages, ends: [...states.values()] };
}

/** Prices of all candidates along the chain that begins at `node`. */
export function lookAhead(context: ChoiceContext, node: Node, offered: Several<Several<Layout>>): Outlook {
  const { stages, ends } = stagesFrom(context, node, { offered, isStrip: false });
  const outlook = new Map<Node, ReadonlyMap<string, readonly Priced[]>>();
  const last = stages.at(-1)?.node ?? node;
  const isBits = typeOf(context.graph, last.output).dtype === 'b1';
  /** What is still to come, by how the value lies. */
  let rest = new Map(
    ends.map((state) => [keyOf(state), ends.length > 1 && isBits ? readersBill(context, last.output, state.offered[0][0]) : NOTHING]),
  );
  for (const stage of [...stages].reverse()) {
    const [firstRest = NOTHING, ...others] = rest.values();
    const least = others.reduce((a, b) => (compareBills(b, a, context.goal) < 0 ? b : a), firstRest);
    const prices = new Map<string, readonly Priced[]>();
    const before = new Map<string, Bill>();
    for (const [key, state] of stage.states) {
      const priced = movesOf(context, stage.node, state).map(({ candidate, own, next }) => ({
        candidate,
        bill: addBills(own, subtractBills(rest.get(keyOf(next)) ?? NOTHING, least)),
      }));
      if (!state.isStrip) prices.set(stateKey(state.offered), priced);
      const taken = best(priced, context);
      if (taken !== undefined) before.set(key, addBills(taken.bill, least));
    }
    outlook.set(stage.node, prices);
    rest = before;
  }
  return outlook;
}
