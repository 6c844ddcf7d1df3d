/**
 * The C text of a function that computes a value element by element: loops over positions, a source, stages, a sink.
 * The walk calls these methods in the order in which things happen to an element.
 */
import type { Step } from '../ir/attributes.ts';
import { channelCount, elementCount, perChannel, realValueOf } from '../ir/encoding.ts';
import { storedMinimum } from '../ir/ops/max-pool.ts';
import type { Range } from '../ir/threshold-search.ts';
import type { NodeOf, TensorType } from '../ir/types.ts';
import type { Element, Position, TableNames } from '../kernels/elements/element.ts';
import { minimumOf } from '../kernels/elements/pools.ts';
import { stepStatements } from '../kernels/elements/steps.ts';
import { BYTES_OF, wordsFor, type Layout, type Table } from '../kernels/kernel.ts';
import { flipOf, packSigns } from '../kernels/packing.ts';
import { realScore } from '../kernels/real-score.ts';
import type { Draft } from './draft.ts';
import type { ElementFunction } from './plan.ts';

/** A pool whose window is computed inside: its input is never stored. */
export type WindowNode = NodeOf<'max-pool'> | NodeOf<'average-pool'>;

/** Integers of fewer values than this may be looked up. */
const MOST_LOOKED_UP = 512;

