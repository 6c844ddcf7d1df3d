/** Where the elements of a tensor of bits lie in its words. */
import { planeWords, wordsFor, type Layout, type PlanesLayout } from './kernel.ts';

export type BitsLayout = Extract<Layout, { kind: 'bit-runs' }> | PlanesLayout;

/** Number of the bit that holds an element: 32 times its word plus its bit there. */
export function bitPlace(layout: BitsLayout, element: number): number {
  if (layout.kind === 'bit-runs') return Math.floor(element / layout.run) * wordsFor(layout.run) * 32 + (element % layout.run);
  const { lanes, map } = layout;
  const [, width, channels] = map;
  const column = Math.floor(element / channels) % width;
  const row = Math.floor(element / (channels * width));
  const inPlane = lanes === 32 ? row * wordsFor(width) * 32 + column : row * lanes + column;
  return (element % channels) * planeWords(layout) * 32 + inPlane;
}
