import { tapsOf } from '../ir/accumulator.ts';
import { isPadded } from '../ir/attributes.ts';
import { conv2dTerms, type Conv2dAttrs } from '../ir/ops/conv2d.ts';
import type { Node, NodeOf, TensorType } from '../ir/types.ts';
import { wordLiteral } from '../support/c-literals.ts';
import { BitNetwork, atLeast, not } from './baked/bit-network.ts';
import { convBitsReason } from './conv2d-b1-b1.ts';
import { planeWords, planesOf, propose, type Kernel, type Lanes, type Layout, type PlanesLayout } from './kernel.ts';
import { named } from './named.ts';
import { signsOf } from './packing.ts';

const MOST_CHANNELS = 8;
const MOST_TAPS = 72;
/** Adders of all outputs: about five instructions each. */
const MOST_PRODUCTS = 1500;

/** The columns of a tap start so many bits further on, in the columns of its residue. */
function shiftOf({ dilation, stride }: Conv2dAttrs, kx: number): { readonly residue: number; readonly shift: number } {
  const column = kx * dilation[1];
  return { residue: column % stride[1], shift: Math.floor(column / stride[1]) };
}

function refusal(node: NodeOf<'conv2d'>, input: TensorType, output: TensorType): string | undefined {
  const reason = convBitsReason(node, input, output);
  if (reason !== undefined) return reason;
  const { attrs } = node;
  const [, width = 1, channels = 1] = input.shape;
  if (attrs.threshold === null) return 'its output is not thresholded';
  if (attrs.groups !== 1) return `it has ${attrs.groups} groups`;
  if (channels > MOST_CHANNELS) return `its ${channels} channels are above ${MOST_CHANNELS}`;
  const taps = tapsOf(node);
  if (taps > MOST_TAPS) return `its ${taps} taps are above ${MOST_TAPS}`;
  if (taps * attrs.weights.outputs > MOST_PRODUCTS) return `code for ${taps} taps of ${attrs.weights.outputs} outputs would be too large`;
  if (attrs.stride[1] > 2) return `its horizontal stride is ${attrs.stride[1]}, above 2`;
  const columns = width + attrs.padding.left + attrs.padding.right;
  if (columns > 32) return `its rows of ${columns} columns, with their padding, do not fit into a word`;
  if (isPadded(attrs.padding) && conv2dTerms(attrs, input).pad === 0) return 'its padding counts nothing';
  return undefined;
}

/** Lanes in which an output row and the columns that its taps reach lie. */
function lanesFor(attrs: Conv2dAttrs, width: number): Lanes {
  const reach = width + Math.max(...Array.from({ length: attrs.kernel[1] }, (_, kx) => shiftOf(attrs, kx).shift));
  return reach <= 8 ? 8 : reach <= 16 ? 16 : 32;
}

/** The word of a row of the input, and of a tap: (ky, kx) is number `pixel` of the window. */
function rowName(channel: number, ky: number, residue: number): string {
  return `w${channel}_${ky}_${residue}`;
}

function tapText(attrs: Conv2dAttrs, channel: number, pixel: number): string {
  const { residue, shift } = shiftOf(attrs, pixel % attrs.kernel[1]);
  const name = rowName(channel, Math.floor(pixel / attrs.kernel[1]), residue);
  return shift === 0 ? name : `${name} >> ${shift}`;
}

/** The straight-line part: what each output is, of the words of the taps. */
function logic(node: NodeOf<'conv2d'>): { readonly statements: readonly string[]; readonly expressions: readonly string[] } {
  const { weights, threshold, kernel } = node.attrs;
  const signs = signsOf(weights);
  const taps = tapsOf(node);
  const channels = taps / (kernel[0] * kernel[1]);
  const network = new BitNetwork();
  // of one kernel row and channel in a row: the taps of a triple are then of one row
  const order = Array.from({ length: channels }, (_, c) =>
    Array.from({ length: kernel[0] * kernel[1] }, (_unused, pixel) => ({ text: tapText(node.attrs, c, pixel), at: pixel * channels + c })),
  ).flat();
  const words = order.map(({ text }) => network.input(text));
  const outputs = Array.from(threshold ?? [], (limit, o) => {
    const products = order.map(({ at }, i) =>
      signs[o * taps + at] === 1 ? (words[i] ?? network.input('0u')) : not(words[i] ?? network.input('0u')),
    );
    return atLeast(network, products, Math.max(0, Math.min(taps + 1, Math.ceil((limit + taps) / 2))));
  });
  const { statements, expressions } = network.print(outputs);
  return { statements, expressions };
}

