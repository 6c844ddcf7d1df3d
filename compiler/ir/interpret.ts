/** Runs a graph by the definitions of its ops: the oracle of every test and of `bnnc verify`. */
import { evaluateNode } from './op.ts';
import { typeOf } from './graph.ts';
import type { Graph, Tensor, TensorData, ValueId } from './types.ts';

/** All values of the graph for one input (stored elements of the input type, [height][width][channels]). */
export function interpretAll(graph: Graph, input: TensorData): ReadonlyMap<ValueId, Tensor> {
  const tensors = new Map<ValueId, Tensor>([[graph.input, { type: typeOf(graph, graph.input), data: input }]]);
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((id) => {
      const tensor = tensors.get(id);
      if (tensor === undefined) throw new Error(`%${id} is read before it is made`);
      return tensor;
    });
    tensors.set(node.output, evaluateNode(node, inputs, typeOf(graph, node.output)));
  }
  return tensors;
}

/** The output of the graph for one input. */
export function interpret(graph: Graph, input: TensorData): Tensor {
  const output = interpretAll(graph, input).get(graph.output);
  if (output === undefined) throw new Error('the graph has no output');
  return output;
}
