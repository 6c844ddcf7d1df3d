import { typeOf } from '../ir/graph.ts';
import { printType } from '../ir/print.ts';
import type { Graph, Node, ValueId } from '../ir/types.ts';
import type { Pass } from './pass.ts';

/** Why a node cannot be planned, or undefined. */
function problemOf(graph: Graph, node: Node): string | undefined {
  const type = typeOf(graph, node.output);
  switch (node.kind) {
    case 'batch-norm':
    case 'compare':
    case 'select':
      return `a ${node.kind} is left over`;
    default:
      if (graph.output === node.output && type.dtype !== 'i32' && type.dtype !== 'f32')
        return `the network ends here, and ${type.dtype === 'b1' ? 'bits' : 'bytes'} are no scores`;
      return type.dtype === 't2' || type.dtype === 'bool' ? `its result is ${type.dtype}` : undefined;
  }
}

export const checkLowered: Pass = {
  name: 'check-lowered',
  doc: 'Only operations that have kernels are left, and the network ends in scores.',
  run: (graph, diagnostics) => {
    const reported = new Set<ValueId>();
    for (const node of graph.nodes) {
      const problem = problemOf(graph, node);
      if (problem === undefined) continue;
      reported.add(node.output);
      if (node.inputs.some((id) => reported.has(id))) continue; // what follows a problem is none of its own
      const inputs = node.inputs.map((id) => printType(typeOf(graph, id)));
      diagnostics.error({
        code: 'BNN2007',
        message: `"${node.name}" cannot be turned into bits or scores: ${problem}`,
        origin: node.origin,
        details: [`input   ${inputs.join(', ')}`, `output  ${printType(typeOf(graph, node.output))}`],
        help: 'End the network with a layer, or cut it before this operation with --output.',
      });
    }
    return graph;
  },
};
