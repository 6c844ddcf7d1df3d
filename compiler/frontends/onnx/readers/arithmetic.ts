/** Elementwise arithmetic with constants, Clip and Relu. */
import type { Step } from '../../../ir/attributes.ts';
import { runSteps } from '../../../ir/steps.ts';
import {
  activationInput,
  alignConstant,
  apply,
  constantInput,
  gatherFloats,
  needFloat,
  optionalConstant,
  optionalTensor,
  type ImportContext,
  type NodeReader,
} from '../context.ts';
import { isFloat, type Constant } from '../constant.ts';
import { answered, mapAnswers, threeWayOf, type ThreeWay } from '../deferred.ts';
import type { Activation } from '../layout.ts';
import { floatAttribute, refuse, type OnnxNode } from '../node.ts';
import { combineAnswers } from './answers.ts';

/**
 * Adds float32 steps whose constants already fit the value's channels. What is known of the elements is carried through: a step
 * with one constant is monotone, so the ends of a range become its ends.
 */
export function elementwise(context: ImportContext, node: OnnxNode, x: Activation, steps: readonly Step[]): Activation {
  const result = apply(context, node, 'elementwise', { steps }, x);
  if (steps.some(({ values }) => values.length !== 1)) return result;
  const f = (value: number): number => runSteps(steps, value, 0);
  const three = threeWayOf(x);
  const ends = (x.range ?? [-Infinity, Infinity]).map(f);
  return {
    ...result,
    range: ends.some(Number.isNaN) ? undefined : [Math.min(...ends), Math.max(...ends)],
    three: three && answered(three, 'float', mapAnswers(three, f)),
  };
}

/** Adds steps with one constant of the file, after lining its elements up with the channels. */
export function stepWith(
  context: ImportContext,
  node: OnnxNode,
  input: Activation,
  operator: Step['operator'],
  values: Constant,
): Activation {
  // Bytes with a float constant: FINN leaves the Cast out.
  const bytes = input.element === 'integer' && isFloat(values.element);
  needFloat(node, bytes ? { ...input, element: 'float' } : input);
  const exact = values.element !== 'float64' || values.data.every((value) => Math.fround(value) === value || Number.isNaN(value));
  if (!exact) refuse(node, 'computes with a constant of type double', 'Cast the constant to float before this node.');
  const { x, index } = alignConstant(context, node, input, values.shape);
  return elementwise(context, node, x, [{ operator, values: gatherFloats(values, index) }]);
}

/** The two inputs of a binary node as tensor and constant. `swapped` when the constant stands first. */
export function splitOperands(
  node: OnnxNode,
  context: ImportContext,
): { readonly x: Activation; readonly values: Constant; readonly swapped: boolean } {
  const swapped = optionalTensor(node, context, 0)?.kind === 'constant';
  const other = optionalTensor(node, context, swapped ? 0 : 1);
  if (other?.kind === 'activation') {
    refuse(
      node,
      `combines two computed tensors, "${node.inputs[0]}" and "${node.inputs[1]}"`,
      'Residual connections between layers are not supported: one side must be a constant.',
    );
  }
  return {
    x: activationInput(node, context, swapped ? 1 : 0),
    values: constantInput(node, context, swapped ? 0 : 1, 'its other side'),
    swapped,
  };
}

/** Arithmetic on the answers to one question, where the tensors are such. Integers are exact; floats are rounded by `answered`. */
function onAnswers(node: OnnxNode, context: ImportContext, f: (a: number, b: number) => number): ThreeWay | undefined {
  const three = node.inputs.map((name) => threeWayOf(context.tensors.get(name))).find((found) => found !== undefined);
  if (three === undefined || three.element === 'bool') return undefined;
  return combineAnswers(node, context, three.element, (values) => values.slice(1).reduce(f, values[0] ?? 0), three.element === 'integer');
}

