/** The same networks as Lasagne's parameters and as ONNX. */
import { describe, expect, it } from 'vitest';
import { compileTwin, tablesOf, type Twin } from '../../../support/twins.ts';

const PIXELS = { input: 'u8', inputScale: '1/255' } as const;
const CENTRED = { input: 'u8', inputScale: '2/255', inputOffset: '-1' } as const;

describe('parameters of Lasagne', () => {
  const mlp = tablesOf(compileTwin({ file: 'binarynet-mlp/model.onnx', words: PIXELS }));

  it('of dense layers need no topology, and give the weights and thresholds of the ONNX twin', () => {
    expect(tablesOf(compileTwin({ file: 'binarynet-mlp/lasagne/model.npz', words: CENTRED }))).toEqual(mlp);
  });

  it('of dense layers are those of binarynet-mnist, which knows the input too', () => {
    expect(tablesOf(compileTwin({ file: 'binarynet-mlp/lasagne/model.npz', topology: 'binarynet-mnist' }))).toEqual(mlp);
  });

  it('of convolutions take a topology, and give the weights and thresholds of the ONNX twin', () => {
    // Scores are real numbers: the graph computes them in another order of operations than Lasagne.
    const integers = (twin: Twin) => tablesOf(compileTwin(twin)).filter(({ ctype }) => ctype !== 'float');
    const conv = integers({ file: 'binarynet-conv/model.onnx', words: PIXELS });
    expect(conv.length).toBeGreaterThan(12);
    expect(integers({ file: 'binarynet-conv/lasagne/model.npz', topology: 'topology.json' })).toEqual(conv);
  });
});
