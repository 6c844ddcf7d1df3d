/** Runs an ONNX model in onnxruntime, an independent reference. The package is optional and loaded when it is needed. */
import { basename } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import { fail } from '../support/diagnostics.ts';

/** The elements of one sample, in the order of the model file. */
export type Sample = Float32Array | Uint8Array | Int8Array;

export interface OnnxRuntimeRequest {
  readonly modelPath: string;
  /** At least one; all of the same length. Values are handed over as they are, in the element type that the model wants. */
  readonly samples: readonly Sample[];
  /** Shape of one sample as the model wants it, with a batch of 1 where the model has a batch: [1, 3, 32, 32]. */
  readonly inputShape: readonly number[];
  /** Default: the model's only output, or its first. */
  readonly outputName?: string;
  readonly onProgress?: (samplesDone: number) => void;
}

/** The module `onnxruntime-node`. */
export type OnnxRuntime = typeof import('onnxruntime-node');

/** Where the model leaves the batch open, so many samples go in one call. */
const BATCH = 100;

/**
 * The model's output for each sample, flattened. Graph optimizations are off and one thread is used, so that every
 * operator computes as it is documented and a second run gives the same bits.
 *
 * @param importRuntime loads the package; a parameter so that tests can do without it
 * @throws UserError BNN5005 if onnxruntime-node is not installed, or cannot load or run this model
 */
export async function runOnnxRuntime(
  request: OnnxRuntimeRequest,
  importRuntime: () => Promise<OnnxRuntime> = () => import('onnxruntime-node'),
): Promise<readonly Float32Array[]> {
  const runtime = await loadRuntime(importRuntime);
  const session = await openSession(runtime, request.modelPath, request.modelPath);
  try {
    const input = inputOf(session, request);
    if (input.openBatch) {
      const outputs = await runBatches(runtime, session, request, input, BATCH);
      if (outputs !== undefined) return outputs;
    }
    return (await runBatches(runtime, session, request, input, 1)) ?? [];
  } finally {
    await session.release();
  }
}

/** The version of onnxruntime-node; null where it is not installed, or does not load. */
export async function onnxRuntimeVersion(
  importRuntime: () => Promise<OnnxRuntime> = () => import('onnxruntime-node'),
): Promise<string | null> {
  try {
    const { env } = await importRuntime();
    return env.versions.node ?? env.versions.common;
  } catch {
    return null;
  }
}

export async function loadRuntime(importRuntime: () => Promise<OnnxRuntime>): Promise<OnnxRuntime> {
  try {
    return await importRuntime();
  } catch (error) {
    const absent = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
    return fail({
      code: 'BNN5005',
      message: absent ? 'onnxruntime-node is not installed' : 'onnxruntime-node is installed but does not load',
      details: absent ? [] : [reasonOf(error)],
      help: 'Install it with `npm install onnxruntime-node`, or compare with the interpreter: --reference interpreter.',
    });
  }
}

/** @param model its path, or its bytes */
export async function openSession(
  runtime: OnnxRuntime,
  model: string | Uint8Array<ArrayBuffer>,
  modelPath: string,
): Promise<InferenceSession> {
  try {
    const options: InferenceSession.SessionOptions = {
      executionProviders: ['cpu'],
      graphOptimizationLevel: 'disabled',
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
    };
    return await (typeof model === 'string'
      ? runtime.InferenceSession.create(model, options)
      : runtime.InferenceSession.create(model, options));
  } catch (error) {
    return fail({
      code: 'BNN5005',
      message: `onnxruntime cannot load ${basename(modelPath)}`,
      details: [reasonOf(error)],
      notes: [
        'onnxruntime knows the operators of the ONNX standard. Models with others, such as those of QONNX and FINN, cannot be compared with it.',
      ],
      help: 'Compare with the interpreter: --reference interpreter.',
    });
  }
}

export type ElementType = 'float32' | 'uint8' | 'int8';

export interface ModelInput {
  readonly name: string;
  readonly type: ElementType;
  /** The model says that its first dimension is free. */
  readonly openBatch: boolean;
}

export function inputOf(
  session: InferenceSession,
  { inputShape, modelPath }: Pick<OnnxRuntimeRequest, 'inputShape' | 'modelPath'>,
): ModelInput {
  const name = session.inputNames[0] ?? '';
  // The metadata are missing in old versions of the package: then float32 and one sample a call.
  const found = (session.inputMetadata as InferenceSession['inputMetadata'] | undefined)?.find((entry) => entry.name === name);
  const metadata = found?.isTensor === true ? found : undefined;
  const type = metadata?.type ?? 'float32';
  if (type !== 'float32' && type !== 'uint8' && type !== 'int8') {
    return fail({
      code: 'BNN5005',
      message: `the input "${name}" of ${basename(modelPath)} has elements of type ${type}; onnxruntime is fed float32, uint8 or int8`,
    });
  }
  return { name, type, openBatch: typeof metadata?.shape[0] === 'string' && inputShape[0] === 1 };
}

/** Returns undefined if the model cannot take `size` samples a call after all: a Reshape inside it can fix the batch to 1. */
async function runBatches(
  runtime: OnnxRuntime,
  session: InferenceSession,
  request: OnnxRuntimeRequest,
  input: ModelInput,
  size: number,
): Promise<readonly Float32Array[] | undefined> {
  const { samples, inputShape, modelPath, onProgress } = request;
  const outputName = request.outputName ?? session.outputNames[0] ?? '';
  const outputs: Float32Array[] = [];
  for (let start = 0; start < samples.length; start += size) {
    const batch = samples.slice(start, start + size);
    const shape = size === 1 ? [...inputShape] : [batch.length, ...inputShape.slice(1)];
    try {
      const result = await session.run({ [input.name]: new runtime.Tensor(input.type, gather(input.type, batch), shape) }, [outputName]);
      const output = result[outputName];
      if (output === undefined || (size > 1 && output.dims[0] !== batch.length)) return undefined;
      outputs.push(...split(Float32Array.from(output.data as Iterable<number | bigint>, Number), batch.length));
    } catch (error) {
      if (size > 1) return undefined;
      return fail({
        code: 'BNN5005',
        message: `onnxruntime cannot run ${basename(modelPath)}`,
        details: [reasonOf(error)],
        help: 'Compare with the interpreter: --reference interpreter.',
      });
    }
    onProgress?.(outputs.length);
  }
  return outputs;
}

function gather(type: ElementType, batch: readonly Sample[]): Sample {
  const sampleLength = batch[0]?.length ?? 0;
  const length = sampleLength * batch.length;
  const all = type === 'float32' ? new Float32Array(length) : type === 'uint8' ? new Uint8Array(length) : new Int8Array(length);
  batch.forEach((sample, index) => all.set(sample, index * sampleLength));
  return all;
}

function split(outputs: Float32Array, samples: number): readonly Float32Array[] {
  const length = outputs.length / samples;
  return Array.from({ length: samples }, (_, index) => outputs.slice(index * length, (index + 1) * length));
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
