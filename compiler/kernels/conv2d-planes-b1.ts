import { tapsOf } from '../ir/accumulator.ts';
import { conv2dTerms, type Conv2dAttrs } from '../ir/ops/conv2d.ts';
import type { Node } from '../ir/types.ts';
import { convBitsReason, convWork } from './conv2d-b1-b1.ts';
import { convShape } from './window-shape.ts';
import { planesOf, propose, wordsFor, type Kernel } from './kernel.ts';
import { packSigns, signsOf, weightTable } from './packing.ts';

/** Signs in tap order (channel of the group, ky, kx), from the IR's (ky, kx, channel). */
function channelFirst({ weights, kernel }: Conv2dAttrs): Int8Array {
  const signs = signsOf(weights);
  const pixels = kernel[0] * kernel[1];
  const perOutput = signs.length / weights.outputs;
  const size = perOutput / pixels;
  const moved = new Int8Array(signs.length);
  let at = 0;
  for (let output = 0; output < weights.outputs; output += 1) {
    for (let channel = 0; channel < size; channel += 1) {
      for (let pixel = 0; pixel < pixels; pixel += 1) {
        moved[at] = signs[output * perOutput + pixel * size + channel] as number;
        at += 1;
      }
    }
  }
  return moved;
}

/** e <= K - T with e in 0..2 K. */
function planeLimit(taps: number, threshold: number): number {
  return Math.max(-1, Math.min(2 * taps, taps - threshold));
}

export const conv2dPlanesB1: Kernel = {
  name: 'conv2d-planes-b1',
  form: 'library',
  symbol: 'bnn1_conv2d_planes_b1',
  doc: 'Convolution from bits to bits on bit planes: 32 columns per operation, no popcount. Horizontal stride 1.',
  candidate: (node: Node, [input], output) => {
    if (node.kind !== 'conv2d') return undefined;
    const reason = convBitsReason(node, input, output);
    if (reason !== undefined) return { reason };
    const { threshold, weights, stride } = node.attrs;
    if (threshold === null) return { reason: 'its output is not thresholded' };
    if (stride[1] !== 1) return { reason: `its horizontal stride is ${stride[1]}, not 1` };
    const taps = tapsOf(node);
    return propose('conv2d-planes-b1', {
      input: planesOf(input.shape, 32),
      output: planesOf(output.shape, 32),
      tables: [
        weightTable(
          packSigns(channelFirst(node.attrs), taps),
          `[${weights.outputs} outputs][${wordsFor(taps)} words], taps (channel, ky, kx)`,
        ),
        {
          name: 'limits',
          ctype: 'int32_t',
          values: Array.from(threshold, (t) => planeLimit(taps, t)),
          doc: 'largest count (2 per product of -1, 1 per skipped tap) that gives +1; batch norm and sign folded',
        },
      ],
      scratchWords: 0,
      generated: [],
      byRows: false,
      inPlace: false,
      codeBytes: 760,
      instructions: (convWork(node, output) / Math.min(32, output.shape[1] ?? 1)) * 60,
      call: ({ x, y, table }) => ({
        symbol: 'bnn1_conv2d_planes_b1',
        shape: convShape(node.attrs, input, output),
        arguments: [`${conv2dTerms(node.attrs, input).pad}`, x, table('weights'), table('limits'), `${output.shape[0] ?? 1}u`, y],
      }),
    });
  },
};
