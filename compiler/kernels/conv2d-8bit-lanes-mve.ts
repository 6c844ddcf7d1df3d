import type { TensorType } from '../ir/types.ts';
import { planesOf, planeWords, propose, wordsFor, type Kernel } from './kernel.ts';
import { graySteps, laneTables, lanePlan, type LanePlan } from './lanes-8bit.ts';
import { named } from './named.ts';
import { noVectors } from './sliced/word.ts';

/** Vectors that are added together: 16 or 32 columns. */
function vectorsFor(outWidth: number): 2 | 4 {
  return outWidth <= 16 ? 2 : 4;
}

/** The byte that a padded tap is worth: terms are multiples of one multiplier, also outside of the image. */
function outsideByte({ multiplier, outside }: LanePlan): number | undefined {
  const byte = outside / multiplier;
  return Number.isInteger(byte) && byte >= 0 && byte <= 255 ? byte : undefined;
}

/** Bytes of a channel of a row that one chunk of columns needs, rounded up to whole vectors. */
function termsFor(plan: LanePlan, columns: number): number {
  const { kernel, dilation } = plan.node.attrs;
  return 16 * Math.ceil((columns + (kernel[1] - 1) * dilation[1]) / 16);
}

function viewOf(plan: LanePlan, input: TensorType, output: TensorType, symbol: string): Readonly<Record<string, unknown>> {
  const { attrs } = plan.node;
  const [height = 1, width = 1, channels = 1] = input.shape;
  const [outHeight = 1, outWidth = 1, outputs = 1] = output.shape;
  const planes = planesOf(output.shape);
  const vectors = vectorsFor(outWidth);
  const columns = 8 * vectors;
  const terms = termsFor(plan, columns);
  const slots = (attrs.kernel[0] - 1) * attrs.dilation[0] + 1;
  const entryWords = 4 * vectors;
  const each = Array.from({ length: vectors }, (_, v) => v);
  const lookUps = plan.groups.length * attrs.kernel[0];
  const read = plan.entries > 256 ? 'bnn1_rom_u16' : 'bnn1_rom_u8';
  const scale = plan.multiplier === 1 ? '' : `, ${plan.multiplier & 0xffff}u`;
  return {
    symbol,
    title: `${height}x${width}x${channels} bytes, window ${attrs.kernel.join('x')}, to ${outHeight}x${outWidth}x${outputs}`,
    columns,
    vectors,
    four: vectors === 4,
    moreVectors: each.slice(1),
    groupCount: plan.groups.length,
    entries: plan.entries,
    entryWords,
    kernelHeight: attrs.kernel[0],
    slots,
    terms,
    height,
    width,
    channels,
    rowBytes: width * channels,
    signed: input.dtype === 'i8',
    outside: outsideByte(plan) ?? 0,
    tables: plan.groups.map(({ first, size, base }) => {
      const bytes = Array.from({ length: size }, (_, i) => {
        const [channel, kx] = [Math.floor((first + i) / attrs.kernel[1]), (first + i) % attrs.kernel[1]];
        const at = channel * terms + kx * attrs.dilation[1];
        return `vldrbq_u16(${at === 0 ? 'd' : `d + ${at}`})`;
      });
      return {
        entry: base * entryWords,
        terms: bytes.map((byte) => (scale === '' ? byte : `vmulq_n_u16(${byte}${scale})`)),
        sum: bytes.map((_, i) => `d${i}`).reduce((sum, term) => `vaddq_u16(${sum}, ${term})`),
        steps: graySteps(size).map(({ tap, rises }) => `v${rises ? 'add' : 'sub'}q_u16(a, d${tap})`),
      };
    }),
    rows: Array.from({ length: attrs.kernel[0] }, (_, row) => row),
    lookUpLines: Array.from({ length: lookUps }, (_, i) => {
      const row = Math.floor(i / plan.groups.length);
      const adds = each.map((v) => `a${v} = vaddq_u16(a${v}, vreinterpretq_u16_u32(vld1q_u32(entry${v === 0 ? '' : ` + ${4 * v}`})));`);
      return `{ const uint32_t *const entry = t${row} + ${entryWords}u * ${read}(w${i === 0 ? '' : ` + ${i}`}); ${adds.join(' ')}`;
    }),
    lookUps,
    indexType: plan.entries > 256 ? 'uint16_t' : 'uint8_t',
    outputs,
    outHeight,
    outWidth,
    strideY: attrs.stride[0],
    dilationY: attrs.dilation[0],
    padTop: attrs.padding.top,
    padLeft: attrs.padding.left,
    planeWords: planeWords(planes),
    rowWords: wordsFor(outWidth),
    lanes: planes.lanes,
    rowsPerWord: 32 / planes.lanes,
    outputWords: outputs * planeWords(planes),
    slotWords: plan.entries * entryWords,
    tableWords: slots * plan.entries * entryWords,
    scratchWords: slots * plan.entries * entryWords + (channels * terms) / 4,
  };
}

/** Sixteen bytes that lie `channels` apart are read by one instruction with 8-bit offsets. */
const MOST_CHANNELS = 17;

export const conv2d8bitLanesMve: Kernel = {
  name: 'conv2d-8bit-lanes-mve',
  form: 'generated',
  needs: 'mve',
  symbol: 'bnn1_conv2d_8bit_lanes_mve_',
  doc: 'First layer: convolution from bytes to bit planes by tables of signed sums, 16 or 32 positions at a time in Helium vectors. Horizontal stride 1.',
  candidate: (node, [input], output, target) => {
    const plan = lanePlan(node, input, output);
    if (plan === undefined || 'reason' in plan) return plan;
    const missing = noVectors(target);
    if (missing !== undefined) return missing;
    const { attrs } = plan.node;
    if (attrs.stride[1] !== 1) return { reason: `its horizontal stride is ${attrs.stride[1]}, not 1` };
    const [, , channels = 1] = input.shape;
    if (channels > MOST_CHANNELS) return { reason: `${channels} channels are above ${MOST_CHANNELS}` };
    if (outsideByte(plan) === undefined) return { reason: 'its padding is not worth a byte of the input' };
    const layer = named('bnn1_conv2d_8bit_lanes_mve', (symbol) => ({
      symbol,
      template: 'conv2d-8bit-lanes-mve',
      view: viewOf(plan, input, output, symbol),
    }));
    const [outHeight = 1, outWidth = 1, outputs = 1] = output.shape;
    const vectors = vectorsFor(outWidth);
    const lookUps = plan.groups.length * attrs.kernel[0];
    const chunks = Math.ceil(outWidth / (8 * vectors));
    const rows = outHeight * attrs.stride[0] + attrs.kernel[0];
    return propose('conv2d-8bit-lanes-mve', {
      input: { kind: 'bytes' },
      output: planesOf(output.shape),
      tables: laneTables(plan, outputs, lookUps),
      scratchWords: Number(layer.view['scratchWords']),
      generated: [layer],
      byRows: false,
      inPlace: false,
      codeBytes: 700 + lookUps * (6 + 8 * vectors) + plan.entries * 12,
      instructions: Math.round(
        chunks *
          (outHeight * (outputs * (lookUps * (2 + 2 * vectors) + 10 + 12 * vectors) + 40) +
            rows * (plan.entries * 3 * vectors + channels * 30)),
      ),
      call: ({ x, y, table, scratch }) => ({
        symbol: layer.symbol,
        shape: null,
        arguments: [x, table('weights'), table('bias'), `(uint32_t *)${scratch}`, y],
      }),
    });
  },
};
