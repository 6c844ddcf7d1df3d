import { tapsOf } from '../ir/accumulator.ts';
import type { NodeOf, TensorType } from '../ir/types.ts';
import { wordLiteral } from '../support/c-literals.ts';
import { planeWords, planesOf, propose, type Kernel } from './kernel.ts';
import { lanePlan, type LanePlan } from './lanes-8bit.ts';
import { named } from './named.ts';
import { signsOf } from './packing.ts';

const MOST_TAPS = 32;
/** Code grows with both: an addition for less than half of the products, and a line for each term of a row. */
const MOST_PRODUCTS = 1500;
const MOST_TERMS = 96;

/** Output columns h apart share a word, h = half of the width: the terms of a row for all of them, one channel behind the other. */
function columnsOf({ attrs }: NodeOf<'conv2d'>, half: number): number {
  return (half - 1) * attrs.stride[1] + (attrs.kernel[1] - 1) * attrs.dilation[1] + 1;
}

/** Statements for the terms of a row: bytes in pairs, and constants where a column lies outside of the image. */
function termLines({ node, multiplier, outside }: LanePlan, input: TensorType, half: number): readonly string[] {
  const [, width = 1, channels = 1] = input.shape;
  const { attrs } = node;
  const columns = columnsOf(node, half);
  const flip = input.dtype === 'i8' ? ' ^ 0x80u' : '';
  const factor = multiplier === 1 ? '' : `${wordLiteral(multiplier)} * `;
  const term = (column: number, channel: number): string =>
    column >= 0 && column < width ? `${factor}(uint32_t)(row[${column * channels + channel}]${flip})` : wordLiteral(outside);
  return Array.from({ length: channels * columns }, (_, i) => {
    const [channel, at] = [Math.floor(i / columns), (i % columns) - attrs.padding.left];
    return `d[${i}] = ${term(at, channel)} + (${term(at + half * attrs.stride[1], channel)} << 16);`;
  });
}

/**
 * What is added to the bias of an output, of the words x0, x1, .. of its taps. With T = sum of all x, and S+ and S- the sums of those
 * with weight +1 and -1, the layer's sum is S+ - S- = 2 S+ - T = T - 2 S-: of the two the one with fewer additions is taken.
 */
function outputText(signs: Int8Array): string {
  const positive = [...signs].filter((sign) => sign === 1).length;
  const isPositive = positive * 2 <= signs.length;
  const words = [...signs].flatMap((sign, i) => ((sign === 1) === isPositive ? [`x${i}`] : []));
  const twice = words.length === 0 ? '' : ` ${isPositive ? '+' : '-'} ((${words.join(' + ')}) << 1)`;
  return `${isPositive ? '-' : '+'} total${twice}`;
}

function viewOf(plan: LanePlan, input: TensorType, output: TensorType): Readonly<Record<string, unknown>> {
  const { attrs } = plan.node;
  const [height = 1, width = 1, channels = 1] = input.shape;
  const [outHeight = 1, outWidth = 1, outputs = 1] = output.shape;
  const planes = planesOf(output.shape);
  const half = Math.ceil(outWidth / 2);
  const columns = columnsOf(plan.node, half);
  const [kernelHeight, kernelWidth] = attrs.kernel;
  const slots = (kernelHeight - 1) * attrs.dilation[0] + 1;
  const taps = tapsOf(plan.node);
  const signs = signsOf(attrs.weights);
  const ones = (count: number): number => 2 ** count - 1;
  return {
    title: `${height}x${width}x${channels} bytes, window ${attrs.kernel.join('x')}, to ${outHeight}x${outWidth}x${outputs}`,
    half,
    slots,
    height,
    rowBytes: width * channels,
    hasPadRows: attrs.padding.top + attrs.padding.bottom > 0,
    terms: termLines(plan, input, half),
    termWords: channels * columns,
    outsidePair: wordLiteral(plan.outside * 0x10001),
    taps: Array.from({ length: taps }, (_, i) => {
      const [pixel, channel] = [Math.floor(i / channels), i % channels];
      return (
        (Math.floor(pixel / kernelWidth) * attrs.dilation[0] * channels + channel) * columns + (pixel % kernelWidth) * attrs.dilation[1]
      );
    }),
    total: Array.from({ length: taps }, (_, i) => `x${i}`).join(' + '),
    texts: Array.from({ length: outputs }, (_, o) => outputText(signs.subarray(o * taps, (o + 1) * taps))),
    strideX: attrs.stride[1],
    strideY: attrs.stride[0],
    kept: Math.max(0, slots - attrs.stride[0]),
    movedWords: attrs.stride[0] * channels * columns,
    padTop: attrs.padding.top,
    outputs,
    outHeight,
    lowShift: 16 - half,
    highShift: 32 - half,
    lowMask: wordLiteral(ones(half)),
    mask: wordLiteral(ones(outWidth)),
    lanes: planes.lanes,
    rowsPerWord: 32 / planes.lanes,
    planeWords: planeWords(planes),
    outputWords: outputs * planeWords(planes),
    tableWords: slots * channels * columns,
    scratchWords: slots * channels * columns + outputs,
  };
}

