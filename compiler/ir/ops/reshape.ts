import { channelCount, elementCount } from '../encoding.ts';
import type { Encoding, OpDef, Tensor, TensorData, TensorType } from '../types.ts';

export interface ReshapeAttrs {
  /** New shape, channels last; the row-major order of elements stays. */
  readonly shape: readonly number[];
}

/** A flattened image repeats the scales of its channels along the vector. */
function repeated({ scale, offset }: Encoding, channels: number): Encoding {
  const along = <T>(list: readonly T[]): readonly T[] =>
    list.length === 1 ? list : Array.from({ length: channels }, (_, c) => list[c % list.length] as T);
  return { scale: along(scale), offset: along(offset) };
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
    if (input.encoding === undefined) return { ...input, shape };
    const [from, to] = [channelCount(input.shape), channelCount(shape)];
    const perChannelEncoding = input.encoding.scale.length > 1 || input.encoding.offset.length > 1;
    if (perChannelEncoding && to % from !== 0) return { error: `${from} channels with a scale each cannot become ${to} channels` };
    return { ...input, shape, encoding: repeated(input.encoding, to) };
  },
  evaluate,
  print: ({ shape }) => [`shape=[${shape.join(',')}]`],
};
