/** What the three kernels of slices share: which nodes they take, and the shape argument of their C functions. */
import { wholeRange, type SliceAttrs } from '../ir/ops/slice.ts';
import type { Node, TensorType } from '../ir/types.ts';
import type { Proposal, ShapeArgument } from './kernel.ts';

/** bnn1_slice_shape; a vector is a map of one pixel. */
function sliceShape({ ranges }: SliceAttrs, input: TensorType, output: TensorType): ShapeArgument {
  const [rows, columns, channels] = [-3, -2, -1].map((axis) => ranges.at(axis) ?? wholeRange(1));
  const [width = 1, inChannels = 1] = [input.shape.at(-2), input.shape.at(-1)];
  return {
    type: 'bnn1_slice_shape',
    fields: [
      ['width', width],
      ['channels', inChannels],
      ['out_height', output.shape.at(-3) ?? 1],
      ['out_width', output.shape.at(-2) ?? 1],
      ['out_channels', output.shape.at(-1) ?? 1],
      ['first_row', rows?.start ?? 0],
      ['row_step', rows?.step ?? 1],
      ['first_column', columns?.start ?? 0],
      ['column_step', columns?.step ?? 1],
      ['first_channel', channels?.start ?? 0],
      ['channel_step', channels?.step ?? 1],
    ],
  };
}

/** What all slices share: one call with the shape of the slice. */
export function sliceProposal(
  symbol: string,
  attrs: SliceAttrs,
  [input, output]: readonly [TensorType, TensorType],
): Omit<Proposal, 'input' | 'output' | 'codeBytes' | 'instructions'> {
  return {
    tables: [],
    scratchWords: 0,
    generated: [],
    byRows: false,
    inPlace: false,
    call: ({ x, y }) => ({ symbol, shape: sliceShape(attrs, input, output), arguments: [x, y] }),
  };
}

/** What lies in memory of an element of this type. */
export function storageOf({ dtype }: TensorType): 'bits' | 'bytes' | 'words' {
  return dtype === 'b1' ? 'bits' : dtype === 'u8' || dtype === 'i8' ? 'bytes' : 'words';
}

/** Larger ranks do not occur; the C code has rows, columns and channels. */
export function sliceReason(node: Node, input: TensorType, wanted: 'bits' | 'bytes' | 'words'): string | undefined {
  if (storageOf(input) !== wanted) return `its input is ${input.dtype}, not ${wanted}`;
  return input.shape.length > 3 ? `"${node.name}" has ${input.shape.length} dimensions` : undefined;
}
