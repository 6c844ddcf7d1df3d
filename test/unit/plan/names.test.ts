import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { namesOf, toIdentifier, uniqueNames } from '../../../compiler/plan/names.ts';

fc.configureGlobal({ seed: 20240501 });

const LEGAL = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;
const KEYWORDS = ['int', 'class', 'static', 'auto', 'NULL', 'errno', 'linux', 'default', 'co_await'];

describe('C names', () => {
  it('are legal identifiers for any text, and no keywords', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.constantFrom(...KEYWORDS)), (text) => {
        const name = toIdentifier(text);
        expect(name).toMatch(LEGAL);
        expect(KEYWORDS).not.toContain(name);
        expect(name).not.toMatch(/^bnn\d*(_|$)/);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['models/Digits-CNN.onnx', 'digits_cnn'],
    ['C:\\nets\\resNet8.onnx', 'res_net8'],
    ['1.onnx', 'model_1'],
    ['int.onnx', 'int_model'],
    ['bnn1_popcount', 'bnn1_popcount_model'],
    ['.onnx', 'model'],
    ['日本.onnx', 'model'],
  ])('come from the file: %s becomes %s', (file, prefix) => {
    expect(namesOf(file)).toEqual({ prefix, macro: prefix.toUpperCase() });
  });

  it('become unique within a list', () => {
    const unique = uniqueNames();
    expect(['conv', 'conv', 'conv_2', 'conv'].map(unique)).toEqual(['conv', 'conv_2', 'conv_2_2', 'conv_3']);
  });
});
