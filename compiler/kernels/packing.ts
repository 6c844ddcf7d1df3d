/** Tables of weights and thresholds, as the C functions of runtime-c read them. */
import type { Weights } from '../ir/attributes.ts';
import { bitPlace, type BitsLayout } from './bit-places.ts';
import { layoutWords, wordsFor, type Table } from './kernel.ts';

/** Packs rows of signs: each run of `run` signs starts a new word; bit 1 is +1; unused bits are 0. */
export function packSigns(signs: Int8Array, run: number): Uint32Array {
  const words = new Uint32Array((signs.length / run) * wordsFor(run));
  let at = 0;
  for (let start = 0; start < signs.length; start += run) {
    for (let base = start; base < start + run; base += 32) {
      const end = Math.min(base + 32, start + run);
      let word = 0;
      for (let i = base; i < end; i += 1) word |= (((signs[i] as number) + 1) >> 1) << (i - base); // no branch: signs are random
      words[at] = word;
      at += 1;
    }
  }
  return words;
}

/** Packs rows of signs as the inputs lie: bit 1 is +1; bits that hold no input are 0. */
export function packRows(signs: Int8Array, rows: number, layout: BitsLayout): Uint32Array {
  if (layout.kind === 'bit-runs') return packSigns(signs, layout.run);
  const inputs = signs.length / rows;
  const words = layoutWords(layout, layout.map);
  const places = Array.from({ length: inputs }, (_, i) => bitPlace(layout, i));
  const packed = new Uint32Array(rows * words);
  for (let row = 0; row < rows; row += 1) {
    places.forEach((place, i) => {
      if (signs[row * inputs + i] === 1)
        packed[row * words + (place >> 5)] = (packed[row * words + (place >> 5)] as number) | (1 << (place & 31));
    });
  }
  return packed;
}

export function signsOf(weights: Weights): Int8Array {
  if (weights.kind !== 'binary') throw new Error('real weights cannot be packed');
  return weights.signs;
}

export function weightTable(values: ArrayLike<number>, doc: string): Table {
  return { name: 'weights', ctype: 'uint32_t', values, doc };
}

/** limit = floor((K - T) / 2): the largest distance d with K - 2 d >= T, kept in -1..K. */
export function distanceLimit(taps: number, threshold: number): number {
  return Math.max(-1, Math.min(taps, Math.floor((taps - threshold) / 2)));
}

/** Keeps a threshold on an accumulator of |acc| <= bound inside -bound..bound + 1, where it means the same. */
export function clampThreshold(threshold: number, bound: number): number {
  return Math.max(-bound, Math.min(bound + 1, threshold));
}

/** Largest number of taps for 16-bit thresholds (K + 1 must fit). */
export const MAX_TAPS = 32766;

/** XOR that turns a byte of this type into 0..255 around which it is centred: see bnn1_dense_8bit_sum. */
export function flipOf(dtype: string): string {
  return dtype === 'i8' ? '0x80u' : '0u';
}

/** A table whose values are made when they are first read: of many candidates one is taken. */
export function lateTable(table: Omit<Table, 'values' | 'length'>, length: number, make: () => ArrayLike<number>): Table {
  let made: ArrayLike<number> | undefined;
  return {
    ...table,
    length,
    get values() {
      made ??= make();
      if (made.length !== length) throw new Error(`${table.name} has ${made.length} values, not ${length}`);
      return made;
    },
  };
}
