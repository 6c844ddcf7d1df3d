import { storedMinimum } from '../ir/ops/max-pool.ts';
import type { Node } from '../ir/types.ts';
import { planeWords, planesOf, propose, type Kernel, type Lanes } from './kernel.ts';
import { poolShape, tooLarge } from './window-shape.ts';

const ROWS_LOG2: Readonly<Record<Lanes, number>> = { 32: 0, 16: 1, 8: 2 };

export const maxPoolPlanesB1: Kernel = {
  name: 'max-pool-planes-b1',
  form: 'library',
  symbol: 'bnn1_max_pool_planes_b1',
  doc: 'Max-pooling on bit planes: OR of rows and of shifted rows.',
  candidate: (node: Node, [input], output, _target, [offered]) => {
    if (node.kind !== 'max-pool') return undefined;
    if (input.dtype !== 'b1') return { reason: `its input is ${input.dtype}, not bits` };
    if (storedMinimum(node.attrs, input) !== null) return { reason: 'it takes the minimum in some channels' };
    const large = tooLarge(input, output);
    if (large !== undefined) return { reason: large };
    const { attrs } = node;
    const [, width = 0, channels = 0] = input.shape;
    const [outHeight = 0, outWidth = 0] = output.shape;
    const columns = width + Math.max(attrs.padding.left, attrs.padding.right);
    if (columns > 32 || outWidth > 32) return { reason: `its rows of ${columns} columns, with their padding, do not fit into a word` };
    if ((attrs.kernel[1] - 1) * attrs.dilation[1] > 31 || attrs.stride[1] > 31) return { reason: 'its window is wider than a word' };
    const planes = offered?.kind === 'bit-planes' ? planesOf(input.shape, offered.lanes) : planesOf(input.shape);
    const pooled = planesOf(output.shape);
    return propose('max-pool-planes-b1', {
      input: planes,
      output: pooled,
      tables: [],
      scratchWords: 0,
      generated: [],
      byRows: false,
      inPlace: false,
      codeBytes: 240,
      instructions: channels * outHeight * (attrs.kernel[0] * 9 + attrs.kernel[1] * 3 + 26),
      call: ({ x, y }) => ({
        symbol: 'bnn1_max_pool_planes_b1',
        shape: poolShape(attrs, input, output, planeWords(planes)),
        arguments: [`${channels}u`, `${ROWS_LOG2[planes.lanes]}u`, `${ROWS_LOG2[pooled.lanes]}u`, x, y],
      }),
    });
  },
};
