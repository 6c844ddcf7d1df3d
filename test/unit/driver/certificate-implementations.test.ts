/** What the certificate calls certain, against float32 implementations that round in other orders and forms. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { certify } from '../../../compiler/driver/certificate.ts';
import { sumErrors } from '../../../compiler/driver/sum-error.ts';
import { accumulatorOf, isLinear } from '../../../compiler/ir/accumulator.ts';
import { PLAIN, normalised } from '../../../compiler/ir/encoding.ts';
import { inputOf, typeOf } from '../../../compiler/ir/graph.ts';
import { batchNormSteps } from '../../../compiler/ir/ops/batch-norm.ts';
import { preSign } from '../../../compiler/ir/threshold-search.ts';
import type { Graph } from '../../../compiler/ir/types.ts';
import { add, multiply, parseRational, rationalFromNumber, toFloat32, type Rational } from '../../../compiler/support/rational.ts';
import { awkward, bitsFor, bytesFor, layer, near, ordinary, uncertainChannels } from '../../support/certificate-channels.ts';
import { ORDERS, TRANSFORMS, fusedMultiplyAdd, implementations, sums, type Channel } from '../../support/float32-implementations.ts';
import { randomFrom, type Random } from '../../support/random.ts';
import { type } from '../../support/small-graph.ts';

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
