import { elementCount } from '../ir/encoding.ts';
import { propose, type Kernel } from './kernel.ts';
import { sliceProposal, sliceReason } from './slice-shape.ts';

export const slice8bit: Kernel = {
  name: 'slice-8bit',
  form: 'library',
  symbol: 'bnn1_slice_8bit',
  doc: 'Some rows, columns and channels of an image or vector of bytes.',
  candidate: (node, [input], output) => {
    if (node.kind !== 'slice') return undefined;
    const reason = sliceReason(node, input, 'bytes');
    if (reason !== undefined) return { reason };
    return propose('slice-8bit', {
      ...sliceProposal('bnn1_slice_8bit', node.attrs, [input, output]),
      input: { kind: 'bytes' },
      output: { kind: 'bytes' },
      codeBytes: 160,
      instructions: elementCount(output.shape) * 9,
    });
  },
};
