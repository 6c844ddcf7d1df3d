import { perChannel, channelCount, realValues } from '../encoding.ts';
import { digest } from '../print-attrs.ts';
import type { OpDef, Tensor, TensorData, TensorType } from '../types.ts';

export interface CompareAttrs {
  readonly operator: 'greater' | 'greater-or-equal' | 'less' | 'less-or-equal';
  /** Compared with, length 1 or one per channel. */
  readonly values: Float32Array;
}

const HOLDS = {
  greater: (a: number, b: number) => a > b,
  'greater-or-equal': (a: number, b: number) => a >= b,
  less: (a: number, b: number) => a < b,
  'less-or-equal': (a: number, b: number) => a <= b,
} as const;

function evaluate({ operator, values }: CompareAttrs, [input]: readonly Tensor[]): TensorData {
  if (input === undefined) throw new Error('compare without input');
  const channels = channelCount(input.type.shape);
  return Uint8Array.from(realValues(input), (x, i) => (HOLDS[operator](x, perChannel(values, i % channels)) ? 1 : 0));
}

export const compare: OpDef<'compare', CompareAttrs> = {
  kind: 'compare',
  doc: 'Comparison with a constant; gives a truth value. A pass turns it into a sign.',
  infer: ({ values }, [input]): TensorType | { readonly error: string } => {
    if (input === undefined) return { error: 'comparison without input' };
    const channels = channelCount(input.shape);
    if (values.length !== 1 && values.length !== channels) return { error: `${values.length} constants for ${channels} channels` };
    return { dtype: 'bool', shape: input.shape };
  },
  evaluate,
  print: ({ operator, values }) => [operator, `values=${digest(values)}`],
};