export const conv2d8bitBaked: Kernel = {
  name: 'conv2d-8bit-baked',
  form: 'generated',
  symbol: 'bnn1_conv2d_8bit_baked_',
  doc: 'Small first layer: convolution from bytes to bit planes, weights in the code, two positions in a word.',
  candidate: (node, [input], output, target) => {
    const plan = lanePlan(node, input, output);
    if (plan === undefined || 'reason' in plan) return plan;
    if (target.wordBits < 32) return { reason: `the target adds ${target.wordBits} bits at a time, not 32` };
    const { attrs } = plan.node;
    const [outHeight = 1, outWidth = 1, outputs = 1] = output.shape;
    if (outWidth > 32) return { reason: `its output is ${outWidth} columns wide, above 32` };
    const taps = tapsOf(plan.node);
    if (taps > MOST_TAPS) return { reason: `its ${taps} taps are above ${MOST_TAPS}` };
    if (taps * outputs > MOST_PRODUCTS) return { reason: `code for ${taps} taps of ${outputs} outputs would be too large` };
    const half = Math.ceil(outWidth / 2);
    const termWords = (input.shape[2] ?? 1) * columnsOf(plan.node, half);
    if (termWords > MOST_TERMS) return { reason: `its rows have ${termWords} terms, above ${MOST_TERMS}` };
    const view = viewOf(plan, input, output);
    const layer = named('bnn1_conv2d_8bit_baked', (symbol) => ({ symbol, template: 'conv2d-8bit-baked', view }));
    const rows = Math.min(outHeight * attrs.stride[0], outHeight * attrs.kernel[0]) + attrs.kernel[0];
    return propose('conv2d-8bit-baked', {
      input: { kind: 'bytes' },
      output: planesOf(output.shape),
      tables: [
        {
          name: 'bias',
          ctype: 'uint32_t',
          values: plan.biases.map((bias) => bias * 0x10001),
          doc: '0x8000 less the smallest sum that gives +1, in both halves; input scaling, batch norm and sign folded',
        },
      ],
      scratchWords: Number(view['scratchWords']),
      generated: [layer],
      byRows: false,
      inPlace: false,
      codeBytes: Math.round(420 + outputs * (18 + taps * 1.1) + termWords * 10 + taps * 4),
      instructions: Math.round(
        (target.features.includes('thumb1') ? 1.55 : target.features.includes('thumb2') ? 1 : 1.15) *
          (outHeight * half * (outputs * (6 + taps * 0.4) + taps * 2 + 8) + rows * (termWords * 4.5 + 20) + outHeight * (outputs * 9 + 50)),
      ),
      call: ({ x, y, table, scratch }) => ({
        symbol: layer.symbol,
        shape: null,
        arguments: [x, table('bias'), `(uint32_t *)${scratch}`, y],
      }),
    });
  },
};
