/** Sums of layers on real numbers, or with real weights: float32 in the order of taps, as the interpreter adds. */
import { tapsOf } from '../../ir/accumulator.ts';
import type { LinearAttrs } from '../../ir/linear.ts';
import { perChannel, realValueOf } from '../../ir/encoding.ts';
import type { NodeOf, TensorType } from '../../ir/types.ts';
import { wordsFor, type Table } from '../kernel.ts';
import { floatTable } from '../real-score.ts';
import { convShape, tooLarge } from '../window-shape.ts';
import { elementKernel, type TableNames } from './element.ts';
import { ternaryWeights } from './ternary.ts';

/** Weights as floats, ±α included. */
function floatWeights({ weights }: LinearAttrs, layout: string): Table {
  const perOutput = weights.kind === 'binary' ? weights.signs.length / weights.outputs : 0;
  const values =
    weights.kind === 'real'
      ? weights.values
      : Float32Array.from(weights.signs, (sign, i) => sign * perChannel(weights.scale, Math.floor(i / perOutput)));
  return { name: 'weights', ctype: 'float', values, doc: `[${weights.outputs} outputs]${layout}` };
}

/** What a byte is worth, for each of its 256 values: [1 or channels][256]. */
function byteValues(input: TensorType): { readonly table: Table; readonly rows: number } {
  const { encoding } = input;
  const rows = Math.max(encoding?.scale.length ?? 1, encoding?.offset.length ?? 1);
  const real = realValueOf(input);
  const stored = (byte: number): number => (input.dtype === 'i8' && byte > 127 ? byte - 256 : byte);
  const values = Array.from({ length: rows * 256 }, (_, i) => real(stored(i % 256), Math.floor(i / 256)));
  return { table: { name: 'values', ctype: 'float', values, doc: `[${rows}][256] what a byte of the input is worth` }, rows };
}

interface Ternary {
  readonly tables: readonly Table[];
  readonly alpha: (table: TableNames, o: string) => string;
  readonly signs: (table: TableNames, o: string) => string;
  readonly used: (table: TableNames, o: string) => string;
  readonly share: number;
}

function ternaryOf({ weights }: LinearAttrs, taps: number): Ternary | undefined {
  const found = ternaryWeights(weights);
  if (found === undefined) return undefined;
  const words = wordsFor(taps);
  const alpha = floatTable('alpha', found.alpha, 'magnitude of the weights of an output');
  const table = (name: string, values: ArrayLike<number>, doc: string): Table => ({ name, ctype: 'uint32_t', values, doc });
  const shape = `[${weights.outputs} outputs][${words} words]`;
  const { used } = found;
  const zeros = weights.kind === 'real' ? weights.values.reduce((count, value) => count + (value === 0 ? 1 : 0), 0) : 0;
  return {
    tables: [
      ...alpha.tables,
      table('weights', found.signs, `${shape}, 1 for a positive weight`),
      ...(used === null ? [] : [table('used', used, `${shape}, 0 for a weight of 0`)]),
    ],
    alpha: (names, o) => alpha.read(names, o),
    signs: (names, o) => `${names('weights')} + ${o} * ${words}u`,
    used: (names, o) => (used === null ? '(const uint32_t *)0' : `${names('used')} + ${o} * ${words}u`),
    share: 1 - zeros / (taps * weights.outputs),
  };
}

const isByte = ({ dtype }: TensorType): boolean => dtype === 'u8' || dtype === 'i8';

function denseReason(input: TensorType): string | undefined {
  return (input.shape[0] ?? 0) > 65535 ? `${input.shape[0]} inputs are above 65535` : undefined;
}

export const dense8bitF32 = elementKernel(
  'dense',
  {
    name: 'dense-8bit-f32',
    symbol: 'bnn1_dense_8bit_f32_sum',
    doc: 'Sums of a dense layer with real weights on bytes, each looked up as a float.',
  },
  (node, input) => {
    if (node.attrs.sum !== 'sequential' || !isByte(input)) return undefined;
    const { table, rows } = byteValues(input);
    if (rows > 1) return undefined;
    const reason = denseReason(input);
    if (reason !== undefined) return { reason };
    const taps = input.shape[0] ?? 0;
    return {
      input: { kind: 'bytes' },
      tables: [floatWeights(node.attrs, `[${taps}]`), table],
      shape: null,
      result: 'float',
      value: (x, names, { o }) =>
        `bnn1_dense_8bit_f32_sum(${x}, ${names('values')}, ${names('weights')} + ${o} * UINT32_C(${taps}), ${taps}u)`,
      instructions: taps * 12,
    };
  },
);

