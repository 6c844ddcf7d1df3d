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
  doc: 'Every linear layer reads bits or 8-bit integers, so that its sum is an exact integer.',
  run: (graph, diagnostics) => {
    for (const node of graph.nodes) {
      if (!isLinear(node) || node.attrs.sum === 'exact') continue;
      if (node.attrs.weights.kind === 'real') continue; // reported by check-binary-weights
      const id = inputOf(node);
      const input = typeOf(graph, id);
      const isFirst = input.dtype === 'f32' && beforeLayers(graph, id);
      diagnostics.error({
        code: 'BNN2005',
        message: `"${node.name}" works on real numbers`,
        origin: node.origin,
        details: [`input   ${printType(input)}`, 'wanted  bits (after a sign), u8 or i8'],
        help: isFirst
          ? 'Compile with --input u8 (or i8) and --input-scale, e.g. --input u8 --input-scale 1/255 for pixels divided by 255.'
          : 'Binarize the activations before this layer; real-valued inner layers are not compiled by this version.',
      });
    }
    return graph;
  },
};
