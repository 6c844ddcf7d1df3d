import { columnsCodeBytes, columnsFunction, columnsInstructions } from './columns.ts';
import { denseBitsProposal } from './dense-b1-b1.ts';
import { propose, type Kernel } from './kernel.ts';

export const denseB1B1Columns: Kernel = {
  name: 'dense-b1-b1-columns',
  form: 'generated',
  symbol: 'bnn1_dense_b1_b1_',
  doc: 'Dense layer from bits to bits with straight-line carry-save counting, one copy per row length.',
  candidate: (node, [input], _output, target, [offered]) => {
    const proposal = denseBitsProposal(node, input, offered);
    if (proposal === undefined || 'reason' in proposal) return proposal;
    const { words, outputs, ...rest } = proposal;
    return propose('dense-b1-b1-columns', {
      ...rest,
      codeBytes: columnsCodeBytes(words),
      instructions: outputs * columnsInstructions(words, target),
      generated: [columnsFunction(words, target)],
      call: ({ x, y, table }) => ({
        symbol: `bnn1_dense_b1_b1_${words}`,
        shape: null,
        arguments: [x, table('weights'), table('limits'), `${outputs}u`, y],
      }),
    });
  },
};
