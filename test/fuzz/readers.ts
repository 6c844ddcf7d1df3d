/** Every format that is fuzzed. A new reader is one entry: its frontend, whole files, and mutators that know its form. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { fixMeaning } from '../../compiler/driver/meaning.ts';
import { ebnn } from '../../compiler/frontends/ebnn/index.ts';
import { json } from '../../compiler/frontends/json/index.ts';
import { writeModel } from '../../compiler/frontends/json/write.ts';
import { mxnet } from '../../compiler/frontends/mxnet/index.ts';
import { keras } from '../../compiler/frontends/keras/index.ts';
import { lasagne } from '../../compiler/frontends/lasagne/index.ts';
import { onnx } from '../../compiler/frontends/onnx/index.ts';
import { pytorch } from '../../compiler/frontends/pytorch/index.ts';
import { torch7 } from '../../compiler/frontends/torch7/index.ts';
import { tensorflow } from '../../compiler/frontends/tensorflow/index.ts';
import { tflite } from '../../compiler/frontends/tflite/index.ts';
import { typeOf } from '../../compiler/ir/graph.ts';
import { Diagnostics, UserError } from '../../compiler/support/diagnostics.ts';
import { MODELS } from '../golden/make-models.ts';
import { convolutional, quantized, residual, sequence } from '../support/seed-models.ts';
import { buildNetwork } from '../support/random-graph.ts';
import { randomFrom } from '../support/random.ts';
import { recipes } from '../support/recipe.ts';
import { MUTATE_CONFIG, kerasCorpus } from './corpus-keras.ts';
import { MUTATE_EBNN, ebnnCorpus } from './corpus-ebnn.ts';
import { MUTATE_MXNET, mxnetCorpus } from './corpus-mxnet.ts';
import { MUTATE_PICKLE, MUTATE_ZIP, lasagneCorpus, torchCorpus } from './corpus-torch.ts';
import { MUTATE_TORCH7, torch7Corpus } from './corpus-torch7.ts';
import { MUTATE_TENSORFLOW, tensorflowCorpus } from './corpus-tensorflow.ts';
import { MUTATE_JSON } from './mutate-json.ts';
import { MUTATE_ONNX } from './mutate-onnx.ts';
import { MUTATE_TFLITE } from './mutate-tflite.ts';
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
    { name: 'residual', bytes: residual(randomFrom(3).unit) },
    { name: 'sequence', bytes: sequence(randomFrom(4).unit) },
    ...filesBelow(FIXTURES, '.onnx'),
    ...modelsOfOthers('.onnx'),
  ];
}

const NO_FILES = { list: () => [], read: () => undefined };
const RANDOM_NETWORKS = 40;

/** An ONNX file as JSON, as the reader gives it; undefined for a file that cannot be read. */
function asJson({ name, bytes }: Seed): Seed | undefined {
  const diagnostics = new Diagnostics();
  const imported = attempt(() => onnx.read(bytes, NO_FILES, { file: 'model.onnx', output: null }, diagnostics));
  if (imported === undefined) return undefined;
  const source = { file: 'model.onnx', sha256: '0'.repeat(64), options: { input: 'u8' } };
  return { name: `${name} as JSON`, bytes: Buffer.from(writeModel({ graph: imported.graph, name: 'net', source, imported })) };
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** With branches, joins and every operation. */
function randomNetworks(): readonly Seed[] {
  return fc.sample(recipes, { seed: 5, numRuns: RANDOM_NETWORKS }).flatMap((recipe, i) => {
    const { graph, meaning } = buildNetwork(recipe);
    const reference = attempt(() => fixMeaning(graph, meaning, new Diagnostics()));
    if (reference === undefined) return [];
    const { shape } = typeOf(reference, reference.input);
    const imported = { classes: null, inputOrder: null, inputShape: shape, notes: [] };
    const source = { file: 'random.onnx', sha256: '0'.repeat(64), options: {} };
    return [{ name: `random ${i}`, bytes: Buffer.from(writeModel({ graph: reference, name: 'net', source, imported })) }];
  });
}

function jsonCorpus(): readonly Seed[] {
  const own = filesBelow(join(FIXTURES, 'hand-written'), '.json');
  return [...own, ...randomNetworks(), ...onnxCorpus().flatMap((seed) => asJson(seed) ?? [])];
}

export const READERS: Readonly<Record<string, Reader>> = {
  onnx: { frontend: onnx, corpus: onnxCorpus, mutators: MUTATE_ONNX },
  json: { frontend: json, corpus: jsonCorpus, mutators: MUTATE_JSON },
  ebnn: { frontend: ebnn, corpus: ebnnCorpus, mutators: MUTATE_EBNN },
  mxnet: { frontend: mxnet, corpus: mxnetCorpus, mutators: MUTATE_MXNET, sideMutators: MUTATE_MXNET },
  pytorch: { frontend: pytorch, corpus: torchCorpus, mutators: [...MUTATE_PICKLE, ...MUTATE_ZIP] },
  lasagne: { frontend: lasagne, corpus: lasagneCorpus, mutators: MUTATE_ZIP },
  keras: { frontend: keras, corpus: kerasCorpus, mutators: [...MUTATE_ZIP, ...MUTATE_CONFIG] },
  torch7: { frontend: torch7, corpus: torch7Corpus, mutators: MUTATE_TORCH7 },
  tensorflow: { frontend: tensorflow, corpus: tensorflowCorpus, mutators: MUTATE_TENSORFLOW, sideMutators: MUTATE_TENSORFLOW },
  tflite: { frontend: tflite, corpus: () => filesBelow(FIXTURES, '.tflite'), mutators: MUTATE_TFLITE },
};
