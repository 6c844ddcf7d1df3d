import { elementCount } from '../ir/encoding.ts';
import { propose, type Kernel, type Layout } from './kernel.ts';
import { sliceProposal, sliceReason } from './slice-shape.ts';

export const slice32bit: Kernel = {
  name: 'slice-32bit',
  form: 'library',
  symbol: 'bnn1_slice_32bit',
  doc: 'Some rows, columns and channels of a map or vector of integers or real numbers.',
  candidate: (node, [input], output) => {
    if (node.kind !== 'slice') return undefined;
    const reason = sliceReason(node, input, 'words');
    if (reason !== undefined) return { reason };
    const layout: Layout = { kind: input.dtype === 'f32' ? 'f32' : 'i32' };
    return propose('slice-32bit', {
      ...sliceProposal('bnn1_slice_32bit', node.attrs, [input, output]),
      input: layout,
      output: layout,
      codeBytes: 160,
      instructions: elementCount(output.shape) * 9,
    });
  },
};