/** A tensor and any number of constants, in the order in which the file combines them. */
function commutative(operator: Step['operator'], f: (a: number, b: number) => number): NodeReader {
  return (node, context) => {
    const answers = node.inputs.length === 2 ? onAnswers(node, context, f) : undefined;
    if (answers !== undefined) return answers;
    if (node.inputs.length === 1) return activationInput(node, context);
    const [first = '', second = '', ...rest] = node.inputs;
    const { x, values } = splitOperands({ ...node, inputs: [first, second] }, context);
    let result = stepWith(context, node, x, operator, values);
    rest.forEach((_, i) => {
      result = stepWith(context, node, result, operator, constantInput(node, context, i + 2, 'its third operand'));
    });
    return result;
  };
}

export const readAdd = commutative('add', (a, b) => a + b);
export const readMul = commutative('multiply', (a, b) => a * b);
export const readMax = commutative('maximum', Math.max);
export const readMin = commutative('minimum', Math.min);

const NEGATE: Step = { operator: 'multiply', values: Float32Array.of(-1) };

/** c − x is −x + c: negation is exact, so both round the same way. */
export const readSub: NodeReader = (node, context) => {
  const answers = onAnswers(node, context, (a, b) => a - b);
  if (answers !== undefined) return answers;
  const { x, values, swapped } = splitOperands(node, context);
  if (!swapped) return stepWith(context, node, x, 'subtract', values);
  needFloat(node, x);
  return stepWith(context, node, elementwise(context, node, x, [NEGATE]), 'add', values);
};

export const readDiv: NodeReader = (node, context) => {
  const { x, values, swapped } = splitOperands(node, context);
  if (swapped) return refuse(node, 'divides a constant by a computed tensor');
  return stepWith(context, node, x, 'divide', values);
};

export const readNeg: NodeReader = (node, context) => {
  const x = activationInput(node, context);
  needFloat(node, x);
  return elementwise(context, node, x, [NEGATE]);
};

export const readPow: NodeReader = (node, context) => {
  const { x, values, swapped } = splitOperands(node, context);
  if (swapped || values.data.some((exponent) => exponent !== 1)) return refuse(node, 'raises a computed tensor to a power other than 1');
  return x;
};

export const readRelu: NodeReader = (node, context) => {
  const x = activationInput(node, context);
  needFloat(node, x);
  return elementwise(context, node, x, [{ operator: 'maximum', values: new Float32Array(1) }]);
};

/** max(0, min(1, alpha·x + beta)), a rounding after each operation. */
export const readHardSigmoid: NodeReader = (node, context) => {
  const x = activationInput(node, context);
  needFloat(node, x);
  const [alpha, beta] = [floatAttribute(node, 'alpha', Math.fround(0.2)), floatAttribute(node, 'beta', 0.5)];
  return elementwise(context, node, x, [
    { operator: 'multiply', values: Float32Array.of(alpha) },
    { operator: 'add', values: Float32Array.of(beta) },
    { operator: 'minimum', values: Float32Array.of(1) },
    { operator: 'maximum', values: new Float32Array(1) },
  ]);
};

/** Limits are inputs since operator set 11, attributes before. */
export const readClip: NodeReader = (node, context) => {
  const x = activationInput(node, context);
  needFloat(node, x);
  const limit = (position: number, name: string): number | undefined => {
    const input = optionalConstant(node, context, position, `its ${name}`);
    if (input !== undefined && input.data.length !== 1) refuse(node, `has a ${name} of shape [${input.shape.join(', ')}]`);
    return input === undefined ? (node.attributes.has(name) ? floatAttribute(node, name, 0) : undefined) : input.data[0];
  };
  const [low, high] = [limit(1, 'min'), limit(2, 'max')];
  const steps: Step[] = [];
  if (low !== undefined) steps.push({ operator: 'maximum', values: Float32Array.of(low) });
  if (high !== undefined) steps.push({ operator: 'minimum', values: Float32Array.of(high) });
  return steps.length === 0 ? x : elementwise(context, node, x, steps);
};
