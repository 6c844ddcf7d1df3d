import { isLinear } from '../ir/accumulator.ts';
import { inputOf, producerOf, typeOf } from '../ir/graph.ts';
import { printType } from '../ir/print.ts';
import type { Graph, ValueId } from '../ir/types.ts';
import type { Pass } from './pass.ts';

/** Is a value computed from the input without any linear layer? */
function beforeLayers(graph: Graph, id: ValueId): boolean {
  const waiting = [id];
  const seen = new Set(waiting);
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const node = producerOf(graph, at);
    if (isLinear(node)) return false;
    for (const input of node?.inputs ?? []) {
      if (!seen.has(input)) waiting.push(input);
      seen.add(input);
    }
  }
  return true;
}

export const checkIntegerInputs: Pass = {
  name: 'check-integer-inputs',
  doc: 'Warns of layers with weights of ±α that compute in float32 only because the input of the network is float.',
  run: (graph, diagnostics) => {
    for (const node of graph.nodes) {
      if (!isLinear(node) || node.attrs.sum === 'exact' || node.attrs.weights.kind === 'real') continue;
      const id = inputOf(node);
      const input = typeOf(graph, id);
      if (input.dtype !== 'f32' || !beforeLayers(graph, id)) continue;
      diagnostics.warning({
        code: 'BNN2005',
        message: `"${node.name}" has weights of ±α, but is computed in float32 because the input is float`,
        origin: node.origin,
        details: [`input   ${printType(input)}`, 'better  u8 or i8, whose sums are exact integers'],
        help: 'Compile with --input u8 (or i8) and what a byte is worth: --input-scale 1/255 for pixels from 0 to 1, --input-scale 2/255 --input-offset -1 for pixels from -1 to 1, --mean and --std for normalized ones.',
      });
    }
    return graph;
  },
};
