/** What the tests of the ONNX frontend share: reading, running, comparing with onnxruntime. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect } from 'vitest';
import type { FrontendOptions, Imported, SideFiles } from '../../../compiler/frontends/frontend.ts';
import { onnx } from '../../../compiler/frontends/onnx/index.ts';
import { interpret } from '../../../compiler/ir/interpret.ts';
import { realValues } from '../../../compiler/ir/encoding.ts';
import { verifyGraph } from '../../../compiler/ir/verify.ts';
import type { TensorData } from '../../../compiler/ir/types.ts';
import { Diagnostics, type Diagnostic } from '../../../compiler/support/diagnostics.ts';
import { problemsIn } from '../../support/problems.ts';

export const NO_FILES: SideFiles = { list: () => [], read: () => undefined };

export function readModel(bytes: Uint8Array, options: Partial<FrontendOptions> = {}, side: SideFiles = NO_FILES): Imported {
  const imported = onnx.read(bytes, side, { file: 'net.onnx', output: null, ...options }, new Diagnostics());
  expect(verifyGraph(imported.graph)).toEqual([]);
  return imported;
}

/** The diagnostics of a model that must be refused. */
export function problemsOf(bytes: Uint8Array, options: Partial<FrontendOptions> = {}, side: SideFiles = NO_FILES): readonly Diagnostic[] {
  return problemsIn(() => readModel(bytes, options, side));
}

export function codesOf(bytes: Uint8Array, options: Partial<FrontendOptions> = {}): readonly string[] {
  return problemsOf(bytes, options).map(({ code }) => code);
}

/** Small deterministic generator (mulberry32): numbers in [0, 1). */
export function randomSource(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function integersBetween(random: () => number, low: number, high: number, count: number): number[] {
  return Array.from({ length: count }, () => low + Math.floor(random() * (high - low + 1)));
}

export function signs(random: () => number, count: number): number[] {
  return Array.from({ length: count }, () => (random() < 0.5 ? -1 : 1));
}

/** Runs the graph on one sample that stands in the file's order. */
export function runImported(imported: Imported, sample: ArrayLike<number>): Float32Array {
  const { graph, inputOrder } = imported;
  const dtype = graph.values.get(graph.input)?.type.dtype;
  const ordered = inputOrder === null ? Array.from(sample) : Array.from(inputOrder, (at) => sample[at] ?? Number.NaN);
  const data: TensorData =
    dtype === 'u8' ? Uint8Array.from(ordered) : dtype === 'i8' ? Int8Array.from(ordered) : Float32Array.from(ordered);
  return realValues(interpret(graph, data));
}

/** Results in the file's order as the graph orders them. */
export function inGraphOrder({ outputOrder }: Imported, values: readonly number[]): readonly number[] {
  return outputOrder === null ? values : Array.from(outputOrder, (at) => values[at] ?? Number.NaN);
}

/** The same sample through onnxruntime. */
export async function runOnnxRuntime(
  bytes: Uint8Array,
  shape: readonly number[],
  sample: readonly number[],
  type: 'float32' | 'uint8' | 'int8' = 'float32',
): Promise<number[]> {
  const session = await InferenceSession.create(bytes, { graphOptimizationLevel: 'disabled' });
  const data = type === 'uint8' ? Uint8Array.from(sample) : type === 'int8' ? Int8Array.from(sample) : Float32Array.from(sample);
  const results = await session.run({ [session.inputNames[0] ?? '']: new Tensor(type, data, shape) });
  const output = results[session.outputNames[0] ?? ''];
  if (output === undefined) throw new Error('no output');
  return Array.from(output.data as ArrayLike<number | bigint>, Number);
}

/** Reads the model and compares it with onnxruntime on one sample of small integers, exactly. -0 counts as 0. */
export async function expectSameAsOnnxRuntime(
  bytes: Uint8Array,
  shape: readonly number[],
  random: () => number,
  type: 'float32' | 'uint8' | 'int8' = 'float32',
): Promise<Imported> {
  const imported = readModel(bytes);
  const [low, high] = type === 'uint8' ? [0, 255] : [-4, 4];
  const sample = integersBetween(
    random,
    low,
    high,
    shape.reduce((a, b) => a * b, 1),
  );
  const wanted = inGraphOrder(imported, await runOnnxRuntime(bytes, shape, sample, type));
  expect(Array.from(runImported(imported, sample), (v) => v + 0)).toEqual(wanted.map((v) => v + 0));
  return imported;
}
