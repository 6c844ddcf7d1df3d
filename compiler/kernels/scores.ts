/**
 * The end of a network: accumulators of the last layer become int32 or float32 scores, one accumulator at a time.
 *
 * A real score is float32(S·acc + O), rounded once, then the float32 steps behind the layer. Three short float32
 * expressions can be that rounding; a candidate is taken only if it is exact for every attainable acc:
 *   product   (float)acc * S              when O = 0 and S is a float32: one rounding of an exact product, |acc| <= 2^24
 *   quotient  (float)(p*acc + r) / q      when S = p/q, O = r/q, |p*acc + r| <= 2^24, q <= 2^24: one rounding
 *   sum       (float)acc * S + O          two roundings: proved by trying every acc of every channel
 */
import { accumulatorOf, type LinearNode } from '../ir/accumulator.ts';
import type { Step } from '../ir/attributes.ts';
import { PLAIN, isPlain, perChannel, realValueOf } from '../ir/encoding.ts';
import { isDirect } from '../ir/integer-terms.ts';
import { conv2dTerms } from '../ir/ops/conv2d.ts';
import { denseTerms } from '../ir/ops/dense.ts';
import type { Range } from '../ir/threshold-search.ts';
import type { Encoding, TensorType } from '../ir/types.ts';
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
import { convBitsReason } from './conv2d-b1-b1.ts';
import { convShape } from './window-shape.ts';
import { acceptedRun, denseBits } from './dense-b1-b1.ts';
import { denseBytesReason } from './dense-8bit-b1.ts';
import { BYTES_OF, wordsFor, type Cost, type Layout, type ShapeArgument, type Table } from './kernel.ts';
import { flipOf, packSigns, signsOf, weightTable } from './packing.ts';

const EXACT_INTEGER = 2 ** 24;
const MOST_TRIED = 2 ** 24;

/** C that turns one accumulator into one score. `o` is the output channel. */
export interface Scores {
  /** The functions of runtime-c that `sum` calls. */
  readonly symbols: readonly string[];
  readonly input: Layout;
  readonly tables: readonly Table[];
  readonly cost: Cost;
  readonly loops: readonly { readonly variable: string; readonly count: number }[];
  readonly shape: ShapeArgument | null;
  readonly sum: (x: string, table: (name: string) => string) => string;
  readonly ctype: 'int32_t' | 'float';
  /** First value of the score as an expression of `acc`, then statements on `score`; empty for integer scores. */
  readonly first: (table: (name: string) => string) => string;
  readonly statements: (table: (name: string) => string) => readonly string[];
}

interface RealValue {
  readonly tables: readonly Table[];
  readonly expression: (table: (name: string) => string) => string;
}

function floatTable(
  name: string,
  values: readonly number[],
  doc: string,
): { readonly tables: readonly Table[]; readonly read: (table: (name: string) => string) => string } {
  const [first = 0] = values;
  if (values.every((v) => Object.is(v, first))) return { tables: [], read: () => floatLiteral(first) };
  return { tables: [{ name, ctype: 'float', values, doc }], read: (table) => `bnn1_rom_f32(${table(name)} + o)` };
}

function realValue(encoding: Encoding, outputs: number, range: (output: number) => Range): RealValue | undefined {
  const each = Array.from({ length: outputs }, (_, o) => o);
  if (isPlain(encoding)) return { tables: [], expression: () => '(float)acc' };
  return product(encoding, each, range) ?? quotient(encoding, each, range) ?? sum(encoding, each, range);
}

function isFloat32(value: Rational): boolean {
  const rounded = toFloat32(value);
  return Number.isFinite(rounded) && equals(rationalFromNumber(rounded), value);
}

function largest({ low, high }: Range): number {
  return Math.max(-low, high);
}

