/**
 * The C text of a function that computes a value element by element: loops over positions, a source, stages, a sink.
 * The walk calls these methods in the order in which things happen to an element.
 */
import type { Step } from '../ir/attributes.ts';
import { channelCount, realValueOf } from '../ir/encoding.ts';
import type { Range } from '../ir/threshold-search.ts';
import type { NodeOf, TensorType } from '../ir/types.ts';
import type { Element, TableNames } from '../kernels/elements/element.ts';
import { stepStatements } from '../kernels/elements/steps.ts';
import { bytesOf, type Layout, type Table } from '../kernels/kernel.ts';
import { realScore } from '../kernels/real-score.ts';
import type { Draft } from './draft.ts';
import { IN_WINDOW, OUTSIDE, indexOf, loadedText, loopLines } from './element-positions.ts';
import { storedBy, type Sink } from './element-sink.ts';
import { windowLines, type WindowNode } from './element-window.ts';
import type { ElementFunction } from './plan.ts';

/** Integers of fewer values than this may be looked up. */
const MOST_LOOKED_UP = 512;

function pointerTo(layout: Layout): string {
  return layout.kind === 'bytes' ? 'const unsigned char *' : 'const uint32_t *';
}

export class ElementText {
  readonly #draft: Draft;
  readonly #owner: string;
  /** The map whose positions the loops run over. */
  readonly #shape: readonly number[];
  readonly #window: { readonly node: WindowNode; readonly input: TensorType } | null;
  readonly #parameters: ElementFunction['parameters'][number][] = [];
  /** Lines on one element; after the window of a pool, on its result. */
  #lines: string[] = [];
  #variable: 'acc' | 'value' = 'acc';
  #argument: Element['shape'] = null;
  #isFloat = false;
  #tableBytes = 0;

  /** @param owner name of the node whose tables these are. @param shape of the map whose positions the loops run over */
  constructor(
    draft: Draft,
    owner: string,
    shape: readonly number[],
    window: { readonly node: WindowNode; readonly input: TensorType } | null,
  ) {
    this.#draft = draft;
    this.#owner = owner;
    this.#shape = shape;
    this.#window = window;
  }

  get tableBytes(): number {
    return this.#tableBytes;
  }

  get isReal(): boolean {
    return this.#variable === 'value';
  }

  /** An element computed by a kernel. */
  source(element: Element): void {
    this.#parameters.push({ type: pointerTo(element.input), name: 'x' });
    this.#argument = element.shape;
    for (const symbol of element.symbols) this.#draft.symbols.add(symbol);
    const names = this.#tables(element.tables);
    this.#variable = element.result === 'float' ? 'value' : 'acc';
    this.#isFloat ||= element.result === 'float';
    const declared = element.result === 'float' ? 'float value' : 'int32_t acc';
    this.#lines.push(`${declared} = ${element.value('x', names, this.#window === null ? OUTSIDE : IN_WINDOW)};`);
  }

  /** A stored element. */
  load(type: TensorType, layout: Layout): void {
    this.#parameters.push({ type: pointerTo(layout), name: 'x' });
    this.#variable = layout.kind === 'f32' ? 'value' : 'acc';
    this.#isFloat ||= layout.kind === 'f32';
    this.#lines.push(`${layout.kind === 'f32' ? 'float value' : 'int32_t acc'} = ${this.#loaded('x', type, layout)};`);
  }

  /** The integer becomes a real number. @returns false when there is no exact way */
  real(type: TensorType, range: (channel: number) => Range): boolean {
    const converted = this.#real(type, range, 'acc');
    if (converted === undefined) return false;
    this.#lines.push(`float value = ${converted};`);
    this.#variable = 'value';
    this.#isFloat = true;
    return true;
  }

