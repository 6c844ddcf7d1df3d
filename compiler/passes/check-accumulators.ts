import { accumulatorOf, isLinear } from '../ir/accumulator.ts';
import { typeOf } from '../ir/graph.ts';
import { integerText } from '../support/float-text.ts';
import type { Pass } from './pass.ts';

/** Room for thresholds just outside the range, and for the negation of both. */
const LIMIT = 2 ** 31 - 3;

export const checkAccumulators: Pass = {
  name: 'check-accumulators',
  doc: 'The integer sum of every exact layer fits into 32 bits for every input.',
  run: (graph, diagnostics) => {
    for (const node of graph.nodes) {
      if (!isLinear(node) || node.attrs.sum !== 'exact') continue;
      const [id] = node.inputs;
      if (id === undefined) continue;
      const accumulator = accumulatorOf(node, typeOf(graph, id));
      const outputs = Array.from({ length: node.attrs.weights.outputs }, (_, o) => o);
      const wide = outputs.find((o) => accumulator.bound(o) > LIMIT);
      if (wide === undefined) continue;
      diagnostics.error({
        code: 'BNN2006',
        message: `the accumulator of "${node.name}" does not fit into 32 bits`,
        origin: node.origin,
        details: [`output ${wide}  terms add up to ±${integerText(accumulator.bound(wide))}`, `wanted    at most ±${LIMIT}`],
        notes: ['All scales and offsets of the input are brought to one common denominator, so that the sum is an exact integer.'],
        help: 'Use rounder --input-scale, --input-offset, --mean or --std values: fewer decimals give smaller integers, and a fraction such as 1/255 the smallest.',
      });
    }
    return graph;
  },
};
