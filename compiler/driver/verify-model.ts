/** The whole of `bnnc verify`: data in, one result per target out. */
import { typeOf } from '../ir/graph.ts';
import { runOnnxRuntime } from '../runner/onnxruntime.ts';
import { UserError, fail, type Diagnostic } from '../support/diagnostics.ts';
import type { Target } from '../targets/target.ts';
import { certify } from './certificate.ts';
import { lowerModel, planModel, type CompileOptions, type Compiled, type Lowered, type ModelSource } from './compile.ts';
import { readDataset } from './dataset.ts';
import { uncertainSums, type UncertainSum } from './explain-difference.ts';
import { verifyLayers, type LayersReport } from './layers.ts';
import { runtimeInput } from './runtime-input.ts';
import { compareRuntimeLayers, type RuntimeLayers } from './runtime-layers.ts';
import { readLabels, readSamples, type Samples } from './samples.ts';
import { inputFile, interpretSamples, predictionsOf, verifyTarget, type Progress, type Reference, type TargetResult } from './verify.ts';

export interface NamedBytes {
  readonly bytes: Uint8Array;
  /** As the user wrote it. */
  readonly file: string;
}

export interface VerifyRequest {
  readonly targets: readonly Target[];
  readonly data: NamedBytes;
  readonly labels: NamedBytes | null;
  readonly limit: number | null;
  /** Path of the model for onnxruntime, or null to compare with the interpreter only. */
  readonly onnxruntime: string | null;
  /** Compare every value that the programs store, too. */
  readonly layers: boolean;
}

export interface RuntimeComparison {
  readonly equalPredictions: number;
  readonly largestDifference: number;
  /** The first few samples with another prediction. */
  readonly differing: readonly DifferingSample[];
}

export interface DifferingSample {
  readonly sample: number;
  readonly expected: number;
  readonly actual: number;
  /** Sums of this sample whose sign depends on rounding; without any, onnxruntime should have all bits of the reference. */
  readonly uncertain: readonly UncertainSum[];
}

export interface VerifyReport {
  readonly model: string;
  readonly samples: number;
  readonly targets: readonly TargetResult[];
  readonly runtime: RuntimeComparison | null;
  /** Null where layers were not asked for. */
  readonly layers: LayersReport | null;
  /** Where onnxruntime parts, tensor by tensor; null without it or without layers. */
  readonly runtimeLayers: RuntimeLayers | null;
  readonly warnings: readonly Diagnostic[];
  /** Targets that could not be built or run; the others were. */
  readonly failures: readonly { readonly target: string; readonly diagnostics: readonly Diagnostic[] }[];
}

function refuseRuntime({ file }: ModelSource, { format, imported }: Lowered): never {
  return fail({
    code: 'BNN0001',
    message: `--reference onnxruntime reads ONNX files, and "${file}" is ${format}`,
    help: `${imported.source === undefined ? '' : `It was written from ${imported.source.file}: verify that file with it. `}The interpreter compares every output bit for bit.`,
  });
}

/** @throws UserError with the problems of all targets that cannot be compiled, before anything runs */
export async function verifyModel(
  source: ModelSource,
  optionsFor: (target: Target) => CompileOptions,
  request: VerifyRequest,
  progress: Progress,
): Promise<VerifyReport> {
  const [first] = request.targets;
  if (first === undefined) throw new Error('verify without a target');
  const model = lowerModel(source, optionsFor(first));
  if (request.onnxruntime !== null && model.format !== 'onnx') refuseRuntime(source, model);
  const planned = planAll(source, model, optionsFor, request.targets);
  const { reference, imported } = model;
  const order = { type: typeOf(reference, reference.input), fileShape: imported.inputShape, order: imported.inputOrder };
  const samples = readSamples(readDataset(request.data.bytes, request.data.file), request.data.file, order);
  const count = Math.min(samples.count, request.limit ?? samples.count);
  const labels =
    request.labels === null ? null : readLabels(readDataset(request.labels.bytes, request.labels.file), request.labels.file, count);
  const expected = await interpretSamples(model, samples, count, progress);
  const input = inputFile(model, samples, count);
  const targets: TargetResult[] = [];
  const failures: { target: string; diagnostics: readonly Diagnostic[] }[] = [];
  for (const { compiled, target } of planned) {
    try {
      targets.push(await verifyTarget(compiled, target, input, expected, labels, progress));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      failures.push({ target: target.name, diagnostics: error.diagnostics });
    }
  }
  const runtime = request.onnxruntime === null ? null : await compareWithRuntime(model, samples, expected, request.onnxruntime, progress);
  const able = planned.filter(({ target }) => !failures.some((failure) => failure.target === target.name));
  const layers = request.layers ? await verifyLayers(model, able, samples, count, progress) : null;
  failures.push(...(layers?.failures ?? []));
  const { onnxruntime } = request;
  const runtimeLayers =
    onnxruntime === null || !request.layers ? null : await compareRuntimeLayers(model, source, onnxruntime, samples, count, progress);
  return { model: source.file, samples: count, targets, runtime, layers, runtimeLayers, warnings: model.warnings, failures };
}

/** Plans a model for each target. @throws UserError with the problems of all targets, each once */
export function planAll(
  source: ModelSource,
  model: Lowered,
  optionsFor: (target: Target) => CompileOptions,
  targets: readonly Target[],
): readonly { readonly target: Target; readonly compiled: Compiled }[] {
  const problems: Diagnostic[] = [];
  const compiled = targets.flatMap((target) => {
    try {
      return [{ target, compiled: planModel(source, model, optionsFor(target)) }];
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      for (const problem of error.diagnostics) {
        if (!problems.some((p) => JSON.stringify(p) === JSON.stringify(problem))) problems.push(problem);
      }
      return [];
    }
  });
  if (problems.length > 0) throw new UserError(problems);
  return compiled;
}

const SHOWN = 5;

/** onnxruntime reads the model file itself: it gets real numbers, or stored ones where the file's input is integer. */
async function compareWithRuntime(
  { reference, imported }: Lowered,
  samples: Samples,
  expected: Reference,
  modelPath: string,
  progress: Progress,
): Promise<RuntimeComparison> {
  const inFileOrder = runtimeInput({ reference, imported }, samples);
  const results = await runOnnxRuntime({
    modelPath,
    samples: Array.from({ length: expected.samples }, (_, s) => inFileOrder(s)),
    inputShape: [1, ...imported.inputShape],
    onProgress: (done: number) => progress('onnxruntime', done, expected.samples),
  });
  let largestDifference = 0;
  const differing: Omit<DifferingSample, 'uncertain'>[] = [];
  let equalPredictions = 0;
  results.forEach((scores, sample) => {
    const { outputOrder } = imported;
    const ordered = outputOrder === null ? scores : scores.map((_, i) => scores[outputOrder[i] as number] as number);
    const [prediction = -1] = predictionsOf(ordered, ordered.length);
    const actual = expected.predictions[sample] ?? -1;
    if (prediction === actual) equalPredictions += 1;
    else if (differing.length < SHOWN) differing.push({ sample, expected: prediction, actual });
    ordered.forEach((score, i) => {
      largestDifference = Math.max(largestDifference, Math.abs(score - (expected.outputs[sample * expected.perSample + i] as number)));
    });
  });
  const certificate = differing.length === 0 ? undefined : certify(reference);
  const explained = differing.map((d) => ({
    ...d,
    uncertain: certificate === undefined ? [] : uncertainSums(reference, certificate, samples.at(d.sample)),
  }));
  return { equalPredictions, largestDifference, differing: explained };
}
