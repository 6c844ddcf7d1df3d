import fc from 'fast-check';
import { describe, it } from 'vitest';
import { CASES } from '../support/onnx-cases/index.ts';
import { compareFold, compareOperator } from '../support/onnx-compare.ts';
import { FOLDS } from '../support/onnx-folds.ts';

/** Models an operator; ONNX_RUNS chooses longer runs. */
const RUNS = { numRuns: Number(process.env['ONNX_RUNS'] ?? 6), seed: 7 };

describe('many random models of every ONNX operator', () => {
  it.each(Object.keys(CASES))('%s on tensors that depend on the input', async (op) => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), (seed) => compareOperator(op, seed)),
      RUNS,
    );
  });

  it.each(Object.keys(FOLDS))('%s on constants', async (op) => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), (seed) => compareFold(op, seed)),
      RUNS,
    );
  });
});
