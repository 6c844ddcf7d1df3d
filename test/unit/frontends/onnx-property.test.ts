import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SUPPORTED } from '../../../compiler/frontends/onnx/readers/index.ts';
import { CASES } from '../../support/onnx-cases/index.ts';
import { compareFold, compareOperator } from '../../support/onnx-compare.ts';
import { FOLDS } from '../../support/onnx-folds.ts';

/** More of them in test/run. */
const RUNS = { numRuns: 4, seed: 1 };

/** Operators on constants without a random case. */
const REASONS: Readonly<Record<string, string>> = {
  BipolarQuant: 'onnxruntime has no such operator; compared with its definition on weights in onnx-quantizers.test.ts',
  Quant: 'onnxruntime has no such operator; compared with its definition on weights in onnx-quantizers.test.ts',
  IntQuant: 'the same function as Quant',
};

describe('every operator on tensors that depend on the input', () => {
  it('has a case here', () => {
    const operators = Object.keys(CASES).map((name) => name.split(' ')[0] ?? '');
    expect([...new Set(operators)].sort()).toEqual(SUPPORTED.onActivations);
  });

  it.each(Object.keys(CASES))('%s computes what onnxruntime or its definition computes', async (op) => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), (seed) => compareOperator(op, seed)),
      RUNS,
    );
  });
});

describe('every operator on constants', () => {
  it('has a case here, or a reason', () => {
    expect([...Object.keys(FOLDS), ...Object.keys(REASONS)].sort()).toEqual(SUPPORTED.onConstants);
  });

  it.each(Object.keys(FOLDS))('%s gives what onnxruntime gives', async (op) => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), (seed) => compareFold(op, seed)),
      RUNS,
    );
  });
});
