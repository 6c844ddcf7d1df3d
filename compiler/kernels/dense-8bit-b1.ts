import { denseTerms } from '../ir/ops/dense.ts';
import { isDirect } from '../ir/integer-terms.ts';
import type { TensorType } from '../ir/types.ts';
import { propose, wordsFor, type Kernel } from './kernel.ts';
import { flipOf, packSigns, signsOf, weightTable } from './packing.ts';

/** Why a dense layer cannot read these bytes; undefined when it can. */
export function denseBytesReason(input: TensorType): string | undefined {
  if (input.dtype !== 'u8' && input.dtype !== 'i8') return `its input is ${input.dtype}, not bytes`;
  if (!isDirect(denseTerms(input))) return 'its inputs have different scales';
  return (input.shape[0] ?? 0) > 65535 ? `${input.shape[0]} inputs are above 65535` : undefined;
}

export const dense8bitB1: Kernel = {
  name: 'dense-8bit-b1',
  form: 'library',
  symbol: 'bnn1_dense_8bit_b1',
  doc: 'First layer: dense, from bytes to bits.',
  candidate: (node, [input]) => {
    if (node.kind !== 'dense') return undefined;
    const reason = denseBytesReason(input);
    if (reason !== undefined) return { reason };
    const { threshold, weights } = node.attrs;
    if (threshold === null) return { reason: 'its output is not thresholded' };
    const taps = input.shape[0] ?? 0;
    return propose('dense-8bit-b1', {
      input: { kind: 'bytes' },
      output: { kind: 'bit-runs', run: weights.outputs },
      tables: [
        weightTable(packSigns(signsOf(weights), taps), `[${weights.outputs} outputs][${wordsFor(taps)} words]`),
        {
          name: 'thresholds',
          ctype: 'int32_t',
          values: Array.from(threshold),
          doc: 'smallest sum that gives +1; input scaling, batch norm and sign folded',
        },
      ],
      scratchWords: 0,
      generated: [],
      byRows: false,
      inPlace: false,
      codeBytes: 140,
      instructions: weights.outputs * taps * 9,
      call: ({ x, y, table }) => ({
        symbol: 'bnn1_dense_8bit_b1',
        shape: null,
        arguments: [x, flipOf(input.dtype), table('weights'), table('thresholds'), `${taps}u`, `${weights.outputs}u`, y],
      }),
    });
  },
};
