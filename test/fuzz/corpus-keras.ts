/** The Keras fixtures, and edits of the configuration that stands in them as text. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HOSTILE_NAMES, type Mutator, type Seed } from './reader.ts';
import { replaced } from './mutate-bytes.ts';

const FOLDER = join(import.meta.dirname, '../../fixtures/digits-cnn/keras');

export function kerasCorpus(): readonly Seed[] {
  return ['model.h5', 'model.keras', 'weights.h5'].map((name) => ({ name, bytes: readFileSync(join(FOLDER, name)) }));
}

const WORDS = ['Dense', 'Flatten', 'QuantConv2D', 'same', 'valid', 'null', 'true', '[1, 1]', '-1', '1e999', '{', '"', ...HOSTILE_NAMES];

export const MUTATE_CONFIG: readonly Mutator[] = [
  {
    name: 'configuration',
    apply: (bytes, random) => {
      const start = bytes.indexOf(0x7b, 512); // the first brace behind the head of an HDF5 file
      if (start < 0) return bytes;
      const text = Buffer.from(bytes.subarray(start, start + 16_384)).toString('latin1');
      const words = [...text.matchAll(/[A-Za-z_]{3,}|\d+|"[^"]*"/g)];
      const word = words.length === 0 ? undefined : random.pick(words);
      if (word === undefined) return bytes;
      const other = random.pick(WORDS);
      const sized = random.chance(0.7) ? other.slice(0, word[0].length).padEnd(word[0].length) : other;
      return replaced(bytes, start + word.index, word[0].length, Buffer.from(sized, 'latin1'));
    },
  },
  {
    name: 'aligned-word',
    apply: (bytes, random) => {
      const at = 8 * random.integer(0, Math.max(0, Math.floor(Math.min(bytes.length, 8192) / 8) - 1));
      return replaced(bytes, at, 8, random.pick([new Uint8Array(8), new Uint8Array(8).fill(255), bytes.subarray(at + 8, at + 16)]));
    },
  },
];
