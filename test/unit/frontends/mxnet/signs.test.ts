/** Signs of MXNet and BMXNet, and where they are taken. */
import { describe, expect, it } from 'vitest';
import { runImported } from '../read-model.ts';
import { f32, readMxnet, variable } from './read-mxnet.ts';

describe('the sign of 0', () => {
  it.each([
    ['det_sign', {}, 1],
    ['_contrib_det_sign', {}, 1],
    ['approx_sign', {}, 1],
    ['_contrib_approx_sign', {}, 1],
    ['QActivation', {}, 1],
    ['sign', {}, 0],
  ])('is that of %s, of maps and of weights', (op, attrs, zero) => {
    const imported = readMxnet({
      nodes: [
        variable('data'),
        { op, name: 'bits', attrs, inputs: [0] },
        variable('w'),
        ...(op === 'QActivation' ? [{ op: 'det_sign', name: 'signs', inputs: [2] }] : [{ op, name: 'signs', inputs: [2] }]),
        { op: 'FullyConnected', name: 'fc', attrs: { num_hidden: '2', no_bias: 'True' }, inputs: [1, 3] },
      ],
      arrays: [f32('arg:w', [2, 3], [1, -2, 0, 0, 0, 3])],
      options: { inputShape: [3] },
    });
    // Of (5, 0, -0.5), with rows (1, -1, zero) and (zero, zero, 1).
    expect(Array.from(runImported(imported, [5, 0, -0.5]), (value) => value + 0)).toEqual([1 - zero - zero, zero + zero * zero - 1]);
  });

  it('is taken inside the layer where a QActivation is for training alone', () => {
    const imported = readMxnet({
      nodes: [
        variable('data'),
        { op: 'QActivation', name: 'a', attrs: { backward_only: 'True' }, inputs: [0] },
        variable('w'),
        { op: 'FullyConnected', name: 'fc', attrs: { num_hidden: '1', no_bias: 'True' }, inputs: [1, 2] },
      ],
      arrays: [f32('arg:w', [1, 2], [2, 3])],
    });
    expect(Array.from(runImported(imported, [5, -7]))).toEqual([-11]);
  });
});
