import { elementCount } from '../encoding.ts';
import type { OpDef, Tensor, TensorData, TensorType } from '../types.ts';

export interface ReshapeAttrs {
  /** New shape, channels last; the row-major order of elements stays. */
  readonly shape: readonly number[];
}

function evaluate(_attrs: ReshapeAttrs, [input]: readonly Tensor[]): TensorData {
  if (input === undefined) throw new Error('reshape without input');
  return input.data;
}

export const reshape: OpDef<'reshape', ReshapeAttrs> = {
  kind: 'reshape',
  doc: 'Another shape for the same elements in the same order (flatten included).',
  infer: ({ shape }, [input]): TensorType | { readonly error: string } => {
    if (input === undefined) return { error: 'reshape without input' };
    if (elementCount(shape) !== elementCount(input.shape))
      return { error: `[${input.shape.join(', ')}] has not as many elements as [${shape.join(', ')}]` };
    const { encoding } = input;
    const perChannelEncoding = encoding !== undefined && (encoding.scale.length > 1 || encoding.offset.length > 1);
    if (perChannelEncoding && shape.at(-1) !== input.shape.at(-1)) {
      return { error: 'a tensor with one scale per channel cannot be flattened' };
    }
    return { ...input, shape };
  },
  evaluate,
  print: ({ shape }) => [`shape=[${shape.join(',')}]`],
};
