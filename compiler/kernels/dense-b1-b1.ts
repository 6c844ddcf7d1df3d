import { denseTerms } from '../ir/ops/dense.ts';
import { isDirect } from '../ir/integer-terms.ts';
import type { Node, TensorType } from '../ir/types.ts';
import type { BitsLayout } from './bit-places.ts';
import { layoutWords, propose, type Kernel, type Layout, type Proposal } from './kernel.ts';
import { MAX_TAPS, distanceLimit, lateTable, packRows, signsOf } from './packing.ts';

/** What every dense kernel on bits needs; undefined for another op. */
export function denseBits(
  node: Node,
  input: TensorType,
  layout: BitsLayout,
): { readonly words: number; readonly weights: () => Uint32Array; readonly taps: number } | { readonly reason: string } | undefined {
  if (node.kind !== 'dense') return undefined;
  const taps = input.shape[0] ?? 0;
  if (input.dtype !== 'b1') return { reason: `its input is ${input.dtype}, not bits` };
  if (node.attrs.sum !== 'exact') return { reason: 'its weights are not ±α' };
  if (!isDirect(denseTerms(input))) return { reason: 'its inputs have different scales' };
  if (taps > MAX_TAPS) return { reason: `${taps} inputs are above ${MAX_TAPS}` };
  const signs = signsOf(node.attrs.weights);
  const { outputs } = node.attrs.weights;
  return { words: layoutWords(layout, input.shape), weights: () => packRows(signs, outputs, layout), taps };
}

/** Limits on the distance, one per output. */
export function distanceLimits(threshold: Int32Array, taps: number): readonly number[] {
  return Array.from(threshold, (t) => distanceLimit(taps, t));
}

/** The layout in which a dense layer takes bits: as its producer left them, so that no conversion is needed. */
export function acceptedBits(input: TensorType, offered: Layout | undefined): BitsLayout {
  return offered?.kind === 'bit-runs' || offered?.kind === 'bit-planes' ? offered : { kind: 'bit-runs', run: input.shape[0] ?? 1 };
}

/** Tables and layouts that dense kernels from bits to bits share. */
export function denseBitsProposal(
  node: Node,
  input: TensorType,
  offered: Layout | undefined,
):
  | (Omit<Proposal, 'input' | 'instructions' | 'codeBytes' | 'generated' | 'call'> & {
      readonly input: BitsLayout;
      readonly words: number;
      readonly outputs: number;
    })
  | { readonly reason: string }
  | undefined {
  const layout = acceptedBits(input, offered);
  const bits = denseBits(node, input, layout);
  if (bits === undefined || 'reason' in bits || node.kind !== 'dense') return bits as { readonly reason: string } | undefined;
  const { threshold, weights } = node.attrs;
  if (threshold === null) return { reason: 'its output is not thresholded' };
  return {
    words: bits.words,
    outputs: weights.outputs,
    input: layout,
    output: { kind: 'bit-runs', run: weights.outputs },
    tables: [
      lateTable(
        { name: 'weights', ctype: 'uint32_t', doc: `[${weights.outputs} outputs][${bits.words} words]` },
        weights.outputs * bits.words,
        bits.weights,
      ),
      {
        name: 'limits',
        ctype: 'int16_t',
        values: distanceLimits(threshold, bits.taps),
        doc: 'largest distance that still gives +1; batch norm and sign folded',
      },
    ],
    scratchWords: 0,
    byRows: false,
    inPlace: false,
  };
}

export const denseB1B1: Kernel = {
  name: 'dense-b1-b1',
  form: 'library',
  symbol: 'bnn1_dense_b1_b1',
  doc: 'Dense layer from bits to bits: XOR and popcount over packed words.',
  candidate: (node, [input], _output, _target, [offered]) => {
    const proposal = denseBitsProposal(node, input, offered);
    if (proposal === undefined || 'reason' in proposal) return proposal;
    const { words, outputs, ...rest } = proposal;
    return propose('dense-b1-b1', {
      ...rest,
      codeBytes: 120,
      instructions: outputs * (words * 10 + 70),
      generated: [],
      call: ({ x, y, table }) => ({
        symbol: 'bnn1_dense_b1_b1',
        shape: null,
        arguments: [x, table('weights'), table('limits'), `${words}u`, `${outputs}u`, y],
      }),
    });
  },
};