function product(encoding: Encoding, each: readonly number[], range: (output: number) => Range): RealValue | undefined {
  const exact = each.every(
    (o) => equals(perChannel(encoding.offset, o), ZERO) && isFloat32(perChannel(encoding.scale, o)) && largest(range(o)) <= EXACT_INTEGER,
  );
  if (!exact) return undefined;
  // 0 times a negative scale is -0, but the rational number 0 has no sign. All scales have the sign of the unit of the sum.
  const negative = each.some((o) => signOf(perChannel(encoding.scale, o)) < 0);
  const scale = floatTable(
    'scale',
    each.map((o) => Math.abs(toFloat32(perChannel(encoding.scale, o)))),
    'real value of one unit of the sum',
  );
  return { tables: scale.tables, expression: (table) => `(float)${negative ? '-' : ''}acc * ${scale.read(table)}` };
}

function quotient(encoding: Encoding, each: readonly number[], range: (output: number) => Range): RealValue | undefined {
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
    return { tables: [], expression: () => `(float)(acc * INT32_C(${p}) + INT32_C(${r})) / ${floatLiteral(q)}` };
  }
  return {
    tables: [
      table('factor', 'p', 'score = (factor * acc + constant) / divisor'),
      table('constant', 'r', 'see factor'),
      table('divisor', 'q', 'see factor'),
    ],
    expression: (t) =>
      `(float)(acc * bnn1_rom_i32(${t('factor')} + o) + bnn1_rom_i32(${t('constant')} + o)) / (float)bnn1_rom_i32(${t('divisor')} + o)`,
  };
}

function sum(encoding: Encoding, each: readonly number[], range: (output: number) => Range): RealValue | undefined {
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
    tables: [...scale.tables, ...offset.tables],
    expression: (table) => `(float)acc * ${scale.read(table)} + ${offset.read(table)}`,
  };
}

const LARGEST_FLOAT = (2 - 2 ** -23) * 2 ** 127;

/** An infinite limit is no limit: every score is finite, so the largest float32 limits nothing either. */
function finite(value: number): number {
  return Math.max(-LARGEST_FLOAT, Math.min(LARGEST_FLOAT, value));
}

function limitsNothing({ operator, values }: Step): boolean {
  const none = operator === 'maximum' ? -Infinity : operator === 'minimum' ? Infinity : undefined;
  return none !== undefined && values.every((v) => v === none);
}

const OPERATORS = { add: '+', subtract: '-', multiply: '*', divide: '/' } as const;

/** The float32 steps as C statements on `score`, one rounding each. */
function stepStatements(
  steps: readonly Step[],
  outputs: number,
): { readonly tables: readonly Table[]; readonly statements: Scores['statements'] } {
  const each = Array.from({ length: outputs }, (_, o) => o);
  const limiting = steps.filter((step) => !limitsNothing(step));
  const parts = limiting.map(({ operator, values }, i) => ({
    operator,
    constant: floatTable(
      `${operator}_${i + 1}`,
      each.map((o) => finite(perChannel(values, o))),
      `float32 step ${i + 1}: ${operator}`,
    ),
  }));
  return {
    tables: parts.flatMap(({ constant }) => constant.tables),
    statements: (table) =>
      parts.map(({ operator, constant }) => {
        const value = constant.read(table);
        if (operator === 'maximum') return `score = score < ${value} ? ${value} : score;`;
        if (operator === 'minimum') return `score = score > ${value} ? ${value} : score;`;
        return `score = score ${OPERATORS[operator]} ${value};`;
      }),
  };
}

type Sum = Pick<Scores, 'symbols' | 'input' | 'loops' | 'shape' | 'sum'> & { readonly weights: Table; readonly instructions: number };

