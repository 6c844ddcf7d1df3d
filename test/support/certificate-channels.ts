/** Channels of a binary layer with the constants of its batch normalization, and inputs that give them a certain sum. */
import type { Certificate, UncertainChannel } from '../../compiler/driver/certificate.ts';
import type { BatchNormAttrs } from '../../compiler/ir/ops/batch-norm.ts';
import type { Graph, TensorType } from '../../compiler/ir/types.ts';
import type { Channel, Normalization } from './float32-implementations.ts';
import type { Random } from './random.ts';
import { SIGN, chain, exactDense, type NodeSpec } from './small-graph.ts';

/** Of the batch normalization of every channel. */
export const EPSILON = Math.fround(1e-5);

/** Dense layer, batch normalization and sign, from channels of the same number of taps. */
export function layer(input: TensorType, channels: readonly Channel[]): Graph {
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

export function normalizationOf(channels: readonly Normalization[]): BatchNormAttrs {
  const list = (of: (channel: Normalization) => number): Float32Array => Float32Array.from(channels, of);
  const [gamma, beta, mean, variance] = [list((c) => c.gamma), list((c) => c.beta), list((c) => c.mean), list((c) => c.variance)];
  return { gamma, beta, mean, variance, epsilon: EPSILON, form: 'scale-shift' };
}

export function normalization(channels: readonly Normalization[]): NodeSpec {
  return ['batch-norm', normalizationOf(channels)];
}

export function uncertainChannels({ signs: [sign] }: Certificate): ReadonlyMap<number, UncertainChannel> {
  return new Map(sign?.uncertain.map((channel) => [channel.channel, channel]));
}

function normal(random: Random): number {
  return Array.from({ length: 12 }, random.unit).reduce((sum, value) => sum + value, -6);
}

/** Constants as training leaves them, for sums of about this deviation. */
export function ordinary(random: Random, taps: number, deviation: number): Channel {
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
export function awkward(random: Random, taps: number, deviation: number): Channel {
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
export function near(random: Random, taps: number, deviation: number): Channel {
  const usual = awkward(random, taps, deviation);
  const channel = { ...usual, gamma: usual.gamma === 0 ? 1 : usual.gamma, variance: Math.fround(deviation * deviation) };
  const x = usual.alpha * (taps - 2 * random.integer(0, taps)) + usual.bias;
  const mean = Math.fround(x * random.unit());
  const beta = -((x - mean) * channel.gamma) / Math.sqrt(channel.variance + EPSILON);
  return { ...channel, mean, beta: Math.fround(beta * (1 + random.integer(-12, 12) * 2 ** -24)) };
}

/** Signs with this product sum. `first` of the agreeing taps come first, so that partial sums grow. */
export function bitsFor(accumulator: number, { signs: weights }: Channel, random: Random): readonly number[] {
  const agreeing = (weights.length + accumulator) / 2;
  const order = Array.from(weights, (_, i) => i);
  if (random.chance(0.5)) order.sort(() => random.unit() - 0.5);
  const inputs = Array.from(weights, (weight) => -weight);
  for (const i of order.slice(0, agreeing)) inputs[i] = weights[i] as number;
  return inputs;
}

/** Bytes with this sum: random ones, then moved until it fits. */
export function bytesFor(accumulator: number, { signs: weights }: Channel, random: Random): readonly number[] {
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
