/**
 * Bit-sliced convolution by groups of three: 32 output positions (128 in a Helium vector) are computed together, one bit each, and
 * nothing is ever counted by popcount.
 *
 * Let x in {0, 1} be an input bit and p = 1 where its weight is -1; y = x ^ p is 1 where the product is +1. Of n taps c products are
 * +1, so acc = 2 c - n and acc >= T <=> c >= ceil((T + n) / 2) = N, with 0 <= N <= n + 1. A tap in a padding of 0 has no product:
 * it counts exactly 1/2 for each channel, and then N is the same at every position.
 *
 * Three inputs (a, b, c) of one tap are a group. Their majority m and sum word s, with their signs, satisfy
 *     ya + yb + yc = 2 maj(ya, yb, yc) + (s ^ parity of the signs),      s = a ^ b ^ c,
 * so the 8 majorities are tabulated once for all filters, and s is an input of a next group. A tap of C channels becomes C / 2
 * table entries of weight 2 and one word of weight 1: half as many words are added for a filter as there are inputs, and no sign is
 * applied to any of them.
 *   Padding: in padded lanes all inputs are 0; every second table is 1 there for all signs and the others 0: C / 4 entries of weight
 * 2 are worth C / 2. The sum word of a tap must be 0 there for both signs, so sum words of different taps are not mixed into
 * groups but looked up in threes with their signs in cross groups (entries of majority and sum).
 *
 * The counter begins at full - ceil(N / 2) in units of 2, full = 2^k above every sum; N odd adds a 1 of weight 1. Its carry out of
 * bit k is the output bit: threshold and packing are free. Kernel rows that lie in the padding wholly are left out and added
 * to the start. Ranges: 0 <= counter < 2 full; K = taps <= 32766.
 *
 * Carry-save counting: Harley and Seal; groups: the "method of four Russians" on majorities (Arlazarov et al., 1970).
 */
import { tapsOf } from '../ir/accumulator.ts';
import { conv2dTerms, type Conv2dAttrs } from '../ir/ops/conv2d.ts';
import type { Node, TensorType } from '../ir/types.ts';
import type { Target } from '../targets/target.ts';
import { convBitsReason } from './conv2d-b1-b1.ts';
import { propose, planeWords, wordsFor, type Candidate, type GeneratedFunction, type Kernel, type Layout } from './kernel.ts';
import { named } from './named.ts';
import { lateTable } from './packing.ts';
import { crossFunction, groupsFunction, tablesFunction } from './sliced/build.ts';
import { ENCODINGS, type Encoding } from './sliced/encodings.ts';
import { evaluateFunction } from './sliced/evaluate.ts';
import { filterTables, type FilterTables } from './sliced/patterns.ts';
import { rowsOf, scratchWords, slicedShape, type SlicedShape } from './sliced/shape.ts';
import { VECTOR, WORD, noVectors, type Word } from './sliced/word.ts';

/** A pointer difference of `8bit` has 16 bits. */
const MOST_OFFSET = 65535;

function reasonOf(attrs: Conv2dAttrs, [input, output]: readonly [TensorType, TensorType], target: Target): string | undefined {
  const channels = input.shape[2] ?? 0;
  if (target.wordBits < 32) return 'words of this target have fewer than 32 bits';
  if (attrs.groups !== 1) return `it has ${attrs.groups} groups`;
  if (attrs.threshold === null) return 'its output is not thresholded';
  if (attrs.stride.some((stride) => stride !== 1)) return `its stride is ${attrs.stride.join('x')}, not 1`;
  if (attrs.dilation.some((dilation) => dilation !== 1)) return `its dilation is ${attrs.dilation.join('x')}, not 1`;
  if (Math.max(...attrs.kernel, attrs.padding.left + 1, attrs.padding.top + 1) > 15) return 'its window is larger than 15';
  const padded = Object.values(attrs.padding).some((size) => size > 0);
  if (padded && channels % 2 === 1 && conv2dTerms(attrs, input).pad === 0)
    return `half of ${channels} channels of a padded tap is no integer`;
  return output.shape[1] === undefined ? 'its output is no map' : undefined;
}

/** Columns of each tap that lie in the map, for the words of a row. */
function columnMasks({ kernel, pad, input, output }: SlicedShape): readonly number[] {
  const across = wordsFor(output.map[1]);
  const masks: number[] = [];
  for (let word = 0; word < across; word += 1) {
    for (let kx = 0; kx < kernel[1]; kx += 1) {
      let mask = 0;
      for (let lane = 0; lane < 32; lane += 1) {
        const column = word * 32 + (lane % output.lanes) + kx - pad.left;
        if (column >= 0 && column < input.map[1]) mask += 2 ** lane;
      }
      masks.push(mask);
    }
  }
  return masks;
}

