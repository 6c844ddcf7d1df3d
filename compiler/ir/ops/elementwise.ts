import type { Step } from '../attributes.ts';
import { channelCount, elementCount, realValues } from '../encoding.ts';
import { digest } from '../print-attrs.ts';
import { UNARY, applySteps } from '../steps.ts';
import type { OpDef, Tensor, TensorData, TensorType } from '../types.ts';

export interface ElementwiseAttrs {
  readonly steps: readonly Step[];
}

function infer(attrs: ElementwiseAttrs, [input]: readonly TensorType[]): TensorType | { readonly error: string } {
  if (input === undefined) return { error: 'elementwise operation without input' };
  const channels = channelCount(input.shape);
  const elements = elementCount(input.shape);
  for (const { operator, values } of attrs.steps) {
    if (values.length !== 1 && values.length !== channels && values.length !== elements) {
      return { error: `${operator} has ${values.length} constants for ${channels} channels` };
    }
  }
  return { dtype: 'f32', shape: input.shape };
}

function evaluate(attrs: ElementwiseAttrs, [input]: readonly Tensor[]): TensorData {
  if (input === undefined) throw new Error('elementwise without input');
  return applySteps(attrs.steps, realValues(input), channelCount(input.type.shape));
}

export const elementwise: OpDef<'elementwise', ElementwiseAttrs> = {
  kind: 'elementwise',
  doc: 'A chain of float32 operations: add, subtract, multiply, divide, maximum, minimum, prelu with constants; absolute, tanh, sigmoid.',
  infer,
  evaluate,
  print: ({ steps }) => steps.map(({ operator, values }) => (UNARY.has(operator) ? operator : `${operator}=${digest(values)}`)),
};
