import { channelCount, elementCount, perChannel } from '../ir/encoding.ts';
import { propose, wordsFor, type Kernel } from './kernel.ts';
import { packSigns } from './packing.ts';

export const thresholdB1: Kernel = {
  name: 'threshold-b1',
  form: 'library',
  symbol: 'bnn1_threshold_b1',
  doc: 'The sign of bits in place: each channel stays, is flipped, or is constant.',
  candidate: (node, [input]) => {
    if (node.kind !== 'threshold') return undefined;
    if (input.dtype !== 'b1') return { reason: `its input is ${input.dtype}, not bits` };
    const { thresholds, directions } = node.attrs;
    const channels = channelCount(input.shape);
    const pixels = elementCount(input.shape) / channels;
    const words = wordsFor(channels);
    const each = Array.from({ length: channels }, (_, c) => c);
    const fires = (stored: number, c: number): boolean =>
      perChannel(directions, c) > 0 ? stored >= perChannel(thresholds, c) : stored <= perChannel(thresholds, c);
    const mask = (name: string, holds: (c: number) => boolean, doc: string) =>
      ({
        name,
        ctype: 'uint32_t',
        values: packSigns(
          Int8Array.from(each, (c) => (holds(c) ? 1 : -1)),
          channels,
        ),
        doc: `[${words} words] ${doc}`,
      }) as const;
    return propose('threshold-b1', {
      input: { kind: 'bit-runs', run: channels },
      output: { kind: 'bit-runs', run: channels },
      tables: [
        mask('keep', (c) => fires(-1, c) !== fires(1, c), '1 for each channel that depends on its bit'),
        mask('flip', (c) => fires(-1, c), '1 for each channel whose 0 becomes 1'),
      ],
      scratchWords: 0,
      generated: [],
      byRows: false,
      inPlace: true,
      codeBytes: 70,
      instructions: pixels * words * 8,
      call: ({ y, table }) => ({
        symbol: 'bnn1_threshold_b1',
        shape: null,
        arguments: [y, table('keep'), table('flip'), `${pixels}u`, `${words}u`],
      }),
    });
  },
};
