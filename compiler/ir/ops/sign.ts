import type { SignZero } from '../attributes.ts';
import { PLAIN, realValues } from '../encoding.ts';
import type { OpDef, Tensor, TensorData, TensorType } from '../types.ts';

export interface SignAttrs {
  /** What sign(0) gives: +1 (BinaryNet, eBNN, QONNX), -1 (x > 0 spellings) or 0 (torch.sign, ONNX Sign). */
  readonly zero: SignZero;
}

const ZERO_VALUE = { plus: 1, minus: -1, zero: 0 } as const;

function evaluate({ zero }: SignAttrs, [input]: readonly Tensor[]): TensorData {
  if (input === undefined) throw new Error('sign without input');
  return Int8Array.from(realValues(input), (x) => (x > 0 ? 1 : x < 0 ? -1 : ZERO_VALUE[zero]));
}

export const sign: OpDef<'sign', SignAttrs> = {
  kind: 'sign',
  doc: 'Binarization: -1 below zero, +1 above zero, and sign(0) by the convention of the source system.',
  infer: ({ zero }, [input]): TensorType | { readonly error: string } => {
    if (input === undefined) return { error: 'sign without input' };
    return zero === 'zero' ? { dtype: 't2', shape: input.shape } : { dtype: 'b1', shape: input.shape, encoding: PLAIN };
  },
  evaluate,
  print: ({ zero }) => [`zero=${zero}`],
};
