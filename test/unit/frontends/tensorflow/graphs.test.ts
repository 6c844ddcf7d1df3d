/** Small graphs that TensorFlow 2.15 wrote, with what it computes for them: fixtures/tensorflow-graphs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inGraphOrder, runImported } from '../read-model.ts';
import { GRAPHS, readGraph } from './read-tensorflow.ts';

interface Golden {
  readonly file: string;
  /** All results are multiples of 1/64: nothing rounds, in whatever order sums are taken. */
  readonly exact: boolean;
  readonly samples: readonly (readonly number[])[];
  readonly wanted: readonly (readonly number[])[];
}

const GOLDEN = JSON.parse(readFileSync(join(GRAPHS, 'golden.json'), 'utf8')) as Readonly<Record<string, Golden>>;

/** Some 60 products and sums behind each score, each of which may round by 2^-24 of the largest of them. */
const ROUNDING = 64 * 2 ** -24;

describe('a graph computes what TensorFlow computes', () => {
  it.each(Object.entries(GOLDEN))('%s', (_, { file, exact, samples, wanted }) => {
    const imported = readGraph(file);
    samples.forEach((sample, i) => {
      const results = Array.from(runImported(imported, sample), (value) => value + 0);
      const scores = inGraphOrder(imported, wanted[i] ?? []).map((value) => value + 0);
      if (exact) {
        expect(results).toEqual(scores);
        return;
      }
      const away = results.map((value, at) => Math.abs(value - (scores[at] ?? Number.NaN)));
      expect(results.length).toBe(scores.length);
      expect(Math.max(...away)).toBeLessThanOrEqual(ROUNDING * Math.max(1, ...scores.map(Math.abs)));
    });
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
