import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accumulatorOf } from '../../../compiler/ir/accumulator.ts';
import { GraphBuilder } from '../../../compiler/ir/builder.ts';
import { DTYPES, PLAIN, perChannel } from '../../../compiler/ir/encoding.ts';
import { isDirect, integerTerms, largestTerm } from '../../../compiler/ir/integer-terms.ts';
import { evaluateNode } from '../../../compiler/ir/op.ts';
import type { Conv2dAttrs } from '../../../compiler/ir/ops/conv2d.ts';
import type { Encoding, TensorType } from '../../../compiler/ir/types.ts';
import { ZERO, add, equals, multiply, rational, rationalFromNumber, type Rational } from '../../../compiler/support/rational.ts';
import { randomFrom } from '../../support/random.ts';

fc.configureGlobal({ seed: 20240501 });

const ORIGIN = { file: 'test', path: 'layer' };
const CHANNELS = 3;

const scale = fc.constantFrom(rational(1), rational(1, 255), rational(1, 2), rational(-3, 7), rational(50400, 1000), rational(2));
const offset = fc.constantFrom(ZERO, rational(1, 2), rational(-1), rational(128), rational(-1307, 3081));
const list = (entry: fc.Arbitrary<Rational>): fc.Arbitrary<readonly Rational[]> => fc.oneof(fc.tuple(entry), fc.tuple(entry, entry, entry));
const encodings: fc.Arbitrary<Encoding> = fc.record({ scale: list(scale), offset: list(offset) });

const cases = fc.record({
  dtype: fc.constantFrom('u8' as const, 'i8' as const, 'b1' as const),
  encoding: encodings,
  padded: fc.boolean(),
  padValue: fc.constantFrom(0 as const, 1 as const, -1 as const),
  alpha: fc.constantFrom(1, 0.5, 0.7311),
  bias: fc.constantFrom(null, 0.25, -3.7),
  seed: fc.nat(10_000),
});

