/** Tensors from the inside of an ONNX model, as onnxruntime computes them. */
import { inputOf, loadRuntime, openSession, reasonOf, type OnnxRuntime, type Sample } from './onnxruntime.ts';
import { basename } from 'node:path';
import { fail } from '../support/diagnostics.ts';

export interface TensorsRequest {
  /** A model whose outputs are all that is asked for. */
  readonly model: Uint8Array<ArrayBuffer>;
  /** Where it came from, for messages. */
  readonly modelPath: string;
  readonly names: readonly string[];
  readonly count: number;
  readonly sampleAt: (index: number) => Sample;
  /** As in `OnnxRuntimeRequest`. */
  readonly inputShape: readonly number[];
}

/**
 * Runs sample by sample and hands over the elements of each tensor, in the order of the file.
 * @throws UserError BNN5005 as `runOnnxRuntime` does
 */
export async function runOnnxRuntimeTensors(
  { model, modelPath, names, count, sampleAt, inputShape }: TensorsRequest,
  onSample: (index: number, tensors: ReadonlyMap<string, Float32Array>) => void,
  importRuntime: () => Promise<OnnxRuntime> = () => import('onnxruntime-node'),
): Promise<void> {
  const runtime = await loadRuntime(importRuntime);
  const session = await openSession(runtime, model, modelPath);
  try {
    const input = inputOf(session, { inputShape, modelPath });
    for (let index = 0; index < count; index += 1) {
      const feed = { [input.name]: new runtime.Tensor(input.type, sampleAt(index), [...inputShape]) };
      const result = await session.run(feed, [...names]).catch((error: unknown) =>
        fail({
          code: 'BNN5005',
          message: `onnxruntime cannot run ${basename(modelPath)} with its inner tensors as outputs`,
          details: [reasonOf(error)],
          help: 'Compare the outputs only, without --layers, or with the interpreter: --reference interpreter.',
        }),
      );
      onSample(index, new Map(names.map((name) => [name, numbersOf(result[name]?.data)])));
    }
  } finally {
    await session.release();
  }
}

/** Elements of any type as float32. */
function numbersOf(data: unknown): Float32Array {
  return data === undefined ? new Float32Array() : Float32Array.from(data as Iterable<number | bigint>, Number);
}
