import { describe, expect, it } from 'vitest';
import { certify, type UncertainChannel } from '../../../compiler/driver/certificate.ts';
import { normalised } from '../../../compiler/ir/encoding.ts';
import type { TensorType } from '../../../compiler/ir/types.ts';
import { parseRational, type Rational } from '../../../compiler/support/rational.ts';
import { EPSILON, layer, normalization, normalizationOf, ordinary, uncertainChannels } from '../../support/certificate-channels.ts';
import { FORMS, ORDERS, sums, type Channel } from '../../support/float32-implementations.ts';
import { randomFrom } from '../../support/random.ts';
import { POOL, SIGN, branches, chain, exactConv, exactDense, signs, steps, type } from '../../support/small-graph.ts';

describe('the certificate', () => {
  it('is not vacuous: nearly all channels of large layers with ordinary constants are certain', () => {
    const random = randomFrom(5);
    const share = (input: TensorType, channel: (taps: number) => Channel): number => {
      const [taps = 0] = input.shape;
      const { certain, channels } = certify(
        layer(
          input,
          Array.from({ length: 200 }, () => channel(taps)),
        ),
      );
      return certain / channels;
    };
    const plain = (taps: number): Channel => ({ ...ordinary(random, taps, Math.sqrt(taps)), alpha: 1, bias: 0 });
    expect(share(type('b1', [64]), plain)).toBeGreaterThan(0.99);
    expect(share(type('b1', [4608]), plain)).toBeGreaterThan(0.98);
    expect(share(type('b1', [576]), (taps) => ordinary(random, taps, 0.2 * Math.sqrt(taps)))).toBeGreaterThan(0.95);
    const pixels = normalised([parseRational('0.5') as Rational], [parseRational('0.5') as Rational]);
    expect(share(type('u8', [27], pixels), (taps) => ordinary(random, taps, 0.2 * Math.sqrt(taps)))).toBeGreaterThan(0.9);
  });

  const unit = {
    signs: Int8Array.of(1, 1, 1, 1, 1, 1, 1, 1),
    alpha: 1,
    bias: 0,
    gamma: 1,
    beta: 0,
    mean: 0,
    variance: 1,
    epsilon: EPSILON,
  };
  const only = (channel: Channel): UncertainChannel | undefined => uncertainChannels(certify(layer(type('b1', [8]), [channel]))).get(0);

  it('finds a value of exactly 0 whose terms round, where two forms of batch normalization do differ', () => {
    const tie: Channel = { ...unit, gamma: Math.fround(0.7), mean: 6 };
    expect(only(tie)).toMatchObject({ layer: 'dense', channel: 0, accumulator: 6, value: 0, margin: 0, low: 6, high: 6 });
    const bits = (gamma: number): ReadonlySet<boolean> => new Set(Object.values(FORMS).map((form) => form(6, { ...tie, gamma }) >= 0));
    expect(Array.from({ length: 8 }, (_, i) => bits(Math.fround(0.7 + i / 100)).size)).toContain(2);
  });

  it('finds a value within the last bits of a constant', () => {
    const scale = Math.fround(0.7 * Math.fround(1 / Math.fround(Math.sqrt(Math.fround(1 + EPSILON)))));
    const near: Channel = { ...unit, gamma: Math.fround(0.7), beta: Math.fround(-4 * scale) };
    const found = only(near);
    expect(found?.accumulator).toBe(4);
    expect(found?.margin).toBeLessThan(1);
    expect(only({ ...near, beta: near.beta * (1 + 2 ** -18) })).toBeUndefined();
  });

  it('finds the sum 0 of weights ±0.1, which float32 gives in some orders and not in others', () => {
    const tenth: Channel = { ...unit, alpha: Math.fround(0.1) };
    const claim = only(tenth);
    expect(claim).toMatchObject({ accumulator: 0, margin: 0, low: 0, high: 0 });
    const values = Object.values(ORDERS).flatMap((order) =>
      sums(
        tenth,
        [1, 1, 1, 1, -1, -1, -1, -1].map((x) => x),
        order,
      ),
    );
    const reached = Math.max(...values.map(Math.abs)) / (claim?.bound ?? 0);
    expect(reached).toBeGreaterThan(0.02);
    expect(reached).toBeLessThan(1);
  });

  it('has an infinite margin where nothing rounds: sums of ±1, plain thresholds, a γ of 0, everything 0', () => {
    const exact = [
      [SIGN],
      [steps(['subtract', [2]]), SIGN],
      [steps(['maximum', [0]]), SIGN],
      [normalization([{ ...unit, gamma: 0 }]), SIGN],
      [normalization([{ ...unit, gamma: 0.7 }]), SIGN],
    ] as const;
    const input = type('b1', [8]);
    const margins = exact.map((nodes) => certify(chain(input, [exactDense(signs(1, ...unit.signs)), ...nodes])).signs[0]);
    const one = { certain: 1, channels: 1, notCovered: 0, uncertain: [] };
    expect(margins.slice(0, 4)).toMatchObject(Array.from({ length: 4 }, () => ({ ...one, leastMargin: null })));
    expect(margins[4]?.certain).toBe(1);
    expect(margins[4]?.leastMargin).toBeGreaterThan(1e5);
  });

  it('follows pools, reshapes and steps, counts a channel of a map once, and names layer and channel', () => {
    const graph = chain(type('b1', [4, 4, 3]), [
      exactConv(signs(2, 1, 1, 1, 1, -1, 1)),
      POOL,
      normalization([{ ...unit }, { ...unit, gamma: Math.fround(-0.7), mean: 1 }]),
      ['reshape', { shape: [8] }],
      steps(['maximum', [-3]], ['multiply', [2]]),
      SIGN,
    ]);
    const {
      channels,
      certain,
      signs: [sign],
    } = certify(graph);
    expect([channels, certain]).toEqual([2, 1]);
    expect(sign?.uncertain).toMatchObject([{ layer: 'conv2d', channel: 1, accumulator: 1, value: 0 }]);
  });

  it('follows joins and slices to the channels of their layers', () => {
    const graph = branches(type('b1', [4]), (x, node) => {
      const weights = signs(2, 1, 1, 1, 1, 1, -1, 1, -1);
      const dense = (): ReturnType<typeof node> => node('dense', { weights, bias: null, sum: 'exact', threshold: null }, x);
      const joined = node('concat', {}, dense(), dense());
      const cut = node('slice', { ranges: [{ start: 1, size: 2, step: 2 }] }, joined);
      const moved = node('batch-norm', normalizationOf([unit, { ...unit, gamma: Math.fround(0.7), mean: 2 }]), cut);
      return node('sign', { zero: 'plus' }, moved);
    });
    const {
      channels,
      signs: [sign],
    } = certify(graph);
    expect(channels).toBe(2);
    expect(sign?.uncertain).toMatchObject([{ layer: 'dense.2', channel: 1, accumulator: 2 }]);
  });

  it('covers signs of the input, and nothing real-valued and no function whose last bits are open', () => {
    const pixels = type('u8', [2], normalised([parseRational('0.5') as Rational], [parseRational('1') as Rational]));
    expect(certify(chain(pixels, [SIGN]))).toMatchObject({ channels: 2, certain: 2, notCovered: 0 });
    expect(certify(chain(pixels, [steps(['subtract', [0.123]]), SIGN]))).toMatchObject({ channels: 2, certain: 2 });
    const third = type('u8', [1], normalised([{ numerator: 1n, denominator: 3n }], [{ numerator: 1n, denominator: 1n }]));
    expect(certify(chain(third, [SIGN])).signs[0]?.uncertain).toMatchObject([
      { layer: 'x', accumulator: 85, value: expect.closeTo(0) as number },
    ]);
    expect(certify(chain(type('f32', [2]), [SIGN]))).toMatchObject({ channels: 2, certain: 0, notCovered: 2 });
    expect(certify(chain(type('b1', [2]), [exactDense(signs(1, 1, 1)), steps(['tanh', [0]]), SIGN]))).toMatchObject({
      certain: 0,
      notCovered: 1,
    });
  });

  it('says that a value which may overflow is uncertain', () => {
    const large = only({ ...unit, gamma: 1e38, variance: 0 });
    expect(large).toMatchObject({ bound: Infinity, margin: 0, low: -8, high: 8 });
  });
});
