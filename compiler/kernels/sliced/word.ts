/** The machine word of bit-sliced code: 32 lanes of uint32_t, or 128 lanes of a Helium vector. C operators work on both. */
import type { Target } from '../../targets/target.ts';

export interface Word {
  readonly ctype: string;
  /** uint32_t words in it. */
  readonly words: 1 | 4;
  readonly zero: string;
  /** The word at `pointer`, a `const uint32_t *`. */
  readonly load: (pointer: string) => string;
  readonly store: (pointer: string, value: string) => string;
  /** All lanes as the 32-bit expression says. */
  readonly every: (value: string) => string;
}

export const WORD: Word = {
  ctype: 'uint32_t',
  words: 1,
  zero: '0u',
  load: (pointer) => (/^\w+$/.test(pointer) ? `*${pointer}` : `*(${pointer})`),
  store: (pointer, value) => `${/^\w+$/.test(pointer) ? `*${pointer}` : `*(${pointer})`} = ${value};`,
  every: (value) => value,
};

export const VECTOR: Word = {
  ctype: 'uint32x4_t',
  words: 4,
  zero: 'vdupq_n_u32(0u)',
  load: (pointer) => `vld1q_u32(${pointer})`,
  store: (pointer, value) => `vst1q_u32(${pointer}, ${value});`,
  every: (value) => `vdupq_n_u32(${value})`,
};

/** Why a kernel of vectors is not for a target; undefined where it is. */
export function noVectors({ name, features }: Target): { readonly reason: string } | undefined {
  return features.includes('mve') ? undefined : { reason: `${name} has no Helium vectors (mve)` };
}

/** All ones where bit `index` of `bits` is set. */
export function maskOf(word: Word, bits: string, index: number): string {
  return word.every(`0u - (${index === 0 ? bits : `(${bits} >> ${index})`} & 1u)`);
}
