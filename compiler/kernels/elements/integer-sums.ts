/** Sums of layers with weights of ±1 on bits and bytes: one integer accumulator. */
import { tapsOf } from '../../ir/accumulator.ts';
import { perChannel } from '../../ir/encoding.ts';
import { isDirect } from '../../ir/integer-terms.ts';
import { conv2dTerms } from '../../ir/ops/conv2d.ts';
import { denseTerms } from '../../ir/ops/dense.ts';
import { convBitsReason } from '../conv2d-b1-b1.ts';
import { groupSpan, packGrouped } from '../conv2d-b1-b1-grouped.ts';
import { denseBytesReason } from '../dense-8bit-b1.ts';
import { acceptedBits, denseBits } from '../dense-b1-b1.ts';
import { wordsFor, type Table } from '../kernel.ts';
import { flipOf, packSigns, signsOf, weightTable } from '../packing.ts';
import { convShape, tooLarge } from '../window-shape.ts';
import { elementKernel } from './element.ts';

export const conv2dB1Sum = elementKernel(
  'conv2d',
  {
    name: 'conv2d-b1-sum',
    symbol: 'bnn1_conv2d_b1_sum',
    doc: 'Sums of a convolution on bits: XOR and popcount over the channels of each tap.',
  },
  (node, input, output) => {
    const { weights, groups, kernel, sum } = node.attrs;
    if (sum !== 'exact' || input.dtype !== 'b1' || groups !== 1) return undefined;
    const reason = convBitsReason(node, input, output);
    if (reason !== undefined) return { reason };
    const channels = input.shape[2] ?? 0;
    const row = kernel[0] * kernel[1] * wordsFor(channels);
    return {
      input: { kind: 'bit-runs', run: channels },
      tables: [
        weightTable(
          packSigns(signsOf(weights), channels),
          `[${weights.outputs} outputs][${kernel.join('][')}][${wordsFor(channels)} words]`,
        ),
      ],
      shape: convShape(node.attrs, input, output),
      result: 'int32_t',
      value: (x, table, at) =>
        `bnn1_conv2d_b1_sum(&shape, ${conv2dTerms(node.attrs, input).pad}, ${x}, ${table('weights')} + ${at.o} * ${row}u, ${at.y}, ${at.x})`,
      instructions: row * 30,
    };
  },
);

export const conv2dB1GroupSum = elementKernel(
  'conv2d',
  {
    name: 'conv2d-b1-group-sum',
    symbol: 'bnn1_conv2d_b1_group_sum',
    doc: 'Sums of a grouped or depthwise convolution on bits, with a mask over each group.',
  },
  (node, input, output) => {
    const { weights, groups, kernel, sum } = node.attrs;
    if (sum !== 'exact' || input.dtype !== 'b1' || groups === 1) return undefined;
    const reason = convBitsReason(node, input, output);
    if (reason !== undefined) return { reason };
    const channels = input.shape[2] ?? 0;
    const span = groupSpan(channels, groups);
    const row = kernel[0] * kernel[1] * span;
    const pad = conv2dTerms(node.attrs, input).pad;
    const group = (o: string): string => `(uint16_t)(${o} / ${weights.outputs / groups}u)`;
    return {
      input: { kind: 'bit-runs', run: channels },
      tables: [weightTable(packGrouped(node.attrs, channels), `[${weights.outputs} outputs][${kernel.join('][')}][${span} words]`)],
      shape: convShape(node.attrs, input, output),
      result: 'int32_t',
      value: (x, table, at) =>
        `bnn1_conv2d_b1_group_sum(&shape, ${pad}, ${x}, ${table('weights')} + ${at.o} * ${row}u, ${span}u, ${group(at.o)}, ${at.y}, ${at.x})`,
      instructions: row * 45,
    };
  },
);

