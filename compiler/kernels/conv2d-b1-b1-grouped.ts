import { conv2dTerms } from '../ir/ops/conv2d.ts';
import type { Conv2dAttrs } from '../ir/ops/conv2d.ts';
import type { Node } from '../ir/types.ts';
import { THRESHOLD_DOC, bitThresholds, convBitsReason, convWork } from './conv2d-b1-b1.ts';
import { convShape } from './window-shape.ts';
import { propose, type Kernel } from './kernel.ts';
import { signsOf, weightTable } from './packing.ts';

/** Most words that the channels of any group touch inside a pixel. */
export function groupSpan(channels: number, groups: number): number {
  const size = channels / groups;
  const spans = Array.from({ length: groups }, (_, g) => Math.floor(((g + 1) * size - 1) / 32) - Math.floor((g * size) / 32) + 1);
  return Math.max(...spans);
}

/** [outputs][taps][span] words with the weights of each group at the bit positions of its channels. */
export function packGrouped(attrs: Conv2dAttrs, channels: number): Uint32Array {
  const signs = signsOf(attrs.weights);
  const { outputs } = attrs.weights;
  const size = channels / attrs.groups;
  const span = groupSpan(channels, attrs.groups);
  const pixels = attrs.kernel[0] * attrs.kernel[1];
  const words = new Uint32Array(outputs * pixels * span);
  for (let o = 0; o < outputs; o += 1) {
    const first = (Math.floor(o / (outputs / attrs.groups)) * size) % 32;
    for (let pixel = 0; pixel < pixels; pixel += 1) {
      const at = o * pixels + pixel;
      for (let c = 0; c < size; c += 1) {
        const [bit, one] = [first + c, ((signs[at * size + c] as number) + 1) >> 1];
        const word = at * span + (bit >> 5);
        words[word] = (words[word] as number) | (one << (bit & 31));
      }
    }
  }
  return words;
}

export const conv2dB1B1Grouped: Kernel = {
  name: 'conv2d-b1-b1-grouped',
  form: 'library',
  symbol: 'bnn1_conv2d_b1_b1_grouped',
  doc: 'Grouped and depthwise convolution from bits to bits, channel-packed, with a mask over each group.',
  candidate: (node: Node, [input], output) => {
    if (node.kind !== 'conv2d') return undefined;
    const reason = convBitsReason(node, input, output);
    if (reason !== undefined) return { reason };
    const { threshold, weights, groups, kernel } = node.attrs;
    if (threshold === null) return { reason: 'its output is not thresholded' };
    const channels = input.shape[2] ?? 0;
    const span = groupSpan(channels, groups);
    return propose('conv2d-b1-b1-grouped', {
      input: { kind: 'bit-runs', run: channels },
      output: { kind: 'bit-runs', run: weights.outputs },
      tables: [
        weightTable(packGrouped(node.attrs, channels), `[${weights.outputs} outputs][${kernel.join('][')}][${span} words]`),
        { name: 'thresholds', ctype: 'int16_t', values: bitThresholds(node, threshold), doc: THRESHOLD_DOC },
      ],
      scratchWords: 0,
      generated: [],
      byRows: true,
      inPlace: false,
      codeBytes: 520,
      instructions: (convWork(node, output) / Math.min(32, channels / groups)) * 45,
      call: ({ x, y, table, rows }) => ({
        symbol: 'bnn1_conv2d_b1_b1_grouped',
        shape: convShape(node.attrs, input, output),
        arguments: [`${conv2dTerms(node.attrs, input).pad}`, x, table('weights'), `${span}u`, table('thresholds'), ...rows, y],
      }),
    });
  },
};
