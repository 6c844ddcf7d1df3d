import { isWhole, wholeRange } from '../ir/ops/slice.ts';
import { planeWords, planesOf, propose, wordsFor, type Kernel } from './kernel.ts';
import { sliceProposal, sliceReason } from './slice-shape.ts';

export const slicePlanesB1: Kernel = {
  name: 'slice-planes-b1',
  form: 'library',
  symbol: 'bnn1_slice_planes_b1',
  doc: 'Some rows and channels of a map in bit planes: whole planes are copied.',
  candidate: (node, [input], output) => {
    if (node.kind !== 'slice') return undefined;
    const reason = sliceReason(node, input, 'bits');
    if (reason !== undefined) return { reason };
    if (input.shape.length !== 3) return { reason: 'a vector has no bit planes' };
    const [height = 1, width = 1, channels = 1] = output.shape;
    if (!isWhole(node.attrs.ranges[1] ?? wholeRange(width), input.shape[1] ?? width)) return { reason: 'it leaves out columns' };
    const planes = planesOf(input.shape, 32);
    const proposal = sliceProposal('bnn1_slice_planes_b1', node.attrs, [input, output]);
    return propose('slice-planes-b1', {
      ...proposal,
      input: planes,
      output: planesOf(output.shape, 32),
      call: (operands) => {
        const call = proposal.call(operands);
        return { ...call, arguments: [`${planeWords(planes)}u`, ...call.arguments] };
      },
      codeBytes: 160,
      instructions: height * channels * (16 + wordsFor(width) * 5),
    });
  },
};
