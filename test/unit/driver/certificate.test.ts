import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { certify, type Certificate, type UncertainChannel } from '../../../compiler/driver/certificate.ts';
import { sumErrors } from '../../../compiler/driver/sum-error.ts';
import { accumulatorOf, isLinear } from '../../../compiler/ir/accumulator.ts';
import { PLAIN, normalised } from '../../../compiler/ir/encoding.ts';
import { inputOf, typeOf } from '../../../compiler/ir/graph.ts';
import { batchNormSteps, type BatchNormAttrs } from '../../../compiler/ir/ops/batch-norm.ts';
import { preSign } from '../../../compiler/ir/threshold-search.ts';
import type { Graph, TensorType } from '../../../compiler/ir/types.ts';
import { add, multiply, parseRational, rationalFromNumber, toFloat32, type Rational } from '../../../compiler/support/rational.ts';
import {
  FORMS,
  ORDERS,
  TRANSFORMS,
  fusedMultiplyAdd,
  implementations,
  sums,
  type Channel,
  type Normalization,
} from '../../support/float32-implementations.ts';
import { randomFrom, type Random } from '../../support/random.ts';
import { POOL, SIGN, branches, chain, exactConv, exactDense, signs, steps, type, type NodeSpec } from '../../support/small-graph.ts';

const EPSILON = Math.fround(1e-5);

/** Dense layer, batch normalization and sign, from channels of the same number of taps. */
function layer(input: TensorType, channels: readonly Channel[]): Graph {
  const list = (of: (channel: Channel) => number): Float32Array => Float32Array.from(channels, of);
  const flat = Int8Array.from(channels.flatMap((channel) => [...channel.signs]));
  return chain(input, [
    exactDense(
      { kind: 'binary', outputs: channels.length, signs: flat, scale: list((c) => c.alpha) },
      list((c) => c.bias),
    ),
    normalization(channels),
    SIGN,
  ]);
}

function normalizationOf(channels: readonly Normalization[]): BatchNormAttrs {
  const list = (of: (channel: Normalization) => number): Float32Array => Float32Array.from(channels, of);
  const [gamma, beta, mean, variance] = [list((c) => c.gamma), list((c) => c.beta), list((c) => c.mean), list((c) => c.variance)];
  return { gamma, beta, mean, variance, epsilon: EPSILON, form: 'scale-shift' };
}

function normalization(channels: readonly Normalization[]): NodeSpec {
  return ['batch-norm', normalizationOf(channels)];
}

/** The definition's value before the sign, for each accumulator. */
function definition(graph: Graph): (accumulator: number, channel: number) => number {
  const [dense, norm] = graph.nodes;
  if (!isLinear(dense) || norm?.kind !== 'batch-norm') throw new Error('not the layer of this test');
  return preSign(typeOf(graph, dense.output), batchNormSteps(norm.attrs));
}

/** Every accumulator that inputs can give. */
function attained(graph: Graph, channel: number): readonly number[] {
  const [dense] = graph.nodes;
  if (!isLinear(dense)) throw new Error('not the layer of this test');
  const { range, attains } = accumulatorOf(dense, typeOf(graph, inputOf(dense)));
  const { low, high } = range(channel);
  return Array.from({ length: high - low + 1 }, (_, i) => low + i).filter(attains);
}

function uncertainChannels({ signs: [sign] }: Certificate): ReadonlyMap<number, UncertainChannel> {
  return new Map(sign?.uncertain.map((channel) => [channel.channel, channel]));
}

function normal(random: Random): number {
  return Array.from({ length: 12 }, random.unit).reduce((sum, value) => sum + value, -6);
}

/** Constants as training leaves them, for sums of about this deviation. */
function ordinary(random: Random, taps: number, deviation: number): Channel {
  const f = Math.fround;
  return {
    signs: random.signs(taps),
    alpha: f(0.02 + 0.3 * random.unit()),
    bias: f(0.1 * normal(random)),
    gamma: f((0.1 + random.unit()) * (random.chance(0.2) ? -1 : 1)),
    beta: f(0.3 * normal(random)),
    mean: f(deviation * 0.3 * normal(random)),
    variance: f(deviation * deviation * (0.5 + random.unit())),
    epsilon: EPSILON,
  };
}

