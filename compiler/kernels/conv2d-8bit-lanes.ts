import type { TensorType } from '../ir/types.ts';
import { wordLiteral } from '../support/c-literals.ts';
import { planesOf, planeWords, propose, wordsFor, type Kernel } from './kernel.ts';
import { graySteps, lanePlan, laneTables, type LanePlan, type TapGroup } from './lanes-8bit.ts';
import { named } from './named.ts';

/** A function that makes a table: the words of four positions for each tap, counted from the first. */
interface TableText {
  readonly number: number;
  readonly size: number;
  readonly words: readonly number[];
  readonly sums: readonly string[];
  readonly steps: readonly string[];
}

/** Up to so many channels, the terms of a pixel are made without a loop. */
const UNROLLED_CHANNELS = 4;

const POSITIONS = [0, 1, 2, 3] as const;

/** `offsets` are the words of the taps at the first of four positions, `step` words apart from those at the next. */
function tableText(number: number, offsets: readonly number[], step: number): TableText {
  const words = [...new Set(offsets.flatMap((offset) => POSITIONS.map((p) => offset + p * step)))].sort((a, b) => a - b);
  const sums = POSITIONS.map((p) => offsets.map((offset) => `d[${offset + p * step}]`).join(' + '));
  const steps = graySteps(offsets.length).map(({ tap, rises }) =>
    POSITIONS.map((p) => `a${p} ${rises ? '+' : '-'}= d${(offsets[tap] ?? 0) + p * step};`).join(' '),
  );
  return { number, size: offsets.length, words, sums, steps };
}

/** Columns of the input that the four positions of a strip touch in one lane. */
function stripColumns({ node: { attrs } }: LanePlan): number {
  return 3 * attrs.stride[1] + (attrs.kernel[1] - 1) * attrs.dilation[1] + 1;
}

function tableTexts(plan: LanePlan): { readonly tables: readonly TableText[]; readonly calls: readonly object[] } {
  const { kernel, dilation, stride } = plan.node.attrs;
  const columns = stripColumns(plan);
  const tables = new Map<string, TableText>();
  const calls = plan.groups.map(({ first, size, base }: TapGroup) => {
    const places = Array.from({ length: size }, (_, i) => {
      const [channel, kx] = [Math.floor((first + i) / kernel[1]), (first + i) % kernel[1]];
      return channel * columns + kx * dilation[1];
    });
    const term = Math.min(...places);
    const offsets = places.map((place) => place - term);
    const key = offsets.join(' ');
    const table = tables.get(key) ?? tableText(tables.size, offsets, stride[1]);
    tables.set(key, table);
    return { number: table.number, term, entry: base * 4 };
  });
  return { tables: [...tables.values()], calls };
}

/** Look-up `i` of an output, in the tables of row `row`; every 32 the pointer moves on. */
function lookUpLines(row: number, i: number, entries: number): readonly string[] {
  const move = i > 0 && i % 32 === 0 ? ['w += 32;'] : [];
  const words = 'a0, a1, a2, a3';
  return entries > 256
    ? [...move, `bnn1_lanes_add(${words}, t${row} + 4u * bnn1_rom_u16(w + ${i % 32}));`]
    : [...move, `bnn1_lanes_look_up(${words}, t${row}, w, ${i % 32});`];
}

