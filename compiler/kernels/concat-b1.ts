import { channelCount, elementCount } from '../ir/encoding.ts';
import type { Node, TensorType } from '../ir/types.ts';
import { storageOf } from './slice-shape.ts';
import { proposeJoin, wordsFor, type Call, type Kernel, type Layout, type Operands, type Several } from './kernel.ts';

/** The inputs with the channel at which each one starts in the result, or why they cannot be joined in this storage. */
export function joinedParts(
  node: Node,
  inputs: Several<TensorType>,
  storage: 'bits' | 'bytes' | 'words' = 'bits',
): Several<{ readonly channels: number; readonly start: number }> | { readonly reason: string } | undefined {
  if (node.kind !== 'concat') return undefined;
  const [one] = inputs;
  const joined = inputs.every(({ dtype }) => dtype === one.dtype) ? storageOf(one) : 'words'; // of mixed types as real numbers
  if (joined !== storage)
    return { reason: `it joins ${[...new Set(inputs.map(({ dtype }) => dtype))].join(' and ')} values, not ${storage}` };
  let start = 0;
  const place = ({ shape }: TensorType): { readonly channels: number; readonly start: number } => {
    const channels = channelCount(shape);
    start += channels;
    return { channels, start: start - channels };
  };
  const [first, ...rest] = inputs;
  return [place(first), ...rest.map(place)];
}

/** One call for each part. */
export function joinCalls<P>(parts: Several<P>, call: (part: P, x: string, y: string) => Call): (operands: Operands) => Several<Call> {
  return ({ xs, y }) => {
    const [first, ...rest] = parts;
    return [call(first, xs[0], y), ...rest.map((part, i) => call(part, xs[i + 1] ?? '', y))];
  };
}

export const concatB1: Kernel = {
  name: 'concat-b1',
  form: 'library',
  symbol: 'bnn1_concat_b1',
  doc: 'Joins the channels of channel-packed maps: the bits of each part are shifted behind those before.',
  candidate: (node, inputs, output) => {
    const parts = joinedParts(node, inputs);
    if (parts === undefined || 'reason' in parts) return parts;
    const channels = channelCount(output.shape);
    const pixels = elementCount(output.shape) / channels;
    const layout = (part: { readonly channels: number }): Layout => ({ kind: 'bit-runs', run: part.channels });
    const [first, ...rest] = parts;
    return proposeJoin('concat-b1', {
      inputs: [layout(first), ...rest.map(layout)],
      output: { kind: 'bit-runs', run: channels },
      tables: [],
      scratchWords: 0,
      generated: [],
      byRows: false,
      inPlace: false,
      codeBytes: 160,
      instructions: parts.reduce((sum, part) => sum + pixels * (12 + wordsFor(part.channels) * 16), 0),
      calls: joinCalls(parts, (part, x, y) => ({
        symbol: 'bnn1_concat_b1',
        shape: null,
        arguments: [x, `${part.channels}u`, `${pixels}u`, y, `${wordsFor(channels)}u`, `${part.start}u`],
      })),
    });
  },
};
