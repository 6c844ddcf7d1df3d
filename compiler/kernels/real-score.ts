/**
 * The real score of an accumulator as a C expression.
 *
 * A real score is float32(S·acc + O), rounded once, then the float32 steps behind the layer. Four expressions can be that
 * rounding; the first that is exact for every attainable acc is taken:
 *   product   (float)acc * S              when O = 0 and S is a float32: one rounding of an exact product, |acc| <= 2^24
 *   quotient  (float)(p*acc + r) / q      when S = p/q, O = r/q, |p*acc + r| <= 2^24, q <= 2^24: one rounding
 *   sum       (float)acc * S + O          two roundings: proved by trying every acc of every channel
 *   integer   (p*acc + r) * 2^-k          64-bit integer rounded once by bnn1_score_f32, when S = p/2^k and O = r/2^k
 */
import { perChannel, isPlain, realValueOf } from '../ir/encoding.ts';
import type { Range } from '../ir/threshold-search.ts';
import type { Encoding } from '../ir/types.ts';
import { floatLiteral } from '../support/c-literals.ts';
import {
  ZERO,
  equals,
  leastCommonDenominator,
  multiply,
  rational,
  rationalFromNumber,
  signOf,
  toFloat32,
  toNumber,
  type Rational,
} from '../support/rational.ts';
import type { Table } from './kernel.ts';

const EXACT_INTEGER = 2 ** 24;
const MOST_TRIED = 2 ** 24;

export interface RealScore {
  /** Functions of runtime-c that the expression calls. */
  readonly symbols: readonly string[];
  readonly tables: readonly Table[];
  /** `acc` is the C name of the integer, `index` that of the entry of per-channel tables. */
  readonly expression: (table: (name: string) => string, acc: string, index: string) => string;
}

/** A table of floats and how to read entry `index`; one literal where all are equal. */
export function floatTable(
  name: string,
  values: readonly number[],
  doc: string,
): { readonly tables: readonly Table[]; readonly read: (table: (name: string) => string, index: string) => string } {
  const [first = 0] = values;
  if (values.every((v) => Object.is(v, first))) return { tables: [], read: () => floatLiteral(first) };
  return { tables: [{ name, ctype: 'float', values, doc }], read: (table, index) => `bnn1_rom_f32(${table(name)} + ${index})` };
}

/** Undefined when none of the four expressions is exact. */
export function realScore(encoding: Encoding, outputs: number, range: (output: number) => Range): RealScore | undefined {
  const each = Array.from({ length: outputs }, (_, o) => o);
  if (isPlain(encoding)) return { symbols: [], tables: [], expression: (_table, acc) => `(float)${acc}` };
  return product(encoding, each, range) ?? quotient(encoding, each, range) ?? sum(encoding, each, range) ?? integer(encoding, each, range);
}

function isFloat32(value: Rational): boolean {
  const rounded = toFloat32(value);
  return Number.isFinite(rounded) && equals(rationalFromNumber(rounded), value);
}

function largest({ low, high }: Range): number {
  return Math.max(-low, high);
}

function product(encoding: Encoding, each: readonly number[], range: (output: number) => Range): RealScore | undefined {
  const exact = each.every(
    (o) => equals(perChannel(encoding.offset, o), ZERO) && isFloat32(perChannel(encoding.scale, o)) && largest(range(o)) <= EXACT_INTEGER,
  );
  if (!exact) return undefined;
  // 0 times a negative scale is -0, but the rational number 0 has no sign: the integer is negated instead.
  const signs = new Set(each.map((o) => signOf(perChannel(encoding.scale, o))));
  const negative = signs.size === 1 && signs.has(-1);
  if (signs.size > 1 && each.some((o) => range(o).low <= 0 && range(o).high >= 0)) return undefined;
  const scale = floatTable(
    'scale',
    each.map((o) => toFloat32(perChannel(encoding.scale, o)) * (negative ? -1 : 1)),
    'real value of one unit of the sum',
  );
  return {
    symbols: [],
    tables: scale.tables,
    expression: (table, acc, index) => `(float)${negative ? '-' : ''}${acc} * ${scale.read(table, index)}`,
  };
}

