import { tapsOf } from '../ir/accumulator.ts';
import { perChannel } from '../ir/encoding.ts';
import { isDirect } from '../ir/integer-terms.ts';
import { conv2dTerms } from '../ir/ops/conv2d.ts';
import type { Node } from '../ir/types.ts';
import { convWork } from './conv2d-b1-b1.ts';
import { convShape, tooLarge } from './window-shape.ts';
import { propose, wordsFor, type Kernel, type Table } from './kernel.ts';
import { flipOf, packSigns, signsOf, weightTable } from './packing.ts';

export const conv2d8bitB1: Kernel = {
  name: 'conv2d-8bit-b1',
  form: 'library',
  symbol: 'bnn1_conv2d_8bit_b1',
  doc: 'First layer: convolution from bytes to bits, with the input transform inside the sum where padding asks for it.',
  candidate: (node: Node, [input], output) => {
    if (node.kind !== 'conv2d') return undefined;
    if (input.dtype !== 'u8' && input.dtype !== 'i8') return { reason: `its input is ${input.dtype}, not bytes` };
    const { threshold, weights, kernel } = node.attrs;
    if (threshold === null) return { reason: 'its output is not thresholded' };
    const large = tooLarge(input, output);
    if (large !== undefined) return { reason: large };
    const taps = tapsOf(node);
    if (taps > 65535) return { reason: `${taps} taps are above 65535` };
    const channels = input.shape[2] ?? 0;
    const terms = conv2dTerms(node.attrs, input);
    const direct = isDirect(terms);
    const each = Array.from({ length: channels }, (_, c) => c);
    const scale: readonly Table[] = direct
      ? []
      : [
          {
            name: 'scale',
            ctype: 'int32_t',
            values: [...each.map((c) => perChannel(terms.multiplier, c)), ...each.map((c) => perChannel(terms.addend, c))],
            doc: `[2][${channels} channels] multipliers and addends of the input transform, as integers`,
          },
        ];
    return propose('conv2d-8bit-b1', {
      input: { kind: 'bytes' },
      output: { kind: 'bit-runs', run: weights.outputs },
      tables: [
        weightTable(
          packSigns(signsOf(weights), taps),
          `[${weights.outputs} outputs][${wordsFor(taps)} words], taps (${kernel.join(' x ')}, channel)`,
        ),
        {
          name: 'thresholds',
          ctype: 'int32_t',
          values: Array.from(threshold),
          doc: 'smallest sum that gives +1; input scaling, batch norm and sign folded',
        },
        ...scale,
      ],
      scratchWords: taps,
      generated: [],
      byRows: true,
      inPlace: false,
      codeBytes: 540,
      instructions: convWork(node, output) * 13,
      call: ({ x, y, table, scratch, rows }) => ({
        symbol: 'bnn1_conv2d_8bit_b1',
        shape: convShape(node.attrs, input, output),
        arguments: [
          `${terms.pad}`,
          flipOf(input.dtype),
          x,
          direct ? '(const int32_t *)0' : table('scale'),
          table('weights'),
          table('thresholds'),
          scratch,
          ...rows,
          y,
        ],
      }),
    });
  },
};
