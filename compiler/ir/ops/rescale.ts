import { printRational } from '../../support/rational.ts';
import { composeEncoding } from '../encoding.ts';
import type { Encoding, OpDef, Tensor, TensorData, TensorType } from '../types.ts';

export interface RescaleAttrs {
  /** real ← scale·real + offset, exactly: only the meaning of the stored elements changes. */
  readonly change: Encoding;
}

function evaluate(_attrs: RescaleAttrs, [input]: readonly Tensor[]): TensorData {
  if (input === undefined) throw new Error('rescale without input');
  return input.data;
}

export const rescale: OpDef<'rescale', RescaleAttrs> = {
  kind: 'rescale',
  doc: 'An exact affine change of what the stored integers are worth; no element changes and no code is made.',
  infer: ({ change }, [input]): TensorType | { readonly error: string } =>
    input?.encoding === undefined
      ? { error: `rescale needs integer elements, not ${input?.dtype}` }
      : { ...input, encoding: composeEncoding(input.encoding, change) },
  evaluate,
  print: ({ change }) => [`scale=${change.scale.map(printRational).join(',')}`, `offset=${change.offset.map(printRational).join(',')}`],
};
