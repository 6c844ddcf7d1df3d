/**
 * The end of a network: accumulators of the last layer become int32 or float32 scores, one accumulator at a time.
 */
import { accumulatorOf, type LinearNode } from '../ir/accumulator.ts';
import type { Step, StepOperator } from '../ir/attributes.ts';
import { PLAIN, perChannel } from '../ir/encoding.ts';
import { isDirect } from '../ir/integer-terms.ts';
import { conv2dTerms } from '../ir/ops/conv2d.ts';
import { denseTerms } from '../ir/ops/dense.ts';
import type { TensorType } from '../ir/types.ts';
import { convBitsReason } from './conv2d-b1-b1.ts';
import { convShape } from './window-shape.ts';
import { acceptedRun, denseBits } from './dense-b1-b1.ts';
import { denseBytesReason } from './dense-8bit-b1.ts';
import { BYTES_OF, wordsFor, type Cost, type Layout, type ShapeArgument, type Table } from './kernel.ts';
import { flipOf, packSigns, signsOf, weightTable } from './packing.ts';
import { floatTable, realScore } from './real-score.ts';

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

const LARGEST_FLOAT = (2 - 2 ** -23) * 2 ** 127;

/** An infinite limit is no limit: every score is finite, so the largest float32 limits nothing either. */
function finite(value: number): number {
  return Math.max(-LARGEST_FLOAT, Math.min(LARGEST_FLOAT, value));
}

function limitsNothing({ operator, values }: Step): boolean {
  const none = operator === 'maximum' ? -Infinity : operator === 'minimum' ? Infinity : undefined;
  return none !== undefined && values.every((v) => v === none);
}

const OPERATORS: Readonly<Partial<Record<StepOperator, string>>> = { add: '+', subtract: '-', multiply: '*', divide: '/' };

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
  const real = steps === null ? null : realScore(output.encoding ?? PLAIN, outputs, accumulatorOf(node, input).range);
  if (real === undefined) return { inexact: true };
  const chain = stepStatements(steps ?? [], outputs);
  const tables = [layer.weights, ...(real?.tables ?? []), ...chain.tables];
  const { weights: _weights, instructions, symbols, ...rest } = layer;
  return {
    ...rest,
    symbols: [...symbols, ...(real?.symbols ?? [])],
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