const OUTSIDE: Position = { y: 'oy', x: 'ox', o: 'o', e: 'e' };
const IN_WINDOW: Position = { y: '(uint16_t)py', x: '(uint16_t)px', o: 'o', e: 'e' };

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
    const { tables, symbols, lines } = stepStatements(steps, 'value', (length) => this.#indexOf(length));
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
      return `${value} * bnn1_rom_i32(${names(table)} + ${this.#indexOf(factors.length)})`;
    };
    this.#lines.push(`acc = ${times('acc', own, 'own_units')} + ${times(loaded, others, 'operand_units')};`);
  }

  /** The elements so far were those of a window: they become one. */
  closeWindow(): void {
    if (this.#window === null) throw new Error('no window is open');
    const { node, input } = this.#window;
    const [height = 1, width = 1] = input.shape;
    const { kernel, stride, dilation, padding } = node.attrs;
    const type = this.isReal ? 'float' : 'int32_t';
    const v = this.#variable;
    const zero = this.isReal ? '0.0f' : '0';
    this.#draft.symbols.add('bnn1_conv2d_tap');
    const minimum =
      node.kind === 'max-pool'
        ? minimumOf(this.isReal ? storedMinimum(node.attrs, { ...input, dtype: 'f32' }) : storedMinimum(node.attrs, input))
        : null;
    const names = this.#tables(minimum?.tables ?? []);
    const wins = minimum === null ? '' : this.#wins(minimum.read(names, OUTSIDE), v);
    const counting = node.kind === 'average-pool' && this.isReal && !node.attrs.countPadding;
    const taps = kernel[0] * kernel[1];
    const taken =
      node.kind === 'max-pool'
        ? [`if (!any || ${wins}) {`, `    best = ${v};`, '    any = 1;', '}']
        : [`best += ${v};`, ...(counting ? ['count++;'] : [])];
    const lines = [
      `${type} best = ${zero};`,
      ...(node.kind === 'max-pool' ? ['uint8_t any = 0;'] : []),
      ...(counting ? ['uint32_t count = 0;'] : []),
      'uint16_t ky, kx;',
      `for (ky = 0; ky < ${kernel[0]}u; ky++) {`,
      `    const int32_t py = bnn1_conv2d_tap(oy, ${stride[0]}u, ${padding.top}u, ky, ${dilation[0]}u, ${height}u);`,
      `    for (kx = 0; kx < ${kernel[1]}u; kx++) {`,
      `        const int32_t px = bnn1_conv2d_tap(ox, ${stride[1]}u, ${padding.left}u, kx, ${dilation[1]}u, ${width}u);`,
      '        if (py >= 0 && px >= 0) {',
      ...[...this.#lines, ...taken].map((line) => `            ${line}`),
      '        }',
      '    }',
      '}',
    ];
    const result = node.kind === 'max-pool' || !this.isReal ? 'best' : counting ? 'best / (float)count' : `best / ${taps}.0f`;
    this.#lines = [...lines, `${type} ${v} = ${result};`];
  }

  /** The finished function; the sink stores the element. */
  finish(symbol: string, sink: Sink): ElementFunction {
    const stored = this.#stored(sink);
    const body = [...this.#lines, ...stored.lines];
    const usesElement = body.some((line) => /\be\b/.test(line));
    const isVector = this.#shape.length === 1;
    const channels = channelCount(this.#shape);
    const [height = 1, width = 1] = this.#shape.length === 3 ? this.#shape : [1, elementCount(this.#shape) / channels];
    const rows = isVector ? [] : [`for (oy = 0; oy < ${height}u; oy++) {`, `    for (ox = 0; ox < ${width}u; ox++) {`];
    const indent = isVector ? '' : '        ';
    const lines = [
      ...(usesElement ? ['uint32_t e = 0;'] : []),
      ...(isVector ? [] : ['uint16_t oy, ox;']),
      `${channels > 65535 ? 'uint32_t' : 'uint16_t'} o;`,
      ...rows,
      ...stored.before.map((line) => `${indent}${line}`),
      `${indent}for (o = 0; o < ${channels > 65535 ? `UINT32_C(${channels})` : `${channels}u`}; o++) {`,
      ...body.map((line) => `${indent}    ${line}`),
      ...(usesElement ? [`${indent}    e++;`] : []),
      `${indent}}`,
      ...stored.after.map((line) => `${indent}${line}`),
      ...(isVector ? [] : ['    }', '}']),
    ];
    return {
      symbol,
      parameters: [...this.#parameters, { type: stored.type, name: 'y' }],
      shape: this.#argument,
      isFloat: this.#isFloat,
      lines: constVariables(lines),
    };
  }

  #tables(tables: readonly Table[]): TableNames {
    this.#tableBytes += tables.reduce((sum, table) => sum + table.values.length * BYTES_OF[table.ctype], 0);
    return this.#draft.addTables(this.#owner, tables);
  }

  #operand(layout: Layout): string {
    const name = `b${this.#parameters.length}`;
    this.#parameters.push({ type: pointerTo(layout), name });
    return name;
  }

  /** C of the index in a list with one entry, one per channel of the loops, or one per element. */
  #indexOf(length: number): string {
    return length === channelCount(this.#shape) ? 'o' : 'e';
  }

  /** C of the pixel and the channel of the element in an operand of this shape, sizes of 1 repeated. */
  #place(shape: readonly number[]): { readonly pixel: string; readonly channel: string } {
    const channels = channelCount(shape);
    const channel = channels > 1 ? 'o' : '0u';
    if (this.#shape.length === 1) return { pixel: '0u', channel };
    const [height = 1, width = 1] = shape.length === 3 ? shape : [1, elementCount(shape) / channels];
    const [row, column] = [height > 1 ? '(uint32_t)oy' : '', width > 1 ? 'ox' : ''];
    if (row === '') return { pixel: column === '' ? '0u' : column, channel };
    return { pixel: column === '' ? (width === 1 ? row : `${row} * ${width}u`) : `(${row} * ${width}u + ${column})`, channel };
  }

  #loaded(name: string, { dtype, shape }: TensorType, layout: Layout): string {
    const { pixel, channel } = this.#place(shape);
    const channels = channelCount(shape);
    const whole = elementCount(shape) === elementCount(this.#shape);
    const index = whole ? 'e' : channels === 1 ? pixel : `${pixel} * ${channels}u + ${channel}`;
    switch (layout.kind) {
      case 'f32':
        this.#draft.symbols.add('bnn1_load_f32');
        return `bnn1_load_f32(${name} + ${index})`;
      case 'i32':
        return `(int32_t)${name}[${index}]`;
      case 'bytes':
        this.#draft.symbols.add('bnn1_byte_at');
        return `bnn1_byte_at(${name}, ${flipOf(dtype)}, ${index})`;
      default:
        this.#draft.symbols.add('bnn1_sign_at');
        return `bnn1_sign_at(${pixel === '0u' ? name : `${name} + ${pixel} * ${wordsFor(channels)}u`}, ${channel})`;
    }
  }

  #real(type: TensorType, range: (channel: number) => Range, acc: string): string | undefined {
    const channels = channelCount(type.shape);
    const { encoding } = type;
    if (encoding === undefined) throw new Error(`${type.dtype} has no integers`);
    const score = realScore(encoding, channels, range);
    const index = this.#indexOf(channels);
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

  #wins(minimum: string, v: string): string {
    if (minimum === '0u') return `${v} > best`;
    if (minimum === '1u') return `${v} < best`;
    this.#draft.symbols.add('bnn1_rom_flag');
    return `(${minimum} ? ${v} < best : ${v} > best)`;
  }

  #stored(sink: Sink): Stored {
    const one = (type: string, line: string): Stored => ({ type, before: [], lines: [line], after: [] });
    switch (sink.kind) {
      case 'output':
        return one(`${sink.type} *`, `*y++ = ${this.#variable};`);
      case 'f32':
        this.#draft.symbols.add('bnn1_store_f32');
        return one('uint32_t *', 'bnn1_store_f32(y++, value);');
      case 'i32':
        return one('uint32_t *', '*y++ = (uint32_t)acc;');
      case 'bytes':
        return one('unsigned char *', '*y++ = (unsigned char)acc;');
      case 'bits': {
        this.#draft.symbols.add('bnn1_set_bit');
        const words = wordsFor(channelCount(this.#shape));
        return {
          type: 'uint32_t *',
          before: [`bnn1_clear_bits(y, ${words}u);`],
          lines: [`if (${this.#fires(sink)}) {`, '    bnn1_set_bit(y, o);', '}'],
          after: this.#shape.length === 1 ? [] : [`y += ${words}u;`],
        };
      }
    }
  }

  #fires(sink: Extract<Sink, { kind: 'bits' }>): string {
    if ('zero' in sink) return sink.zero === 'plus' ? '!(value < 0.0f)' : 'value > 0.0f';
    const { thresholds, directions } = sink;
    const each = Array.from({ length: thresholds.length }, (_, i) => i);
    const index = this.#indexOf(thresholds.length);
    const limit =
      thresholds.length === 1
        ? `INT32_C(${thresholds[0]})`
        : `bnn1_rom_i32(${this.#tables([{ name: 'thresholds', ctype: 'int32_t', values: Array.from(thresholds), doc: 'compared with the integer; scaling, batch norm and sign folded' }])('thresholds')} + ${index})`;
    if (directions.every((d) => d > 0)) return `acc >= ${limit}`;
    if (directions.every((d) => d < 0)) return `acc <= ${limit}`;
    this.#draft.symbols.add('bnn1_rom_flag');
    const falling = packSigns(
      Int8Array.from(each, (i) => (perChannel(directions, i) < 0 ? 1 : -1)),
      each.length,
    );
    const names = this.#tables([
      { name: 'falling', ctype: 'uint32_t', values: falling, doc: '1: +1 at and below the threshold; 0: at and above' },
    ]);
    return `bnn1_rom_flag(${names('falling')}, ${index}) ? acc <= ${limit} : acc >= ${limit}`;
  }
}

/** C of a sink: type of its pointer, and lines before, on and after the elements of a position. */
interface Stored {
  readonly type: string;
  readonly before: readonly string[];
  readonly lines: readonly string[];
  readonly after: readonly string[];
}

/** Where an element goes. */
export type Sink =
  | { readonly kind: 'output'; readonly type: string }
  | { readonly kind: 'f32' | 'i32' | 'bytes' }
  | { readonly kind: 'bits'; readonly zero: 'plus' | 'minus' }
  | { readonly kind: 'bits'; readonly thresholds: Int32Array; readonly directions: Int8Array };

/** Variables that are never changed become constants. */
function constVariables(lines: readonly string[]): readonly string[] {
  return lines.map((line, i) => {
    const declared = /^\s*(?:float|int32_t) (acc|value) =/.exec(line);
    if (declared === null) return line;
    const changed = lines.slice(i + 1).some((later) => new RegExp(`^\\s*${declared[1]} =`).test(later));
    return changed ? line : line.replace(/(float|int32_t) (acc|value) =/, 'const $1 $2 =');
  });
}
