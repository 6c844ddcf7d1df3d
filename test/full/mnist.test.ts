/**
 * Every model on all 10,000 MNIST test images: each output as the interpreter's, bit for bit, each prediction as
 * onnxruntime's, sizes and results as in bench/mnist-10000.json. UPDATE_BENCH=1 writes that file and its table;
 * BNNC_FULL_LIMIT=N uses the first N images and compares no results. Needs BNNC_DATA_DIR.
 */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { runOnnxRuntime } from '../../compiler/runner/onnxruntime.ts';
import { predictionsOf } from '../../compiler/driver/verify.ts';
import { realValueOf } from '../../compiler/ir/encoding.ts';
import { typeOf } from '../../compiler/ir/graph.ts';
import { sha256 } from '../../compiler/support/hash.ts';
import { loadTarget } from '../../compiler/targets/load.ts';
import type { Target } from '../../compiler/targets/target.ts';
import { requireTools } from '../run-support/tools.ts';
import {
  MNIST,
  OTHERS,
  OTHERS_REAL,
  OWN,
  compileFor,
  predictionsOfOnnxRuntime,
  runOn,
  subjectOf,
  type Subject,
  type TrainedModel,
} from '../run/models.ts';
import { MNIST_RECORD, type MnistEntry } from '../run/mnist-record.ts';
import { compilerOf } from '../run/record.ts';

const ALL_SAMPLES = 10_000;
const LIMIT = Number(process.env['BNNC_FULL_LIMIT'] ?? ALL_SAMPLES);
const UPDATE = process.env['UPDATE_BENCH'] === '1';
const RUNS: NonNullable<TrainedModel['runs']> = [{ target: 'host' }, { target: 'cortex-m3' }, { target: 'cortex-m4' }];

function equalDigits(a: readonly number[], b: string): number {
  return a.filter((digit, i) => String(digit) === b[i]).length;
}

const subjects = new Map<string, Promise<Subject>>();

async function subject(model: TrainedModel, samples = LIMIT): Promise<Subject> {
  if (MNIST === undefined) throw new Error('BNNC_DATA_DIR must name the folder that holds mnist/ with the test images');
  const known = subjects.get(model.name) ?? subjectOf(model, MNIST, LIMIT);
  subjects.set(model.name, known);
  return firstOf(await known, samples);
}

function firstOf(whole: Subject, samples: number): Subject {
  const { reference, input, labels } = whole;
  if (samples >= reference.samples) return whole;
  const share = samples / reference.samples;
  return {
    ...whole,
    labels: labels.slice(0, samples),
    input: input.subarray(0, input.length * share),
    reference: {
      ...reference,
      samples,
      outputs: reference.outputs.slice(0, reference.outputs.length * share),
      predictions: reference.predictions.slice(0, samples),
    },
  };
}

const measured: MnistEntry[] = [];
const compilers = new Map<string, string>();

async function measure(model: TrainedModel, target: Target, samples: number): Promise<MnistEntry> {
  const whole = await subject(model, samples);
  const result = await runOn(whole, target);
  expect(result.mismatches).toEqual([]);
  const { outputs, predictions } = whole.reference;
  const correct = result.correct ?? 0;
  compilers.set(target.name, await compilerOf(target));
  return {
    model: model.name,
    sha256: sha256(readFileSync(model.file)),
    target: target.name,
    samples: result.samples,
    equal: result.equal,
    correct,
    accuracy: `${((100 * correct) / result.samples).toFixed(2)} %`,
    onnxruntime: equalDigits(predictions, predictionsOfOnnxRuntime(model)),
    flash: result.flash,
    tables: result.tableBytes,
    workspace: result.workspaceBytes,
    stack: result.stack,
    outputs: sha256(new Uint8Array(outputs.buffer, outputs.byteOffset, outputs.byteLength)),
  };
}

describe.each([...OWN, ...OTHERS, ...OTHERS_REAL].map((model) => [model.name, model] as const))(
  '%s on the MNIST test images',
  (_name, model) => {
    it.for(model.runs ?? RUNS)('on $target: every output, every prediction, the recorded sizes', async (run, context) => {
      const target = loadTarget(run.target);
      requireTools(context, target);
      const samples = Math.min(LIMIT, run.samples ?? ALL_SAMPLES);
      const entry = await measure(model, target, samples);
      expect(entry).toMatchObject({ samples, equal: samples, onnxruntime: samples });
      const record = MNIST_RECORD.read();
      const recorded = record.entries.find((e) => e.model === entry.model && e.target === entry.target);
      if (UPDATE) {
        if (recorded !== undefined && recorded.sha256 === entry.sha256) expect(MNIST_RECORD.unexplained(recorded, entry)).toEqual([]);
        measured.push(entry);
        return;
      }
      expect(recorded, `${entry.model} on ${entry.target} is not in the record: UPDATE_BENCH=1 npm run test:full`).toBeDefined();
      if (recorded === undefined) return;
      if (record.compilers[entry.target] === compilers.get(entry.target)) expect(MNIST_RECORD.changes(recorded, entry)).toEqual([]);
      if (LIMIT !== ALL_SAMPLES) return;
      const { flash: _flash, stack: _stack, ...facts } = recorded;
      expect(entry).toMatchObject(facts);
    });

    if (!model.standard) return; // onnxruntime has no BipolarQuant: the golden predictions are of a rewrite with its own operators
    it('onnxruntime, run now, predicts the same', async () => {
      const { samples, reference } = await subject(model);
      const compiled = compileFor(model, loadTarget('host'));
      const real = realValueOf(typeOf(compiled.reference, compiled.reference.input));
      const asFloats = typeOf(compiled.imported.graph, compiled.imported.graph.input).dtype === 'f32';
      const scores = await runOnnxRuntime({
        modelPath: model.file,
        samples: Array.from({ length: LIMIT }, (_, index) => {
          const stored = samples.at(index); // one channel: the file's order is the C input's
          return asFloats ? Float32Array.from(stored, (value) => real(value, 0)) : Uint8Array.from(stored);
        }),
        inputShape: [1, ...compiled.imported.inputShape],
      });
      const predictions = scores.flatMap((one) => predictionsOf(one, one.length));
      expect(predictions.filter((digit, i) => digit === reference.predictions[i])).toHaveLength(LIMIT);
    });
  },
);

afterAll(() => {
  if (!UPDATE || LIMIT !== ALL_SAMPLES || measured.length === 0) return;
  // Entries of models that were not run now (-t) stay, in the order of the models.
  const before = MNIST_RECORD.read();
  const order = [...OWN, ...OTHERS, ...OTHERS_REAL].flatMap((model) => (model.runs ?? RUNS).map(({ target }) => `${model.name} ${target}`));
  const all = new Map([...before.entries, ...measured].map((entry) => [`${entry.model} ${entry.target}`, entry]));
  MNIST_RECORD.write({
    compilers: Object.fromEntries(Object.entries({ ...before.compilers, ...Object.fromEntries(compilers) }).sort()),
    entries: order.flatMap((key) => all.get(key) ?? []),
  });
});
