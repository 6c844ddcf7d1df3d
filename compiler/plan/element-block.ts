/** Plans one chain of element-by-element operations: its function, where it reads and where it stores. */
import { isLinear } from '../ir/accumulator.ts';
import { channelCount, elementCount } from '../ir/encoding.ts';
import { inputOf, typeOf, valueOf } from '../ir/graph.ts';
import { exactCombination } from '../ir/ops/combine.ts';
import { printType } from '../ir/print.ts';
import type { Graph, Node, NodeOf, TensorType, ValueId } from '../ir/types.ts';
import { valueRange } from '../ir/value-range.ts';
import type { Element } from '../kernels/elements/element.ts';
import { elementOf } from '../kernels/elements/index.ts';
import type { Layout } from '../kernels/kernel.ts';
import { offeredRuns } from '../kernels/select.ts';
import type { Address, Place } from './draft.ts';
import type { ElementChain } from './element-chain.ts';
import { ELEMENTS, layoutOf, realCopy, type ElementContext } from './element-copies.ts';
import type { Sink } from './element-sink.ts';
import { ElementText } from './element-text.ts';

export class ElementBlock {
  readonly #context: ElementContext;
  readonly #chain: ElementChain;
  readonly #text: ElementText;
  /** Places of the arguments, in order. */
  readonly #arguments: Place[] = [];
  #reusable: Place | null = null;
  #element: Element | null = null;

  constructor(context: ElementContext, chain: ElementChain) {
    this.#context = context;
    this.#chain = chain;
    const { window, head, positions } = chain;
    const inside = window && { node: window, input: typeOf(context.graph, inputOf(window)) };
    this.#text = new ElementText(context.draft, head.name, positions, inside);
  }

  /** Adds the step and the place of the result. Problems are reported; the result then lies nowhere that matters. */
  plan(): void {
    const { head, stages, window, last } = this.#chain;
    const { graph, places } = this.#context;
    let ok = this.#source();
    let at = head;
    for (const node of stages) {
      if (!ok) break;
      ok = node === window ? this.#close() : this.#stage(node, at.output);
      at = node;
    }
    if (ok && typeOf(graph, last.output).dtype === 'f32') ok = this.#needReal(typeOf(graph, inputOf(last)), inputOf(last), last);
    if (ok) this.#store();
    else places.put(last.output, { layout: layoutOf(typeOf(graph, last.output)), buffer: null });
    for (const node of [head, ...stages]) places.done(node);
  }

