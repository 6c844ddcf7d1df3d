import { storedMinimum } from '../ir/ops/max-pool.ts';
import type { Node } from '../ir/types.ts';
import { poolShape, tooLarge } from './window-shape.ts';
import { propose, wordsFor, type Kernel } from './kernel.ts';

export const maxPoolB1: Kernel = {
  name: 'max-pool-b1',
  form: 'library',
  symbol: 'bnn1_max_pool_b1',
  doc: 'Max-pooling of bits, channel-packed: OR of words.',
  candidate: (node: Node, [input], output) => {
    if (node.kind !== 'max-pool') return undefined;
    if (input.dtype !== 'b1') return { reason: `its input is ${input.dtype}, not bits` };
    if (storedMinimum(node.attrs, input) !== null) return { reason: 'it takes the minimum in some channels' };
    const large = tooLarge(input, output);
    if (large !== undefined) return { reason: large };
    const { attrs } = node;
    const channels = input.shape[2] ?? 0;
    const [outHeight = 0, outWidth = 0] = output.shape;
    const words = wordsFor(channels);
    return propose('max-pool-b1', {
      input: { kind: 'bit-runs', run: channels },
      output: { kind: 'bit-runs', run: channels },
      tables: [],
      scratchWords: 0,
      generated: [],
      byRows: false,
      inPlace: false,
      codeBytes: 220,
      instructions: outHeight * outWidth * attrs.kernel[0] * attrs.kernel[1] * (words * 6 + 14),
      call: ({ x, y }) => ({
        symbol: 'bnn1_max_pool_b1',
        shape: poolShape(attrs, input, output, words),
        arguments: [x, y],
      }),
    });
  },
};
