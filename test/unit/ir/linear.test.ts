/** The definition of an exact sum, on graphs that no pass has checked. */
import { describe, expect, it } from 'vitest';
import { interpret } from '../../../compiler/ir/interpret.ts';
import type { Encoding } from '../../../compiler/ir/types.ts';
import { rational } from '../../../compiler/support/rational.ts';
import { chain, exactConv, exactDense, signs, type } from '../../support/small-graph.ts';

/** Terms 2^24·q of channel 0 and q of channel 1. */
const WIDE: Encoding = { scale: [rational(2 ** 24), rational(1)], offset: [rational(0), rational(2 ** 20)] };
const ONES = signs(1, 1, 1);

describe('an exact sum', () => {
  it('at the ends of 32 bits is that sum', () => {
    const dense = chain(type('u8', [2], WIDE), [exactDense(ONES)]);
    expect(Array.from(interpret(dense, Uint8Array.of(127, 255)).data)).toEqual([127 * 2 ** 24 + 255]);
  });

  it.each([
    ['one term', [128, 0]],
    ['a sum', [255, 255]],
  ])('beyond 32 bits in %s is no number with its low bits', (_what, sample) => {
    const message = 'is beyond the 32 bits of an accumulator';
    expect(() => interpret(chain(type('u8', [2], WIDE), [exactDense(ONES)]), Uint8Array.from(sample))).toThrow(message);
    expect(() => interpret(chain(type('u8', [1, 1, 2], WIDE), [exactConv(ONES)]), Uint8Array.from(sample))).toThrow(message);
  });

  it('of terms that fit each is checked, too', () => {
    const half: Encoding = { scale: [rational(2 ** 23)], offset: [rational(0)] };
    const two = chain(type('u8', [2], { scale: [rational(2 ** 23), rational(2 ** 23 + 1)], offset: [rational(0)] }), [exactDense(ONES)]);
    expect(() => interpret(two, Uint8Array.of(255, 255))).toThrow(RangeError);
    expect(Array.from(interpret(chain(type('u8', [2], half), [exactDense(ONES)]), Uint8Array.of(255, 255)).data)).toEqual([510]);
  });
});
