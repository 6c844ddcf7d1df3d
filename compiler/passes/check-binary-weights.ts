import { isLinear } from '../ir/accumulator.ts';
import { toBinaryWeights } from '../ir/attributes.ts';
import { inputOf, typeOf } from '../ir/graph.ts';
import { floatText } from '../support/float-text.ts';
import type { Pass } from './pass.ts';

/** A share of zeros below this in weights that are ±α otherwise is an accident of torch.sign, not sparsity. */
const FEW = 0.05;

export const checkBinaryWeights: Pass = {
  name: 'check-binary-weights',
  doc: 'Warns of layers that look as if they were meant to be binary and are not: real weights on bits, or ±α with a few zeros.',
  run: (graph, diagnostics) => {
    for (const node of graph.nodes) {
      if (!isLinear(node) || node.attrs.weights.kind !== 'real') continue;
      const { values, outputs } = node.attrs.weights;
      const found = toBinaryWeights(values, outputs);
      if ('kind' in found) throw new Error(`"${node.name}" has binary weights that its frontend called real`);
      const zeros = values.reduce((count, v) => count + (v === 0 ? 1 : 0), 0);
      const few = zeros > 0 && zeros < FEW * values.length && new Set(Array.from(values, Math.abs)).size <= outputs + 1;
      if (typeOf(graph, inputOf(node)).dtype !== 'b1' && !few) continue;
      diagnostics.warning({
        code: 'BNN2002',
        message: `the weights of "${node.name}" are not ±α: it is computed in float32`,
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
        help: 'Binarize the weights before exporting, if this layer was meant to be binary: integers are many times faster and exact.',
      });
    }
    return graph;
  },
};
