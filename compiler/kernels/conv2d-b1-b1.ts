import { elementCount } from '../ir/encoding.ts';
import { tapsOf } from '../ir/accumulator.ts';
import { isDirect } from '../ir/integer-terms.ts';
import { conv2dTerms } from '../ir/ops/conv2d.ts';
import type { Node, NodeOf, TensorType } from '../ir/types.ts';
import { convShape, tooLarge } from './window-shape.ts';
import { propose, wordsFor, type Kernel } from './kernel.ts';
import { MAX_TAPS, clampThreshold, packSigns, signsOf, weightTable } from './packing.ts';

/** Why a convolution kernel on bits cannot take this node; undefined when it can (another op: also a reason). */
export function convBitsReason(node: NodeOf<'conv2d'>, input: TensorType, output: TensorType): string | undefined {
  if (input.dtype !== 'b1') return `its input is ${input.dtype}, not bits`;
  if (node.attrs.sum !== 'exact') return 'its weights are not ±α';
  const terms = conv2dTerms(node.attrs, input);
  if (terms.multiplier.length > 1) return 'its input channels have different scales';
  if (!isDirect(terms) || Math.abs(terms.pad) > 1) return 'its padding is no bit value in the scale of the input';
  if (tapsOf(node) > MAX_TAPS) return `${tapsOf(node)} taps are above ${MAX_TAPS}`;
  return tooLarge(input, output);
}

/** 16-bit thresholds of a convolution on bits. */
export function bitThresholds(node: NodeOf<'conv2d'>, threshold: Int32Array): readonly number[] {
  return Array.from(threshold, (t) => clampThreshold(t, tapsOf(node)));
}

export const THRESHOLD_DOC = 'smallest sum that gives +1; batch norm and sign folded';

/** Multiply-accumulates: outputs × taps. */
export function convWork(node: NodeOf<'conv2d'>, output: TensorType): number {
  return elementCount(output.shape) * tapsOf(node);
}

export const conv2dB1B1: Kernel = {
  name: 'conv2d-b1-b1',
  form: 'library',
  symbol: 'bnn1_conv2d_b1_b1',
  doc: 'Convolution from bits to bits, channel-packed: XOR and popcount over the channels of each tap.',
  candidate: (node: Node, [input], output) => {
    if (node.kind !== 'conv2d') return undefined;
    const reason = convBitsReason(node, input, output);
    if (reason !== undefined) return { reason };
    const { threshold, weights, groups, kernel } = node.attrs;
    if (groups !== 1) return { reason: `it has ${groups} groups` };
    if (threshold === null) return { reason: 'its output is not thresholded' };
    const channels = input.shape[2] ?? 0;
    return propose('conv2d-b1-b1', {
      input: { kind: 'bit-runs', run: channels },
      output: { kind: 'bit-runs', run: weights.outputs },
      tables: [
        weightTable(
          packSigns(signsOf(weights), channels),
          `[${weights.outputs} outputs][${kernel.join('][')}][${wordsFor(channels)} words]`,
        ),
        { name: 'thresholds', ctype: 'int16_t', values: bitThresholds(node, threshold), doc: THRESHOLD_DOC },
      ],
      scratchWords: 0,
      generated: [],
      byRows: true,
      inPlace: false,
      codeBytes: 420,
      instructions: (convWork(node, output) / Math.min(32, channels)) * 30,
      call: ({ x, y, table, rows }) => ({
        symbol: 'bnn1_conv2d_b1_b1',
        shape: convShape(node.attrs, input, output),
        arguments: [`${conv2dTerms(node.attrs, input).pad}`, x, table('weights'), table('thresholds'), ...rows, y],
      }),
    });
  },
};
