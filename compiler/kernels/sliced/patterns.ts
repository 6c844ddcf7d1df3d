/** The constants of each filter: sign patterns of its groups, and where its counters start. */
import type { Conv2dAttrs } from '../../ir/ops/conv2d.ts';
import { signsOf } from '../packing.ts';
import type { Encoding } from './encodings.ts';
import type { SlicedShape } from './shape.ts';

/** For each group of a block the numbers of its inputs, and the number that its sum gets; -1 for none. Inputs are 0..block - 1. */
export interface Group {
  readonly inputs: readonly [number, number, number];
  readonly sum: number;
}

/**
 * Groups take the words in order, and a sum queues up behind all words. The last group has two inputs; its sum is that of the block.
 * A block of 32 keeps its last two inputs back until ten sums are there, so that patterns are easily made from its 32 signs.
 */
export function groupsOf(block: number, keepsLast: boolean): readonly Group[] {
  const queue = Array.from({ length: block }, (_, i) => i);
  if (keepsLast) queue.splice(30, 2);
  const groups: Group[] = [];
  let next = block;
  while (queue.length > 2) {
    const [a = -1, b = -1, c = -1] = queue.splice(0, 3);
    groups.push({ inputs: [a, b, c], sum: next });
    queue.push(next);
    next += 1;
    if (keepsLast && groups.length === 10) queue.push(30, 31);
  }
  const [a = -1, b = -1] = queue;
  return [...groups, { inputs: [a, b, -1], sum: next }];
}

/** Sign bits of one block: 1 where the product is +1 for an input bit of 0. */
function patternsOf(groups: readonly Group[], signs: readonly number[]): { readonly patterns: readonly number[]; readonly sign: number } {
  const held = [...signs];
  let sign = 0;
  const patterns = groups.map(({ inputs, sum }) => {
    const [a, b, c] = inputs.map((i) => held[i] ?? 0) as [number, number, number];
    sign = a ^ b ^ c;
    held[sum] = sign;
    return a | (b << 1) | (c << 2);
  });
  return { patterns, sign };
}

export interface FilterTables {
  readonly patterns: readonly number[];
  readonly starts: readonly number[];
}

/** `starts`: for each filter the counter's start, bit 31 the start of the sums' column, and three bits for each cross group. */
export function filterTables(attrs: Conv2dAttrs, shape: SlicedShape, encoding: Encoding, wordsOfEntry: number): FilterTables {
  const signs = signsOf(attrs.weights);
  const { kernel, channels, block, groups, chunk, planes, crossGroups } = shape;
  const [height, width] = kernel;
  const real = shape.input.map[2];
  const taps = height * width * real;
  const layout = groupsOf(block, encoding.block === 32);
  const patterns: number[] = [];
  const starts: number[] = [];
  for (let filter = 0; filter < attrs.weights.outputs; filter += 1) {
    const crossSigns: number[] = [];
    for (let ky = 0; ky < height; ky += 1) {
      const row: number[] = [];
      const sums: number[] = [];
      for (let kx = 0; kx < width; kx += 1) {
        const at = filter * taps + (ky * width + kx) * real;
        for (let start = 0; start < channels; start += block) {
          const bits = Array.from({ length: block }, (_, i) => (start + i < real && (signs[at + start + i] ?? 0) < 0 ? 1 : 0));
          const { patterns: found, sign } = patternsOf(layout, bits);
          row.push(...found);
          sums.push(sign);
        }
      }
      while (row.length < groups) row.push(0);
      patterns.push(...encoding.pack(row, chunk, wordsOfEntry));
      for (let g = 0; g < crossGroups; g += 1) {
        crossSigns.push((sums[3 * g] ?? 0) | ((sums[3 * g + 1] ?? 0) << 1) | ((sums[3 * g + 2] ?? 0) << 2));
      }
    }
    starts.push(...startOf(shape, attrs.threshold?.[filter] ?? 0, taps, chunk * 2 ** planes, crossSigns));
  }
  return { patterns, starts };
}

/** The counters begin at full - ceil(count / 2), where count = ceil((T + n) / 2) is the number of products of +1 that is needed. */
function startOf(shape: SlicedShape, threshold: number, taps: number, full: number, crossSigns: readonly number[]): readonly number[] {
  const needed = Math.max(0, Math.min(taps + 1, Math.ceil((Math.max(-taps, Math.min(taps + 1, threshold)) + taps) / 2)));
  const start = full - Math.ceil(needed / 2) + (needed % 2) * 2 ** 31;
  const fields = (from: number, count: number): number =>
    crossSigns.slice(from, from + count).reduce((sum, field, i) => sum + field * 2 ** (3 * i), 0);
  if (shape.sharesWord) return [start + fields(0, 5) * 2 ** 16];
  return [start, ...Array.from({ length: shape.startWords - 1 }, (_, i) => fields(10 * i, 10))];
}
