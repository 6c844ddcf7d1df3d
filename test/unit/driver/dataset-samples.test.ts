import { describe, expect, it } from 'vitest';
import { readLabels, readSamples, sampleBytes, type InputOrder } from '../../../compiler/driver/samples.ts';
import { PLAIN } from '../../../compiler/ir/encoding.ts';
import type { TensorType } from '../../../compiler/ir/types.ts';
import { UserError } from '../../../compiler/support/diagnostics.ts';
import { rational } from '../../../compiler/support/rational.ts';

function vector(dtype: 'u8' | 'i8' | 'b1', length: number, scale = rational(1)): InputOrder {
  const type: TensorType = { dtype, shape: [length], encoding: { ...PLAIN, scale: [scale] } };
  return { type, fileShape: [length], order: null };
}

function problemOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const [first] = error.diagnostics;
    expect(first?.code).toBe('BNN4002');
    return [first?.message, ...(first?.details ?? [])].join(' | ');
  }
  throw new Error('nothing was refused');
}

describe('samples', () => {
  it('of integers are stored elements', () => {
    const samples = readSamples({ shape: [2, 3], elements: Uint8Array.of(0, 1, 2, 253, 254, 255) }, 'x', vector('u8', 3));
    expect(samples.count).toBe(2);
    expect(Array.from(samples.at(1))).toEqual([253, 254, 255]);
  });

  it('of floats are real numbers, which must be what a stored element is worth', () => {
    const pixels = vector('u8', 2, rational(1, 255));
    const samples = readSamples({ shape: [1, 2], elements: Float32Array.of(7 / 255, 1) }, 'x', pixels);
    expect(Array.from(samples.at(0))).toEqual([7, 255]);
    const between = readSamples({ shape: [1, 2], elements: Float32Array.of(0.5, 1) }, 'x', pixels);
    expect(problemOf(() => between.at(0))).toContain('sample 0 in "x" holds a value that the model input cannot | value  0.5');
  });

  it('of bits may be 0 and 1 or -1 and +1 as integers, and only -1 and +1 as real numbers', () => {
    const bits = vector('b1', 2);
    expect(Array.from(readSamples({ shape: [1, 2], elements: Uint8Array.of(0, 1) }, 'x', bits).at(0))).toEqual([-1, 1]);
    expect(Array.from(readSamples({ shape: [1, 2], elements: Int8Array.of(-1, 1) }, 'x', bits).at(0))).toEqual([-1, 1]);
    expect(Array.from(readSamples({ shape: [1, 2], elements: Float32Array.of(-1, 1) }, 'x', bits).at(0))).toEqual([-1, 1]);
    expect(problemOf(() => readSamples({ shape: [1, 2], elements: Float32Array.of(0, 1) }, 'x', bits).at(0))).toContain('value  0');
    expect(problemOf(() => readSamples({ shape: [1, 2], elements: Uint8Array.of(2, 1) }, 'x', bits).at(0))).toContain('value  2');
  });

  it('come in the order of the C input', () => {
    const type: TensorType = { dtype: 'u8', shape: [1, 2, 2], encoding: PLAIN };
    const order = Int32Array.of(0, 2, 1, 3); // [channel][width] to [width][channel]
    const samples = readSamples({ shape: [1, 2, 1, 2], elements: Uint8Array.of(1, 2, 3, 4) }, 'x', { type, fileShape: [2, 1, 2], order });
    expect(Array.from(samples.at(0))).toEqual([1, 3, 2, 4]);
  });

  it('of another size are refused with both sizes', () => {
    expect(problemOf(() => readSamples({ shape: [2, 4], elements: new Uint8Array(8) }, 'x', vector('u8', 3)))).toBe(
      'the samples in "x" do not have the size of the model input | data   [2, 4]: 4 elements a sample | model  [3]: 3 elements',
    );
  });

  it('must be there: nothing is not verified by nothing', () => {
    expect(problemOf(() => readSamples({ shape: [0, 3], elements: new Uint8Array(0) }, 'x', vector('u8', 3)))).toContain(
      'holds no samples',
    );
  });

  it('out of the range of their type are refused', () => {
    const samples = readSamples({ shape: [1, 1], elements: Int16Array.of(300) }, 'x', vector('u8', 1));
    expect(problemOf(() => samples.at(0))).toContain('input  u8, 0 to 255 stored');
  });
});

describe('labels', () => {
  it('are one number a sample, and only as many as there are samples', () => {
    expect(readLabels({ shape: [4], elements: Uint8Array.of(3, 1, 4, 1) }, 'y', 3)).toEqual([3, 1, 4]);
    expect(readLabels({ shape: [2, 1], elements: Float64Array.of(3, 1) }, 'y', 2)).toEqual([3, 1]);
  });

  it('are refused where there are too few, or several a sample', () => {
    expect(problemOf(() => readLabels({ shape: [2], elements: Uint8Array.of(3, 1) }, 'y', 3))).toContain(
      'fewer labels than there are samples',
    );
    expect(problemOf(() => readLabels({ shape: [2, 3], elements: Uint8Array.of(1, 0, 0, 0, 1, 0) }, 'y', 2))).toContain(
      'one label per sample',
    );
  });
});

describe('the bytes of a sample for the C program', () => {
  it('are the elements, and words of bits for a bit input', () => {
    expect(Array.from(sampleBytes(vector('u8', 3).type, Uint8Array.of(1, 2, 3)))).toEqual([1, 2, 3]);
    const signs = Int8Array.from({ length: 33 }, (_, i) => (i === 0 || i === 9 || i === 32 ? 1 : -1));
    expect(Array.from(sampleBytes(vector('b1', 33).type, signs))).toEqual([1, 2, 0, 0, 1, 0, 0, 0]);
  });
});
