/**
 * The walk along the lowered graph, in its order: a kernel for each node, conversions where makers and readers of a value disagree
 * about the layout of bits, a convolution and the pool that alone reads it row by row, and the scores at the end.
 */
import { consumersOf, inputOf, onlyConsumerOf, typeOf, valueOf } from '../ir/graph.ts';
import { printType } from '../ir/print.ts';
import type { Graph, Node, NodeOf, TensorType, ValueId } from '../ir/types.ts';
import { conversion } from '../kernels/conversions.ts';
import { layoutWords, wordsFor, type Call, type Candidate, type Layout, type Several, type Table } from '../kernels/kernel.ts';
import { selectKernel, type Aftermath, type Choice, type Goal } from '../kernels/select.ts';
import type { Diagnostics } from '../support/diagnostics.ts';
import type { Target } from '../targets/target.ts';
import type { Address, Draft, Place } from './draft.ts';
import { ElementBlock } from './element-block.ts';
import { chainFrom, isElementwise } from './element-chain.ts';
import { copyOut, layoutOf, realCopy, type ElementContext } from './element-copies.ts';
import { Places } from './places.ts';
import type { Names, Provenance } from './plan.ts';

export interface PlanOptions {
  readonly target: Target;
  readonly goal: Goal;
  readonly names: Names;
  readonly provenance: Provenance;
  readonly classes: readonly string[] | null;
  readonly notes: readonly string[];
  /** Kernel to take wherever it can be; null for the cheapest. */
  readonly forcedKernel: string | null;
}

export class Walk {
  readonly #graph: Graph;
  readonly #options: PlanOptions;
  readonly #diagnostics: Diagnostics;
  readonly #draft: Draft;
  readonly #places: Places;
  readonly #context: ElementContext;

  constructor(graph: Graph, options: PlanOptions, diagnostics: Diagnostics, draft: Draft) {
    this.#graph = graph;
    this.#options = options;
    this.#diagnostics = diagnostics;
    this.#draft = draft;
    this.#places = new Places(graph, draft);
    this.#context = { graph, draft, places: this.#places, diagnostics };
  }

