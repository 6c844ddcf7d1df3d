/** The functions that emitted TypeScript modules carry, against slow definitions. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rational, roundedAffine, toFloat32, toNumber } from '../../../compiler/support/rational.ts';
import {
  anyOf,
  checkArray,
  checkUnused,
  firstMaximum,
  flip,
  joined,
  nearestFloat,
  ones,
  packed,
  picked,
  reaches,
  regroup,
  rounded,
  scaled,
  signed,
  stepped,
  sumBits,
  sumIntegers,
  transformed,
  words,
  type Layer,
} from '../../../templates/evaluator.ts';

const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const awkward = fc.constantFrom(1, 2, 31, 32, 33, 64, 65);
const big = fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n });
const positive = fc.bigInt({ min: 1n, max: 2n ** 80n });
const signsOf = (count: number): fc.Arbitrary<number[]> => fc.array(fc.constantFrom(-1, 1), { minLength: count, maxLength: count });

describe('words', () => {
  it('reads what base64 wrote, with line breaks anywhere', () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 50 }), fc.integer({ min: 1, max: 20 }), (values, width) => {
        const view = new DataView(new ArrayBuffer(values.length * 4));
        values.forEach((value, i) => view.setUint32(i * 4, value, true));
        const text = Buffer.from(view.buffer)
          .toString('base64')
          .replace(new RegExp(`.{${width}}`, 'g'), '$&\n  ');
        expect([...words(text)]).toEqual(values);
      }),
    );
  });
});

describe('ones', () => {
  it('counts the bits of every word', () => {
    fc.assert(
      fc.property(word, (value) => {
        expect(ones(value)).toBe(value.toString(2).replaceAll('0', '').length);
      }),
    );
    expect([0, 0xffffffff, -1, 0x80000000].map(ones)).toEqual([0, 32, 32, 1]);
  });
});

describe('packed, signed and regroup', () => {
  it('keep the signs, whatever the runs', () => {
    const cases = fc.tuple(awkward, awkward, fc.integer({ min: 1, max: 4 })).chain(([from, to, times]) => {
      const count = from * to * times;
      return fc.tuple(fc.constant(from), fc.constant(to), signsOf(count));
    });
    fc.assert(
      fc.property(cases, ([from, to, signs]) => {
        const stream = packed(signs);
        expect([...signed(stream, signs.length, signs.length)]).toEqual(signs);
        const runs = regroup(stream, signs.length, signs.length, from);
        expect([...signed(runs, signs.length, from)]).toEqual(signs);
        expect([...regroup(runs, signs.length, from, to)]).toEqual([...regroup(stream, signs.length, signs.length, to)]);
      }),
      { numRuns: 60 },
    );
  });
});

/** A convolution with everything unusual: stride, dilation, padding, groups. */
const LAYER: Omit<Layer, 'inputs' | 'outputs' | 'groups' | 'weights' | 'pad'> = {
  height: 5,
  width: 4,
  rows: 3,
  columns: 6,
  kernel: [3, 2],
  stride: [2, 1],
  dilation: [1, 2],
  padding: [1, 2],
};

/** The definition: elements outside the image are `pad`. */
function slowSums(elements: readonly number[], weights: readonly number[], layer: Layer): readonly number[] {
  const { height, width, rows, columns, kernel, stride, dilation, padding, groups, inputs, outputs, pad } = layer;
  return Array.from({ length: rows * columns * outputs }, (_, at) => {
    const [output, x, y] = [at % outputs, Math.floor(at / outputs) % columns, Math.floor(at / outputs / columns)];
    const group = Math.floor(output / (outputs / groups));
    let sum = 0;
    for (let tap = 0; tap < kernel[0] * kernel[1]; tap += 1) {
      const row = y * stride[0] - padding[0] + Math.floor(tap / kernel[1]) * dilation[0];
      const column = x * stride[1] - padding[1] + (tap % kernel[1]) * dilation[1];
      const inside = row >= 0 && row < height && column >= 0 && column < width;
      for (let i = 0; i < inputs; i += 1) {
        const element = inside ? (elements[((row * width + column) * groups + group) * inputs + i] ?? NaN) : pad;
        sum += (weights[(output * kernel[0] * kernel[1] + tap) * inputs + i] ?? NaN) * element;
      }
    }
    return sum;
  });
}

