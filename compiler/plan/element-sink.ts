/** Where an element goes: to the caller, into a word or a byte, or into a bit. */
import { channelCount, perChannel } from '../ir/encoding.ts';
import type { TableNames } from '../kernels/elements/element.ts';
import { wordsFor, type Table } from '../kernels/kernel.ts';
import { packSigns } from '../kernels/packing.ts';
import { indexOf } from './element-positions.ts';

export type Sink =
  | { readonly kind: 'output'; readonly type: string }
  | { readonly kind: 'f32' | 'i32' | 'bytes' }
  /** +1 where a real number is not negative (`plus`), or positive (`minus`). */
  | { readonly kind: 'bits'; readonly zero: 'plus' | 'minus' }
  /** +1 where an integer reaches its threshold: see the op `threshold`. */
  | { readonly kind: 'bits'; readonly thresholds: Int32Array; readonly directions: Int8Array };

interface SinkLines {
  /** Before and after the channels of a position, and for each element. */
  readonly before: readonly string[];
  readonly each: readonly string[];
  readonly after: readonly string[];
}

export interface StoredBy {
  /** C type of the pointer y, with its asterisk. */
  readonly type: string;
  readonly symbols: readonly string[];
  readonly tables: readonly Table[];
  readonly lines: (table: TableNames) => SinkLines;
}

/** @param variable C name of the element: `acc` is an integer, `value` a float */
export function storedBy(sink: Sink, variable: 'acc' | 'value', positions: readonly number[]): StoredBy {
  const simple = (type: string, line: string, symbols: readonly string[] = []): StoredBy => ({
    type,
    symbols,
    tables: [],
    lines: () => ({ before: [], each: [line], after: [] }),
  });
  switch (sink.kind) {
    case 'output':
      return simple(`${sink.type} *`, `*y++ = ${variable};`);
    case 'f32':
      return simple('uint32_t *', 'bnn1_store_f32(y++, value);', ['bnn1_store_f32']);
    case 'i32':
      return simple('uint32_t *', '*y++ = (uint32_t)acc;');
    case 'bytes':
      return simple('unsigned char *', '*y++ = (unsigned char)acc;');
    case 'bits': {
      const { tables, symbols, text } = fires(sink, positions);
      const words = wordsFor(channelCount(positions));
      return {
        type: 'uint32_t *',
        symbols: ['bnn1_set_bit', ...symbols],
        tables,
        lines: (table) => ({
          before: [`bnn1_clear_bits(y, ${words}u);`],
          each: [`if (${text(table)}) {`, '    bnn1_set_bit(y, o);', '}'],
          after: positions.length === 1 ? [] : [`y += ${words}u;`],
        }),
      };
    }
  }
}

interface Condition {
  readonly tables: readonly Table[];
  readonly symbols: readonly string[];
  readonly text: (table: TableNames) => string;
}

function fires(sink: Extract<Sink, { kind: 'bits' }>, positions: readonly number[]): Condition {
  if ('zero' in sink) return { tables: [], symbols: [], text: () => (sink.zero === 'plus' ? '!(value < 0.0f)' : 'value > 0.0f') };
  const { thresholds, directions } = sink;
  const index = indexOf(positions, thresholds.length);
  const uniform = thresholds.length === 1;
  const limits: Table = {
    name: 'thresholds',
    ctype: 'int32_t',
    values: Array.from(thresholds),
    doc: 'compared with the integer; scaling, batch norm and sign folded',
  };
  const limit = (table: TableNames): string => (uniform ? `INT32_C(${thresholds[0]})` : `bnn1_rom_i32(${table('thresholds')} + ${index})`);
  const tables = uniform ? [] : [limits];
  if (directions.every((d) => d > 0)) return { tables, symbols: [], text: (table) => `acc >= ${limit(table)}` };
  if (directions.every((d) => d < 0)) return { tables, symbols: [], text: (table) => `acc <= ${limit(table)}` };
  const flags = Int8Array.from({ length: thresholds.length }, (_, i) => (perChannel(directions, i) < 0 ? 1 : -1));
  const falling: Table = {
    name: 'falling',
    ctype: 'uint32_t',
    values: packSigns(flags, flags.length),
    doc: '1: +1 at and below the threshold; 0: at and above',
  };
  return {
    tables: [...tables, falling],
    symbols: ['bnn1_rom_flag'],
    text: (table) => `bnn1_rom_flag(${table('falling')}, ${index}) ? acc <= ${limit(table)} : acc >= ${limit(table)}`,
  };
}
