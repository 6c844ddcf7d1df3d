import { slownessOf } from './cores.ts';
import { distanceLimits, denseBitsProposal } from './dense-b1-b1.ts';
import { bitPlace, type BitsLayout } from './bit-places.ts';
import { propose, type Kernel, type ShapeArgument, type Table } from './kernel.ts';
import { lateTable, signsOf } from './packing.ts';
import { noVectors } from './sliced/word.ts';

/** Offsets of rows have 16 bits: (inputs + 1) * 4 <= 65536. */
const MOST_INPUTS = 16383;

/** Bits of D and D' of bnn1_dense_b1_b1_sliced: 2^(planes - 1) > 2 * inputs. */
function planesFor(inputs: number): number {
  return (2 * inputs).toString(2).length + 1;
}

/**
 * [blocks][inputs + 1][lanes / 32 words]: bit j of a row is the weight of output lanes * block + j; the last row is 0. Rows are in
 * the order in which the bits of the inputs lie.
 */
function slicedWeights(signs: Int8Array, layout: BitsLayout, inputs: number, outputs: number, lanes: number): Uint32Array {
  const order = Array.from({ length: inputs }, (_, i) => i).sort((a, b) => bitPlace(layout, a) - bitPlace(layout, b));
  const words = lanes / 32;
  const blocks = Math.ceil(outputs / lanes);
  const rows = new Uint32Array(blocks * (inputs + 1) * words);
  for (let o = 0; o < outputs; o += 1) {
    const first = Math.floor(o / lanes) * (inputs + 1) * words + (Math.floor(o / 32) % words);
    order.forEach((i, row) => {
      const at = first + row * words;
      rows[at] = (rows[at] as number) | ((((signs[o * inputs + i] as number) + 1) >> 1) << (o % 32)); // no branch: signs are random
    });
  }
  return rows;
}

/** [blocks][2][planes][lanes / 32 words]: bit planes of L - W, then of -(L + W + 1); W weights of an output are 1, L is its limit. */
function slicedConstants(signs: Int8Array, limits: readonly number[], inputs: number, lanes: number): Uint32Array {
  const words = lanes / 32;
  const planes = planesFor(inputs);
  const blocks = Math.ceil(limits.length / lanes);
  const constants = new Uint32Array(blocks * 2 * planes * words);
  for (let o = 0; o < blocks * lanes; o += 1) {
    const limit = limits[o] ?? -1;
    let ones = 0;
    if (o < limits.length) for (let i = 0; i < inputs; i += 1) ones += ((signs[o * inputs + i] as number) + 1) >> 1;
    [limit - ones, -(limit + ones + 1)].forEach((value, list) => {
      for (let k = 0; k < planes; k += 1) {
        const at = ((Math.floor(o / lanes) * 2 + list) * planes + k) * words + (Math.floor(o / 32) % words);
        constants[at] = (constants[at] as number) | (((value >> k) & 1) << (o % 32));
      }
    });
  }
  return constants;
}

/** Words of RAM for the list of rows and for the carries of weight sixteen, `lanes` outputs wide. */
function slicedScratch(inputs: number, lanes: number): number {
  const sixteens = Math.ceil(Math.floor(inputs / 2) / 16);
  return sixteens * 8 + (Math.floor(inputs / 512) + 1) * 16 * (lanes / 32);
}

/** Rows of input bits: how many bits each has, how far the next one in a word is, and how many begin before the next new word. */
function rowFields(layout: BitsLayout): ShapeArgument['fields'] {
  if (layout.kind === 'bit-runs') {
    return [
      ['run', layout.run],
      ['lanes', 32],
      ['rows', 1],
    ];
  }
  return [
    ['run', layout.map[1]],
    ['lanes', layout.lanes],
    ['rows', layout.map[0]],
  ];
}

/** The kernel for so many outputs at a time. */
export function slicedCandidate(
  kernel: 'dense-b1-b1-sliced' | 'dense-b1-b1-sliced-mve',
  symbol: string,
  lanes: 32 | 128,
): Kernel['candidate'] {
  return (node, [input], _output, target, [offered]) => {
    const proposal = denseBitsProposal(node, input, offered);
    if (proposal === undefined || 'reason' in proposal) return proposal;
    if (node.kind !== 'dense' || node.attrs.threshold === null) return undefined;
    const missing = lanes === 128 ? noVectors(target) : undefined;
    if (missing !== undefined) return missing;
    const { words, outputs, ...rest } = proposal;
    const inputs = input.shape[0] ?? 0;
    if (inputs > MOST_INPUTS) return { reason: `${inputs} inputs are above ${MOST_INPUTS}` };
    const signs = signsOf(node.attrs.weights);
    const limits = distanceLimits(node.attrs.threshold, inputs);
    const blocks = Math.ceil(outputs / lanes);
    const planes = planesFor(inputs);
    const tables: readonly Table[] = [
      lateTable(
        { name: 'weights', ctype: 'uint32_t', doc: `[${blocks} blocks of ${lanes} outputs][${inputs} inputs and a row of zeros]` },
        (blocks * (inputs + 1) * lanes) / 32,
        () => slicedWeights(signs, rest.input, inputs, outputs, lanes),
      ),
      lateTable(
        {
          name: 'constants',
          ctype: 'uint32_t',
          doc: `[${blocks} blocks][2][${planes} bits] what the sums are compared with; batch norm and sign folded`,
        },
        (blocks * 2 * planes * lanes) / 32,
        () => slicedConstants(signs, limits, inputs, lanes),
      ),
    ];
    const rows = inputs / 2; // at most
    const aRow = lanes === 32 ? 6.5 : 9;
    const list = words * 20 + rows * 8;
    return propose(kernel, {
      ...rest,
      tables,
      scratchWords: slicedScratch(inputs, lanes),
      codeBytes: CODE_BYTES,
      instructions:
        slownessOf(target, { thumb1: 1.24, riscv: 1.24, avr: 6.7 }) *
        (list + blocks * (rows * aRow + Math.ceil(rows / 256) * 110 + planes * 16 + 60)),
      generated: [],
      call: ({ x, y, scratch, table }) => ({
        symbol,
        shape: {
          type: 'bnn1_dense_sliced_shape',
          fields: [
            ['words', words],
            ...rowFields(rest.input),
            ['inputs', inputs],
            ['out_words', Math.ceil(outputs / 32)],
            ['planes', planes],
          ],
        },
        arguments: [x, table('weights'), table('constants'), `(uint32_t *)${scratch}`, y],
      }),
    });
  };
}

const CODE_BYTES = 1000;

export const denseB1B1Sliced: Kernel = {
  name: 'dense-b1-b1-sliced',
  form: 'library',
  symbol: 'bnn1_dense_b1_b1_sliced',
  doc: 'Dense layer from bits to bits, 32 outputs at a time: adds the weights to the inputs that are 1, or to those that are 0 if fewer.',
  candidate: slicedCandidate('dense-b1-b1-sliced', 'bnn1_dense_b1_b1_sliced', 32),
};
