import { realValues } from '../encoding.ts';
import { digest } from '../print-attrs.ts';
import { applySteps } from '../steps.ts';
import type { Step } from '../attributes.ts';
import type { OpDef, Tensor, TensorData, TensorType } from '../types.ts';

/**
 * The order of float32 operations, which differs between systems and decides ties.
 * `scale-shift`   onnxruntime: s = γ·(1/√(var+ε)), y = x·s + (β − mean·s)
 * `normalize`     PyTorch eager, textbook: y = (x − mean)/√(var+ε)·γ + β
 */
export type BatchNormForm = 'scale-shift' | 'normalize';

/** One entry per channel. All float32. */
export interface BatchNormAttrs {
  readonly gamma: Float32Array;
  readonly beta: Float32Array;
  readonly mean: Float32Array;
  readonly variance: Float32Array;
  readonly epsilon: number;
  readonly form: BatchNormForm;
}

/** The same function as float32 steps. Every constant is rounded as the form prescribes. */
export function batchNormSteps(attrs: BatchNormAttrs): readonly Step[] {
  const { gamma, beta, mean, variance, form } = attrs;
  const epsilon = Math.fround(attrs.epsilon);
  const deviation = variance.map((v) => Math.fround(Math.sqrt(Math.fround(v + epsilon))));
  if (form === 'normalize') {
    return [
      { operator: 'subtract', values: mean },
      { operator: 'divide', values: deviation },
      { operator: 'multiply', values: gamma },
      { operator: 'add', values: beta },
    ];
  }
  const scale = gamma.map((g, c) => Math.fround(g * Math.fround(1 / (deviation[c] as number))));
  const shift = beta.map((b, c) => Math.fround(b - Math.fround((mean[c] as number) * (scale[c] as number))));
  return [
    { operator: 'multiply', values: scale },
    { operator: 'add', values: shift },
  ];
}

function infer(attrs: BatchNormAttrs, [input]: readonly TensorType[]): TensorType | { readonly error: string } {
  if (input === undefined) return { error: 'batch normalization without input' };
  const channels = input.shape.at(-1) ?? 1;
  for (const key of ['gamma', 'beta', 'mean', 'variance'] as const) {
    if (attrs[key].length !== channels) return { error: `${key} has ${attrs[key].length} values for ${channels} channels` };
  }
  return { dtype: 'f32', shape: input.shape };
}

function evaluate(attrs: BatchNormAttrs, [input]: readonly Tensor[]): TensorData {
  if (input === undefined) throw new Error('batch-norm without input');
  return applySteps(batchNormSteps(attrs), realValues(input), attrs.gamma.length);
}

export const batchNorm: OpDef<'batch-norm', BatchNormAttrs> = {
  kind: 'batch-norm',
  doc: 'Batch normalization at inference, in the float32 operation order of the source system.',
  infer,
  evaluate,
  print: (a) => [
    `gamma=${digest(a.gamma)}`,
    `beta=${digest(a.beta)}`,
    `mean=${digest(a.mean)}`,
    `variance=${digest(a.variance)}`,
    `epsilon=${a.epsilon}`,
    `form=${a.form}`,
  ],
};
