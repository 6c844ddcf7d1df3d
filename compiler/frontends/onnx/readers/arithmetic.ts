/** Elementwise arithmetic with constants, Clip and Relu. */
import type { Step } from '../../../ir/attributes.ts';
import type { CombineAttrs } from '../../../ir/ops/combine.ts';
import { isMonotone, runSteps, unaryStep } from '../../../ir/steps.ts';
import { alignConstant, alignTensors, gatherFloats } from '../align.ts';
import {
  activationInput,
  apply,
  constantInput,
  needFloat,
  optionalConstant,
  optionalTensor,
  requiredTensor,
  type ImportContext,
  type NodeReader,
} from '../context.ts';
import { isFloat, type Constant } from '../constant.ts';
import { answered, mapAnswers, threeWayOf, type ThreeWay } from '../deferred.ts';
import type { Activation } from '../layout.ts';
import { floatAttribute, refuse, type OnnxNode } from '../node.ts';
import { combineAnswers } from './answers.ts';

/** What float32 steps of one constant each make of a range: the ends of a monotone chain are those of the result. */
function rangeBehind(steps: readonly Step[], [low, high]: readonly [number, number]): Activation['range'] {
  if (!isMonotone(steps, 0)) {
    const [only, ...rest] = steps;
    if (only?.operator !== 'absolute' || rest.length > 0) return undefined;
    return [low > 0 ? low : high < 0 ? -high : 0, Math.max(-low, high)];
  }
  const ends = [low, high].map((end) => runSteps(steps, end, 0));
  return ends.some(Number.isNaN) ? undefined : [Math.min(...ends), Math.max(...ends)];
}

