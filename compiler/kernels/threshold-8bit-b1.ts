import { elementCount } from '../ir/encoding.ts';
import type { Node } from '../ir/types.ts';
import { propose, type Kernel } from './kernel.ts';
import { flipOf } from './packing.ts';

export const threshold8bitB1: Kernel = {
  name: 'threshold-8bit-b1',
  form: 'library',
  symbol: 'bnn1_threshold_8bit_b1',
  doc: 'Binarizes an 8-bit input: one comparison per element.',
  candidate: (node: Node, [input]) => {
    if (node.kind !== 'threshold') return undefined;
    if (input.dtype !== 'u8' && input.dtype !== 'i8') return { reason: `its input is ${input.dtype}, not bytes` };
    const { thresholds, directions } = node.attrs;
    const run = input.shape.at(-1) ?? 1;
    const elements = elementCount(input.shape);
    return propose('threshold-8bit-b1', {
      input: { kind: 'bytes' },
      output: { kind: 'bit-runs', run },
      tables: [
        {
          name: 'thresholds',
          ctype: 'int16_t',
          values: Array.from(thresholds),
          doc: 'compared with the stored element; scaling and sign folded',
        },
        {
          name: 'rising',
          ctype: 'uint16_t',
          values: Array.from(directions, (d) => (d > 0 ? 1 : 0)),
          doc: '1: +1 at and above the threshold; 0: at and below',
        },
      ],
      scratchWords: 0,
      generated: [],
      byRows: false,
      inPlace: false,
      codeBytes: 140,
      instructions: elements * 14,
      call: ({ x, y, table }) => ({
        symbol: 'bnn1_threshold_8bit_b1',
        shape: null,
        arguments: [
          x,
          flipOf(input.dtype),
          table('thresholds'),
          table('rising'),
          `${thresholds.length}u`,
          `${elements / run}u`,
          `${run}u`,
          y,
        ],
      }),
    });
  },
};
