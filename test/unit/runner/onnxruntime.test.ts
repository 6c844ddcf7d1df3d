import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { afterAll, describe, expect, it } from 'vitest';
import { AttributeProto_AttributeType, ModelProtoSchema } from '../../../compiler/frontends/onnx/onnx_pb.ts';
import { runOnnxRuntime } from '../../../compiler/runner/onnxruntime.ts';

const folder = mkdtempSync(join(tmpdir(), 'bnnc-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FLOAT32 = 1;
const UINT8 = 2;
const INT64 = 7;

function valueInfo(name: string, elemType: number, dims: readonly (number | string)[]) {
  const dim = dims.map((value) =>
    typeof value === 'number'
      ? { value: { case: 'dimValue' as const, value: BigInt(value) } }
      : { value: { case: 'dimParam' as const, value } },
  );
  return { name, type: { value: { case: 'tensorType' as const, value: { elemType, shape: { dim } } } } };
}

interface Step {
  readonly opType: string;
  readonly input: string[];
  readonly output: string[];
  readonly attribute?: { name: string; i: bigint; type: AttributeProto_AttributeType }[];
}

/** Writes a model with input "in" and output "out" and returns its path. */
function modelFile(name: string, type: number, dims: readonly (number | string)[], steps: readonly Step[]): string {
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [{ version: 13n }],
    graph: {
      name,
      node: [...steps],
      input: [valueInfo('in', type, dims)],
      output: [valueInfo('out', FLOAT32, ['a', 'b'])],
      initializer: [{ name: 'flat', dataType: INT64, dims: [2n], int64Data: [1n, -1n] }],
    },
  });
  const path = join(folder, `${name}.onnx`);
  writeFileSync(path, toBinary(ModelProtoSchema, model));
  return path;
}

const NEGATE: readonly Step[] = [{ opType: 'Neg', input: ['in'], output: ['out'] }];
const samples = Array.from({ length: 250 }, (_, index) => Float32Array.of(index, index + 0.5));
const negated = samples.map((sample) => sample.map((value) => -value));

describe('onnxruntime as a reference', { timeout: 30_000 }, () => {
  it('gives the output of every sample where the model leaves the batch open, in batches', async () => {
    const seen: number[] = [];
    const modelPath = modelFile('open', FLOAT32, ['n', 2], NEGATE);
    expect(await runOnnxRuntime({ modelPath, samples, inputShape: [1, 2], onProgress: (done) => seen.push(done) })).toEqual(negated);
    expect(seen).toEqual([100, 200, 250]);
  });

  it('feeds one sample a call where the model fixes the batch to 1', async () => {
    const modelPath = modelFile('fixed', FLOAT32, [1, 2], NEGATE);
    expect(await runOnnxRuntime({ modelPath, samples, inputShape: [1, 2] })).toEqual(negated);
  });

  it('feeds one sample a call where only a Reshape inside fixes the batch, which would mix the samples', async () => {
    const steps: readonly Step[] = [
      { opType: 'Reshape', input: ['in', 'flat'], output: ['row'] },
      { opType: 'Neg', input: ['row'], output: ['out'] },
    ];
    const modelPath = modelFile('reshape', FLOAT32, ['n', 2], steps);
    expect(await runOnnxRuntime({ modelPath, samples, inputShape: [1, 2] })).toEqual(negated);
  });

  it('hands over the element type that the model wants', async () => {
    const steps: readonly Step[] = [
      {
        opType: 'Cast',
        input: ['in'],
        output: ['out'],
        attribute: [{ name: 'to', i: BigInt(FLOAT32), type: AttributeProto_AttributeType.INT }],
      },
    ];
    const bytes = [Uint8Array.of(0, 255), Uint8Array.of(7, 8)];
    const wanted = [Float32Array.of(0, 255), Float32Array.of(7, 8)];
    const modelPath = modelFile('bytes', UINT8, ['n', 2], steps);
    expect(await runOnnxRuntime({ modelPath, samples: bytes, inputShape: [1, 2] })).toEqual(wanted);
    const floats = modelFile('floats', FLOAT32, ['n', 2], NEGATE);
    expect(await runOnnxRuntime({ modelPath: floats, samples: bytes, inputShape: [1, 2] })).toEqual(
      wanted.map((row) => row.map((value) => -value)),
    );
  });

  it('says so when it does not know an operator', async () => {
    const modelPath = modelFile('quantized', FLOAT32, [1, 2], [{ opType: 'BipolarQuant', input: ['in'], output: ['out'] }]);
    await expect(runOnnxRuntime({ modelPath, samples, inputShape: [1, 2] })).rejects.toMatchObject({
      diagnostics: [
        {
          code: 'BNN5005',
          message: 'onnxruntime cannot load quantized.onnx',
          details: [expect.stringContaining('BipolarQuant') as string],
        },
      ],
    });
  });

  it('says so when the samples do not fit the model', async () => {
    const modelPath = modelFile('small', FLOAT32, [1, 2], NEGATE);
    await expect(runOnnxRuntime({ modelPath, samples, inputShape: [2] })).rejects.toMatchObject({
      diagnostics: [{ code: 'BNN5005', message: 'onnxruntime cannot run small.onnx' }],
    });
  });

  it('is named as the package to install when it is absent', async () => {
    const absent = () => Promise.reject(Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' }));
    await expect(runOnnxRuntime({ modelPath: 'x.onnx', samples, inputShape: [1, 2] }, absent)).rejects.toMatchObject({
      diagnostics: [
        { code: 'BNN5005', message: 'onnxruntime-node is not installed', help: expect.stringContaining('npm install') as string },
      ],
    });
  });
});