/** Constants that training leaves now and then. */
function awkward(random: Random, taps: number, deviation: number): Channel {
  const usual = ordinary(random, taps, deviation);
  const alpha = random.pick([1, 1, 0.25, 3, Math.fround(0.1), usual.alpha]);
  const bias = random.pick([0, 0, 1, Math.fround(-0.1), usual.bias]);
  const sum = taps - 2 * random.integer(0, taps);
  const mean = random.pick([0, 1, 0.5, alpha * sum + bias, alpha * sum + bias, usual.mean]);
  return {
    ...usual,
    alpha,
    bias,
    gamma: random.pick([0, 1, -1, Math.fround(1e-6), Math.fround(-1e-30), usual.gamma]),
    beta: random.pick([0, 0, 1, Math.fround(1e-7), usual.beta]),
    mean: Math.fround(mean),
    variance: random.pick([0, 1e-12, 1e-42, 1, 1e10].map(Math.fround)),
  };
}

/** Constants that bring one sum within a few roundings of the sign's place. */
function near(random: Random, taps: number, deviation: number): Channel {
  const usual = awkward(random, taps, deviation);
  const channel = { ...usual, gamma: usual.gamma === 0 ? 1 : usual.gamma, variance: Math.fround(deviation * deviation) };
  const x = usual.alpha * (taps - 2 * random.integer(0, taps)) + usual.bias;
  const mean = Math.fround(x * random.unit());
  const beta = -((x - mean) * channel.gamma) / Math.sqrt(channel.variance + EPSILON);
  return { ...channel, mean, beta: Math.fround(beta * (1 + random.integer(-12, 12) * 2 ** -24)) };
}

/** Signs with this product sum. `first` of the agreeing taps come first, so that partial sums grow. */
function bitsFor(accumulator: number, { signs: weights }: Channel, random: Random): readonly number[] {
  const agreeing = (weights.length + accumulator) / 2;
  const order = Array.from(weights, (_, i) => i);
  if (random.chance(0.5)) order.sort(() => random.unit() - 0.5);
  const inputs = Array.from(weights, (weight) => -weight);
  for (const i of order.slice(0, agreeing)) inputs[i] = weights[i] as number;
  return inputs;
}

/** Bytes with this sum: random ones, then moved until it fits. */
function bytesFor(accumulator: number, { signs: weights }: Channel, random: Random): readonly number[] {
  const inputs = Array.from(weights, () => random.integer(0, 255));
  let missing = accumulator - inputs.reduce((sum, q, i) => sum + q * (weights[i] as number), 0);
  inputs.forEach((q, i) => {
    const wanted = Math.min(255, Math.max(0, q + missing * (weights[i] as number)));
    missing -= (wanted - q) * (weights[i] as number);
    inputs[i] = wanted;
  });
  if (missing !== 0) throw new Error(`no bytes sum to ${accumulator}`);
  return inputs;
}

interface Found {
  channels: number;
  certain: number;
  /** Uncertain channels in which two implementations did differ. */
  differed: number;
  /** The largest error of an implementation at an uncertain accumulator, in units of the bound. */
  reached: number;
  /** Differences in certain channels or outside low..high: none is allowed. */
  readonly wrong: string[];
}

/** Compares the bits of every implementation with the definition's, at every accumulator of every channel. */
function compare(
  graph: Graph,
  channels: readonly Channel[],
  inputsFor: (accumulator: number, channel: Channel) => Iterable<readonly number[]>,
  found: Found,
): void {
  const uncertain = uncertainChannels(certify(graph));
  const value = definition(graph);
  channels.forEach((channel, index) => {
    const claim = uncertain.get(index);
    let differs = false;
    for (const accumulator of attained(graph, index)) {
      const plus = value(accumulator, index) >= 0;
      const allowed = claim !== undefined && accumulator >= claim.low && accumulator <= claim.high;
      for (const inputs of inputsFor(accumulator, channel)) {
        for (const [name, other] of implementations(channel, inputs)) {
          if (claim?.accumulator === accumulator) found.reached = Math.max(found.reached, Math.abs(other - claim.value) / claim.bound);
          if (other >= 0 === plus) continue;
          if (allowed) differs = true;
          else
            found.wrong.push(
              `${name} at ${accumulator}: ${other}, not ${value(accumulator, index)}; ${JSON.stringify({ ...channel, claim })}`,
            );
        }
      }
    }
    found.channels += 1;
    if (claim === undefined) found.certain += 1;
    else if (differs) found.differed += 1;
  });
}

const none = (): Found => ({ channels: 0, certain: 0, differed: 0, reached: 0, wrong: [] });

describe('fused multiply-add in these tests', () => {
  it('rounds once', () => {
    const float = fc.double({ min: -4, max: 4, noNaN: true }).map(Math.fround);
    fc.assert(
      fc.property(float, float, float, (a, b, c) => {
        const exact = add(multiply(rationalFromNumber(a), rationalFromNumber(b)), rationalFromNumber(c));
        expect(fusedMultiplyAdd(a, b, c) + 0).toBe(toFloat32(exact));
      }),
      { seed: 7 },
    );
    expect(fusedMultiplyAdd(1 + 2 ** -12, 1 + 2 ** -12, -(1 + 2 ** -11))).toBe(2 ** -24);
  });
});

