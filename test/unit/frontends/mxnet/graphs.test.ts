/** Small symbols that MXNet 1.9.1 saved, with what it computes for them: fixtures/mxnet-graphs. */
import { describe, expect, it } from 'vitest';
import { expectGolden, readGolden } from '../golden-graphs.ts';
import { runImported } from '../read-model.ts';
import { problemsIn } from '../../../support/problems.ts';
import { GRAPHS, readGraph } from './read-mxnet.ts';

describe('a symbol computes what MXNet computes', () => {
  it.each(readGolden(GRAPHS))('%s', (name, golden) => {
    expectGolden(readGraph(name, golden.shape ?? []), golden);
  });
});

describe('a symbol with two heads', () => {
  it('names them, and compiles either', () => {
    expect(problemsIn(() => readGraph('two-heads', [2]))).toMatchObject([
      { code: 'BNN1006', message: 'the model has 2 outputs; bnnc compiles one.', details: ['output  "one"', 'output  "two"'] },
    ]);
    // [1, 2; 3, -5] and [1, 0; 0, 1; 1, 1] times the sample.
    expect(Array.from(runImported(readGraph('two-heads', [2], 'one'), [10, 1]))).toEqual([12, 25]);
    expect(Array.from(runImported(readGraph('two-heads', [2], 'two'), [10, 1]))).toEqual([10, 1, 11]);
  });
});
