/** Operations on tensors that answer the same question: done on the answers, while the file is read. */
import { requiredTensor, type ImportContext } from '../context.ts';
import type { Constant } from '../constant.ts';
import { answered, sameQuestion, threeWayOf, type ThreeWay } from '../deferred.ts';
import { broadcastShape } from '../indexing.ts';
import type { Activation } from '../layout.ts';
import type { OnnxNode } from '../node.ts';

/** The number that all elements are, if they are one. */
export function uniformOf({ data }: Constant): number | undefined {
  const [first] = data;
  return first !== undefined && data.every((value) => value === first) ? first : undefined;
}

/**
 * Applies `f` to the answers of the inputs, of which constants of one number have one for all. Undefined where an input has no
 * answers, or other ones; and, unless `always`, where one input alone has some and is a tensor of the graph: the graph can do it.
 */
export function combineAnswers(
  node: OnnxNode,
  context: ImportContext,
  element: Activation['element'],
  f: (values: readonly number[]) => number,
  always = false,
): ThreeWay | undefined {
  const tensors = node.inputs.map((_, position) => requiredTensor(node, context, position));
  const asked = tensors.map((tensor) => threeWayOf(tensor));
  const first = asked.find((three) => three !== undefined);
  if (first === undefined) return undefined;
  const columns: (readonly number[])[] = [];
  for (const [i, tensor] of tensors.entries()) {
    const three = asked[i];
    if (three !== undefined) {
      if (!sameQuestion(three, first)) return undefined;
      columns.push(three.answers);
    } else if (tensor.kind === 'constant') {
      const value = uniformOf(tensor);
      const common = broadcastShape(first.source.shape, tensor.shape);
      if (value === undefined || common === undefined || common.join() !== first.source.shape.join()) return undefined;
      columns.push([value, value, value]);
    } else return undefined;
  }
  const isDeferred = tensors.some(({ kind }) => kind === 'three-way');
  const several = asked.filter((three) => three !== undefined).length > 1;
  if (!isDeferred && !several && !always) return undefined;
  const answer = (row: 0 | 1 | 2): number => f(columns.map((column) => column[row] ?? 0));
  return answered(first, element, [answer(0), answer(1), answer(2)]);
}
