/** Samples for counting where no data are given: pseudo-random elements, the same for everybody. */
import { DTYPES, elementCount } from '../ir/encoding.ts';
import type { TensorType } from '../ir/types.ts';
import type { Samples } from './samples.ts';

export const SEED = 1;

/** A counter through a hash of 32 bits (C. Wellons, "lowbias32"): each seed gives its own row of words. */
function randomWords(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let word = state;
    word = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
    return (word ^ (word >>> 15)) >>> 0;
  };
}

/** Elements spread evenly over all that the input type can hold; sample after sample from one row of words. */
export function randomSamples(type: TensorType, count: number, seed: number = SEED): Samples {
  const next = randomWords(seed);
  const { minimum, maximum, allocate } = DTYPES[type.dtype];
  const element = (): number => {
    const top = next() >>> 24;
    return type.dtype === 'b1' ? (top < 128 ? -1 : 1) : minimum + (top % (maximum - minimum + 1));
  };
  const samples = Array.from({ length: count }, () => {
    const data = allocate(elementCount(type.shape));
    for (let i = 0; i < data.length; i += 1) data[i] = element();
    return data;
  });
  return {
    count,
    at: (index) => {
      const data = samples[index];
      if (data === undefined) throw new Error(`there is no sample ${index}`);
      return data;
    },
  };
}