/** Lanes of the last word of a row that are columns of the output. */
function lastColumns({ output }: SlicedShape): number {
  let mask = 0;
  const start = (wordsFor(output.map[1]) - 1) * 32;
  for (let lane = 0; lane < 32; lane += 1) if (start + (lane % output.lanes) < output.map[1]) mask += 2 ** lane;
  return mask;
}

/** Beginning of the name of a layer's function. */
function symbolOf({ name }: Encoding, word: Word): string {
  return `bnn1_conv2d_sliced_${name.replace('.', '_')}${word === VECTOR ? '_mve' : ''}`;
}

function generate(shape: SlicedShape, encoding: Encoding, word: Word, paired: boolean, filters: number): readonly GeneratedFunction[] {
  const evaluate = named('bnn1_sliced_evaluate', (symbol) => evaluateFunction(symbol, shape, encoding, word, paired));
  const groups = named('bnn1_sliced_groups', (symbol) => groupsFunction(symbol, shape, encoding.block === 32, word));
  const cross = named('bnn1_sliced_cross', (symbol) => crossFunction(symbol, word));
  const tables = named('bnn1_sliced_tables', (symbol) =>
    tablesFunction(symbol, shape, word, { groups: groups.symbol, cross: cross.symbol }),
  );
  const { rows, across } = rowsOf(shape, word);
  const { slots, zeros, inputs } = scratchWords(shape, word);
  const layer = named(symbolOf(encoding, word), (symbol) => ({
    symbol,
    template: 'conv2d-sliced',
    view: {
      word: word.ctype,
      vector: word === VECTOR,
      patternType: encoding.ctype,
      evaluate: evaluate.symbol,
      tables: tables.symbol,
      padded: shape.pad.value !== null,
      wide: Math.max(across, wordsFor(shape.input.map[1])) > 1,
      skipsRows: shape.skipsRows,
      kernelRows: shape.kernel[0],
      kernelColumns: shape.kernel[1],
      scratchWords: slots + zeros + inputs,
      slotsWords: slots,
      zerosWords: zeros,
      slotWords: shape.slotWords * word.words,
      acrossWords: across,
      blocks: Math.ceil(shape.output.map[0] / rows),
      rows,
      padTop: shape.pad.top,
      ringBase: shape.kernel[0] * 16,
      height: shape.input.map[0],
      outHeight: shape.output.map[0],
      lanes: shape.output.lanes,
      lastColumns: lastColumns(shape),
      skipped: shape.skipsRows ? (shape.kernel[1] * shape.input.map[2]) / 4 : 0,
      hasZeros: zeros > 0,
      filters,
      plane: planeWords(shape.output),
    },
  }));
  return [groups, cross, tables, evaluate, layer];
}

/** For which processors instructions were counted one by one. */
type CountedCore = 'thumb1' | 'riscv' | 'vector' | 'other';

function countedCore(word: Word, { features }: Target): CountedCore {
  if (word === VECTOR) return 'vector';
  if (features.includes('riscv')) return 'riscv';
  return features.includes('thumb1') ? 'thumb1' : 'other';
}

/** Counted instructions for one input of one filter at one word of positions. */
const RATES: Readonly<Record<CountedCore, Readonly<Record<string, number>>>> = {
  thumb1: { '8bit': 4.6, '4bit': 5.9, '2bit': 6.7, '1.5bit': 7, '1bit': 7.7 },
  riscv: { '8bit': 4.2, '4bit': 4.75, '2bit': 4.9, '1.5bit': 5, '1bit': 5.6 },
  vector: { '8bit': 4.9, '4bit': 5, '2bit': 5.1, '1.5bit': 5.4, '1bit': 6.1 },
  other: { '8bit': 3.5, '4bit': 3.65, '2bit': 3.85, '1.5bit': 4.15, '1bit': 4.95 },
};

/** Instructions: tables once for each kernel row of a word of positions, then every filter. */
function estimate(shape: SlicedShape, encoding: Encoding, word: Word, filters: number, target: Target): number {
  const { kernel, channels, crossGroups } = shape;
  const { rows, across } = rowsOf(shape, word);
  const blocks = Math.ceil(shape.output.map[0] / rows);
  const built = across * Math.min(blocks * kernel[0], (blocks - 1) * Math.min(rows, kernel[0]) + kernel[0]);
  const taps = kernel[0] * kernel[1] * channels;
  const core = countedCore(word, target);
  const more = core === 'other' ? 1 : core === 'thumb1' ? 1.7 : 1.3;
  const each = taps * (RATES[core][encoding.name] ?? 5) + (kernel[0] * crossGroups * 13 + 90) * more;
  return across * blocks * filters * each + built * (kernel[1] * channels * 15 + 200) * more;
}

