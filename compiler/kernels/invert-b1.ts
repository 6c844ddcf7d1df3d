import { elementCount } from '../ir/encoding.ts';
import type { Node } from '../ir/types.ts';
import { propose, wordsFor, type Kernel } from './kernel.ts';
import { packSigns } from './packing.ts';

export const invertB1: Kernel = {
  name: 'invert-b1',
  form: 'library',
  symbol: 'bnn1_invert_b1',
  doc: 'Flips the bits of some channels in place: one XOR per word.',
  candidate: (node: Node, [input]) => {
    if (node.kind !== 'invert') return undefined;
    const channels = input.shape.at(-1) ?? 1;
    const pixels = elementCount(input.shape) / channels;
    const words = wordsFor(channels);
    const flags = Int8Array.from(node.attrs.channels, (flipped) => (flipped === 1 ? 1 : -1));
    return propose('invert-b1', {
      input: { kind: 'bit-runs', run: channels },
      output: { kind: 'bit-runs', run: channels },
      tables: [
        { name: 'mask', ctype: 'uint32_t', values: packSigns(flags, channels), doc: `[${words} words] 1 for each channel that is flipped` },
      ],
      scratchWords: 0,
      generated: [],
      byRows: false,
      inPlace: true,
      codeBytes: 60,
      instructions: pixels * words * 6,
      call: ({ y, table }) => ({ symbol: 'bnn1_invert_b1', shape: null, arguments: [y, table('mask'), `${pixels}u`, `${words}u`] }),
    });
  },
};