describe('sums over windows', () => {
  const cases = fc
    .tuple(awkward, fc.constantFrom(1, 2, 3), fc.constantFrom(1, 2), fc.constantFrom(0, 1, -1))
    .chain(([inputs, groups, perGroup, pad]) => {
      const layer = { ...LAYER, inputs, groups, outputs: groups * perGroup, pad };
      const elements = layer.height * layer.width * groups * inputs;
      return fc.tuple(fc.constant(layer), signsOf(elements), signsOf(layer.outputs * 6 * inputs));
    });

  it('of bits are what the definition says, padding and groups included', () => {
    fc.assert(
      fc.property(cases, ([shape, elements, weights]) => {
        const layer = { ...shape, weights: regroup(packed(weights), weights.length, weights.length, shape.inputs) };
        const bits = regroup(packed(elements), elements.length, elements.length, shape.inputs);
        expect([...sumBits(bits, layer)]).toEqual(slowSums(elements, weights, layer));
      }),
      { numRuns: 40 },
    );
  });

  it('of integers are what the definition says, with any pad value', () => {
    fc.assert(
      fc.property(
        cases,
        fc.integer({ min: -300, max: 300 }),
        fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 7 }),
        (c, pad, mix) => {
          const [shape, signs, weights] = c;
          const layer = { ...shape, pad, weights: regroup(packed(weights), weights.length, weights.length, shape.inputs) };
          const elements = signs.map((sign, i) => sign * (mix[i % mix.length] ?? 0));
          expect([...sumIntegers(Int32Array.from(elements), layer)]).toEqual(slowSums(elements, weights, layer).map((sum) => sum + 0));
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('bits', () => {
  it('reach thresholds, one for all channels or one for each', () => {
    expect([...reaches([1, 5, 3, 4, 2, 3], 3, Int32Array.of(2, 5, 3))]).toEqual([0b110, 0b101]);
    expect([...reaches([1, 5, 3, 4, 2, 3], 3, Int32Array.of(3))]).toEqual([0b110, 0b101]);
    const wide = Array.from({ length: 66 }, (_, i) => i);
    expect([...reaches(wide, 33, Int32Array.of(32))]).toEqual([0, 1, 0xffffffff, 1]);
  });

  it('pool by OR, and pixels outside do not count', () => {
    const window = { height: 2, width: 2, rows: 2, columns: 2, kernel: [2, 2], stride: [1, 1], dilation: [1, 1], padding: [1, 0] } as const;
    expect([...anyOf(Uint32Array.of(1, 2, 4, 8), 1, window)]).toEqual([3, 2, 15, 10]);
  });

  it('flip by a mask over all pixels', () => {
    expect([...flip(Uint32Array.of(5, 1, 0, 0xffffffff), Uint32Array.of(1, 0x80000000))]).toEqual([4, 0x80000001, 1, 0x7fffffff]);
  });
});

describe('integers', () => {
  it('are picked by a range along each dimension, and joined along channels', () => {
    const image = Array.from({ length: 12 }, (_, i) => i); // [2][2][3]
    const ranges = [
      { start: 1, size: 1, step: 1 },
      { start: 0, size: 2, step: 1 },
      { start: 0, size: 2, step: 2 },
    ];
    expect([...picked(image, [2, 2, 3], ranges)]).toEqual([6, 8, 9, 11]);
    expect([...joined([[1, 2], [3, 4, 5, 6], Uint8Array.of(7, 8)], [1, 2, 1])]).toEqual([1, 3, 4, 7, 2, 5, 6, 8]);
  });

  it('are transformed by constants of their channel', () => {
    expect([...transformed(Uint8Array.of(1, 2, 3, 4), { multiplier: [2, -3], addend: [7] })]).toEqual([9, 1, 13, -5]);
  });
});

describe('real numbers', () => {
  it('nearestFloat rounds every fraction as exact arithmetic does', () => {
    fc.assert(
      fc.property(big, positive, (n, d) => {
        expect(nearestFloat(n, d)).toBe(toFloat32(rational(n, d)));
      }),
      { numRuns: 500 },
    );
    const small = fc.tuple(fc.bigInt({ min: -(2n ** 26n), max: 2n ** 26n }), fc.integer({ min: 120, max: 180 }));
    fc.assert(
      fc.property(small, ([n, e]) => {
        expect(nearestFloat(n, 1n << BigInt(e))).toBe(toFloat32(rational(n, 1n << BigInt(e))));
      }),
    );
    expect([nearestFloat(2n ** 24n + 1n, 1n), nearestFloat(2n ** 24n + 3n, 1n)]).toEqual([2 ** 24, 2 ** 24 + 4]);
    expect(nearestFloat(-1n, 2n ** 200n)).toBe(0);
  });

  it('rounded is the exact fraction rounded once, ties included', () => {
    const fractions = fc.tuple(fc.bigInt({ min: -(2n ** 30n), max: 2n ** 30n }), big, positive);
    fc.assert(
      fc.property(fc.array(fractions, { minLength: 1, maxLength: 3 }), fc.array(int32, { maxLength: 6 }), (list, sums) => {
        const terms = list.map(([factor, constant, divisor]) => {
          const [scale, offset] = [toNumber(rational(factor, divisor)), toNumber(rational(constant, divisor))];
          return { factor, constant, divisor, scale, offset };
        });
        const expected = sums.map((sum, i) => {
          const [factor, constant, divisor] = list[i % list.length] ?? [0n, 0n, 1n];
          return roundedAffine(rational(factor, divisor), rational(constant, divisor))(sum);
        });
        expect([...rounded(Int32Array.from(sums), terms)]).toEqual(expected);
      }),
      { numRuns: 300 },
    );
    // 2^24 + 1 and 2^24 + 3 lie halfway between two float32 numbers.
    const one = { factor: 1n, constant: 2n ** 24n, divisor: 1n, scale: 1, offset: 2 ** 24 };
    expect([...rounded(Int32Array.of(1, 3), [one])]).toEqual([2 ** 24, 2 ** 24 + 4]);
  });

  it('a sum of 0 times a negative scale is 0, not -0', () => {
    expect(Object.is(scaled(Int32Array.of(0), [-0.5])[0], 0)).toBe(true);
  });

  it('steps round once each and keep the sign of zero where a limit is not below it', () => {
    const values = (...list: readonly number[]): Float32Array => Float32Array.from(list);
    const steps = [
      { operator: 'add', values: values(0.1) },
      { operator: 'multiply', values: values(3, -1) },
      { operator: 'divide', values: values(0.7) },
      { operator: 'subtract', values: values(1) },
    ] as const;
    const f = Math.fround;
    const by = (x: number, m: number): number => f(f(f(f(x + f(0.1)) * m) / f(0.7)) - 1);
    expect([...stepped(values(0.3, 0.3), steps)]).toEqual([by(f(0.3), 3), by(f(0.3), -1)]);
    const limits = [
      { operator: 'maximum', values: values(0) },
      { operator: 'minimum', values: values(2, Infinity) },
    ] as const;
    expect([...stepped(values(-1, 7, 3, 7, -0), limits)]).toEqual([0, 7, 2, 7, -0]);
  });
});

describe('the interface', () => {
  it('finds the first maximum', () => {
    expect([[3], [1, 4, 4, 2], [-2, -1, -3], [0, -0]].map(firstMaximum)).toEqual([0, 1, 1, 0]);
  });

  it('refuses other arrays and other lengths in a sentence, from any realm', () => {
    expect(() => checkArray('The input', new Float32Array(3), 'Uint8Array', 3)).toThrow(
      new TypeError('The input must be a Uint8Array, not Float32Array.'),
    );
    expect(() => checkArray('The input', [1, 2, 3], 'Uint8Array', 3)).toThrow(new TypeError('The input must be a Uint8Array, not Array.'));
    expect(() => checkArray('The input', new Uint8Array(4), 'Uint8Array', 3)).toThrow(
      new RangeError('The input must have 3 elements, not 4.'),
    );
    expect(() => checkArray('The input', Buffer.from([1, 2, 3]), 'Uint8Array', 3)).not.toThrow();
  });

  it('refuses bits behind the last element', () => {
    expect(() => checkUnused(Uint32Array.of(0, 2 ** 8), 40)).toThrow(RangeError);
    expect(() => checkUnused(Uint32Array.of(0xffffffff, 255), 40)).not.toThrow();
    expect(() => checkUnused(Uint32Array.of(0xffffffff), 32)).not.toThrow();
  });
});
