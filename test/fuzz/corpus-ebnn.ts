/** Small networks as eBNN's C, and the HDF5 fixture with its topology. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { header, layer, type Parts } from '../support/ebnn-model.ts';
import { randomFrom, type Random } from '../support/random.ts';
import { EXTREMES, HOSTILE_NAMES, type Mutator, type Seed } from './reader.ts';

const FIXTURE = join(import.meta.dirname, '../../fixtures/ebnn-conv-pool/ebnn');

function constants(channels: number, random: Random): Parts['constants'] {
  const draw = (low: number): readonly number[] => Array.from({ length: channels }, () => low + random.unit());
  return { b: draw(-0.5), beta: draw(-0.5), gamma: draw(-0.5), mean: draw(-0.5), std: draw(0.5) };
}

const bytes = (count: number, random: Random): readonly number[] => Array.from({ length: count }, () => random.integer(0, 255));

/** Two convolutions and two dense layers on 9×9. */
function network(seed: number, onFloats: boolean): Seed {
  const random = randomFrom(seed);
  const input = onFloats ? 'float' : 'uint8_t';
  const layers = [
    layer('l0', {
      weights: bytes(4 * 2, random),
      constants: constants(4, random),
      call: onFloats ? 'fconv_layer' : 'bconv_layer',
      numbers: [1, 4, 9, 9, 1, 3, 3, 1, 1, 0, 0, 3, 3, 2, 2, 0, 0],
      input,
    }),
    layer('l1', {
      weights: bytes(3 * 4 * 2, random),
      constants: constants(3, random),
      call: 'bconv_layer',
      numbers: [1, 3, 3, 3, 4, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0],
    }),
    layer('l2', { weights: bytes(6 * 4, random), constants: constants(6, random), call: 'blinear_layer', numbers: [1, 27, 6] }),
    layer('l3', { weights: bytes(3, random), constants: constants(3, random), call: 'blinear_sm_layer', numbers: [1, 6, 3] }),
  ];
  return { name: `ebnn ${input} ${seed}`, bytes: Buffer.from(header(layers, ['l0', 'l1', 'l2', 'l3'])) };
}

export function ebnnCorpus(): readonly Seed[] {
  const document = { file: 'topology.json', bytes: readFileSync(join(FIXTURE, 'topology.json')) };
  const hdf5 = { name: 'ebnn hdf5', bytes: readFileSync(join(FIXTURE, 'model.hdf5')), topology: { word: 'topology.json', document } };
  return [1, 2, 3].flatMap((seed) => [network(seed, true), network(seed + 10, false)]).concat(hdf5);
}

const WORDS = [
  'input',
  'temp1',
  'output',
  'l1',
  'l0_W',
  'fconv_layer',
  'blinear_layer',
  'float',
  'uint8_t',
  '{',
  '}',
  '(',
  ';',
  '/*',
  '//',
  '1e999',
  '-1',
  'nan',
  ...HOSTILE_NAMES,
];

/** Edits of the text; HDF5 passes unchanged to the mutators of bytes. */
function edit(whole: Uint8Array, random: Random, pattern: RegExp, replacement: () => string): Uint8Array {
  if (whole[0] === 0x89) return whole;
  const text = Buffer.from(whole).toString('latin1');
  const found = [...text.matchAll(pattern)];
  const match = found.length === 0 ? undefined : random.pick(found);
  if (match === undefined) return whole;
  return Buffer.from(`${text.slice(0, match.index)}${replacement()}${text.slice(match.index + match[0].length)}`, 'latin1');
}

export const MUTATE_EBNN: readonly Mutator[] = [
  {
    name: 'number',
    apply: (whole, random) =>
      edit(whole, random, /(?<=[ ,[])\d+(?=[,\])])/g, () => String(random.chance(0.6) ? random.integer(0, 12) : random.pick(EXTREMES))),
  },
  { name: 'word', apply: (whole, random) => edit(whole, random, /\b[A-Za-z_]\w*\b/g, () => random.pick(WORDS)) },
  { name: 'line', apply: (whole, random) => edit(whole, random, /[^\n]*\n/g, () => '') },
];
