import { isLinear } from '../ir/accumulator.ts';
import { toBinaryWeights } from '../ir/attributes.ts';
import { floatText } from '../support/float-text.ts';
import type { Pass } from './pass.ts';

export const checkBinaryWeights: Pass = {
  name: 'check-binary-weights',
  doc: 'Every filter of a linear layer consists of +α and -α with one positive α.',
  run: (graph, diagnostics) => {
    for (const node of graph.nodes) {
      if (!isLinear(node) || node.attrs.weights.kind !== 'real') continue;
      const { values, outputs } = node.attrs.weights;
      const found = toBinaryWeights(values, outputs);
      if ('kind' in found) throw new Error(`"${node.name}" has binary weights that its frontend called real`);
      const zeros = values.reduce((count, v) => count + (v === 0 ? 1 : 0), 0);
      diagnostics.error({
        code: 'BNN2002',
        message: `the weights of "${node.name}" are not ±α`,
        origin: node.origin,
        details: [
          `output ${found.output}, weight ${found.index} = ${floatText(found.value)}`,
          found.index === 0
            ? 'wanted  any magnitude above 0'
            : `wanted  +${floatText(found.wanted)} or -${floatText(found.wanted)}, the magnitude of the first weight of this output`,
        ],
        ...(zeros > 0
          ? {
              notes: [
                `${zeros} of ${values.length} weights ${zeros === 1 ? 'is' : 'are'} exactly 0: torch.sign gives 0 for a latent weight of 0.`,
              ],
            }
          : {}),
        help: 'Binarize the weights before exporting, or check that this is the layer you meant to be binary.',
      });
    }
    return graph;
  },
};
