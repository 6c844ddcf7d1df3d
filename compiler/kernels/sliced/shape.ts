/** The sizes of a bit-sliced convolution by groups of three: from the layer to groups, tables and counters. */
import { conv2dTerms, type Conv2dAttrs } from '../../ir/ops/conv2d.ts';
import type { TensorType } from '../../ir/types.ts';
import { planesOf, wordsFor, type Lanes, type Layout, type PlanesLayout } from '../kernel.ts';
import type { Encoding } from './encodings.ts';
import type { Word } from './word.ts';

export interface SlicedShape {
  readonly kernel: readonly [height: number, width: number];
  /** Padding before the first row and column; `value` null where no tap lies in it. */
  readonly pad: { readonly top: number; readonly left: number; readonly value: -1 | 0 | 1 | null };
  readonly input: PlanesLayout;
  readonly output: PlanesLayout;
  /** Channels of a tap with those that are always 0: a multiple of 4, and of `block`. */
  readonly channels: number;
  /** Channels that are reduced to one sum word together. */
  readonly block: number;
  /** Groups of one kernel row with empty ones: a multiple of `chunk`. */
  readonly groups: number;
  /** Groups that are added at once: 8 or 16. */
  readonly chunk: 8 | 16;
  /** Groups of three sum words of one kernel row. */
  readonly crossGroups: number;
  /** Columns of the counter of a chunk, log2 of it, and planes above them. */
  readonly columns: number;
  readonly planes: number;
  /** Does the start of the counters share a word with the signs of the cross groups? */
  readonly sharesWord: boolean;
  /** Words of the start of the counters and of the signs of the cross groups, for one filter. */
  readonly startWords: number;
  /** Words (not uint32_t) of the tables of one kernel row. */
  readonly slotWords: number;
  /** Are kernel rows that lie wholly in the padding left out? */
  readonly skipsRows: boolean;
}

function roundUp(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}

/** Lanes of the input as it is offered, if the output fits into them, or the fewest in which both fit. */
function lanesFor(width: number, map: TensorType, offered: Layout | undefined): Lanes {
  const fits = (layout: PlanesLayout): boolean => layout.lanes === 32 || layout.lanes >= width;
  const fewest = planesOf([1, Math.max(width, map.shape[1] ?? 1), 1]).lanes;
  return offered?.kind === 'bit-planes' && fits(offered) ? offered.lanes : fewest;
}

export function slicedShape(
  attrs: Conv2dAttrs,
  [input, output]: readonly [TensorType, TensorType],
  encoding: Encoding,
  offered: Layout | undefined,
): SlicedShape {
  const isPadded = Object.values(attrs.padding).some((size) => size > 0);
  const value = isPadded ? (conv2dTerms(attrs, input).pad as -1 | 0 | 1) : null;
  const lanes = lanesFor(output.shape[1] ?? 1, input, offered);
  const [rows, width] = attrs.kernel;
  const channels = roundUp(input.shape[2] ?? 1, encoding.block ?? 4);
  const block = encoding.block ?? channels;
  const used = (width * channels) / 2;
  const chunk = encoding.chunk ?? (used % 16 === 0 || used > 48 ? 16 : 8);
  const columns = Math.log2(chunk);
  const groups = roundUp(used, chunk);
  const crossGroups = Math.ceil((width * (channels / block)) / 3);
  const largest = rows * used + 2 * rows * crossGroups * 3 + 4;
  const planes = Math.max(1, Math.ceil(Math.log2((largest + 1) / chunk)));
  const signs = 3 * crossGroups * rows;
  const sharesWord = signs <= 15 && columns + planes + 1 <= 16;
  return {
    kernel: attrs.kernel,
    pad: { top: attrs.padding.top, left: attrs.padding.left, value },
    input: planesOf(input.shape, lanes),
    output: planesOf(output.shape, lanes),
    channels,
    block,
    groups,
    chunk,
    crossGroups,
    columns,
    planes,
    sharesWord,
    startWords: sharesWord ? 1 : 1 + Math.ceil(signs / 30),
    slotWords: 16 * crossGroups + 8 * groups,
    skipsRows: value === 0 && (input.shape[2] ?? 1) % 4 === 0,
  };
}

/** Rows of the map in a word, and words across one row. */
export function rowsOf(shape: SlicedShape, word: Word): { readonly rows: number; readonly across: number } {
  return { rows: (32 / shape.output.lanes) * word.words, across: wordsFor(shape.output.map[1]) };
}

/** uint32_t words of scratch: tables of every kernel row, zeros for rows that are left out, and the inputs of one kernel row. */
export function scratchWords(shape: SlicedShape, word: Word): { readonly slots: number; readonly zeros: number; readonly inputs: number } {
  const { kernel, slotWords, crossGroups, channels, block } = shape;
  return {
    slots: kernel[0] * slotWords * word.words,
    zeros: shape.skipsRows ? 16 * crossGroups * word.words : 0,
    inputs: (channels + (3 * block) / 2) * word.words,
  };
}