function viewOf(node: NodeOf<'conv2d'>, input: TensorType, output: TensorType, layout: Layout): Readonly<Record<string, unknown>> {
  const { attrs } = node;
  const [height = 1, width = 1, channels = 1] = input.shape;
  const [outHeight = 1, outWidth = 1, outputs = 1] = output.shape;
  const planes = planesOf(output.shape);
  const lanes = lanesFor(attrs, outWidth);
  const rows = height + attrs.padding.top + attrs.padding.bottom;
  const [kernelHeight] = attrs.kernel;
  const residues = attrs.stride[1];
  const columns = width + attrs.padding.left + attrs.padding.right;
  const pad = conv2dTerms(attrs, input).pad > 0;
  const ones = (count: number): number => 2 ** count - 1;
  const inside = ones(width) * 2 ** attrs.padding.left;
  const isHalved = attrs.stride[1] === 2;
  const { statements, expressions } = logic(node);
  const rowWords = Array.from({ length: channels }, (_, c) =>
    Array.from({ length: kernelHeight * residues }, (_unused, i) => {
      const [ky, residue] = [Math.floor(i / residues), i % residues];
      return { name: rowName(c, ky, residue), from: (c * rows + ky * attrs.dilation[0]) * residues + residue };
    }),
  ).flat();
  return {
    title: `${height}x${width}x${channels} bits, window ${attrs.kernel.join('x')}, to ${outHeight}x${outWidth}x${outputs}`,
    isStream: layout.kind === 'bit-runs',
    height,
    width,
    channels,
    used: wordLiteral(ones(width)),
    padLeft: attrs.padding.left,
    padTop: attrs.padding.top,
    hasPadRows: attrs.padding.top + attrs.padding.bottom > 0,
    padding: wordLiteral(pad ? ones(columns) : 0),
    sides: wordLiteral(pad ? ones(columns) - inside : 0),
    inputRowsLog2: layout.kind === 'bit-planes' ? { 32: 0, 16: 1, 8: 2 }[layout.lanes] : 0,
    inputLanes: layout.kind === 'bit-planes' ? layout.lanes : 32,
    inputPlane: layout.kind === 'bit-planes' ? planeWords(layout) : 0,
    rows,
    isHalved,
    residues,
    lanes,
    /** Columns that no tap reaches would lie in the lanes of the next row. */
    reached: wordLiteral(ones(isHalved ? Math.min(lanes, 16) : lanes)),
    together: 32 / lanes,
    outHeight,
    outputs,
    words: rowWords.filter(({ name }) => statements.some((statement) => new RegExp(`\\b${name}\\b`).test(statement))),
    step: attrs.stride[0] * attrs.stride[1],
    mask: wordLiteral(ones(outWidth)),
    statements,
    expressions,
    planeWords: planeWords(planes),
    isDirect: lanes === planes.lanes,
    wordStep: lanes === planes.lanes ? planeWords(planes) : 1,
    outputLanes: planes.lanes,
    outputTogether: 32 / planes.lanes,
    outputWords: outputs * planeWords(planes),
    rowWords: channels * rows * residues,
    scratchWords: channels * rows * residues + (lanes === planes.lanes ? 0 : outputs),
  };
}

/** One channel is read where the caller packed it; several, or what lies so already, as planes. */
function inputLayout(input: TensorType, offered: Layout | undefined): PlanesLayout | Extract<Layout, { kind: 'bit-runs' }> {
  const [height = 1, width = 1, channels = 1] = input.shape;
  if (offered?.kind === 'bit-planes') return planesOf(input.shape, offered.lanes);
  return channels === 1 ? { kind: 'bit-runs', run: height * width } : planesOf(input.shape);
}

export const conv2dB1Baked: Kernel = {
  name: 'conv2d-b1-baked',
  form: 'generated',
  symbol: 'bnn1_conv2d_b1_baked_',
  doc: 'Small convolution from bits to bit planes, weights and thresholds in the code: full adders on 32 positions, shared by all outputs.',
  candidate: (node: Node, [input], output, target, [offered]) => {
    if (node.kind !== 'conv2d') return undefined;
    const reason = refusal(node, input, output);
    if (reason !== undefined) return { reason };
    if (target.wordBits < 32) return { reason: `the target adds ${target.wordBits} bits at a time, not 32` };
    const layout = inputLayout(input, offered);
    const view = viewOf(node, input, output, layout);
    const layer = named('bnn1_conv2d_b1_baked', (symbol) => ({ symbol, template: 'conv2d-b1-baked', view }));
    const operations = (view['statements'] as readonly string[]).length;
    const words = Math.ceil((output.shape[0] ?? 1) / Number(view['together']));
    const outputs = output.shape[2] ?? 1;
    return propose('conv2d-b1-baked', {
      input: layout,
      output: planesOf(output.shape),
      tables: [],
      scratchWords: Number(view['scratchWords']),
      generated: [layer],
      byRows: false,
      inPlace: false,
      codeBytes: 300 + operations * 5 + outputs * 8,
      instructions:
        (target.features.includes('thumb1') ? 1.5 : 1) *
        (words * Math.round(operations * 1.5 + outputs * 4 + tapsOf(node) * 3) + Number(view['rowWords']) * 20),
      call: ({ x, y, scratch }) => ({ symbol: layer.symbol, shape: null, arguments: [x, `(uint32_t *)${scratch}`, y] }),
    });
  },
};