function viewOf(plan: LanePlan, input: TensorType, output: TensorType): Readonly<Record<string, unknown>> {
  const { attrs } = plan.node;
  const [height = 1, width = 1, channels = 1] = input.shape;
  const [outHeight = 1, outWidth = 1, outputs = 1] = output.shape;
  const planes = planesOf(output.shape);
  const half = outWidth > 32 ? 16 : 4 * Math.ceil(outWidth / 8);
  const slots = (attrs.kernel[0] - 1) * attrs.dilation[0] + 1;
  const groupCount = plan.groups.length;
  const columns = stripColumns(plan);
  return {
    title: `${height}x${width}x${channels} bytes, window ${attrs.kernel.join('x')}, to ${outHeight}x${outWidth}x${outputs}`,
    half,
    halfEnd: half + 3,
    isApart: half < 16,
    apart: 16 - half,
    nibbles: wordLiteral(15 * (1 + 2 ** half)),
    distance: half * attrs.stride[1],
    groupCount,
    entries: plan.entries,
    kernelHeight: attrs.kernel[0],
    slots,
    columns,
    height,
    width,
    channels,
    rowBytes: width * channels,
    scale: plan.multiplier === 1 ? '' : `${wordLiteral(plan.multiplier)} * `,
    pairs:
      channels > UNROLLED_CHANNELS
        ? []
        : Array.from({ length: channels }, (_, c) => ({ word: c * columns, low: c, high: c + half * attrs.stride[1] * channels })),
    highByte: half * attrs.stride[1] * channels,
    flipPair: input.dtype === 'i8' ? ' ^ UINT32_C(0x00800080)' : '',
    flip: input.dtype === 'i8' ? ' ^ 0x80u' : '',
    outside: wordLiteral(plan.outside),
    ...tableTexts(plan),
    termWords: channels * columns,
    rows: Array.from({ length: attrs.kernel[0] }, (_, number) => ({
      number,
      tables: number < 5 ? `bnn1_lanes_tables(t${number}, "r${8 + number}")` : `const uint32_t *const t${number}`,
      lookUps: plan.groups.flatMap((_group, i) => lookUpLines(number, number * groupCount + i, plan.entries)),
    })),
    lastLookUps: ((groupCount * attrs.kernel[0] - 1) % 32) + 1,
    lookUps: groupCount * attrs.kernel[0],
    indexType: plan.entries > 256 ? 'uint16_t' : 'uint8_t',
    indexRead: plan.entries > 256 ? 'u16' : 'u8',
    outputs,
    outHeight,
    outWidth,
    strideY: attrs.stride[0],
    strideX: attrs.stride[1],
    dilationY: attrs.dilation[0],
    padTop: attrs.padding.top,
    padLeft: attrs.padding.left,
    planeWords: planeWords(planes),
    rowWords: wordsFor(outWidth),
    lanes: planes.lanes,
    rowsPerWord: 32 / planes.lanes,
    outputWords: outputs * planeWords(planes),
    slotWords: plan.entries * 4,
    tableWords: slots * plan.entries * 4,
    scratchWords: slots * plan.entries * 4 + channels * columns,
  };
}

export const conv2d8bitLanes: Kernel = {
  name: 'conv2d-8bit-lanes',
  form: 'generated',
  symbol: 'bnn1_conv2d_8bit_lanes_',
  doc: 'First layer: convolution from bytes to bit planes, eight positions at a time, by tables of signed sums that all outputs share.',
  candidate: (node, [input], output, target) => {
    const plan = lanePlan(node, input, output);
    if (plan === undefined || 'reason' in plan) return plan;
    if (target.wordBits < 32) return { reason: `the target adds ${target.wordBits} bits at a time, not 32` };
    const view = viewOf(plan, input, output);
    const layer = named('bnn1_conv2d_8bit_lanes', (symbol) => ({ symbol, template: 'conv2d-8bit-lanes', view }));
    const { attrs } = plan.node;
    const [outHeight = 1, outWidth = 1, outputs = 1] = output.shape;
    const lookUps = plan.groups.length * attrs.kernel[0];
    const channels = input.shape[2] ?? 1;
    const strips = Math.ceil(outWidth / 8);
    const rows = Math.min(outHeight * attrs.stride[0], outHeight * attrs.kernel[0]) + attrs.kernel[0];
    const termWords = channels * stripColumns(plan);
    const shapes = tableTexts(plan).tables;
    return propose('conv2d-8bit-lanes', {
      input: { kind: 'bytes' },
      output: planesOf(output.shape),
      tables: laneTables(plan, outputs, lookUps),
      scratchWords: Number(view['scratchWords']),
      generated: [layer],
      byRows: false,
      inPlace: false,
      codeBytes: 560 + lookUps * 20 + shapes.reduce((sum, { size }) => sum + 16 * 2 ** size, 0),
      instructions: Math.round(
        (target.features.includes('thumb2') ? 1 : 1.3) *
          strips *
          (outHeight * (outputs * (lookUps * 7 + attrs.kernel[0] * 3 + 19) + 60) + rows * (plan.entries * 6.4 + termWords * 9 + 90)),
      ),
      call: ({ x, y, table, scratch }) => ({
        symbol: layer.symbol,
        shape: null,
        arguments: [x, table('weights'), table('bias'), `(uint32_t *)${scratch}`, y],
      }),
    });
  },
};
