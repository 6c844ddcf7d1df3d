/** The same networks as PyTorch's weights with a topology beside them, and as ONNX. */
import { describe, expect, it } from 'vitest';
import { compileTwin, tablesOf, type Twin } from '../../../support/twins.ts';

const PIXELS = { input: 'u8', inputScale: '1/255' } as const;

const PAIRS: readonly (Twin & { readonly onnx: Twin })[] = [
  { file: 'digits-mlp/pytorch/model.pth', topology: 'topology.json', onnx: { file: 'digits-mlp/model.onnx' } },
  {
    file: 'digits-cnn/pytorch/model.pth',
    topology: 'topology.json',
    words: PIXELS,
    onnx: { file: 'digits-cnn/model.onnx', words: PIXELS },
  },
  ...['checkpoint.pth.tar', 'checkpoint-legacy.pth.tar'].map((name) => ({
    file: `birealnet/pytorch/${name}`,
    topology: 'topology.json',
    words: PIXELS,
    onnx: { file: 'birealnet/model.onnx', words: PIXELS },
  })),
  {
    file: 'xnor-lenet-small/pytorch/packed.pth',
    topology: 'topology.json',
    words: PIXELS,
    onnx: { file: 'xnor-lenet-small/model.onnx', words: PIXELS },
  },
];

describe('weights of PyTorch with a topology', () => {
  it.each(PAIRS)('$file has the packed weights, thresholds and constants of its ONNX twin', ({ onnx, ...twin }) => {
    expect(tablesOf(compileTwin(twin))).toEqual(tablesOf(compileTwin(onnx)));
  });
});
