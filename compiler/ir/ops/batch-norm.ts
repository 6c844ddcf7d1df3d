import { realValues } from '../encoding.ts';
import { digest } from '../print-attrs.ts';
import { applySteps } from '../steps.ts';
import type { Step } from '../attributes.ts';
import type { OpDef, Tensor, TensorData, TensorType } from '../types.ts';

/**
 * The order of float32 operations, which differs between systems and decides ties. inv is 1/√(variance + ε).
 * `scale-shift`   s = γ·inv, y = x·s + (β − mean·s)       onnxruntime, PyTorch on a CPU
 * `normalize`     y = (x − mean)/√(variance + ε)·γ + β    the textbook, Chainer; with ε = 0 the C code of eBNN
 * `torch`         y = (x − mean)·inv·γ + β                Torch7, MXNet
 * `lasagne`       y = (x − mean)·(γ·inv) + β              Lasagne, which stores inv: BinaryNet on Theano
 * `shift-based`   y = (x − mean)·AP2(inv)·AP2(γ) + β      BinaryNet on Torch7, which stores inv; AP2(v) = sign(v)·2^round(log2 |v|), 0 for 0
 */
export const BATCH_NORM_FORMS = ['scale-shift', 'normalize', 'torch', 'lasagne', 'shift-based'] as const;
export type BatchNormForm = (typeof BATCH_NORM_FORMS)[number];

/** One entry per channel. All float32. */
export type BatchNormAttrs = {
  readonly gamma: Float32Array;
  readonly beta: Float32Array;
  readonly mean: Float32Array;
  readonly form: BatchNormForm;
} & Spread;

/** What is stored of how far values lie apart: the variance, or inv itself, with ε inside. */
type Spread =
  | { readonly variance: Float32Array; readonly epsilon: number; readonly inverseDeviation?: undefined }
  | { readonly inverseDeviation: Float32Array; readonly variance?: undefined; readonly epsilon?: undefined };

/** 2^round(log2 |v|) with the sign of v. Nothing is half way: |v| = 2^(k + 1/2) is irrational. */
export function powerOfTwo(v: number): number {
  if (v === 0 || !Number.isFinite(v)) return v;
  let exponent = Math.floor(Math.log2(Math.abs(v)));
  // The logarithm may be off by one at a power of two. A float32 has 24 bits, so the square is exact.
  if (2 ** exponent > Math.abs(v)) exponent -= 1;
  else if (2 ** (exponent + 1) <= Math.abs(v)) exponent += 1;
  const fraction = Math.abs(v) / 2 ** exponent;
  return Math.fround(Math.sign(v) * 2 ** (fraction * fraction > 2 ? exponent + 1 : exponent));
}

/** √(variance + ε), rounded twice; undefined where its inverse is stored. */
function deviationOf({ variance, epsilon }: Spread): Float32Array | undefined {
  return variance?.map((v) => Math.fround(Math.sqrt(Math.fround(v + Math.fround(epsilon)))));
}

/** The same function as float32 steps. Every constant is rounded as the form prescribes. */
export function batchNormSteps(attrs: BatchNormAttrs): readonly Step[] {
  const { gamma, beta, mean, form } = attrs;
  const deviation = deviationOf(attrs);
  const inverse = deviation?.map((d) => Math.fround(1 / d)) ?? attrs.inverseDeviation ?? new Float32Array(gamma.length);
  const centered: Step = { operator: 'subtract', values: mean };
  const shifted: Step = { operator: 'add', values: beta };
  const times = (values: Float32Array): Step => ({ operator: 'multiply', values });
  const scale = gamma.map((g, c) => Math.fround(g * (inverse[c] as number)));
  switch (form) {
    case 'scale-shift':
      return [
        times(scale),
        { operator: 'add', values: beta.map((b, c) => Math.fround(b - Math.fround((mean[c] as number) * (scale[c] as number)))) },
      ];
    case 'normalize':
      return [centered, { operator: 'divide', values: deviation ?? new Float32Array(gamma.length) }, times(gamma), shifted];
    case 'torch':
      return [centered, times(inverse), times(gamma), shifted];
    case 'lasagne':
      return [centered, times(scale), shifted];
    case 'shift-based':
      return [centered, times(inverse.map(powerOfTwo)), times(gamma.map(powerOfTwo)), shifted];
  }
}

function infer(attrs: BatchNormAttrs, [input]: readonly TensorType[]): TensorType | { readonly error: string } {
  if (input === undefined) return { error: 'batch normalization without input' };
  const channels = input.shape.at(-1) ?? 1;
  for (const key of ['gamma', 'beta', 'mean', 'variance', 'inverseDeviation'] as const) {
    const values = attrs[key];
    if (values !== undefined && values.length !== channels) return { error: `${key} has ${values.length} values for ${channels} channels` };
  }
  if (attrs.form === 'normalize' && attrs.variance === undefined)
    return { error: 'the form normalize divides by a deviation; its inverse is given' };
  if (attrs.form === 'shift-based' && attrs.variance !== undefined)
    return { error: 'the form shift-based takes the power of two of a stored inverse deviation; a variance is given' };
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
    ...(a.variance === undefined
      ? [`inverse-deviation=${digest(a.inverseDeviation)}`]
      : [`variance=${digest(a.variance)}`, `epsilon=${a.epsilon}`]),
    `form=${a.form}`,
  ],
};
