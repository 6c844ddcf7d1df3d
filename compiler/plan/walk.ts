/**
 * The walk along the lowered graph, in its order: a kernel for each node, conversions where makers and readers of a value disagree
 * about the layout of bits, a convolution and the pool that alone reads it row by row, and the scores at the end.
 */
import { inputOf, inputTypes, typeOf, valueOf } from '../ir/graph.ts';
import { printType } from '../ir/print.ts';
import type { Graph, Node, NodeOf, TensorType, ValueId } from '../ir/types.ts';
import { layoutWords, wordsFor, type Call, type Candidate, type Layout, type Several } from '../kernels/kernel.ts';
import { offeredRuns, type Catalog, type Preference, type Refusal } from '../kernels/select.ts';
import type { Diagnostics } from '../support/diagnostics.ts';
import type { Target } from '../targets/target.ts';
import { alternativesOf, onePerKernel } from './alternatives.ts';
import { best, isRename, lookAhead, stateKey, stripPool, type ChoiceContext, type Priced, type StripPool } from './choose.ts';
import type { Address, Draft, Place } from './draft.ts';
import { ElementBlock } from './element-block.ts';
import { chainFrom, isElementwise } from './element-chain.ts';
import { copyOut, layoutOf, realCopy, type ElementContext } from './element-copies.ts';
import { Places } from './places.ts';
import type { Names, Provenance } from './plan.ts';

export interface PlanOptions {
  readonly target: Target;
  readonly goal: Preference;
  readonly names: Names;
  readonly provenance: Provenance;
  readonly classes: readonly string[] | null;
  readonly notes: readonly string[];
  /** Kernel to take wherever it can be; null for the cheapest. */
  readonly forcedKernel: string | null;
  /** Asks the kernels; the same for all plans of a graph for a target, so that they are asked once. */
  readonly catalog: Catalog;
}

/** What was decided for a node, among what. */
interface Choice {
  readonly taken: Candidate;
  readonly priced: readonly Priced[];
  readonly refusals: readonly Refusal[];
}

export class Walk {
  readonly #graph: Graph;
  readonly #diagnostics: Diagnostics;
  readonly #draft: Draft;
  readonly #places: Places;
  readonly #context: ElementContext;
  readonly #choice: ChoiceContext;
  /** Of the nodes of every chain that was begun. */
  readonly #outlook = new Map<Node, ReadonlyMap<string, readonly Priced[]>>();

  constructor(graph: Graph, options: PlanOptions, diagnostics: Diagnostics, draft: Draft) {
    this.#graph = graph;
    this.#diagnostics = diagnostics;
    this.#draft = draft;
    this.#places = new Places(graph, draft);
    this.#context = { graph, draft, places: this.#places, diagnostics };
    this.#choice = { graph, goal: options.goal, forced: options.forcedKernel, catalog: options.catalog };
  }

