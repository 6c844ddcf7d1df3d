/** FlatBuffers are offsets, counts and numbers in aligned words. */
import { replaced } from './mutate-bytes.ts';
import { EXTREMES, type Mutator } from './reader.ts';

export const MUTATE_TFLITE: readonly Mutator[] = [
  {
    name: 'flatbuffer-word',
    apply: (bytes, random) => {
      const at = 4 * random.integer(0, Math.max(0, Math.floor(bytes.length / 4) - 1));
      const word = Buffer.alloc(4);
      word.writeInt32LE(random.chance(0.7) ? random.integer(-2, 64) : Number(BigInt.asIntN(32, random.pick(EXTREMES))));
      return replaced(bytes, at, 4, word);
    },
  },
];
