/** External data of a model on a real file system: nothing outside the model's folder is read, by any trick. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readModel as readFile } from '../../../compiler/cli/files.ts';
import { TensorProtoSchema } from '../../../compiler/frontends/onnx/onnx_pb.ts';
import { OnnxModel } from '../../support/onnx-model.ts';
import { problemsOf, readModel, runImported } from '../frontends/read-model.ts';

const place = mkdtempSync(join(tmpdir(), 'bnnc-external-'));
const folder = join(place, 'model');
afterAll(() => rmSync(place, { recursive: true, force: true }));

beforeAll(() => {
  const weights = new Uint8Array(Float32Array.of(7, 1, 2, 3).buffer);
  mkdirSync(join(folder, 'data'), { recursive: true });
  writeFileSync(join(folder, 'data', 'w.bin'), weights);
  writeFileSync(join(place, 'secret.bin'), weights);
  symlinkSync('../secret.bin', join(folder, 'link.bin'));
  symlinkSync('..', join(folder, 'up'));
  symlinkSync('data/w.bin', join(folder, 'inside.bin'));
});

/** The model whose weights lie in `location`, read from the folder. */
function model(location: string): ReturnType<typeof readFile> {
  const net = new OnnxModel();
  const externalData = Object.entries({ location, offset: '4', length: '12' }).map(([key, value]) => ({ key, value }));
  const tensor = create(TensorProtoSchema, { name: 'w', dims: [3n, 1n], dataType: 1, dataLocation: 1, externalData });
  const bytes = net.bytes(net.node('MatMul', [net.input('x', [1, 3]), net.initializer(tensor)]));
  writeFileSync(join(folder, 'net.onnx'), bytes);
  return readFile(join(folder, 'net.onnx'), place);
}

describe('external data', () => {
  it.each(['data/w.bin', './data/w.bin', 'inside.bin'])('is read from %s in the folder of the model', (location) => {
    const { bytes, side } = model(location);
    expect(Array.from(runImported(readModel(bytes, {}, side), [1, 10, 100]))).toEqual([321]);
  });

  it.each([
    ['an absolute path', join(place, 'secret.bin'), 'outside the model'],
    ['a way up', '../secret.bin', 'outside the model'],
    ['a way up in the middle', 'data/../../secret.bin', 'outside the model'],
    ['a link out of the folder', 'link.bin', 'no such file'],
    ['a link to the folder above', 'up/secret.bin', 'no such file'],
    ['a folder', 'data', 'no such file'],
    ['a name with a zero byte', 'data/w.bin\0', 'no such file'],
  ])('behind %s is refused', (_name, location, reason) => {
    const { bytes, side } = model(location);
    const [problem] = problemsOf(bytes, {}, side);
    expect(problem).toMatchObject({ code: 'BNN1009', origin: { path: 'graph.initializer "w"' } });
    expect(problem?.message).toContain(reason);
    expect(problem?.help).toBeDefined();
  });
});