  steps(steps: readonly Step[]): void {
    const { tables, symbols, lines } = stepStatements(steps, 'value', (length) => indexOf(this.#shape, length));
    for (const symbol of symbols) this.#draft.symbols.add(symbol);
    this.#lines.push(...lines(this.#tables(tables)));
  }

  /**
   * A stored value joins as the other operand. @param chainIsFirst is this element the first operand?
   * @returns false when it has no exact real value
   */
  combineReal(
    node: NodeOf<'combine'>,
    operand: { readonly type: TensorType; readonly layout: Layout; readonly range: (channel: number) => Range },
    chainIsFirst: boolean,
  ): boolean {
    const name = this.#operand(operand.layout);
    const loaded = this.#loaded(name, operand.type, operand.layout);
    let other = loaded;
    if (operand.layout.kind !== 'f32') {
      this.#lines.push(`const int32_t ${name}_acc = ${loaded};`);
      const converted = this.#real(operand.type, operand.range, `${name}_acc`);
      if (converted === undefined) return false;
      this.#lines.push(`const float ${name}_value = ${converted};`);
      other = `${name}_value`;
    }
    const operator = { add: '+', subtract: '-', multiply: '*' }[node.attrs.operator];
    this.#lines.push(chainIsFirst ? `value = value ${operator} ${other};` : `value = ${other} ${operator} value;`);
    return true;
  }

  /** An exact sum: both operands times their multipliers. */
  combineExact(operand: { readonly type: TensorType; readonly layout: Layout }, own: readonly number[], others: readonly number[]): void {
    const name = this.#operand(operand.layout);
    const loaded = this.#loaded(name, operand.type, operand.layout);
    const times = (value: string, factors: readonly number[], table: string): string => {
      const [first = 1] = factors;
      if (factors.every((factor) => factor === first))
        return first === 1 ? value : first === -1 ? `-${value}` : `${value} * INT32_C(${first})`;
      const names = this.#tables([
        { name: table, ctype: 'int32_t', values: factors, doc: 'units of the common sum in one of the operand' },
      ]);
      return `${value} * bnn1_rom_i32(${names(table)} + ${indexOf(this.#shape, factors.length)})`;
    };
    this.#lines.push(`acc = ${times('acc', own, 'own_units')} + ${times(loaded, others, 'operand_units')};`);
  }

  /** The elements so far were those of a window: they become one. */
  closeWindow(): void {
    if (this.#window === null) throw new Error('no window is open');
    const { tables, symbols, lines } = windowLines(this.#window.node, this.#window.input, this.#variable);
    for (const symbol of symbols) this.#draft.symbols.add(symbol);
    this.#lines = [...lines(this.#lines, this.#tables(tables))];
  }

  /** The finished function; the sink stores the element. */
  finish(symbol: string, sink: Sink): ElementFunction {
    const stored = storedBy(sink, this.#variable, this.#shape);
    for (const needed of stored.symbols) this.#draft.symbols.add(needed);
    const { before, each, after } = stored.lines(this.#tables(stored.tables));
    return {
      symbol,
      parameters: [...this.#parameters, { type: stored.type, name: 'y' }],
      shape: this.#argument,
      isFloat: this.#isFloat,
      lines: constVariables(loopLines(this.#shape, before, [...this.#lines, ...each], after)),
    };
  }

  #tables(tables: readonly Table[]): TableNames {
    this.#tableBytes += tables.reduce((sum, table) => sum + bytesOf(table), 0);
    return this.#draft.addTables(this.#owner, tables);
  }

  #operand(layout: Layout): string {
    const name = `b${this.#parameters.length}`;
    this.#parameters.push({ type: pointerTo(layout), name });
    return name;
  }

  #loaded(name: string, type: TensorType, layout: Layout): string {
    const { text, symbols } = loadedText(this.#shape, name, type, layout);
    for (const symbol of symbols) this.#draft.symbols.add(symbol);
    return text;
  }

  #real(type: TensorType, range: (channel: number) => Range, acc: string): string | undefined {
    const channels = channelCount(type.shape);
    const { encoding } = type;
    if (encoding === undefined) throw new Error(`${type.dtype} has no integers`);
    const score = realScore(encoding, channels, range);
    const index = indexOf(this.#shape, channels);
    if (score !== undefined) {
      for (const symbol of score.symbols) this.#draft.symbols.add(symbol);
      return score.expression(this.#tables(score.tables), acc, index);
    }
    const rows = Math.max(encoding.scale.length, encoding.offset.length);
    const each = Array.from({ length: rows }, (_, c) => range(c));
    const low = Math.min(...each.map((r) => r.low));
    const count = Math.max(...each.map((r) => r.high)) - low + 1;
    if (count > MOST_LOOKED_UP) return undefined;
    const real = realValueOf(type);
    const values = Array.from({ length: rows * count }, (_, i) => real(low + (i % count), Math.floor(i / count)));
    const names = this.#tables([{ name: 'values', ctype: 'float', values, doc: `[${rows}][${count}] real values from ${low} on` }]);
    return `bnn1_rom_f32(${names('values')} + (${acc} - INT32_C(${low}))${rows > 1 ? ` + (int32_t)${index} * INT32_C(${count})` : ''})`;
  }
}

/** Variables that are never changed become constants. */
function constVariables(lines: readonly string[]): readonly string[] {
  return lines.map((line, i) => {
    const declared = /^\s*(?:float|int32_t) (acc|value) =/.exec(line);
    if (declared === null) return line;
    const changed = lines.slice(i + 1).some((later) => new RegExp(`^\\s*${declared[1]} =`).test(later));
    return changed ? line : line.replace(/(float|int32_t) (acc|value) =/, 'const $1 $2 =');
  });
}
