/** Is the graph well formed? Run after every pass: a fault here is a bug of that pass, never the user's. */
import { sameType } from './encoding.ts';
import { inferNode } from './op.ts';
import type { Graph, TensorType, ValueId } from './types.ts';

/** Every problem as a sentence; empty when the graph is well formed. */
export function verifyGraph(graph: Graph): readonly string[] {
  const problems: string[] = [];
  const made = new Set<ValueId>([graph.input]);
  const names = new Set<string>();
  const typeOf = (id: ValueId): TensorType | undefined => graph.values.get(id)?.type;
  if (!graph.values.has(graph.input)) problems.push('the input has no type');
  for (const node of graph.nodes) {
    if (names.has(node.name)) problems.push(`two nodes are named "${node.name}"`);
    names.add(node.name);
    const inputs: TensorType[] = [];
    for (const id of node.inputs) {
      const type = typeOf(id);
      if (!made.has(id) || type === undefined) problems.push(`"${node.name}" reads %${id} before it is made`);
      else inputs.push(type);
    }
    if (made.has(node.output)) problems.push(`%${node.output} is made twice`);
    made.add(node.output);
    if (inputs.length !== node.inputs.length) continue;
    const inferred = inferNode(node, inputs);
    const stated = typeOf(node.output);
    if ('error' in inferred) problems.push(`"${node.name}": ${inferred.error}`);
    else if (stated === undefined || !sameType(inferred, stated))
      problems.push(`"${node.name}" states another output type than its op gives`);
  }
  if (!made.has(graph.output)) problems.push(`the output %${graph.output} is never made`);
  return problems;
}
