/** Greater, Less, Equal and their relatives; And, Or, Xor and Not; Where. */
import { elementCount } from '../../../ir/encoding.ts';
import { alignConstant } from '../align.ts';
import {
  activationInput,
  apply,
  constantInput,
  optionalTensor,
  requiredTensor,
  settle,
  type ImportContext,
  type NodeReader,
  type Tensor,
} from '../context.ts';
import type { Constant } from '../constant.ts';
import {
  TRUTH,
  answered,
  floatLimit,
  mapAnswers,
  squashStep,
  squashedLimit,
  threeWayOf,
  type Operator,
  type ThreeWay,
} from '../deferred.ts';
import { broadcastShape } from '../indexing.ts';
import type { Activation } from '../layout.ts';
import { refuse, type OnnxNode } from '../node.ts';
import { combineAnswers, uniformOf } from './answers.ts';
import { splitOperands } from './arithmetic.ts';

const MIRRORED: { readonly [O in Operator]: Operator } = {
  greater: 'less',
  'greater-or-equal': 'less-or-equal',
  less: 'greater',
  'less-or-equal': 'greater-or-equal',
  equal: 'equal',
};

const HOLDS: { readonly [O in Operator]: (a: number, b: number) => boolean } = {
  greater: (a, b) => a > b,
  'greater-or-equal': (a, b) => a >= b,
  less: (a, b) => a < b,
  'less-or-equal': (a, b) => a <= b,
  equal: (a, b) => a === b,
};

/** `x operator values`, exactly: limits that are no float32 are moved to the one that decides alike. */
export function compareWith(context: ImportContext, node: OnnxNode, input: Activation, operator: Operator, values: Constant): Tensor {
  if (input.element === 'bool') return refuse(node, 'compares truth values');
  const { x, index } = alignConstant(context, node, input, values.shape);
  const limits = Float32Array.from(index, (at) => {
    const limit = values.data[at] ?? Number.NaN;
    return floatLimit(operator, limit) ?? refuse(node, `asks whether a float32 equals ${limit}, which is none`);
  });
  const three: ThreeWay = { kind: 'three-way', source: x, limits, element: 'bool', answers: TRUTH[operator] };
  if (operator === 'equal') return three;
  return { ...apply(context, node, 'compare', { operator, values: limits }, x), element: 'bool', three };
}

/** Reads `x operator constant`; with the constant first, the mirrored comparison. */
export function readCompare(operator: Operator): NodeReader {
  return (node, context) => {
    const answers = combineAnswers(node, context, 'bool', ([a = 0, b = 0]) => (HOLDS[operator](a, b) ? 1 : 0), true);
    if (answers !== undefined) return answers;
    const swapped = optionalTensor(node, context, 0)?.kind === 'constant';
    const compared = requiredTensor(node, context, swapped ? 1 : 0);
    const asked = swapped ? MIRRORED[operator] : operator;
    const other = compared.kind === 'squashed' ? optionalTensor(node, context, swapped ? 0 : 1) : undefined;
    if (compared.kind === 'squashed' && other?.kind === 'constant') {
      const { x, maker, center } = compared;
      const isOrder = asked !== 'equal' && other.data.every((value) => value === center);
      if (!isOrder && squashStep(compared) === undefined)
        return refuse(
          node,
          `compares ${maker.shown} with ${other.data.find((value) => value !== center) ?? center}; an order relative to ${center} works`,
        );
      if (!isOrder) return compareWith(context, node, settle(node, context, compared), asked, other);
      const limits = { ...other, data: Float64Array.from(other.data, () => squashedLimit(asked, compared)) };
      return compareWith(context, node, x, asked, limits);
    }
    const { x, values } = splitOperands(node, context);
    return compareWith(context, node, x, asked, values);
  };
}

/** And, Or, Xor of truth values that ask the same question. */
export function readLogic(f: (a: boolean, b: boolean) => boolean): NodeReader {
  return (node, context) =>
    combineAnswers(node, context, 'bool', ([a, b]) => (f(a !== 0, b !== 0) ? 1 : 0), true) ??
    refuse(node, 'combines truth values of different comparisons', 'Comparisons of one tensor with one constant can be combined.');
}

/** Truth values are inverted on paper: whoever selects by them swaps its choices. */
export const readNot: NodeReader = (node, context) => {
  const tensor = requiredTensor(node, context, 0);
  const three = threeWayOf(tensor);
  const inverted =
    three &&
    answered(
      three,
      'bool',
      mapAnswers(three, (truth) => (truth === 0 ? 1 : 0)),
    );
  if (tensor.kind === 'three-way' && inverted?.element === tensor.element) return inverted;
  const x = activationInput(node, context);
  if (x.element !== 'bool') return refuse(node, 'inverts a tensor that holds no truth values');
  return { ...x, negated: !x.negated, three: inverted };
};

export function select(context: ImportContext, node: OnnxNode, x: Activation, whenTrue: number, whenFalse: number): Activation {
  const attrs = x.negated ? { whenTrue: whenFalse, whenFalse: whenTrue } : { whenTrue, whenFalse };
  return apply(context, node, 'select', attrs, x);
}

function elementOfChoices(choices: readonly Tensor[]): Activation['element'] {
  const elements = choices.map((choice) => (choice.kind === 'squashed' ? 'float' : choice.element));
  if (elements.includes('float32') || elements.includes('float')) return 'float';
  if (elements.includes('float64') || elements.includes('double')) return 'double';
  return elements.includes('bool') ? 'bool' : 'integer';
}

/** Where(c, a, b) of answers to one question, where a comparison and two numbers do not say it. */
function chooseAnswers(node: OnnxNode, context: ImportContext): ThreeWay | undefined {
  const tensors = [0, 1, 2].map((position) => requiredTensor(node, context, position));
  const simple = tensors[0]?.kind === 'activation' && tensors.slice(1).every(({ kind }) => kind === 'constant');
  if (simple) return undefined;
  return combineAnswers(node, context, elementOfChoices(tensors.slice(1)), ([c, a = 0, b = 0]) => (c === 0 ? b : a), true);
}

export const readWhere: NodeReader = (node, context) => {
  const answers = chooseAnswers(node, context);
  if (answers !== undefined) return answers;
  let x = activationInput(node, context);
  const three = threeWayOf(x);
  if (x.element !== 'bool') return refuse(node, 'chooses by a tensor that holds no truth values');
  const choice = (position: 1 | 2): number => {
    const values = constantInput(node, context, position, 'one of its choices');
    const common = broadcastShape(x.shape, values.shape);
    if (common === undefined || elementCount(common) !== elementCount(x.shape)) {
      return refuse(node, `chooses from a constant of shape [${values.shape.join(', ')}]`);
    }
    const value = uniformOf(values);
    if (value === undefined) {
      return refuse(node, `chooses from "${node.inputs[position]}", whose elements differ; one number for all elements works`);
    }
    x = { ...x, shape: common };
    return value;
  };
  const [whenTrue, whenFalse] = [choice(1), choice(2)];
  const element = elementOfChoices([1, 2].map((position) => requiredTensor(node, context, position)));
  const chosen = select(context, node, x, Math.fround(whenTrue), Math.fround(whenFalse));
  const sameShape = three !== undefined && three.source.shape.join() === x.shape.join();
  return {
    ...chosen,
    element,
    three: sameShape
      ? answered(
          three,
          element,
          mapAnswers(three, (truth) => (truth === 0 ? whenFalse : whenTrue)),
        )
      : undefined,
  };
};
