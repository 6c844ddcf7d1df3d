/** The memory of C programs, read back. test/support/layouts.ts writes it independently of the compiler. */
import { describe, expect, it } from 'vitest';
import { compareElements, expectedElements, positionOf, storedElements, worthOf } from '../../../compiler/driver/stored-elements.ts';
import { planesOf, type Layout } from '../../../compiler/kernels/kernel.ts';
import { rational } from '../../../compiler/support/rational.ts';
import { storedBytes } from '../../support/layouts.ts';
import { type } from '../../support/small-graph.ts';

/** Signs without a short period. */
function signsOf(length: number): Int8Array {
  return Int8Array.from({ length }, (_, i) => ((i * i * 7 + (i >> 3)) % 5 < 2 ? -1 : 1));
}

const BITS: readonly (readonly [title: string, layout: Layout, shape: readonly number[]])[] = [
  ['one run', { kind: 'bit-runs', run: 65 }, [65]],
  ['a run for each pixel', { kind: 'bit-runs', run: 33 }, [3, 2, 33]],
  ['a flattened image that still has a run for each pixel', { kind: 'bit-runs', run: 5 }, [60]],
  ['planes', planesOf([3, 33, 4]), [3, 33, 4]],
  ['planes with 8 lanes', planesOf([5, 7, 3]), [5, 7, 3]],
  ['planes of a flattened map', planesOf([5, 9, 2]), [90]],
];

describe('stored elements are read back', () => {
  it.each(BITS)('from bits in %s', (_, layout, shape) => {
    const signs = signsOf(shape.reduce((a, b) => a * b, 1));
    const tensor = { type: type('b1', shape), data: signs };
    const read = storedElements(storedBytes(signs, layout, shape), layout, tensor.type);
    expect([...read]).toEqual([...signs]);
    expect(compareElements(expectedElements(tensor, layout), read)).toBeUndefined();
  });

  it('from signed and unsigned bytes', () => {
    const bytes = Uint8Array.of(0, 127, 128, 255);
    expect([...storedElements(bytes, { kind: 'bytes' }, type('u8', [4]))]).toEqual([0, 127, 128, 255]);
    expect([...storedElements(bytes, { kind: 'bytes' }, type('i8', [4]))]).toEqual([0, 127, -128, -1]);
  });

  it('from words of integers and of real numbers, wherever the bytes begin', () => {
    const bytes = Uint8Array.of(9, 254, 255, 255, 255, 0, 0, 128, 63).subarray(1);
    expect([...storedElements(bytes, { kind: 'i32' }, type('i32', [2]))]).toEqual([-2, 0x3f800000]);
    expect(storedElements(bytes, { kind: 'f32' }, type('f32', [2]))[1]).toBe(1);
  });
});

describe('stored elements are compared', () => {
  it('as bits: the two zeros of float32 differ', () => {
    expect(compareElements(Float32Array.of(1, 0), Float32Array.of(1, -0))).toEqual({ first: 1, count: 1 });
  });

  it('with the real numbers of integers where those are stored', () => {
    const encoded = type('i32', [2], { scale: [rational(1, 2)], offset: [rational(1)] });
    const tensor = { type: encoded, data: Int32Array.of(3, -4) };
    expect([...expectedElements(tensor, { kind: 'f32' })]).toEqual([2.5, -1]);
    expect([...expectedElements(tensor, { kind: 'i32' })]).toEqual([3, -4]);
    expect(worthOf(encoded, { kind: 'i32' }, 3, 0)).toBe(2.5);
    expect(worthOf(encoded, { kind: 'f32' }, 3, 0)).toBe(3);
  });

  it('and placed by channel, row and column of an image, by channel of a vector', () => {
    expect(positionOf([4, 5, 3], 2 * 15 + 3 * 3 + 1)).toEqual({ channel: 1, y: 2, x: 3 });
    expect(positionOf([60], 40)).toEqual({ channel: 40, y: null, x: null });
  });
});