function quotient(encoding: Encoding, each: readonly number[], range: (output: number) => Range): RealScore | undefined {
  const parts = each.map((o) => {
    const [s, b] = [perChannel(encoding.scale, o), perChannel(encoding.offset, o)];
    const q = leastCommonDenominator([s, b]);
    const units = (value: Rational): number => Number(multiply(value, rational(q)).numerator);
    return { p: units(s), r: units(b), q: Number(q), range: range(o) };
  });
  const fits = parts.every(
    ({ p, r, q, range: { low, high } }) => q <= EXACT_INTEGER && Math.max(Math.abs(p * low + r), Math.abs(p * high + r)) <= EXACT_INTEGER,
  );
  if (!fits) return undefined;
  const [first = { p: 1, r: 0, q: 1 }] = parts;
  const uniform = parts.every(({ p, r, q }) => p === first.p && r === first.r && q === first.q);
  const table = (name: string, key: 'p' | 'r' | 'q', doc: string): Table => ({
    name,
    ctype: 'int32_t',
    values: parts.map((part) => part[key]),
    doc,
  });
  if (uniform) {
    const { p, r, q } = first;
    return { symbols: [], tables: [], expression: (_table, acc) => `(float)(${acc} * INT32_C(${p}) + INT32_C(${r})) / ${floatLiteral(q)}` };
  }
  return {
    symbols: [],
    tables: [
      table('factor', 'p', 'score = (factor * acc + constant) / divisor'),
      table('constant', 'r', 'see factor'),
      table('divisor', 'q', 'see factor'),
    ],
    expression: (t, acc, index) =>
      `(float)(${acc} * bnn1_rom_i32(${t('factor')} + ${index}) + bnn1_rom_i32(${t('constant')} + ${index})) / (float)bnn1_rom_i32(${t('divisor')} + ${index})`,
  };
}

function sum(encoding: Encoding, each: readonly number[], range: (output: number) => Range): RealScore | undefined {
  const scales = each.map((o) => Math.fround(toNumber(perChannel(encoding.scale, o))));
  const offsets = each.map((o) => Math.fround(toNumber(perChannel(encoding.offset, o))));
  const real = realValueOf({ dtype: 'i32', shape: [each.length], encoding });
  let tried = 0;
  for (const o of each) {
    const { low, high } = range(o);
    tried += high - low + 1;
    if (tried > MOST_TRIED || largest(range(o)) > EXACT_INTEGER) return undefined;
    for (let acc = low; acc <= high; acc += 1) {
      const value = Math.fround(Math.fround(acc * (scales[o] as number)) + (offsets[o] as number));
      if (!Object.is(value, real(acc, o))) return undefined;
    }
  }
  const scale = floatTable('scale', scales, 'real value of one unit of the sum');
  const offset = floatTable('offset', offsets, 'real value of the sum 0');
  return {
    symbols: [],
    tables: [...scale.tables, ...offset.tables],
    expression: (table, acc, index) => `(float)${acc} * ${scale.read(table, index)} + ${offset.read(table, index)}`,
  };
}

const MOST_SHIFT = 126;
const HALF_RANGE = 1n << 63n;

/** Exponent of a power of two, or undefined. */
function exponentOf(value: bigint): number | undefined {
  const exponent = value.toString(2).length - 1;
  return value === 1n << BigInt(exponent) ? exponent : undefined;
}

/** Low and high half of a 64-bit two's complement number. */
function halves(value: bigint): readonly number[] {
  const bits = BigInt.asUintN(64, value);
  return [Number(bits & 0xffffffffn), Number(bits >> 32n)];
}

function integer(encoding: Encoding, each: readonly number[], range: (output: number) => Range): RealScore | undefined {
  const parts = each.map((o) => {
    const [s, b] = [perChannel(encoding.scale, o), perChannel(encoding.offset, o)];
    const denominator = leastCommonDenominator([s, b]);
    const [p, r] = [s, b].map((value) => (value.numerator * denominator) / value.denominator) as [bigint, bigint];
    const { low, high } = range(o);
    const ends = [p, r, p * BigInt(low) + r, p * BigInt(high) + r];
    const shift = exponentOf(denominator);
    return { p, r, shift, fits: ends.every((end) => -HALF_RANGE < end && end < HALF_RANGE) && (shift ?? Infinity) <= MOST_SHIFT };
  });
  if (!parts.every(({ fits }) => fits)) return undefined;
  const shifts = parts.map(({ shift }) => shift ?? 0);
  const [first = 0] = shifts;
  const uniform = shifts.every((shift) => shift === first);
  const terms: Table = {
    name: 'terms',
    ctype: 'uint32_t',
    values: parts.flatMap(({ p, r }) => [...halves(p), ...halves(r)]),
    doc: `[${each.length} outputs][4 words] score = (factor * acc + constant) * 2^-shift: factor and constant, low and high half`,
  };
  const shiftTable: Table = { name: 'shift', ctype: 'uint16_t', values: shifts, doc: 'see terms' };
  return {
    symbols: ['bnn1_score_f32'],
    tables: uniform ? [terms] : [terms, shiftTable],
    expression: (table, acc, index) =>
      `bnn1_score_f32(${table('terms')} + ${index} * 4u, ${uniform ? `${first}u` : `bnn1_rom_u16(${table('shift')} + ${index})`}, ${acc})`,
  };
}