  run(): void {
    for (const node of this.#graph.nodes) {
      if (this.#places.isDone(node)) continue;
      if (node.kind === 'reshape' || node.kind === 'rescale') this.#places.rename(node, inputOf(node));
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

  #inputsOf(node: Node): Several<TensorType> {
    const [first, ...rest] = node.inputs.map((id) => typeOf(this.#graph, id));
    if (first === undefined) throw new Error(`"${node.name}" has no input`);
    return [first, ...rest];
  }

  #layer(node: Node): void {
    const output = typeOf(this.#graph, node.output);
    const { target, goal, forcedKernel } = this.#options;
    const [first, ...rest] = node.inputs.map((id) => this.#places.layoutsOf(id));
    if (first === undefined) throw new Error(`"${node.name}" has no input`);
    const choice = selectKernel(node, this.#inputsOf(node), output, {
      target,
      goal,
      offered: [first, ...rest],
      forced: forcedKernel,
      aftermath: (candidate) => this.#aftermath(node, candidate, output),
    });
    if ('refusals' in choice) {
      this.#refuse(
        node,
        choice.refusals.map(({ kernel, reason }) => `${kernel.name}: ${reason}`),
      );
      this.#places.put(node.output, { layout: { kind: 'bit-runs', run: output.shape.at(-1) ?? 1 }, buffer: null });
      return;
    }
    const pool = this.#fusablePool(node, choice.taken);
    if (node.kind === 'conv2d' && pool !== undefined) this.#pooled(node, choice, pool);
    else this.#single(node, choice, output);
  }

  /** A pool that runs row by row replaces the whole map by a strip; planes must become runs for all but convolutions. */
  #aftermath(node: Node, candidate: Candidate, output: TensorType): Aftermath {
    const ram = layoutWords(candidate.output, output.shape) * 4;
    const pool = this.#fusablePool(node, candidate);
    if (pool !== undefined) {
      const [, width = 1, channels = 1] = output.shape;
      const strip = layoutWords(candidate.output, [pool.node.attrs.kernel[0], width, channels]);
      const pooled = layoutWords(pool.choice.taken.output, typeOf(this.#graph, pool.node.output).shape);
      return { instructions: 0, ram: (strip + pooled) * 4 };
    }
    const readers = consumersOf(this.#graph, node.output);
    if (candidate.output.kind !== 'bit-planes' || readers.every(({ kind }) => TAKES_PLANES.has(kind))) return { instructions: 0, ram };
    const change = conversion(candidate.output, { kind: 'bit-runs', run: output.shape.at(-1) ?? 1 }, output.shape);
    return { instructions: change?.instructions ?? 0, ram: ram + (change?.bytes ?? 0) };
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
    this.#record(node, choice, taken.tables);
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

  /** The pool that can run row by row right behind a convolution: no padding, no dilation. */
  #fusablePool(node: Node, taken: Candidate): { readonly node: NodeOf<'max-pool'>; readonly choice: Choice } | undefined {
    if (node.kind !== 'conv2d' || !taken.byRows || taken.output.kind !== 'bit-runs') return undefined;
    const next = onlyConsumerOf(this.#graph, node.output);
    if (next?.kind !== 'max-pool') return undefined;
    const { padding, dilation } = next.attrs;
    if (Object.values(padding).some((p) => p > 0) || dilation[0] !== 1 || dilation[1] !== 1) return undefined;
    const { target, goal } = this.#options;
    const types = [typeOf(this.#graph, node.output), typeOf(this.#graph, next.output)] as const;
    const aftermath = (): Aftermath => ({ instructions: 0, ram: 0 });
    const choice = selectKernel(next, [types[0]], types[1], { target, goal, offered: [[taken.output]], forced: null, aftermath });
    return 'refusals' in choice ? undefined : { node: next, choice };
  }

  #pooled(node: NodeOf<'conv2d'>, choice: Choice, pool: { readonly node: NodeOf<'max-pool'>; readonly choice: Choice }): void {
    const { taken } = choice;
    const from = this.#places.in(inputOf(node), taken.inputs[0], node.name);
    const conv = typeOf(this.#graph, node.output);
    const output = typeOf(this.#graph, pool.node.output);
    const [window] = pool.node.attrs.kernel;
    const [stride] = pool.node.attrs.stride;
    const rowWords = layoutWords(taken.output, [1, conv.shape[1] ?? 1, conv.shape[2] ?? 1]);
    const place = this.#draft.buffer(pool.node.name, pool.choice.taken.output, output.shape);
    const strip = this.#draft.scratch(`${node.name}.strip`, window * rowWords);
    const scratch = taken.scratchWords === 0 ? null : this.#draft.scratch(node.name, taken.scratchWords);
    const table = this.#draft.addTables(node.name, taken.tables);
    this.#record(node, choice, taken.tables);
    this.#record(pool.node, pool.choice, []);
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
      pool: oneRow(pool.choice.taken.calls({ xs: ['strip'], y: 'row', scratch: '', table: () => '', rows: ['', ''] })[0], window),
      output: address(place),
      outputRowWords: (output.shape[1] ?? 1) * wordsFor(output.shape[2] ?? 1),
    }));
    this.#draft.stores(valueOf(this.#graph, pool.node.output), place);
    this.#places.put(pool.node.output, place);
  }

  #record(node: Node, { taken, others }: Choice, tables: readonly Table[]): void {
    for (const fn of taken.generated) this.#draft.generated.set(fn.symbol, fn);
    this.#draft.rows.push({
      name: node.name,
      op: node.kind,
      input: this.#inputsOf(node).map(printType).join(', '),
      output: printType(typeOf(this.#graph, node.output)),
      kernel: taken.kernel,
      tableBytes: tables.length === 0 ? 0 : taken.cost.tableBytes,
      instructions: Math.round(taken.cost.instructions),
      alternatives: others.map(({ kernel, result }) =>
        'reason' in result
          ? { kernel: kernel.name, instructions: null, tableBytes: null, reason: result.reason }
          : { kernel: kernel.name, instructions: Math.round(result.cost.instructions), tableBytes: result.cost.tableBytes, reason: null },
      ),
    });
  }
}

/** Operations with kernels on bit planes. */
const TAKES_PLANES: ReadonlySet<Node['kind']> = new Set(['conv2d', 'slice', 'concat']);

/** The pool of one output row: its input is a strip of `window` rows. */
function oneRow(call: Call, window: number): Call {
  const sizes: Readonly<Record<string, number>> = { height: window, out_height: 1 };
  const { shape } = call;
  return shape === null
    ? call
    : { ...call, shape: { ...shape, fields: shape.fields.map(([name, value]) => [name, sizes[name] ?? value] as const) } };
}
