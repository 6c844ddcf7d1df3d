import { isLinear } from '../ir/accumulator.ts';
import { typeOf } from '../ir/graph.ts';
import { printType } from '../ir/print.ts';
import type { Pass } from './pass.ts';

export const checkIntegerInputs: Pass = {
  name: 'check-integer-inputs',
  doc: 'Every linear layer reads bits or 8-bit integers, so that its sum is an exact integer.',
  run: (graph, diagnostics) => {
    for (const node of graph.nodes) {
      if (!isLinear(node) || node.attrs.sum === 'exact') continue;
      if (node.attrs.weights.kind === 'real') continue; // reported by check-binary-weights
      const input = node.inputs.map((id) => typeOf(graph, id))[0];
      const isFirst = input?.dtype === 'f32' && !graph.nodes.slice(0, graph.nodes.indexOf(node)).some(isLinear);
      diagnostics.error({
        code: 'BNN2005',
        message: `"${node.name}" works on real numbers`,
        origin: node.origin,
        details: [`input   ${input ? printType(input) : 'unknown'}`, 'wanted  bits (after a sign), u8 or i8'],
        help: isFirst
          ? 'Compile with --input u8 (or i8) and --input-scale, e.g. --input u8 --input-scale 1/255 for pixels divided by 255.'
          : 'Binarize the activations before this layer; real-valued inner layers are not compiled by this version.',
      });
    }
    return graph;
  },
};