export const denseF32Ternary = elementKernel(
  'dense',
  {
    name: 'dense-f32-ternary',
    symbol: 'bnn1_dense_f32_ternary_sum',
    doc: 'Sums of a dense layer with weights of -α, 0 and +α on real numbers: additions and subtractions.',
  },
  (node, input) => {
    if (node.attrs.sum !== 'sequential') return undefined;
    const taps = input.shape[0] ?? 0;
    const ternary = ternaryOf(node.attrs, taps);
    if (ternary === undefined) return undefined;
    const reason = denseReason(input);
    if (reason !== undefined) return { reason };
    return {
      input: { kind: 'f32' },
      tables: ternary.tables,
      shape: null,
      result: 'float',
      value: (x, names, { o }) =>
        `bnn1_dense_f32_ternary_sum(${x}, ${ternary.alpha(names, o)}, ${ternary.signs(names, o)}, ${ternary.used(names, o)}, ${taps}u)`,
      instructions: taps * (8 + 12 * ternary.share),
    };
  },
);

export const denseF32 = elementKernel(
  'dense',
  { name: 'dense-f32', symbol: 'bnn1_dense_f32_sum', doc: 'Sums of a dense layer with real weights on real numbers.' },
  (node, input) => {
    if (node.attrs.sum !== 'sequential') return undefined;
    const reason = denseReason(input);
    if (reason !== undefined) return { reason };
    const taps = input.shape[0] ?? 0;
    return {
      input: { kind: 'f32' },
      tables: [floatWeights(node.attrs, `[${taps}]`)],
      shape: null,
      result: 'float',
      value: (x, names, { o }) => `bnn1_dense_f32_sum(${x}, ${names('weights')} + ${o} * UINT32_C(${taps}), ${taps}u)`,
      instructions: taps * 10,
    };
  },
);

function convLayout(node: NodeOf<'conv2d'>): string {
  const { kernel } = node.attrs;
  return `[${kernel.join('][')}][${tapsOf(node) / kernel[0] / kernel[1]}]`;
}

export const conv2d8bitF32 = elementKernel(
  'conv2d',
  {
    name: 'conv2d-8bit-f32',
    symbol: 'bnn1_conv2d_8bit_f32_sum',
    doc: 'Sums of a convolution with real weights on bytes, each looked up as a float.',
  },
  (node, input, output) => {
    if (node.attrs.sum !== 'sequential' || !isByte(input)) return undefined;
    const reason = tooLarge(input, output);
    if (reason !== undefined) return { reason };
    const taps = tapsOf(node);
    const { table, rows } = byteValues(input);
    return {
      input: { kind: 'bytes' },
      tables: [floatWeights(node.attrs, convLayout(node)), table],
      shape: convShape(node.attrs, input, output),
      result: 'float',
      value: (x, names, at) =>
        `bnn1_conv2d_8bit_f32_sum(&shape, ${node.attrs.padValue}, ${x}, ${names('values')}, ${rows}u, ` +
        `${names('weights')} + ${at.o} * UINT32_C(${taps}), ${at.y}, ${at.x}, ${at.o})`,
      instructions: taps * 16,
    };
  },
);

export const conv2dF32Ternary = elementKernel(
  'conv2d',
  {
    name: 'conv2d-f32-ternary',
    symbol: 'bnn1_conv2d_f32_ternary_sum',
    doc: 'Sums of a convolution with weights of -α, 0 and +α on real numbers: additions and subtractions.',
  },
  (node, input, output) => {
    if (node.attrs.sum !== 'sequential') return undefined;
    const taps = tapsOf(node);
    const ternary = ternaryOf(node.attrs, taps);
    if (ternary === undefined) return undefined;
    const reason = tooLarge(input, output);
    if (reason !== undefined) return { reason };
    return {
      input: { kind: 'f32' },
      tables: ternary.tables,
      shape: convShape(node.attrs, input, output),
      result: 'float',
      value: (x, names, at) =>
        `bnn1_conv2d_f32_ternary_sum(&shape, ${node.attrs.padValue}, ${x}, ${ternary.alpha(names, at.o)}, ` +
        `${ternary.signs(names, at.o)}, ${ternary.used(names, at.o)}, ${at.y}, ${at.x}, ${at.o})`,
      instructions: taps * (10 + 12 * ternary.share),
    };
  },
);

export const conv2dF32 = elementKernel(
  'conv2d',
  { name: 'conv2d-f32', symbol: 'bnn1_conv2d_f32_sum', doc: 'Sums of a convolution with real weights on real numbers.' },
  (node, input, output) => {
    if (node.attrs.sum !== 'sequential') return undefined;
    const reason = tooLarge(input, output);
    if (reason !== undefined) return { reason };
    const taps = tapsOf(node);
    return {
      input: { kind: 'f32' },
      tables: [floatWeights(node.attrs, convLayout(node))],
      shape: convShape(node.attrs, input, output),
      result: 'float',
      value: (x, names, at) =>
        `bnn1_conv2d_f32_sum(&shape, ${node.attrs.padValue}, ${x}, ${names('weights')} + ${at.o} * UINT32_C(${taps}), ${at.y}, ${at.x}, ${at.o})`,
      instructions: taps * 14,
    };
  },
);