function candidateFor(
  name: string,
  node: Node,
  [input, output]: readonly [TensorType, TensorType],
  target: Target,
  offered: Layout | undefined,
  encoding: Encoding,
  word: Word,
): Candidate | { readonly reason: string } | undefined {
  if (node.kind !== 'conv2d') return undefined;
  const reason = convBitsReason(node, input, output) ?? reasonOf(node.attrs, [input, output], target);
  if (reason !== undefined) return { reason };
  const missing = word === VECTOR ? noVectors(target) : undefined;
  if (missing !== undefined) return missing;
  const shape = slicedShape(node.attrs, [input, output], encoding, offered);
  const { rows, across } = rowsOf(shape, word);
  if (word === VECTOR && Math.max(across, wordsFor(shape.input.map[1])) > 1)
    return { reason: 'rows of more than 32 columns do not fit into the lanes of a vector' };
  if (shape.channels - shape.input.map[2] > 2 && shape.pad.value === 0)
    return { reason: `padding is worth half of ${shape.channels} channels, but there are ${shape.input.map[2]}` };
  if (encoding.name === '8bit' && 8 * shape.groups * 4 * word.words > MOST_OFFSET)
    return { reason: 'its tables are longer than 16-bit offsets reach' };
  if (tapsOf(node) > 16384) return { reason: `${tapsOf(node)} taps are above 16384` };
  const filters = node.attrs.weights.outputs;
  let made: FilterTables | undefined;
  const constants = (): FilterTables => (made ??= filterTables(node.attrs, shape, encoding, word.words));
  const paired = word === WORD && (!target.features.includes('riscv') || target.features.includes('zbb')); // pairs need an instruction for a & ~b
  const generated = generate(shape, encoding, word, paired, filters);
  const scratch = scratchWords(shape, word);
  const padded = shape.pad.value !== null;
  const symbol = generated.at(-1)?.symbol ?? '';
  const perRow = encoding.length(shape.groups);
  return propose(name, {
    input: shape.input,
    output: shape.output,
    tables: [
      lateTable(
        {
          name: 'patterns',
          ctype: encoding.ctype,
          doc: `[${filters} outputs][${shape.kernel[0]} rows][${perRow}] sign patterns of groups of three`,
        },
        filters * shape.kernel[0] * perRow,
        () => constants().patterns,
      ),
      lateTable(
        {
          name: 'starts',
          ctype: 'uint32_t',
          doc: `[${filters} outputs][${shape.startWords}] starts of the counters (batch norm and sign folded), signs of the taps' sums`,
        },
        filters * shape.startWords,
        () => constants().starts,
      ),
      ...(padded
        ? [
            {
              name: 'columns',
              ctype: 'uint32_t',
              values: columnMasks(shape),
              doc: `[${across} words][${shape.kernel[1]} taps] columns inside the map`,
            } as const,
          ]
        : []),
    ],
    scratchWords: scratch.slots + scratch.zeros + scratch.inputs,
    generated,
    byRows: false,
    inPlace: false,
    codeBytes: 2600 + 40 * shape.planes * rows,
    instructions: estimate(shape, encoding, word, filters, target),
    call: ({ x, y, table, scratch: memory }) => ({
      symbol,
      shape: null,
      arguments: [x, table('patterns'), table('starts'), ...(padded ? [table('columns')] : []), memory, y],
    }),
  });
}

function kernelFor(encoding: Encoding, word: Word): Kernel {
  const name = `conv2d-sliced-${encoding.name}${word === VECTOR ? '-mve' : ''}`;
  return {
    name,
    form: 'generated',
    symbol: `${symbolOf(encoding, word)}_`,
    doc: `Bit-sliced convolution by groups of three, ${encoding.bitsPerWeight} bits of flash for each weight${word === VECTOR ? ', 128 positions in a Helium vector' : ''}. Stride 1.`,
    ...(word === VECTOR ? { needs: 'mve' } : {}),
    candidate: (node, [input], output, target, [offered]) => candidateFor(name, node, [input, output], target, offered, encoding, word),
  };
}

export const CONV2D_SLICED: readonly Kernel[] = [WORD, VECTOR].flatMap((word) => ENCODINGS.map((encoding) => kernelFor(encoding, word)));
