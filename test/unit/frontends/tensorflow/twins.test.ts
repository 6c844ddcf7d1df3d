/** binarynet-tf as TensorFlow saves it, and as ONNX. */
import { describe, expect, it } from 'vitest';
import { compileTwin, tablesOf, type Twin } from '../../../support/twins.ts';

const FOLDER = 'binarynet-tf/tensorflow';
/** The graph reads 2·pixel/255 − 1; the ONNX file does that itself. */
const PIXELS = { input: 'u8', inputScale: '2/255', inputOffset: '-1' } as const;

const TWINS: readonly Twin[] = [
  { file: `${FOLDER}/model.ckpt.index`, words: PIXELS },
  { file: `${FOLDER}/model.ckpt.meta`, words: PIXELS },
  { file: `${FOLDER}/model.pb`, words: PIXELS },
  { file: `${FOLDER}/model.ckpt.index`, topology: 'topology.json' },
  { file: `${FOLDER}/training.ckpt.index`, topology: 'topology.json' },
];

describe('BinaryNet-on-tensorflow', () => {
  const wanted = tablesOf(compileTwin({ file: 'binarynet-tf/model.onnx', words: { input: 'u8', inputScale: '1/255' } }));

  it.each(TWINS)('$file ($topology) has the packed weights, thresholds and constants of its ONNX twin', (twin) => {
    expect(tablesOf(compileTwin(twin))).toEqual(wanted);
  });
});
