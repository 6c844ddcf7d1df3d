import { channelCount, elementCount } from '../ir/encoding.ts';
import { propose, wordsFor, type Kernel } from './kernel.ts';
import { sliceProposal, sliceReason } from './slice-shape.ts';

export const sliceB1: Kernel = {
  name: 'slice-b1',
  form: 'library',
  symbol: 'bnn1_slice_b1',
  doc: 'Some rows, columns and channels of a channel-packed map: the bits of neighbouring channels are shifted to the front.',
  candidate: (node, [input], output) => {
    if (node.kind !== 'slice') return undefined;
    const reason = sliceReason(node, input, 'bits');
    if (reason !== undefined) return { reason };
    const [from, to] = [channelCount(input.shape), channelCount(output.shape)];
    const together = (node.attrs.ranges.at(-1)?.step ?? 1) === 1;
    return propose('slice-b1', {
      ...sliceProposal('bnn1_slice_b1', node.attrs, [input, output]),
      input: { kind: 'bit-runs', run: from },
      output: { kind: 'bit-runs', run: to },
      codeBytes: 320,
      instructions: (elementCount(output.shape) / to) * (20 + (together ? wordsFor(to) * 16 : to * 14)),
    });
  },
};
