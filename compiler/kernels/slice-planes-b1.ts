import { isWhole, wholeRange } from '../ir/ops/slice.ts';
import { propose, wordsFor, type Kernel, type Layout } from './kernel.ts';
import { sliceProposal, sliceReason } from './slice-shape.ts';

const PLANES: Layout = { kind: 'bit-planes' };

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
    return propose('slice-planes-b1', {
      ...sliceProposal('bnn1_slice_planes_b1', node.attrs, [input, output]),
      input: PLANES,
      output: PLANES,
      codeBytes: 160,
      instructions: height * channels * (16 + wordsFor(width) * 5),
    });
  },
};
