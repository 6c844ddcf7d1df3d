import { channelCount } from '../encoding.ts';
import { digest } from '../print-attrs.ts';
import type { OpDef, Tensor, TensorData, TensorType } from '../types.ts';

export interface InvertAttrs {
  /** 1 for each channel whose sign is flipped. */
  readonly channels: Uint8Array;
}

function evaluate({ channels }: InvertAttrs, [input]: readonly Tensor[]): TensorData {
  if (input === undefined) throw new Error('invert without input');
  const count = channelCount(input.type.shape);
  return Int8Array.from(input.data, (s, i) => (channels[i % count] === 1 ? -s : s));
}

export const invert: OpDef<'invert', InvertAttrs> = {
  kind: 'invert',
  doc: 'Flips the bits of some channels; appears where a pool over a decreasing function became an OR.',
  infer: ({ channels }, [input]): TensorType | { readonly error: string } => {
    if (input?.dtype !== 'b1') return { error: `invert needs bits, not ${input?.dtype}` };
    if (channels.length !== channelCount(input.shape))
      return { error: `${channels.length} flags for ${channelCount(input.shape)} channels` };
    return input;
  },
  evaluate,
  print: ({ channels }) => [`channels=${digest(channels)}`],
};
