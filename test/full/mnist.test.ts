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
const TARGETS = ['host', 'cortex-m3', 'cortex-m4'] as const;

function equalDigits(a: readonly number[], b: string): number {
  return a.filter((digit, i) => String(digit) === b[i]).length;
}

const subjects = new Map<string, Promise<Subject>>();

function subject(model: TrainedModel): Promise<Subject> {
  if (MNIST === undefined) throw new Error('BNNC_DATA_DIR must name the folder that holds mnist/ with the test images');
  const known = subjects.get(model.name) ?? subjectOf(model, MNIST, LIMIT);
  subjects.set(model.name, known);
  return known;
}

const measured: MnistEntry[] = [];
const compilers = new Map<string, string>();

async function measure(model: TrainedModel, target: Target): Promise<MnistEntry> {
  const whole = await subject(model);
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

describe.each([...OWN, ...OTHERS].map((model) => [model.name, model] as const))('%s on the MNIST test images', (_name, model) => {
  it.for(TARGETS)('on %s: every output, every prediction, the recorded sizes', async (targetName, context) => {
    const target = loadTarget(targetName);
    requireTools(context, target);
    const entry = await measure(model, target);
    expect(entry).toMatchObject({ samples: LIMIT, equal: LIMIT, onnxruntime: LIMIT });
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
});

afterAll(() => {
  if (!UPDATE || LIMIT !== ALL_SAMPLES || measured.length !== (OWN.length + OTHERS.length) * TARGETS.length) return;
  MNIST_RECORD.write({ compilers: Object.fromEntries([...compilers].sort()), entries: measured });
});
