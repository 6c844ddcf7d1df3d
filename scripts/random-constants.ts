/** Pseudo-random weights and batch normalizations as nodes of JSON models, the same bytes on every machine. */
import type { JsonValue } from '../compiler/frontends/json/print.ts';

export type JsonNode = Readonly<Record<string, JsonValue>>;

/** Pseudo-random constants; each model draws from its own seed. */
export interface Draw {
  /** 0 <= value < 1. */
  readonly unit: () => number;
  /** Roughly normal: mean 0, standard deviation 1. */
  readonly normal: () => number;
  readonly bytes: (length: number) => Buffer;
}

/** A counter through a hash of 32 bits (C. Wellons, "lowbias32"). */
export function drawFrom(seed: number): Draw {
  let state = seed;
  const word = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  const unit = (): number => word() / 2 ** 32;
  return {
    unit,
    // the sum of four uniform numbers, which has variance 1/3
    normal: () => (unit() + unit() + unit() + unit() - 2) * Math.sqrt(3),
    bytes: (length) => {
      const bytes = Buffer.alloc(4 * Math.ceil(length / 4));
      for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE(word(), at);
      return bytes.subarray(0, length);
    },
  };
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((all, size) => all * size, 1);
}

/** ±1 in equal parts. */
export function signs(draw: Draw, shape: readonly number[]): JsonValue {
  return { shape, bits: draw.bytes(Math.ceil(product(shape) / 8)).toString('base64') };
}

export function floats(count: number, value: (index: number) => number, shape: readonly number[] = [count]): JsonValue {
  const bytes = Buffer.alloc(4 * count);
  for (let i = 0; i < count; i += 1) bytes.writeFloatLE(value(i), 4 * i);
  return { shape, f32: bytes.toString('base64') };
}

export interface Normalized {
  /** Standard deviation of the values. */
  readonly spread: number;
  readonly mean: number;
  /** By how much the thresholds of channels differ, in standard deviations: a quarter unless said otherwise. */
  readonly jitter?: number;
}

/**
 * Centres and scales what a layer makes, so that a sign behind it is +1 about half the time. gamma is negative in every other
 * channel.
 */
export function batchNorm(draw: Draw, channels: number, { spread, mean, jitter = 1 / 4 }: Normalized): JsonNode {
  return {
    op: 'batch-norm',
    gamma: floats(channels, (c) => (c % 2 === 0 ? 1 : -1) * (0.5 + draw.unit())),
    beta: floats(channels, () => draw.normal() * jitter),
    mean: floats(channels, () => mean + spread * draw.normal() * jitter),
    variance: floats(channels, () => spread * spread * (0.5 + draw.unit())),
    epsilon: 1e-4,
    form: 'normalize',
  };
}

export const SIGN: JsonNode = { op: 'sign', zero: 'plus' };

/** Means of the largest of 4 and of 9 numbers from the standard normal distribution. */
export const LARGEST_OF = { 4: 1.03, 9: 1.485 } as const;