export const conv2d8bitSum = elementKernel(
  'conv2d',
  {
    name: 'conv2d-8bit-sum',
    symbol: 'bnn1_conv2d_8bit_at',
    doc: 'Sums of a convolution on bytes, the input transform inside where padding asks for it.',
  },
  (node, input, output) => {
    if (node.attrs.sum !== 'exact' || (input.dtype !== 'u8' && input.dtype !== 'i8')) return undefined;
    const large = tooLarge(input, output);
    if (large !== undefined) return { reason: large };
    const { weights, kernel } = node.attrs;
    const taps = tapsOf(node);
    const channels = input.shape[2] ?? 0;
    const terms = conv2dTerms(node.attrs, input);
    const direct = isDirect(terms);
    const each = Array.from({ length: channels }, (_, c) => c);
    const scale: readonly Table[] = direct
      ? []
      : [
          {
            name: 'scale_terms',
            ctype: 'int32_t',
            values: [...each.map((c) => perChannel(terms.multiplier, c)), ...each.map((c) => perChannel(terms.addend, c))],
            doc: `[2][${channels} channels] multipliers and addends of the input transform, as integers`,
          },
        ];
    return {
      input: { kind: 'bytes' },
      tables: [
        weightTable(
          packSigns(signsOf(weights), taps),
          `[${weights.outputs} outputs][${wordsFor(taps)} words], taps (${kernel.join(' x ')}, channel)`,
        ),
        ...scale,
      ],
      shape: convShape(node.attrs, input, output),
      result: 'int32_t',
      value: (x, table, at) =>
        `bnn1_conv2d_8bit_at(&shape, ${terms.pad}, ${flipOf(input.dtype)}, ${x}, ${direct ? '(const int32_t *)0' : table('scale_terms')}, ` +
        `${table('weights')} + ${at.o} * ${wordsFor(taps)}u, ${at.y}, ${at.x}, ${at.o})`,
      instructions: taps * 16,
    };
  },
);

export const denseB1Sum = elementKernel(
  'dense',
  { name: 'dense-b1-sum', symbol: 'bnn1_dense_b1_sum', doc: 'Sums of a dense layer on bits: XOR and popcount over packed words.' },
  (node, input, _output, offered) => {
    if (node.attrs.sum !== 'exact' || input.dtype !== 'b1') return undefined;
    const layout = acceptedBits(input, offered);
    const bits = denseBits(node, input, layout);
    if (bits === undefined || 'reason' in bits) return bits;
    const { words } = bits;
    return {
      input: layout,
      tables: [weightTable(bits.weights(), `[${node.attrs.weights.outputs} outputs][${words} words]`)],
      shape: null,
      result: 'int32_t',
      value: (x, table, { o }) => `bnn1_dense_b1_sum(${x}, ${table('weights')} + ${o} * ${words}u, ${words}u, ${bits.taps}u)`,
      instructions: words * 11 + 60,
    };
  },
);

export const dense8bitSum = elementKernel(
  'dense',
  { name: 'dense-8bit-sum', symbol: 'bnn1_dense_8bit_sum', doc: 'Sums of a dense layer on bytes.' },
  (node, input) => {
    if (node.attrs.sum !== 'exact' || (input.dtype !== 'u8' && input.dtype !== 'i8')) return undefined;
    const reason = denseBytesReason(input);
    if (reason !== undefined || !isDirect(denseTerms(input))) return { reason: reason ?? 'its inputs have different scales' };
    const taps = input.shape[0] ?? 0;
    const words = wordsFor(taps);
    return {
      input: { kind: 'bytes' },
      tables: [weightTable(packSigns(signsOf(node.attrs.weights), taps), `[${node.attrs.weights.outputs} outputs][${words} words]`)],
      shape: null,
      result: 'int32_t',
      value: (x, table, { o }) => `bnn1_dense_8bit_sum(${x}, ${flipOf(input.dtype)}, ${table('weights')} + ${o} * ${words}u, ${taps}u)`,
      instructions: taps * 9,
    };
  },
);
