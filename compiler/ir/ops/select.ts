import type { OpDef, Tensor, TensorData, TensorType } from '../types.ts';

export interface SelectAttrs {
  /** float32 values. */
  readonly whenTrue: number;
  readonly whenFalse: number;
}

function evaluate(attrs: SelectAttrs, [condition]: readonly Tensor[]): TensorData {
  if (condition === undefined) throw new Error('select without input');
  return Float32Array.from(condition.data, (truth) => (truth === 1 ? attrs.whenTrue : attrs.whenFalse));
}

export const select: OpDef<'select', SelectAttrs> = {
  kind: 'select',
  doc: 'One of two constants by a truth value (ONNX Where, or a Cast of a truth value). A pass turns it into a sign.',
  infer: (_attrs, [condition]): TensorType | { readonly error: string } =>
    condition?.dtype === 'bool'
      ? { dtype: 'f32', shape: condition.shape }
      : { error: `select needs a truth value, not ${condition?.dtype}` },
  evaluate,
  print: ({ whenTrue, whenFalse }) => [`true=${whenTrue}`, `false=${whenFalse}`],
};