describe('the integers behind an exact sum', () => {
  it('are worth exactly the rational sum over stored values and padded taps', () => {
    fc.assert(
      fc.property(cases, ({ dtype, encoding, padded, padValue, seed }) => {
        const random = randomFrom(seed);
        const terms = integerTerms({ dtype, shape: [4, 4, CHANNELS], encoding }, padded, padValue);
        const { minimum, maximum } = DTYPES[dtype];
        let [acc, folded, real] = [0n, ZERO, ZERO];
        for (let tap = 0; tap < 12; tap += 1) {
          const channel = tap % CHANNELS;
          const weight = rational(random.pick([-1, 1]));
          const q = dtype === 'b1' ? random.pick([-1, 1]) : random.integer(minimum, maximum);
          const outside = padded && random.chance(0.3);
          const term = outside ? terms.pad : perChannel(terms.multiplier, channel) * q + perChannel(terms.addend, channel);
          const worth = outside
            ? rational(padValue)
            : add(multiply(perChannel(encoding.scale, channel), rational(q)), perChannel(encoding.offset, channel));
          acc += weight.numerator * BigInt(term);
          folded = add(folded, multiply(weight, perChannel(terms.folded, channel)));
          real = add(real, multiply(weight, worth));
          expect(Math.abs(term)).toBeLessThanOrEqual(largestTerm({ dtype, shape: [1], encoding }, terms));
        }
        expect(equals(add(multiply(terms.unit, rational(acc)), folded), real)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('need no multiplier for one scale, and take a padded tap that is a stored integer', () => {
    const u8 = (encoding: Encoding): TensorType => ({ dtype: 'u8', shape: [4, 4, 1], encoding });
    expect(isDirect(integerTerms(u8(PLAIN), true, 0))).toBe(true);
    const centred = integerTerms(u8({ scale: [rational(1, 127.5 * 2)], offset: [rational(-1)] }), true, -1);
    expect({ direct: isDirect(centred), pad: centred.pad }).toEqual({ direct: true, pad: 0 });
    const half: Encoding = { scale: [rational(1, 2)], offset: [rational(1, 2)] };
    const bits = integerTerms({ dtype: 'b1', shape: [4, 4, 1], encoding: half }, true, 0);
    expect({ direct: isDirect(bits), pad: bits.pad }).toEqual({ direct: true, pad: -1 });
  });
});

describe('the type of a convolution with an exact sum', () => {
  it('says what its accumulators are worth: α times the sum, plus the bias', () => {
    fc.assert(
      fc.property(cases, ({ dtype, encoding, padded, padValue, alpha, bias, seed }) => {
        const random = randomFrom(seed);
        const input: TensorType = { dtype, shape: [2, 3, CHANNELS], encoding };
        const outputs = 2;
        const taps = 2 * 2 * CHANNELS;
        const signs = random.signs(outputs * taps);
        const attrs: Conv2dAttrs = {
          weights: { kind: 'binary', outputs, signs, scale: Float32Array.of(alpha) },
          bias: bias === null ? null : Float32Array.of(bias, 0),
          sum: 'exact',
          threshold: null,
          kernel: [2, 2],
          stride: [1, 1],
          dilation: [1, 1],
          groups: 1,
          padding: padded ? { top: 1, left: 0, bottom: 0, right: 1 } : { top: 0, left: 0, bottom: 0, right: 0 },
          padValue,
        };
        const builder = new GraphBuilder('layer');
        const id = builder.node('conv2d', 'layer', attrs, [builder.input('x', input, ORIGIN)], ORIGIN);
        const [node] = builder.finish(id).nodes;
        if (node?.kind !== 'conv2d') throw new Error('no layer');
        const type = builder.typeOf(id);
        const { minimum, maximum, allocate } = DTYPES[dtype];
        const data = allocate(2 * 3 * CHANNELS).map(() => (dtype === 'b1' ? random.pick([-1, 1]) : random.integer(minimum, maximum)));
        const { range, bound, attains } = accumulatorOf(node, input);
        fc.pre(Math.max(bound(0), bound(1)) < 2 ** 31);
        const result = evaluateNode(node, [{ type: input, data: data }], type).data;
        const [rows = 0, columns = 0] = type.shape;
        for (let at = 0; at < result.length; at += 1) {
          const output = at % outputs;
          const [y, x] = [Math.floor(at / outputs / columns), Math.floor(at / outputs) % columns];
          let sum = ZERO;
          for (let tap = 0; tap < taps; tap += 1) {
            const channel = tap % CHANNELS;
            const iy = y - attrs.padding.top + Math.floor(tap / CHANNELS / 2);
            const ix = x + (Math.floor(tap / CHANNELS) % 2);
            const inside = iy >= 0 && iy < 2 && ix < 3;
            const stored = rational(inside ? (data[(iy * 3 + ix) * CHANNELS + channel] as number) : 0);
            const worth = inside
              ? add(multiply(perChannel(encoding.scale, channel), stored), perChannel(encoding.offset, channel))
              : rational(padValue);
            sum = add(sum, multiply(rational(signs[output * taps + tap] as number), worth));
          }
          const wanted = add(multiply(rationalFromNumber(Math.fround(alpha)), sum), rationalFromNumber(attrs.bias?.[output] ?? 0));
          const acc = result[at] as number;
          if (type.encoding === undefined) throw new Error('no encoding');
          const stated = add(multiply(perChannel(type.encoding.scale, output), rational(acc)), perChannel(type.encoding.offset, output));
          expect(equals(stated, wanted)).toBe(true);
          expect(acc).toBeGreaterThanOrEqual(range(output).low);
          expect(acc).toBeLessThanOrEqual(range(output).high);
          expect(Math.abs(acc)).toBeLessThanOrEqual(bound(output));
          expect(attains(acc)).toBe(true);
        }
        expect(rows * columns * outputs).toBe(result.length);
      }),
      { numRuns: 300 },
    );
  });
});
