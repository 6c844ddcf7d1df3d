/** Checkpoints trained by others, where BNNC_MODELS_DIR names their folder (and BNNC_DATA_DIR that of the data). */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { interpret } from '../../../../compiler/ir/interpret.ts';
import { realValues } from '../../../../compiler/ir/encoding.ts';
import { compileTwin, tablesOf } from '../../../support/twins.ts';

const MODELS = process.env['BNNC_MODELS_DIR'] ?? '/nowhere';
const DATA = process.env['BNNC_DATA_DIR'] ?? '/nowhere';

function mnist(name: string, header: number): Uint8Array {
  const file = join(DATA, 'mnist', name);
  return gunzipSync(readFileSync(existsSync(`${file}.gz`) ? `${file}.gz` : file)).subarray(header);
}

describe.runIf(existsSync(MODELS))('a checkpoint of', () => {
  it('Pytorch-XNOR-Net has the packed weights, thresholds and constants of its ONNX twin', () => {
    const words = { input: 'u8', mean: '0.1307', std: '0.3081' } as const;
    const onnx = compileTwin({ file: join(MODELS, 'xnor-lenet/xnor-lenet.onnx'), words });
    const pth = compileTwin({ file: join(MODELS, 'xnor-lenet/Bin_LeNet.best9945.pth'), topology: 'xnor-lenet' });
    expect(tablesOf(pth)).toEqual(tablesOf(onnx));
  });

  it.runIf(existsSync(DATA))(
    'Brevitas classifies MNIST as onnxruntime does with the same weights',
    () => {
      const folder = join(MODELS, 'brevitas-tfc-checkpoint');
      const { reference } = compileTwin({ file: join(folder, 'TFC_1W1A_best.tar'), topology: 'brevitas-tfc' });
      const golden = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8')) as { pred_all: string | number[]; outputs: number[][] };
      const classes = typeof golden.pred_all === 'string' ? golden.pred_all : golden.pred_all.join('');
      const images = mnist('t10k-images-idx3-ubyte', 16);
      const labels = mnist('t10k-labels-idx1-ubyte', 8);
      let [same, right, furthest] = [0, 0, 0];
      for (let i = 0; i < 10_000; i += 1) {
        const scores = Array.from(realValues(interpret(reference, images.subarray(784 * i, 784 * (i + 1)))));
        golden.outputs[i]?.forEach((score, j) => (furthest = Math.max(furthest, Math.abs(score - (scores[j] ?? Number.NaN)))));
        const best = Math.max(...scores);
        if (scores.indexOf(best) === Number(classes[i])) same += 1;
        if (scores.indexOf(best) === labels[i]) right += 1;
      }
      expect(furthest).toBeLessThan(1e-5);
      expect({ same, right }).toEqual({ same: 10_000, right: 9338 });
    },
    120_000,
  );
});
