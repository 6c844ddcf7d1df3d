/** The Keras fixtures, and edits of the configuration that stands in them as text. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { unzipSync, zipSync } from 'fflate';
import type { Random } from '../support/random.ts';
import { MUTATE_JSON } from './mutate-json.ts';
import { HOSTILE_NAMES, type Mutator, type Seed } from './reader.ts';
import { replaced } from './mutate-bytes.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures');
const LAYERS = join(FIXTURES, 'keras-layers');
/** Half of a .keras is empty: packed, those of a few layers are small files. */
const PACKED = { level: 6, mtime: '1980-01-01' } as const;

function unpacked(name: string): Uint8Array {
  return gunzipSync(readFileSync(join(LAYERS, `${name}.gz`)));
}

export function kerasCorpus(): readonly Seed[] {
  const trained = ['model.h5', 'model.keras', 'weights.h5'].map((name) => ({
    name,
    bytes: readFileSync(join(FIXTURES, 'digits-cnn/keras', name)),
  }));
  const layers = ['residual-2', 'quantized-2', 'standard-2', 'standard-3'].map((name) => {
    const whole = unpacked(`${name}.keras`);
    return { name: `${name}.keras`, bytes: zipSync(unzipSync(whole), PACKED) };
  });
  const document = { file: 'residual-2.json', bytes: readFileSync(join(LAYERS, 'residual-2.json')) };
  const weights = { name: 'weights-2.h5', bytes: unpacked('weights-2.h5'), topology: { word: document.file, document } };
  return [...trained, ...layers, weights];
}

/** Changes one member of a .keras whose name ends so, and packs it again. What is no such archive is left as it is. */
function inArchive(ending: string, change: (content: Uint8Array, random: Random, corpus: readonly Seed[]) => Uint8Array): Mutator['apply'] {
  return (bytes, random, corpus) => {
    if (bytes[0] !== 0x50 || bytes[1] !== 0x4b) return bytes;
    try {
      const members = unzipSync(bytes);
      const name = Object.keys(members).find((member) => member.endsWith(ending));
      const content = name === undefined ? undefined : members[name];
      return name === undefined || content === undefined
        ? bytes
        : zipSync({ ...members, [name]: change(content, random, corpus) }, { ...PACKED, level: 1 });
    } catch {
      return bytes; // another mutator was there before
    }
  };
}

const NUMBERS = [0, 1, 2, 3, 8, 64, 255, 65_535, 2 ** 31, 2 ** 32 - 1];

const WORDS = ['Dense', 'Flatten', 'QuantConv2D', 'same', 'valid', 'null', 'true', '[1, 1]', '-1', '1e999', '{', '"', ...HOSTILE_NAMES];

export const MUTATE_CONFIG: readonly Mutator[] = [
  {
    name: 'archived-configuration',
    apply: inArchive('config.json', (text, random, corpus) => random.pick(MUTATE_JSON).apply(text, random, corpus)),
  },
  {
    name: 'archived-weights',
    apply: inArchive('.weights.h5', (weights, random) => {
      const number = Buffer.alloc(4);
      number.writeUInt32LE(random.pick(NUMBERS));
      return replaced(weights, 4 * random.integer(0, Math.max(0, Math.floor(weights.length / 4) - 1)), 4, number);
    }),
  },
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