function layerSum(node: LinearNode, input: TensorType, output: TensorType, offered: Layout | undefined): Sum | { readonly reason: string } {
  const { outputs } = node.attrs.weights;
  const signs = signsOf(node.attrs.weights);
  if (node.kind === 'conv2d') {
    const reason = convBitsReason(node, input, output);
    if (reason !== undefined) return { reason };
    if (node.attrs.groups !== 1) return { reason: `it has ${node.attrs.groups} groups` };
    const [rows = 0, columns = 0] = output.shape;
    const channels = input.shape[2] ?? 0;
    const row = node.attrs.kernel[0] * node.attrs.kernel[1] * wordsFor(channels);
    return {
      symbols: ['bnn1_conv2d_b1_sum'],
      input: { kind: 'bit-runs', run: channels },
      loops: [
        { variable: 'oy', count: rows },
        { variable: 'ox', count: columns },
        { variable: 'o', count: outputs },
      ],
      shape: convShape(node.attrs, input, output),
      weights: weightTable(
        packSigns(signs, channels),
        `[${outputs} outputs][${node.attrs.kernel.join('][')}][${wordsFor(channels)} words]`,
      ),
      sum: (x, table) =>
        `bnn1_conv2d_b1_sum(&shape, ${conv2dTerms(node.attrs, input).pad}, ${x}, ${table('weights')} + o * ${row}u, oy, ox)`,
      instructions: rows * columns * outputs * row * 30,
    };
  }
  const loops = [{ variable: 'o', count: outputs }];
  const taps = input.shape[0] ?? 0;
  if (input.dtype === 'b1') {
    const layout = acceptedRun(input, offered);
    const bits = denseBits(node, input, layout);
    if (bits === undefined || 'reason' in bits) return bits ?? { reason: 'it is not a dense layer' };
    return {
      symbols: ['bnn1_dense_b1_sum'],
      input: layout,
      loops,
      shape: null,
      weights: weightTable(bits.weights, `[${outputs} outputs][${bits.words} words]`),
      sum: (x, table) => `bnn1_dense_b1_sum(${x}, ${table('weights')} + o * ${bits.words}u, ${bits.words}u, ${taps}u)`,
      instructions: outputs * bits.words * 18,
    };
  }
  const reason = denseBytesReason(input);
  if (reason !== undefined || !isDirect(denseTerms(input))) return { reason: reason ?? 'its inputs have different scales' };
  return {
    symbols: ['bnn1_dense_8bit_sum'],
    input: { kind: 'bytes' },
    loops,
    shape: null,
    weights: weightTable(packSigns(signs, taps), `[${outputs} outputs][${wordsFor(taps)} words]`),
    sum: (x, table) => `bnn1_dense_8bit_sum(${x}, ${flipOf(input.dtype)}, ${table('weights')} + o * ${wordsFor(taps)}u, ${taps}u)`,
    instructions: outputs * taps * 9,
  };
}

/**
 * Scores of the network's last linear layer. `steps` is null for integer scores.
 * `inexact` names the case in which no expression is exact.
 */
export function planScores(
  node: LinearNode,
  input: TensorType,
  output: TensorType,
  steps: readonly Step[] | null,
  offered: Layout | undefined,
): Scores | { readonly reason: string } | { readonly inexact: true } {
  const layer = layerSum(node, input, output, offered);
  if ('reason' in layer) return layer;
  const { outputs } = node.attrs.weights;
  const real = steps === null ? null : realValue(output.encoding ?? PLAIN, outputs, accumulatorOf(node, input).range);
  if (real === undefined) return { inexact: true };
  const chain = stepStatements(steps ?? [], outputs);
  const tables = [layer.weights, ...(real?.tables ?? []), ...chain.tables];
  const { weights: _weights, instructions, ...rest } = layer;
  return {
    ...rest,
    tables,
    cost: {
      instructions: instructions + outputs * 20,
      codeBytes: 200,
      tableBytes: tables.reduce((total, t) => total + t.values.length * BYTES_OF[t.ctype], 0),
      scratchBytes: 0,
    },
    ctype: real === null ? 'int32_t' : 'float',
    first: (table) => (real === null ? 'acc' : real.expression(table)),
    statements: chain.statements,
  };
}
