/** Every format that is fuzzed. A new reader is one entry: its frontend, whole files, and mutators that know its form. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { onnx } from '../../compiler/frontends/onnx/index.ts';
import { MODELS } from '../golden/make-models.ts';
import { convolutional, quantized } from '../support/seed-models.ts';
import { randomFrom } from '../support/random.ts';
import { MUTATE_ONNX } from './mutate-onnx.ts';
import type { Reader, Seed } from './reader.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures');

/** Files below a folder, sorted; none if it does not exist. */
function filesBelow(folder: string | undefined, ending: string): readonly Seed[] {
  if (folder === undefined || !existsSync(folder)) return [];
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith(ending));
  return names.sort().map((name) => ({ name, bytes: readFileSync(join(folder, name)) }));
}

/** Trained by others, where BNNC_MODELS_DIR names their folder: they come last, but change what a case number means. */
function modelsOfOthers(ending: string): readonly Seed[] {
  return filesBelow(process.env['BNNC_MODELS_DIR'], ending);
}

function onnxCorpus(): readonly Seed[] {
  const golden = Object.entries(MODELS).map(([name, make]) => ({ name: `golden ${name}`, bytes: make() }));
  const distinct = golden.filter(({ bytes }, i) => golden.findIndex((other) => Buffer.compare(other.bytes, bytes) === 0) === i);
  return [
    ...distinct.filter(({ bytes }) => onnx.accepts(bytes)),
    { name: 'convolutional', bytes: convolutional(randomFrom(1).unit) },
    { name: 'quantized', bytes: quantized(randomFrom(2).unit) },
    ...filesBelow(FIXTURES, '.onnx'),
    ...modelsOfOthers('.onnx'),
  ];
}

export const READERS: Readonly<Record<string, Reader>> = {
  onnx: { frontend: onnx, corpus: onnxCorpus, mutators: MUTATE_ONNX },
};
