/**
 * The walk along the lowered graph: a kernel for each node, conversions where neighbours disagree about the layout of bits,
 * a convolution and the pool behind it row by row, and the scores at the end.
 */
import { isLinear, type LinearNode } from '../ir/accumulator.ts';
import { elementCount } from '../ir/encoding.ts';
import { onlyConsumerOf, typeOf } from '../ir/graph.ts';
import { printType } from '../ir/print.ts';
import type { Graph, Node, NodeOf, TensorType } from '../ir/types.ts';
import { conversion, copyOf, type Conversion } from '../kernels/conversions.ts';
import { layoutWords, wordsFor, type Call, type Candidate, type Layout, type Table } from '../kernels/kernel.ts';
import { planScores, type Scores } from '../kernels/scores.ts';
import { selectKernel, type Aftermath, type Choice, type Goal } from '../kernels/select.ts';
import type { Diagnostics } from '../support/diagnostics.ts';
import type { Target } from '../targets/target.ts';
import type { Draft, Place } from './draft.ts';
import type { LayerRow, Names, Provenance } from './plan.ts';

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

/** State: where the current value lies, and the nodes that an earlier step took along. */
export class Walk {
  readonly #graph: Graph;
  readonly #options: PlanOptions;
  readonly #diagnostics: Diagnostics;
  readonly #draft: Draft;
  #place: Place;
  readonly #done = new Set<Node>();

  constructor(graph: Graph, options: PlanOptions, diagnostics: Diagnostics, draft: Draft) {
    this.#graph = graph;
    this.#options = options;
    this.#diagnostics = diagnostics;
    this.#draft = draft;
    const input = typeOf(graph, graph.input);
    const elements = elementCount(input.shape);
    this.#place = { layout: input.dtype === 'b1' ? { kind: 'bit-runs', run: elements } : { kind: 'bytes' }, buffer: null };
  }

  run(): void {
    for (const node of this.#graph.nodes) {
      if (this.#done.has(node)) continue;
      const input = this.#inputOf(node);
      if (node.kind === 'reshape' || node.kind === 'rescale') this.#alias(node, input);
      else if (isLinear(node) && node.attrs.threshold === null) this.#scores(node, input);
      else this.#layer(node, input);
    }
  }

  #inputOf(node: Node): TensorType {
    const [id] = node.inputs;
    if (id === undefined) throw new Error(`"${node.name}" has no input`);
    return typeOf(this.#graph, id);
  }

  /** A reshape costs nothing, except that planes must first become runs of channels. */
  #alias(node: Node, input: TensorType): void {
    if (node.kind === 'reshape' && this.#place.layout.kind === 'bit-planes') {
      this.#convert({ kind: 'bit-runs', run: input.shape.at(-1) ?? 1 }, input, node.name);
    }
  }