/** Adds float32 steps whose constants already fit the value's channels. What is known of the elements is carried through. */
export function elementwise(context: ImportContext, node: OnnxNode, x: Activation, steps: readonly Step[]): Activation {
  const result = apply(context, node, 'elementwise', { steps }, x);
  if (steps.some(({ values }) => values.length !== 1)) return result;
  const three = threeWayOf(x);
  return {
    ...result,
    range: rangeBehind(steps, x.range ?? [-Infinity, Infinity]),
    three:
      three &&
      answered(
        three,
        'float',
        mapAnswers(three, (value) => runSteps(steps, value, 0)),
      ),
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

/** Is there an input at `position` that depends on the graph's input? */
function isComputed(node: OnnxNode, context: ImportContext, position: number): boolean {
  const tensor = optionalTensor(node, context, position);
  return tensor !== undefined && tensor.kind !== 'constant';
}

function refuseTwo(node: OnnxNode, position: number): never {
  return refuse(
    node,
    `combines two computed tensors, "${node.inputs[0]}" and "${node.inputs[position]}"`,
    'Add, Sub, Mul and Sum take two of them; here one side must be a constant.',
  );
}

/** The two inputs of a binary node as tensor and constant. `swapped` when the constant stands first. */
export function splitOperands(
  node: OnnxNode,
  context: ImportContext,
): { readonly x: Activation; readonly values: Constant; readonly swapped: boolean } {
  const swapped = optionalTensor(node, context, 0)?.kind === 'constant';
  if (isComputed(node, context, 0) && isComputed(node, context, 1)) refuseTwo(node, 1);
  return {
    x: activationInput(node, context, swapped ? 1 : 0),
    values: constantInput(node, context, swapped ? 0 : 1, 'its other side'),
    swapped,
  };
}

/** first operator second of two computed tensors, element by element. */
export function combineTensors(
  context: ImportContext,
  node: OnnxNode,
  operator: CombineAttrs['operator'],
  a: Activation,
  b: Activation,
): Activation {
  [a, b].forEach((x) => {
    needFloat(node, x);
  });
  const { first, second, shape, order } = alignTensors(context, node, a, b);
  const value = context.builder.node('combine', node.name, { operator, sum: 'sequential' }, [first.value, second.value], node.origin);
  return { kind: 'activation', value, shape, order, element: 'float', negated: false, pad: null };
}

/** Arithmetic on the answers to one question, where the tensors are such. Integers are exact; floats are rounded by `answered`. */
function onAnswers(node: OnnxNode, context: ImportContext, f: (a: number, b: number) => number): ThreeWay | undefined {
  const three = node.inputs.map((name) => threeWayOf(context.tensors.get(name))).find((found) => found !== undefined);
  if (three === undefined || three.element === 'bool') return undefined;
  return combineAnswers(node, context, three.element, (values) => values.slice(1).reduce(f, values[0] ?? 0), three.element === 'integer');
}

/** Any number of tensors and constants, in the order in which the file combines them; `combined` is the operation on two tensors. */
function variadic(operator: Step['operator'], f: (a: number, b: number) => number, combined?: CombineAttrs['operator']): NodeReader {
  return (node, context) => {
    const answers = node.inputs.length === 2 ? onAnswers(node, context, f) : undefined;
    if (answers !== undefined) return answers;
    const positions = node.inputs.map((_, position) => position);
    // The operations are commutative, also as they are rounded.
    const [first = 0, ...rest] = isComputed(node, context, 0) ? positions : [...positions.slice(1, 2), 0, ...positions.slice(2)];
    return rest.reduce(
      (x, position) => {
        if (!isComputed(node, context, position))
          return stepWith(context, node, x, operator, constantInput(node, context, position, 'an operand'));
        if (combined === undefined) return refuseTwo(node, position);
        return combineTensors(context, node, combined, x, activationInput(node, context, position));
      },
      activationInput(node, context, first),
    );
  };
}

export const readAdd = variadic('add', (a, b) => a + b, 'add');
export const readMul = variadic('multiply', (a, b) => a * b, 'multiply');
export const readMax = variadic('maximum', Math.max);
export const readMin = variadic('minimum', Math.min);

const NEGATE: Step = { operator: 'multiply', values: Float32Array.of(-1) };

/** c − x is −x + c: negation is exact, so both round the same way. */
export const readSub: NodeReader = (node, context) => {
  const answers = onAnswers(node, context, (a, b) => a - b);
  if (answers !== undefined) return answers;
  if (isComputed(node, context, 0) && isComputed(node, context, 1))
    return combineTensors(context, node, 'subtract', activationInput(node, context, 0), activationInput(node, context, 1));
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

/** A slope below 0: alpha for all, 0.01 where the file leaves it out. */
export const readLeakyRelu: NodeReader = (node, context) => {
  const x = activationInput(node, context);
  needFloat(node, x);
  return elementwise(context, node, x, [{ operator: 'prelu', values: Float32Array.of(floatAttribute(node, 'alpha', 0.01)) }]);
};

/** Slopes are a constant that broadcasts: one, one for each channel, or one for each element. */
export const readPRelu: NodeReader = (node, context) =>
  stepWith(context, node, activationInput(node, context), 'prelu', constantInput(node, context, 1, 'its slope'));

export const readAbs: NodeReader = (node, context) => {
  const three = threeWayOf(requiredTensor(node, context, 0));
  if (three !== undefined) return answered(three, three.element, mapAnswers(three, Math.abs));
  const x = activationInput(node, context);
  needFloat(node, x);
  return elementwise(context, node, x, [unaryStep('absolute')]);
};

/** max(0, min(1, alpha·x + beta)), a rounding after each operation. */
function hardSigmoid(node: OnnxNode, context: ImportContext, x: Activation, alpha: number, beta: number): Activation {
  return elementwise(context, node, x, [
    { operator: 'multiply', values: Float32Array.of(alpha) },
    { operator: 'add', values: Float32Array.of(beta) },
    { operator: 'minimum', values: Float32Array.of(1) },
    { operator: 'maximum', values: new Float32Array(1) },
  ]);
}

export const readHardSigmoid: NodeReader = (node, context) => {
  const x = activationInput(node, context);
  needFloat(node, x);
  return hardSigmoid(node, context, x, floatAttribute(node, 'alpha', Math.fround(0.2)), floatAttribute(node, 'beta', 0.5));
};

/** x·HardSigmoid(x), as the operator is defined. */
export const readHardSwish: NodeReader = (node, context) => {
  const x = activationInput(node, context);
  needFloat(node, x);
  return combineTensors(context, node, 'multiply', x, hardSigmoid(node, context, x, 1 / 6, 0.5));
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
