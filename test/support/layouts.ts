/** Where the elements of a tensor lie in memory, written a second time and independently of the compiler. */
import type { Layout } from '../../compiler/kernels/kernel.ts';

/** Word and bit of element i of a tensor of bits. */
function placeOf(layout: Layout, shape: readonly number[], i: number): { readonly word: number; readonly bit: number } {
  if (layout.kind === 'bit-runs') {
    const position = i % layout.run;
    return { word: Math.floor(i / layout.run) * Math.ceil(layout.run / 32) + (position >> 5), bit: position & 31 };
  }
  const [, width = 1, channels = 1] = shape;
  const column = Math.floor(i / channels) % width;
  const row = Math.floor(i / (channels * width));
  return { word: (row * channels + (i % channels)) * Math.ceil(width / 32) + (column >> 5), bit: column & 31 };
}

/** Words of a whole tensor of bits; the unused bits are 0. */
export function packBits(signs: ArrayLike<number>, layout: Layout, shape: readonly number[]): Uint32Array {
  const places = Array.from({ length: signs.length }, (_, i) => placeOf(layout, shape, i));
  const words = new Uint32Array(Math.max(...places.map(({ word }) => word)) + 1);
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
