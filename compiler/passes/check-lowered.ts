import { isLinear } from '../ir/accumulator.ts';
import { onlyConsumerOf, producerOf, typeOf } from '../ir/graph.ts';
import { printType } from '../ir/print.ts';
import type { Graph, Node, TensorType, ValueId } from '../ir/types.ts';
import type { Pass } from './pass.ts';

function outputOf(graph: Graph): TensorType {
  return typeOf(graph, graph.output);
}

/** Why a node cannot be planned, or undefined. */
function problemOf(graph: Graph, node: Node): string | undefined {
  const [id] = node.inputs;
  const input = id === undefined ? undefined : typeOf(graph, id);
  switch (node.kind) {
    case 'conv2d':
    case 'dense':
    case 'threshold':
    case 'invert':
    case 'reshape':
    case 'rescale':
      return graph.output === node.output && outputOf(graph).dtype !== 'i32' ? 'the network ends here, and bits are no scores' : undefined;
    case 'max-pool':
      if (graph.output === node.output) return 'the network ends here, and a pool makes no scores';
      return input?.dtype === 'b1' ? undefined : 'it pools real values, and no sign follows';
    case 'slice':
    case 'concat': {
      const what = node.kind === 'slice' ? 'it takes channels out of' : 'it joins';
      if (graph.output === node.output) return 'the network ends here, and no layer makes its scores';
      return ['b1', 'u8', 'i8'].includes(typeOf(graph, node.output).dtype) ? undefined : `${what} real values, and no sign follows`;
    }
    case 'elementwise': {
      if (graph.output !== node.output) return 'its result is neither binarized nor the output of the network';
      const producer = id === undefined ? undefined : producerOf(graph, id);
      return isLinear(producer) ? undefined : `it makes scores from ${input?.dtype} values that are not the sums of a layer`;
    }
    case 'sign':
      return `it binarizes ${input?.dtype} values that are neither sums of a layer nor 8-bit inputs`;
    default:
      return `a ${node.kind} is left over`;
  }
}

/** What leaves the network when only channel-wise operations follow a node. */
function scoresOf(graph: Graph, node: Node): ValueId {
  const next = onlyConsumerOf(graph, node.output);
  return next?.kind === 'elementwise' ? scoresOf(graph, next) : node.output;
}

function helpFor(graph: Graph, node: Node): string {
  if (typeOf(graph, graph.input).dtype === 'f32') return 'Compile with --input u8 (or i8) and --input-scale, so that the input is integer.';
  if (node.kind === 'max-pool' && scoresOf(graph, node) === graph.output)
    return 'End the network with a dense layer or a convolution and its batch normalization, or cut it before the pool with --output.';
  return 'Between a layer and the next sign, use only channel-wise operations with constants and max-pooling.';
}

export const checkLowered: Pass = {
  name: 'check-lowered',
  doc: 'Only operations that have kernels are left.',
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
        help: helpFor(graph, node),
      });
    }
    return graph;
  },
};
