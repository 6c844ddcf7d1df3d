/** Small graphs that TensorFlow 2.15 wrote, with what it computes for them: fixtures/tensorflow-graphs. */
import { describe, expect, it } from 'vitest';
import { expectGolden, readGolden } from '../golden-graphs.ts';
import { GRAPHS, readGraph } from './read-tensorflow.ts';

describe('a graph computes what TensorFlow computes', () => {
  it.each(readGolden(GRAPHS))('%s', (_, golden) => {
    expectGolden(readGraph(golden.file ?? ''), golden);
  });
});

describe('what was left out of a graph is said', () => {
  const taken = (name: string): string => `The placeholder "${name}" is taken as false: the network is used, not trained.`;
  const without = (name: string): string => `The dropout "${name}" is left out: the network is used, not trained.`;

  it.each([
    ['training-fused.meta', [taken('is_training')]],
    ['training-averages.pb', [taken('phase')]],
    ['dropout-keep-prob.pb', [without('dropout/SelectV2')]],
    ['dropout-always.pb', [without('dropout/SelectV2')]],
    ['dropout-older.pb', [without('dropout_1/mul_1'), without('dropout/mul')]],
    ['dropout-layers.pb', [taken('is_training')]],
    ['flatten-batch.pb', ['The graph fixes a batch of 4; it is compiled for one sample.']],
    ['condition-constant.pb', []],
    ['training-fused.index', [taken('is_training'), 'The network is that of "training-fused.meta", beside the checkpoint.']],
  ])('%s', (file, notes) => {
    expect(readGraph(file).notes).toEqual(notes);
  });
});