  #source(): boolean {
    const { graph, places, diagnostics } = this.#context;
    const { head } = this.#chain;
    if (isComputed(head)) {
      const id = inputOf(head);
      const element = elementOf(head, typeOf(graph, id), typeOf(graph, head.output), offeredRuns(places.layoutsOf(id)));
      if ('reason' in element) {
        diagnostics.error({
          code: 'BNN3002',
          message: `no kernel can compute "${head.name}" (${head.kind})`,
          origin: head.origin,
          details: [element.reason],
          help: 'Change the shape of this layer as the reasons say.',
        });
        return false;
      }
      this.#element = element;
      const place = this.#read(id, element.input, head);
      if (place === undefined) return false;
      this.#arguments.push(place);
      this.#text.source(element);
      if (isLinear(head) && head.attrs.sum === 'sequential' && head.attrs.bias !== null)
        this.#text.steps([{ operator: 'add', values: head.attrs.bias }]); // an exact sum is worth its bias
      return true;
    }
    const id = head.kind === 'combine' ? largerOperand(graph, head) : inputOf(head);
    const type = typeOf(graph, id);
    const place = this.#read(id, layoutOf(type), head);
    if (place === undefined) return false;
    this.#arguments.push(place);
    this.#text.load(type, place.layout);
    if (places.isFree(place, [head, ...this.#chain.stages])) this.#reusable = place;
    return this.#stage(head, id);
  }

  /** One operation on the element; `from` is the value that the element is of. */
  #stage(node: Node, from: ValueId): boolean {
    const { graph } = this.#context;
    const type = typeOf(graph, from);
    switch (node.kind) {
      case 'elementwise':
        if (!this.#needReal(type, from, node)) return false;
        this.#text.steps(node.attrs.steps);
        return true;
      case 'combine':
        return this.#combine(node, from);
      case 'sign':
        return this.#needReal(type, from, node);
      default:
        return true; // names, and what the sink does
    }
  }

  #close(): boolean {
    this.#text.closeWindow();
    return true;
  }

  #needReal(type: TensorType, id: ValueId, node: Node): boolean {
    if (this.#text.isReal) return true;
    if (this.#text.real(type, valueRange(this.#context.graph, id))) return true;
    this.#inexact(node, type);
    return false;
  }

  #inexact(node: Node, type: TensorType): void {
    this.#context.diagnostics.error({
      code: 'BNN3003',
      message: `the real numbers of "${node.name}" cannot be computed exactly`,
      origin: node.origin,
      details: [`sums    ${printType(type)}`],
      help: 'Drop the bias of the layer before it, or use weights of ±1 with a batch norm behind them.',
    });
  }

  #combine(node: NodeOf<'combine'>, from: ValueId): boolean {
    const { graph, places } = this.#context;
    const [first = from, second = from] = node.inputs;
    const chainIsFirst = first === from;
    const other = chainIsFirst ? second : first;
    const type = typeOf(graph, other);
    const place = this.#read(other, layoutOf(type), node);
    if (place === undefined) return false;
    this.#arguments.push(place);
    if (node.attrs.sum === 'exact' && node.attrs.operator !== 'multiply') {
      const exact = exactCombination(node.attrs.operator, typeOf(graph, first), typeOf(graph, second));
      if (exact === undefined) throw new Error(`"${node.name}" adds no integers`);
      const [m, n] = exact.multipliers;
      this.#text.combineExact({ type, layout: place.layout }, chainIsFirst ? m : n, chainIsFirst ? n : m);
    } else {
      if (!this.#needReal(typeOf(graph, from), from, node)) return false;
      if (!this.#text.combineReal(node, { type, layout: place.layout, range: valueRange(graph, other) }, chainIsFirst)) {
        this.#inexact(node, type);
        return false;
      }
    }
    if (places.isFree(place, [this.#chain.head, ...this.#chain.stages])) this.#reusable = place;
    return true;
  }

  /** A value in the wanted layout; real numbers are made of integers where they are wanted. */
  #read(id: ValueId, wanted: Layout, reader: Node): Place | undefined {
    const { graph, places } = this.#context;
    if (wanted.kind === 'f32' && typeOf(graph, id).dtype !== 'f32') return realCopy(this.#context, id, reader);
    return places.in(id, wanted, reader.name);
  }

  #store(): void {
    const { graph, draft, places } = this.#context;
    const { head, stages, last } = this.#chain;
    const type = typeOf(graph, last.output);
    const isOutput = last.output === graph.output;
    const sink = this.#sink(type, isOutput);
    const symbol = draft.functionName(head.name);
    const fn = this.#text.finish(symbol, sink);
    const place = isOutput ? null : this.#target(type, last);
    const used = [...this.#arguments, ...(place === null ? [] : [place])];
    draft.rows.push({
      name: head.name,
      op: head.kind,
      input: head.inputs.map((id) => printType(typeOf(graph, id))).join(', '),
      output: printType(type),
      kernel: this.#element?.kernel ?? ELEMENTS,
      tableBytes: this.#text.tableBytes,
      instructions: Math.round(this.#instructions()),
      price: null,
      alternatives: [],
    });
    const layers = [draft.rows.length - 1];
    const named = [head, ...stages].filter(({ kind }) => kind !== 'reshape' && kind !== 'rescale');
    draft.push(used, (address: Address) => ({
      kind: 'elements',
      comment: named.map(({ name }) => name).join(', '),
      layers,
      function: fn,
      arguments: [...this.#arguments.map(address), place === null ? 'output' : address(place)],
    }));
    draft.stores(valueOf(graph, last.output), place);
    if (place !== null) places.put(last.output, place);
  }

  /** A new buffer, or that of an operand which nobody reads any more: its element is read before it is overwritten. */
  #target(type: TensorType, last: Node): Place {
    const { positions } = this.#chain;
    // A flattened image of bits still starts a word at each pixel.
    const layout: Layout = type.dtype === 'b1' ? { kind: 'bit-runs', run: channelCount(positions) } : layoutOf(type);
    const [source] = this.#arguments;
    const reusable = this.#reusable;
    const isSafe = reusable !== null && reusable.layout.kind === layout.kind && (layout.kind === 'f32' || layout.kind === 'i32');
    const sameSize = reusable !== null && this.#context.draft.wordsOf(reusable) === elementCount(positions);
    const readsAround = this.#element !== null && source?.buffer === reusable?.buffer;
    return isSafe && sameSize && !readsAround ? reusable : this.#context.draft.buffer(last.name, layout, type.shape);
  }

  #sink(type: TensorType, isOutput: boolean): Sink {
    const { last } = this.#chain;
    if (last.kind === 'threshold') return { kind: 'bits', ...last.attrs };
    if (last.kind === 'sign') return { kind: 'bits', zero: last.attrs.zero === 'minus' ? 'minus' : 'plus' };
    if (isOutput) return { kind: 'output', type: type.dtype === 'f32' ? 'float' : 'int32_t' };
    const layout = layoutOf(type);
    if (layout.kind === 'bit-runs' || layout.kind === 'bit-planes') throw new Error(`"${last.name}" makes bits without a sign`);
    return { kind: layout.kind };
  }

  #instructions(): number {
    const { graph } = this.#context;
    const { head, stages, window } = this.#chain;
    const size = (id: ValueId): number => elementCount(typeOf(graph, id).shape);
    const steps = stages.reduce(
      (sum, node) => sum + size(node.output) * (node.kind === 'elementwise' ? node.attrs.steps.length * 8 : 6),
      0,
    );
    const computed = window === null ? size(head.output) : size(window.output) * window.attrs.kernel[0] * window.attrs.kernel[1];
    return computed * ((this.#element?.instructions ?? 6) + 6) + steps;
  }
}

/** Nodes whose elements a kernel computes; the others start from stored elements. */
export function isComputed(node: Node): boolean {
  return node.kind === 'conv2d' || node.kind === 'dense' || node.kind === 'max-pool' || node.kind === 'average-pool';
}

/** The operand that has all the elements of the result, if one has. */
function largerOperand(graph: Graph, node: NodeOf<'combine'>): ValueId {
  const [first = inputOf(node), second = first] = node.inputs;
  const size = (id: ValueId): number => elementCount(typeOf(graph, id).shape);
  return size(first) >= size(second) ? first : second;
}
