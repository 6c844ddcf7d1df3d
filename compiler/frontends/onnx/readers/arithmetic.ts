/** Elementwise arithmetic with constants, Clip and Relu. */
import type { Step } from '../../../ir/attributes.ts';
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
import type { Constant } from '../constant.ts';
import type { Activation } from '../layout.ts';
import { floatAttribute, refuse, type OnnxNode } from '../node.ts';

/** Adds float32 steps whose constants already fit the value's channels. */
export function elementwise(context: ImportContext, node: OnnxNode, x: Activation, steps: readonly Step[]): Activation {
  return apply(context, node, 'elementwise', { steps }, x);
}

/** Adds steps with one constant of the file, after lining its elements up with the channels. */
export function stepWith(
  context: ImportContext,
  node: OnnxNode,
  input: Activation,
  operator: Step['operator'],
  values: Constant,
): Activation {
  needFloat(node, input);
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

function commutative(operator: Step['operator']): NodeReader {
  return (node, context) => {
    if (node.inputs.length > 2) return refuse(node, `has ${node.inputs.length} inputs; a tensor and one constant work`);
    if (node.inputs.length === 1) return activationInput(node, context);
    const { x, values } = splitOperands(node, context);
    return stepWith(context, node, x, operator, values);
  };
}

export const readAdd = commutative('add');
export const readMul = commutative('multiply');
export const readMax = commutative('maximum');
export const readMin = commutative('minimum');

const NEGATE: Step = { operator: 'multiply', values: Float32Array.of(-1) };

/** c − x is −x + c: negation is exact, so both round the same way. */
export const readSub: NodeReader = (node, context) => {
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
