import { PLAIN, channelCount, perChannel } from '../encoding.ts';
import { digest } from '../print-attrs.ts';
import type { OpDef, Tensor, TensorData, TensorType } from '../types.ts';

export interface ThresholdAttrs {
  /** Compared with the stored integer q of each channel; length 1 or one per channel. */
  readonly thresholds: Int32Array;
  /** 1: the bit is +1 where q >= threshold; -1: where q <= threshold. Same length. */
  readonly directions: Int8Array;
}

function evaluate({ thresholds, directions }: ThresholdAttrs, [input]: readonly Tensor[]): TensorData {
  if (input === undefined) throw new Error('threshold without input');
  const channels = channelCount(input.type.shape);
  return Int8Array.from(input.data, (q, i) => {
    const limit = perChannel(thresholds, i % channels);
    const fires = perChannel(directions, i % channels) > 0 ? q >= limit : q <= limit;
    return fires ? 1 : -1;
  });
}

export const threshold: OpDef<'threshold', ThresholdAttrs> = {
  kind: 'threshold',
  doc: 'A bit per stored integer: one integer comparison per element, the exact form of everything between an integer and a sign.',
  infer: ({ thresholds, directions }, [input]): TensorType | { readonly error: string } => {
    if (input?.encoding === undefined) return { error: `a threshold needs integer elements, not ${input?.dtype}` };
    const channels = channelCount(input.shape);
    if (thresholds.length !== directions.length || (thresholds.length !== 1 && thresholds.length !== channels)) {
      return { error: `${thresholds.length} thresholds and ${directions.length} directions for ${channels} channels` };
    }
    return { dtype: 'b1', shape: input.shape, encoding: PLAIN };
  },
  evaluate,
  print: ({ thresholds, directions }) => [`thresholds=${digest(thresholds)}`, `directions=${digest(directions)}`],
};
