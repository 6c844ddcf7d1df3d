/** May the nodes after the scores be left out? Only if they keep the order of one sample's scores. */
import type { ImportContext } from './context.ts';
import { resolveAxis } from './indexing.ts';
import { TAIL, type Ending } from './model-graph.ts';
import { integerAttribute, refuse, type OnnxNode } from './node.ts';

/** The axis along which a node of the tail works, in an operator set where its default changed. */
function axisOf(node: OnnxNode): number {
  if (node.op === 'Softmax' || node.op === 'LogSoftmax') return integerAttribute(node, 'axis', node.opset < 13 ? 1 : -1);
  return integerAttribute(node, 'axis', node.op === 'ArgMax' ? 0 : -1);
}

/**
 * One note for each node of the tail.
 * @throws UserError BNN1008 when a node works along another axis than the scores, or keeps more than one of them
 */
export function checkTail({ dropped }: Ending, scores: readonly number[], context: ImportContext): readonly string[] {
  return dropped.filter(({ op }) => TAIL.has(op)).map((node) => checkNode(node, scores, context));
}

function checkNode(node: OnnxNode, scores: readonly number[], context: ImportContext): string {
  const axis = resolveAxis(axisOf(node), scores.length);
  // Before operator set 13 a Softmax works on all dimensions from its axis on.
  const flat = (node.op === 'Softmax' || node.op === 'LogSoftmax') && node.opset < 13;
  const covers = (dimension: number): boolean => axis !== undefined && (flat ? dimension >= axis : dimension === axis);
  if (axis === undefined || scores.some((size, dimension) => size !== 1 && !covers(dimension))) {
    return refuse(
      node,
      `works along axis ${axisOf(node)} of scores of shape [${scores.join(', ')}]`,
      'Choose the tensor before it with --output.',
    );
  }
  if (node.op === 'ArgMax' && integerAttribute(node, 'select_last_index', 0) !== 0)
    return refuse(node, 'takes the last maximum; predict takes the first');
  if (node.op !== 'TopK') return `"${node.name}" (${node.shown}) at the end is left out: the output is its input.`;
  const name = node.inputs[1] ?? '';
  const input = context.tensors.get(name);
  const count = name === '' ? integerAttribute(node, 'k', 0) : input?.kind === 'constant' ? input.data[0] : undefined;
  if (count !== 1)
    return refuse(
      node,
      `keeps ${count ?? 'an unknown number of'} scores; a TopK with k = 1 can be left out`,
      'Choose the tensor before it with --output.',
    );
  if (integerAttribute(node, 'largest', 1) === 0) return refuse(node, 'takes the smallest score; predict takes the largest');
  return `"${node.name}" (TopK) at the end is left out: the output is its input, predict gives its index.`;
}