  run(): void {
    for (const node of this.#graph.nodes) {
      if (this.#places.isDone(node)) continue;
      if (isRename(node)) this.#places.rename(node, inputOf(node));
      else if (isElementwise(this.#graph, node)) this.#elements(node);
      else this.#layer(node);
      this.#places.done(node);
    }
    this.#output();
  }

  /** A result that some other operation left in the workspace is copied to the caller. */
  #output(): void {
    const { output } = this.#graph;
    if (this.#places.has(output)) copyOut(this.#context, output);
  }

  #elements(node: Node): void {
    const chain = chainFrom(this.#graph, node, (id) => this.#places.has(id));
    new ElementBlock(this.#context, chain).plan();
  }

  #layer(node: Node): void {
    const output = typeOf(this.#graph, node.output);
    const [first, ...rest] = node.inputs.map((id) => this.#places.layoutsOf(id));
    if (first === undefined) throw new Error(`"${node.name}" has no input`);
    const offered: Several<Several<Layout>> = [first, ...rest];
    const priced = this.#pricesOf(node, offered);
    const taken = best(priced, this.#choice)?.candidate;
    const { refusals } = this.#choice.catalog(node, offered.map(offeredRuns));
    if (taken === undefined) {
      this.#refuse(
        node,
        refusals.map(({ kernel, reason }) => `${kernel}: ${reason}`),
      );
      this.#places.put(node.output, { layout: { kind: 'bit-runs', run: output.shape.at(-1) ?? 1 }, buffer: null });
      return;
    }
    const pool = stripPool(this.#choice, node, taken);
    const choice = { taken, priced: onePerKernel(priced, this.#choice), refusals };
    if (node.kind === 'conv2d' && pool !== undefined) this.#pooled(node, choice, pool);
    else this.#single(node, choice, output);
  }

  /** Every candidate for a node whose inputs lie so, with what it costs in the chain that the node is in or begins. */
  #pricesOf(node: Node, offered: Several<Several<Layout>>): readonly Priced[] {
    const key = stateKey(offered);
    const known = this.#outlook.get(node)?.get(key);
    if (known !== undefined) return known;
    for (const [each, prices] of lookAhead(this.#choice, node, offered)) this.#outlook.set(each, prices);
    return this.#outlook.get(node)?.get(key) ?? [];
  }

  #refuse(node: Node, reasons: readonly string[]): void {
    this.#diagnostics.error({
      code: 'BNN3002',
      message: `no kernel can compute "${node.name}" (${node.kind})`,
      origin: node.origin,
      details: reasons,
      help: 'Change the shape of this layer as the reasons say.',
    });
  }

  #single(node: Node, choice: Choice, output: TensorType): void {
    const { taken } = choice;
    const [layout] = taken.inputs;
    const inPlace = taken.inPlace && layout.kind === 'bit-runs';
    const [x, ...more] = node.inputs.map((id, i) =>
      inPlace ? this.#places.owned(id, layout, node) : this.#read(id, taken.inputs[i] ?? layout, node),
    );
    if (x === undefined) throw new Error(`"${node.name}" has no input`);
    const place = inPlace ? x : this.#draft.buffer(node.name, taken.output, output.shape);
    const scratch = taken.scratchWords === 0 ? null : this.#draft.scratch(node.name, taken.scratchWords);
    const table = this.#draft.addTables(node.name, taken.tables);
    this.#record(node, choice);
    const layers = [this.#draft.rows.length - 1];
    const height = output.shape[0] ?? 1;
    const calls = (address: Address): Several<Call> =>
      taken.calls({
        xs: [address(x), ...more.map(address)],
        y: address(place),
        scratch: scratch === null ? '' : `(int32_t *)(${address(scratch)})`,
        table,
        rows: ['0u', `${height}u`],
      });
    const count = calls(() => '').length;
    for (let i = 0; i < count; i += 1) {
      const used = [x, ...more, place, ...(scratch === null ? [] : [scratch])];
      this.#draft.push(used, (address) => ({ kind: 'call', comment: node.name, layers, call: calls(address)[i] ?? calls(address)[0] }));
    }
    this.#draft.stores(valueOf(this.#graph, node.output), place);
    this.#places.put(node.output, place);
  }

  /** Joins of integers and real numbers read integers as real numbers. */
  #read(id: ValueId, wanted: Layout, node: Node): Place {
    const isMade = wanted.kind === 'f32' && typeOf(this.#graph, id).dtype !== 'f32';
    return (
      (isMade ? realCopy(this.#context, id, node) : undefined) ??
      this.#places.in(id, isMade ? layoutOf(typeOf(this.#graph, id)) : wanted, node.name)
    );
  }

  #pooled(node: NodeOf<'conv2d'>, choice: Choice, pool: StripPool): void {
    const { taken } = choice;
    const from = this.#places.in(inputOf(node), taken.inputs[0], node.name);
    const conv = typeOf(this.#graph, node.output);
    const output = typeOf(this.#graph, pool.node.output);
    const [window] = pool.node.attrs.kernel;
    const [stride] = pool.node.attrs.stride;
    const rowWords = layoutWords(taken.output, [1, conv.shape[1] ?? 1, conv.shape[2] ?? 1]);
    const place = this.#draft.buffer(pool.node.name, pool.taken.output, output.shape);
    const strip = this.#draft.scratch(`${node.name}.strip`, window * rowWords);
    const scratch = taken.scratchWords === 0 ? null : this.#draft.scratch(node.name, taken.scratchWords);
    const table = this.#draft.addTables(node.name, taken.tables);
    this.#record(node, choice);
    this.#record(pool.node, { taken: pool.taken, priced: pool.priced, refusals: this.#choice.catalog(pool.node, [taken.output]).refusals });
    const layers = [this.#draft.rows.length - 2, this.#draft.rows.length - 1];
    this.#places.done(pool.node);
    this.#draft.push([from], (address) => ({
      kind: 'pooled',
      comment: `${node.name}, ${pool.node.name}`,
      layers,
      outRows: output.shape[0] ?? 1,
      window,
      stride,
      kept: Math.max(0, window - stride),
      strip: address(strip),
      stripRowWords: rowWords,
      conv: taken.calls({
        xs: [address(from)],
        y: 'target',
        scratch: scratch === null ? '' : `(int32_t *)(${address(scratch)})`,
        table,
        rows: ['first', 'last'],
      })[0],
      pool: oneRow(pool.taken.calls({ xs: ['strip'], y: 'row', scratch: '', table: () => '', rows: ['', ''] })[0], window),
      output: address(place),
      outputRowWords: (output.shape[1] ?? 1) * wordsFor(output.shape[2] ?? 1),
    }));
    this.#draft.stores(valueOf(this.#graph, pool.node.output), place);
    this.#places.put(pool.node.output, place);
  }

  #record(node: Node, { taken, priced, refusals }: Choice): void {
    for (const fn of taken.generated) this.#draft.generated.set(fn.symbol, fn);
    this.#draft.rows.push({
      name: node.name,
      op: node.kind,
      input: inputTypes(this.#graph, node).map(printType).join(', '),
      output: printType(typeOf(this.#graph, node.output)),
      kernel: taken.kernel,
      tableBytes: taken.cost.tableBytes,
      instructions: Math.round(taken.cost.instructions),
      ...alternativesOf(taken, priced, refusals),
    });
  }
}

/** The pool of one output row: its input is a strip of `window` rows. */
function oneRow(call: Call, window: number): Call {
  const sizes: Readonly<Record<string, number>> = { height: window, out_height: 1 };
  const { shape } = call;
  return shape === null
    ? call
    : { ...call, shape: { ...shape, fields: shape.fields.map(([name, value]) => [name, sizes[name] ?? value] as const) } };
}
