/** Where the elements of a tensor lie in memory, written a second time and independently of the compiler. */
import { layoutWords, type Layout } from '../../compiler/kernels/kernel.ts';

/** Word and bit of element i of a tensor of bits. */
function placeOf(layout: Layout, i: number): { readonly word: number; readonly bit: number } {
  if (layout.kind === 'bit-runs') {
    const position = i % layout.run;
    return { word: Math.floor(i / layout.run) * Math.ceil(layout.run / 32) + (position >> 5), bit: position & 31 };
  }
  if (layout.kind !== 'bit-planes') throw new Error(`no bits in ${layout.kind}`);
  const { map, lanes } = layout;
  const [height, width, channels] = map;
  const column = Math.floor(i / channels) % width;
  const row = Math.floor(i / (channels * width));
  const rows = 32 / lanes;
  const across = Math.ceil(width / 32);
  const plane = Math.ceil(height / rows) * across;
  return { word: (i % channels) * plane + Math.floor(row / rows) * across + (column >> 5), bit: (row % rows) * lanes + (column & 31) };
}

/** Words of a whole tensor of bits; the unused bits are 0. */
export function packBits(signs: ArrayLike<number>, layout: Layout, shape: readonly number[]): Uint32Array {
  const places = Array.from({ length: signs.length }, (_, i) => placeOf(layout, i));
  const words = new Uint32Array(layoutWords(layout, shape));
  places.forEach(({ word, bit }, i) => {
    if (signs[i] === 1) words[word] = ((words[word] ?? 0) | (1 << bit)) >>> 0;
  });
  return words;
}

/** One byte per element of u8 and i8, four of i32 and f32, packed words of bits. */
export function storedBytes(data: ArrayLike<number>, layout: Layout, shape: readonly number[]): Uint8Array {
  if (layout.kind === 'i32') return new Uint8Array(Int32Array.from(data).buffer);
  if (layout.kind === 'f32') return new Uint8Array(Float32Array.from(data).buffer);
  if (layout.kind === 'bytes') return Uint8Array.from(Array.from(data, (q) => q & 255));
  return new Uint8Array(packBits(data, layout, shape).buffer);
}
