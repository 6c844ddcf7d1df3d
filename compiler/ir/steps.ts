/**
 * Chains of float32 steps. Each step is a monotone function of x (nondecreasing or nonincreasing, by the sign of its
 * constant), and rounding keeps order, so a whole chain is monotone: that is why thresholds can be searched.
 */
import type { Step } from './attributes.ts';
import { perChannel } from './encoding.ts';

/** One step in float32. Division by a constant 0 gives ±∞ or NaN, which callers refuse. */
export function applyStep(step: Step, x: number, channel: number): number {
  const value = perChannel(step.values, channel);
  switch (step.operator) {
    case 'add':
      return Math.fround(x + value);
    case 'subtract':
      return Math.fround(x - value);
    case 'multiply':
      return Math.fround(x * value);
    case 'divide':
      return Math.fround(x / value);
    case 'maximum':
      return x < value ? value : x; // as the C code compares: -0 stays -0
    case 'minimum':
      return x > value ? value : x;
  }
}

/** The whole chain on one value. */
export function runSteps(steps: readonly Step[], x: number, channel: number): number {
  return steps.reduce((value, step) => applyStep(step, value, channel), x);
}

/** The whole chain on a tensor whose last dimension has `channels` entries. */
export function applySteps(steps: readonly Step[], real: Float32Array, channels: number): Float32Array {
  return real.map((x, i) => runSteps(steps, x, i % channels));
}

/** +1 when the chain is nondecreasing in this channel, -1 when nonincreasing, 0 when a factor 0 makes it constant. */
export function direction(steps: readonly Step[], channel: number): -1 | 0 | 1 {
  let sign: -1 | 0 | 1 = 1;
  for (const { operator, values } of steps) {
    if (operator !== 'multiply' && operator !== 'divide') continue;
    const factor = perChannel(values, channel);
    if (factor === 0) return 0;
    if (factor < 0) sign = sign === 1 ? -1 : 1;
  }
  return sign;
}

/** What a step does to no number: for channels whose steps are not known. */
const NEUTRAL: Readonly<Record<Step['operator'], number>> = {
  add: 0,
  subtract: 0,
  multiply: 1,
  divide: 1,
  maximum: -Infinity,
  minimum: Infinity,
};

/** The steps of the channels that `of` names, in that order. */
export function stepsOfChannels(steps: readonly Step[], of: readonly number[]): readonly Step[] {
  return steps.map(({ operator, values }) => ({
    operator,
    values: values.length === 1 ? values : Float32Array.from(of, (channel) => perChannel(values, channel)),
  }));
}

/** Steps for `channels` channels, where the i-th entry belongs to channel `of[i]` and all other channels stay as they are. */
export function spreadSteps(steps: readonly Step[], of: readonly number[], channels: number): readonly Step[] {
  return steps.map(({ operator, values }) => {
    if (values.length === 1) return { operator, values };
    const spread = new Float32Array(channels).fill(NEUTRAL[operator]);
    of.forEach((channel, i) => {
      spread[channel] = perChannel(values, i);
    });
    return { operator, values: spread };
  });
}