  #layer(node: Node, input: TensorType): void {
    const output = typeOf(this.#graph, node.output);
    const { target, goal, forcedKernel } = this.#options;
    const choice = selectKernel(node, input, output, {
      target,
      goal,
      offered: this.#place.layout,
      forced: forcedKernel,
      aftermath: (candidate) => this.#aftermath(node, candidate, output),
    });
    if ('refusals' in choice) {
      this.#refuse(
        node,
        choice.refusals.map(({ kernel, reason }) => `${kernel.name}: ${reason}`),
      );
      this.#place = { layout: { kind: 'bit-runs', run: output.shape.at(-1) ?? 1 }, buffer: null };
      return;
    }
    if (choice.taken.input.kind !== 'bytes') this.#convert(choice.taken.input, input, node.name);
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
    if (candidate.output.kind !== 'bit-planes' || onlyConsumerOf(this.#graph, node.output)?.kind === 'conv2d')
      return { instructions: 0, ram };
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

  #convert(wanted: Layout, type: TensorType, name: string): void {
    const change = conversion(this.#place.layout, wanted, type.shape);
    if (change !== null) this.#change(change, wanted, type, name);
  }

  #change(change: Conversion, wanted: Layout, type: TensorType, name: string): void {
    const from = this.#place;
    const place = this.#draft.buffer(`${name}.layout`, wanted, type.shape);
    this.#draft.push(from, (address) => ({
      kind: 'call',
      comment: `layout of the input of ${name}`,
      call: change.call({ x: address(from), y: address(place) }),
    }));
    this.#place = place;
  }

  #single(node: Node, choice: Choice, output: TensorType): void {
    const { taken } = choice;
    if (taken.inPlace && this.#place.buffer === null && taken.input.kind === 'bit-runs') {
      this.#change(copyOf(taken.input, output.shape), taken.input, output, node.name);
    }
    const from = this.#place;
    const place = taken.inPlace ? from : this.#draft.buffer(node.name, taken.output, output.shape);
    const scratch = taken.scratchWords === 0 ? null : this.#draft.scratch(node.name, taken.scratchWords);
    const table = this.#draft.addTables(node.name, taken.tables);
    this.#record(node, choice, taken.tables);
    const height = output.shape[0] ?? 1;
    this.#draft.push(from, (address) => ({
      kind: 'call',
      comment: node.name,
      call: taken.call({
        x: address(from),
        y: address(place),
        scratch: scratch === null ? '' : `(int32_t *)(${address(scratch)})`,
        table,
        rows: ['0u', `${height}u`],
      }),
    }));
    this.#place = place;
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
    const choice = selectKernel(next, ...types, { target, goal, offered: taken.output, forced: null, aftermath });
    return 'refusals' in choice ? undefined : { node: next, choice };
  }

  #pooled(node: NodeOf<'conv2d'>, choice: Choice, pool: { readonly node: NodeOf<'max-pool'>; readonly choice: Choice }): void {
    const { taken } = choice;
    const from = this.#place;
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
    this.#done.add(pool.node);
    this.#draft.push(from, (address) => ({
      kind: 'pooled',
      comment: `${node.name}, ${pool.node.name}`,
      outRows: output.shape[0] ?? 1,
      window,
      stride,
      kept: Math.max(0, window - stride),
      strip: address(strip),
      stripRowWords: rowWords,
      conv: taken.call({
        x: address(from),
        y: 'target',
        scratch: scratch === null ? '' : `(int32_t *)(${address(scratch)})`,
        table,
        rows: ['first', 'last'],
      }),
      pool: oneRow(pool.choice.taken.call({ x: 'strip', y: 'row', scratch: '', table: () => '', rows: ['', ''] }), window),
      output: address(place),
      outputRowWords: (output.shape[1] ?? 1) * wordsFor(output.shape[2] ?? 1),
    }));
    this.#place = place;
  }

  #scores(node: LinearNode, input: TensorType): void {
    const output = typeOf(this.#graph, node.output);
    const next = onlyConsumerOf(this.#graph, node.output);
    const steps = next?.kind === 'elementwise' ? next.attrs.steps : null;
    const scores = planScores(node, input, output, steps, this.#place.layout);
    if (next !== undefined) this.#done.add(next); // also when the layer is refused: what follows is not another problem
    if ('reason' in scores) return this.#refuse(node, [`scores: ${scores.reason}`]);
    if ('inexact' in scores) {
      this.#diagnostics.error({
        code: 'BNN3003',
        message: `the scores of "${node.name}" cannot be computed exactly`,
        origin: node.origin,
        details: [`sums    ${printType(output)}`],
        help: 'Drop the bias of the last layer, or use weights of ±1 with a batch norm behind them.',
      });
      return;
    }
    if (scores.input.kind !== 'bytes') this.#convert(scores.input, input, node.name);
    const from = this.#place;
    const table = this.#draft.addTables(node.name, scores.tables);
    for (const symbol of scores.symbols) this.#draft.symbols.add(symbol);
    this.#draft.rows.push(scoreRow(node, scores, input, next === undefined ? output : typeOf(this.#graph, next.output)));
    this.#draft.push(from, (address) => ({
      kind: 'scores',
      comment: next === undefined ? node.name : `${node.name}, ${next.name}`,
      loops: scores.loops,
      call: { shape: scores.shape },
      input: address(from),
      inputType: scores.input.kind === 'bytes' ? 'unsigned char' : 'uint32_t',
      sum: scores.sum('x', table),
      ctype: scores.ctype,
      first: scores.first(table),
      statements: scores.statements(table),
    }));
  }

  #record(node: Node, { taken, others }: Choice, tables: readonly Table[]): void {
    for (const fn of taken.generated) this.#draft.generated.set(fn.symbol, fn);
    this.#draft.rows.push({
      name: node.name,
      op: node.kind,
      input: printType(this.#inputOf(node)),
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

/** The pool of one output row: its input is a strip of `window` rows. */
function oneRow(call: Call, window: number): Call {
  const sizes: Readonly<Record<string, number>> = { height: window, out_height: 1 };
  const { shape } = call;
  return shape === null
    ? call
    : { ...call, shape: { ...shape, fields: shape.fields.map(([name, value]) => [name, sizes[name] ?? value] as const) } };
}

function scoreRow(node: LinearNode, scores: Scores, input: TensorType, output: TensorType): LayerRow {
  return {
    name: node.name,
    op: node.kind,
    input: printType(input),
    output: printType({ ...output, dtype: scores.ctype === 'float' ? 'f32' : 'i32' }),
    kernel: 'scores',
    tableBytes: scores.cost.tableBytes,
    instructions: Math.round(scores.cost.instructions),
    alternatives: [],
  };
}
