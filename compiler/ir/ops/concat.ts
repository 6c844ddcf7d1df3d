import { DTYPES, channelCount, compact, elementCount, perChannel, realValues } from '../encoding.ts';
import type { Encoding, OpDef, Tensor, TensorData, TensorType } from '../types.ts';

/** Concat has no attributes: it joins its inputs in order along the last dimension. */
export type ConcatAttrs = Readonly<Record<string, never>>;

/** Each channel keeps what its elements are worth. */
function joined(inputs: readonly TensorType[]): Encoding | undefined {
  const lists = inputs.map(({ encoding, shape }) => {
    const each = Array.from({ length: channelCount(shape) }, (_, c) => c);
    return encoding && { scale: each.map((c) => perChannel(encoding.scale, c)), offset: each.map((c) => perChannel(encoding.offset, c)) };
  });
  if (lists.includes(undefined)) return undefined;
  return compact({ scale: lists.flatMap((e) => e?.scale ?? []), offset: lists.flatMap((e) => e?.offset ?? []) });
}

function infer(_attrs: ConcatAttrs, inputs: readonly TensorType[]): TensorType | { readonly error: string } {
  const [first] = inputs;
  if (first === undefined) return { error: 'concat without input' };
  const odd = inputs.find(({ shape }) => shape.length !== first.shape.length || shape.slice(0, -1).some((d, i) => d !== first.shape[i]));
  if (odd !== undefined) return { error: `[${first.shape.join(', ')}] and [${odd.shape.join(', ')}] differ before the last dimension` };
  const shape = [...first.shape.slice(0, -1), inputs.reduce((sum, type) => sum + channelCount(type.shape), 0)];
  if (inputs.some(({ dtype }) => dtype !== first.dtype)) return { dtype: 'f32', shape };
  const encoding = joined(inputs);
  return encoding === undefined ? { dtype: first.dtype, shape } : { dtype: first.dtype, shape, encoding };
}

function evaluate(_attrs: ConcatAttrs, inputs: readonly Tensor[], output: TensorType): TensorData {
  const result = DTYPES[output.dtype].allocate(elementCount(output.shape));
  const channels = channelCount(output.shape);
  let start = 0;
  for (const input of inputs) {
    const data = input.type.dtype === output.dtype ? input.data : realValues(input);
    const own = channelCount(input.type.shape);
    data.forEach((value, i) => {
      result[Math.floor(i / own) * channels + start + (i % own)] = value;
    });
    start += own;
  }
  return result;
}

export const concat: OpDef<'concat', ConcatAttrs> = {
  kind: 'concat',
  doc: 'Joins maps or vectors along their channels; elements of different types are joined as float32 real numbers.',
  infer,
  evaluate,
  print: () => [],
};