describe('a channel with a margin above 1 has the bit of the definition in every float32 implementation', () => {
  it.each([
    ['ordinary', ordinary, 0.9],
    ['awkward', awkward, 0.4],
    ['near-tie', near, -1],
  ] as const)('on bits, with %s constants', (_name, make, share) => {
    const random = randomFrom(2024);
    const found = none();
    for (let round = 0; round < 40; round += 1) {
      const taps = random.pick([1, 2, 5, 9, 16, 25]);
      const channels = Array.from({ length: 6 }, () => make(random, taps, 0.2 * Math.sqrt(taps)));
      compare(layer(type('b1', [taps]), channels), channels, (sum, channel) => [bitsFor(sum, channel, random)], found);
    }
    expect(found.wrong.slice(0, 3)).toEqual([]);
    expect(found.reached).toBeLessThan(1);
    expect(found.certain / found.channels).toBeGreaterThan(share);
    if (make === near) expect(found.reached).toBeGreaterThan(0.1); // nor is the bound out of reach
    if (make !== ordinary) expect(found.differed).toBeGreaterThan(10); // the uncertain ones are not all imagined
  });

  const INPUTS = [
    ['0', '1'],
    ['0.1307', '0.3081'],
    ['0.5', '0.5'],
  ] as const;
  it.each([
    ['ordinary', ordinary, 0.85],
    ['awkward', awkward, 0.3],
    ['near-tie', near, -1],
  ] as const)('on bytes whose real values are computed in float32, with %s constants', (_name, make, share) => {
    const random = randomFrom(77);
    const found = none();
    for (const [mean, std] of INPUTS) {
      const [m, d] = [parseRational(mean), parseRational(std)] as [Rational, Rational];
      const transforms = Object.values(TRANSFORMS).map((transform) =>
        Float32Array.from({ length: 256 }, (_, q) => transform(q, Number(mean), Number(std))),
      );
      for (const taps of [2, 3, 4]) {
        const channels = Array.from({ length: 3 }, () => make(random, taps, 0.3 * Math.sqrt(taps)));
        const inputs = (sum: number, channel: Channel): readonly (readonly number[])[] => {
          const bytes = bytesFor(sum, channel, random);
          return [random.pick(transforms), random.pick(transforms)].map((worth) => bytes.map((q) => worth[q] as number));
        };
        compare(layer(type('u8', [taps], normalised([m], [d])), channels), channels, inputs, found);
      }
    }
    expect(found.wrong.slice(0, 3)).toEqual([]);
    expect(found.reached).toBeLessThan(1);
    expect(found.certain / found.channels).toBeGreaterThan(share);
  });
});

describe('the bound of a sum', () => {
  const third = (stored: number): number => Math.fround((stored / 255 - 0.4) / 0.3);
  const [mean, std] = [parseRational('0.4') as Rational, parseRational('0.3') as Rational];
  it.each([
    ['bits', 'b1', PLAIN, (random: Random) => random.pick([-1, 1]), (stored: number) => stored, 0.3],
    ['bytes', 'u8', normalised([mean], [std]), (random: Random) => random.pick([0, 255, random.integer(0, 255)]), third, 0.05],
  ] as const)('of %s holds in every order, and some order comes near it', (_name, dtype, encoding, stored, worth, least) => {
    const random = randomFrom(11);
    let reached = 0;
    for (let round = 0; round < 60; round += 1) {
      const taps = random.pick([2, 3, 4, 32]);
      const channel = ordinary(random, taps, 0.2 * Math.sqrt(taps));
      const graph = layer(type(dtype, [taps], encoding), [channel]);
      const [dense] = graph.nodes;
      if (!isLinear(dense)) throw new Error('not the layer of this test');
      const bound = sumErrors(dense, typeOf(graph, graph.input))(0);
      for (let sample = 0; sample < 10; sample += 1) {
        const bytes = Array.from({ length: taps }, () => stored(random));
        const exact = bytes.map((q) => (dtype === 'b1' ? q : (q / 255 - 0.4) / 0.3)); // doubles: their roundings are 2^-29 of those in question
        const sum = channel.alpha * exact.reduce((total, x, i) => total + x * (channel.signs[i] as number), 0) + channel.bias;
        const found = Object.values(ORDERS).flatMap((order) => sums(channel, bytes.map(worth), order));
        for (const value of found) reached = Math.max(reached, value === sum ? 0 : Math.abs(value - sum) / bound);
      }
    }
    expect(reached).toBeLessThan(1);
    expect(reached).toBeGreaterThan(least);
  });
});

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
