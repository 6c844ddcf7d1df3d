/** Real files: the project's own fixtures, and those of other projects where BNNC_MODELS_DIR points to them. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { runImported, readModel } from './read-model.ts';

interface Golden {
  readonly pred_all: string;
}

const FIXTURES = path.resolve(import.meta.dirname, '../../../fixtures');
const MODELS = process.env['BNNC_MODELS_DIR'];
const DATA = process.env['BNNC_DATA_DIR'];
const IMAGES = ['mnist', '.']
  .map((folder) => path.join(DATA ?? '', folder, 't10k-images-idx3-ubyte.gz'))
  .find((file) => DATA !== undefined && existsSync(file));

const goldenOf = (folder: string): Golden => JSON.parse(readFileSync(path.join(folder, 'golden.json'), 'utf8')) as Golden;

/** Class predicted for each of the first images of an idx file; `toReal` makes the model's input of a pixel. */
function predictions(model: string, images: string, count: number, toReal: (pixel: number) => number): string {
  const imported = readModel(readFileSync(model));
  const pixels = gunzipSync(readFileSync(images)).subarray(16);
  const size = imported.inputShape.reduce((a, b) => a * b, 1);
  const digits = Array.from({ length: count }, (_, i) => {
    const scores = runImported(imported, Array.from(pixels.subarray(i * size, (i + 1) * size), toReal));
    return scores.indexOf(Math.max(...scores));
  });
  return digits.join('');
}

describe('the fixtures', () => {
  it.each([
    ['digits-mlp', (pixel: number) => pixel],
    ['digits-cnn', (pixel: number) => pixel / 255],
    ['ebnn-conv-pool', (pixel: number) => pixel / 255],
    ['binarynet-mlp', (pixel: number) => pixel / 255],
    ['binarynet-conv', (pixel: number) => pixel / 255],
    ['binarynet-tf', (pixel: number) => pixel / 255],
    ['xnor-lenet-small', (pixel: number) => pixel / 255],
    ['lbcnn', (pixel: number) => pixel / 255],
    ['bmxnet-lenet', (pixel: number) => pixel / 255],
    ['birealnet', (pixel: number) => pixel / 255],
  ] as const)('%s is read and predicts what onnxruntime predicts', (name, toReal) => {
    const folder = path.join(FIXTURES, name);
    const seen = predictions(path.join(folder, 'model.onnx'), path.join(folder, 'vectors-images.idx3-ubyte.gz'), 10, toReal);
    expect(seen).toBe(goldenOf(folder).pred_all.slice(0, 10));
  });
});

describe.skipIf(MODELS === undefined)('models of others', () => {
  const folderOf = (name: string): string => path.join(MODELS ?? '', name);

  it.skipIf(IMAGES === undefined)('QONNX TFC predicts what onnxruntime predicts', () => {
    const folder = folderOf('qonnx-tfc-1w1a');
    const seen = predictions(path.join(folder, 'TFC_1W1A.onnx'), IMAGES ?? '', 20, (pixel) => pixel / 255);
    expect(seen).toBe(goldenOf(folder).pred_all.slice(0, 20));
  });

  it('QONNX TFC becomes dense layers and signs', () => {
    const { graph, inputShape } = readModel(readFileSync(path.join(folderOf('qonnx-tfc-1w1a'), 'TFC_1W1A.onnx')));
    expect(inputShape).toEqual([1, 28, 28]);
    expect(graph.nodes.filter(({ kind }) => kind === 'dense')).toHaveLength(4);
    expect(graph.nodes.every((node) => node.kind !== 'dense' || node.attrs.weights.kind === 'binary')).toBe(true);
  });

  it('XNOR-Net LeNet is read with the scale of each filter beside ±1 weights', () => {
    const { graph } = readModel(readFileSync(path.join(folderOf('xnor-lenet'), 'xnor-lenet.onnx')));
    const linear = graph.nodes.flatMap((node) => (node.kind === 'conv2d' || node.kind === 'dense' ? [node.attrs.weights.kind] : []));
    expect(linear).toEqual(['real', 'binary', 'binary', 'real']);
  });
});
