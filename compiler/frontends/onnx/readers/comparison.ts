/** Greater, Less and their relatives, Not, Where, and Cast. */
import { elementCount } from '../../../ir/encoding.ts';
import type { CompareAttrs } from '../../../ir/ops/compare.ts';
import {
  activationInput,
  alignConstant,
  apply,
  constantInput,
  gatherFloats,
  paddedInput,
  type ImportContext,
  type NodeReader,
} from '../context.ts';
import { elementOf, storedTypeName } from '../stored-types.ts';
import { broadcastShape } from '../indexing.ts';
import type { Activation } from '../layout.ts';
import { integerAttribute, refuse, type OnnxNode } from '../node.ts';
import { splitOperands } from './arithmetic.ts';

type Operator = CompareAttrs['operator'];

const MIRRORED: { readonly [O in Operator]: Operator } = {
  greater: 'less',
  'greater-or-equal': 'less-or-equal',
  less: 'greater',
  'less-or-equal': 'greater-or-equal',
};

/** Reads `x operator constant`; with the constant first, the mirrored comparison. */
export function readCompare(operator: Operator): NodeReader {
  return (node, context) => {
    const { x: input, values, swapped } = splitOperands(node, context);
    if (input.element === 'bool') return refuse(node, 'compares truth values');
    const { x, index } = alignConstant(context, node, input, values.shape);
    const attrs = { operator: swapped ? MIRRORED[operator] : operator, values: gatherFloats(values, index) };
    return { ...apply(context, node, 'compare', attrs, x), element: 'bool' };
  };
}

/** Truth values are inverted on paper: whoever selects by them swaps its choices. */
export const readNot: NodeReader = (node, context) => {
  const x = activationInput(node, context);
  if (x.element !== 'bool') return refuse(node, 'inverts a tensor that holds no truth values');
  return { ...x, negated: !x.negated };
};

function select(context: ImportContext, node: OnnxNode, x: Activation, whenTrue: number, whenFalse: number): Activation {
  const attrs = x.negated ? { whenTrue: whenFalse, whenFalse: whenTrue } : { whenTrue, whenFalse };
  return apply(context, node, 'select', attrs, x);
}

export const readWhere: NodeReader = (node, context) => {
  let x = activationInput(node, context);
  if (x.element !== 'bool') return refuse(node, 'chooses by a tensor that holds no truth values');
  const choice = (position: 1 | 2): number => {
    const values = constantInput(node, context, position, 'one of its choices');
    const [first] = values.data;
    const common = broadcastShape(x.shape, values.shape);
    if (common === undefined || elementCount(common) !== elementCount(x.shape)) {
      return refuse(node, `chooses from a constant of shape [${values.shape.join(', ')}]`);
    }
    if (first === undefined || values.data.some((value) => value !== first)) {
      return refuse(node, `chooses from "${node.inputs[position]}", whose elements differ; one number for all elements works`);
    }
    x = { ...x, shape: common };
    return Math.fround(first);
  };
  const [whenTrue, whenFalse] = [choice(1), choice(2)];
  return select(context, node, x, whenTrue, whenFalse);
};

const WIDE_INTEGERS: ReadonlySet<string> = new Set(['int16', 'int32', 'int64']);

/** Between number types only what loses nothing; a truth value becomes 1 or 0. */
export const readCast: NodeReader = (node, context) => {
  const x = paddedInput(node, context);
  const to = integerAttribute(node, 'to', 0);
  // float16 and bfloat16 are held as float32 in constants, but computing in them rounds differently.
  const target = to === 10 || to === 16 ? undefined : elementOf(to);
  const toFloat = target === 'float32';
  if (target !== undefined && (toFloat || WIDE_INTEGERS.has(target))) {
    if (x.element === 'bool' && x.pad === null) return { ...select(context, node, x, 1, 0), element: toFloat ? 'float' : 'integer' };
    if (x.element === 'integer') return { ...x, element: toFloat ? 'float' : 'integer' };
    if (x.element === 'float' && toFloat) return x;
  }
  if (target === 'bool' && x.element === 'bool') return x;
  return refuse(
    node,
    `casts ${x.element === 'bool' ? 'truth values' : `${x.element} values`} to ${storedTypeName(to)}`,
    'Casts to float work, and from truth values or 8-bit integers to wider integers.',
  );
};
