import { DTYPES, realValues } from '../encoding.ts';
import { integerTerms, type IntegerTerms } from '../integer-terms.ts';
import { exactOutput, linearOutput, sequentialOutput, termsOf, type LinearAttrs } from '../linear.ts';
import { printLinear } from '../print-attrs.ts';
import type { OpDef, Tensor, TensorData, TensorType } from '../types.ts';

/** Weights are [outputs][inputs]. */
export type DenseAttrs = LinearAttrs;

/** The integer sum of an exact dense layer on this input: never padded. */
export function denseTerms(input: TensorType): IntegerTerms {
  return integerTerms(input, false, 0);
}

function infer(attrs: DenseAttrs, [input]: readonly TensorType[]): TensorType | { readonly error: string } {
  if (input?.shape.length !== 1) return { error: `a dense layer needs a vector, not [${input?.shape.join(', ')}]` };
  const [inputs = 0] = input.shape;
  const { weights } = attrs;
  const count = weights.kind === 'binary' ? weights.signs.length : weights.values.length;
  if (count !== inputs * weights.outputs) return { error: `${count} weights where ${weights.outputs} × ${inputs} are needed` };
  return linearOutput(attrs, input, [weights.outputs], () => denseTerms(input), 1);
}

function evaluate(attrs: DenseAttrs, [input]: readonly Tensor[], output: TensorType): TensorData {
  if (input === undefined) throw new Error('dense without input');
  const { weights, threshold } = attrs;
  const result = DTYPES[output.dtype].allocate(weights.outputs);
  if (attrs.sum === 'exact' && weights.kind === 'binary') {
    const patch = termsOf(input.data, input.data.length, denseTerms(input.type));
    for (let o = 0; o < weights.outputs; o += 1) result[o] = exactOutput(patch, weights.signs, o, threshold);
  } else {
    const patch = realValues(input);
    for (let o = 0; o < weights.outputs; o += 1) result[o] = sequentialOutput(patch, attrs, o);
  }
  return result;
}

export const dense: OpDef<'dense', DenseAttrs> = {
  kind: 'dense',
  doc: 'Fully connected layer: every output is a weighted sum of all inputs.',
  infer,
  evaluate,
  print: printLinear,
};
