/**
 * Chains of float32 steps. Most steps are a monotone function of x (nondecreasing or nonincreasing, by the sign of their
 * constant), and rounding keeps order, so a chain of them is monotone: that is why thresholds can be searched.
 */
import { sigmoid32, tanh32 } from '../support/float-functions.ts';
import type { Step, StepOperator } from './attributes.ts';
import { perChannel } from './encoding.ts';

const FUNCTIONS: { readonly [O in StepOperator]: (x: number, value: number) => number } = {
  add: (x, value) => Math.fround(x + value),
  subtract: (x, value) => Math.fround(x - value),
  multiply: (x, value) => Math.fround(x * value),
  divide: (x, value) => Math.fround(x / value), // by a constant 0 gives ±∞ or NaN, which callers refuse
  maximum: (x, value) => (x < value ? value : x), // as the C code compares: -0 stays -0
  minimum: (x, value) => (x > value ? value : x),
  prelu: (x, value) => (x < 0 ? Math.fround(x * value) : x),
  absolute: (x) => (x < 0 ? -x : x),
  tanh: tanh32,
  sigmoid: sigmoid32,
};

/** Operators without a constant. */
export const UNARY: ReadonlySet<StepOperator> = new Set(['absolute', 'tanh', 'sigmoid']);

/** A step without a constant. */
export function unaryStep(operator: 'absolute' | 'tanh' | 'sigmoid'): Step {
  return { operator, values: new Float32Array(1) };
}

/** One step in float32. */
export function applyStep(step: Step, x: number, channel: number): number {
  return FUNCTIONS[step.operator](x, perChannel(step.values, channel));
}

/** The whole chain on one value of a channel; no step may have a constant per element. */
export function runSteps(steps: readonly Step[], x: number, channel: number): number {
  return steps.reduce((value, step) => applyStep(step, value, channel), x);
}

/** The whole chain on a tensor whose last dimension has `channels` entries. */
export function applySteps(steps: readonly Step[], real: Float32Array, channels: number): Float32Array {
  const functions = steps.map(({ operator, values }) => {
    const apply = FUNCTIONS[operator];
    const period = values.length === 1 ? 1 : values.length === channels ? channels : real.length;
    return (x: number, i: number): number => apply(x, values[i % period] as number);
  });
  return real.map((x, i) => functions.reduce((value, apply) => apply(value, i), x));
}

/** Has some step more constants than there are channels? Then nothing that moves elements commutes with the chain. */
export function isPerElement(steps: readonly Step[], channels: number): boolean {
  return steps.some(({ values }) => values.length !== 1 && values.length !== channels);
}

/**
 * True when float32 evaluation of the chain keeps or reverses order in this channel. A tanh keeps the order of real numbers, but its
 * last bit is not claimed to; a PReLU with a negative slope and an absolute value turn around at 0.
 */
export function isMonotone(steps: readonly Step[], channel: number): boolean {
  return steps.every(({ operator, values }) => !UNARY.has(operator) && (operator !== 'prelu' || perChannel(values, channel) >= 0));
}

/** +1 when a monotone chain is nondecreasing in this channel, -1 when nonincreasing, 0 when a factor 0 makes it constant. */
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
const NEUTRAL: Readonly<Record<StepOperator, number>> = {
  add: 0,
  subtract: 0,
  multiply: 1,
  divide: 1,
  maximum: -Infinity,
  minimum: Infinity,
  prelu: 1,
  absolute: 0,
  tanh: 0,
  sigmoid: 0,
};

/** The steps of the channels that `of` names, in that order. */
export function stepsOfChannels(steps: readonly Step[], of: readonly number[]): readonly Step[] {
  return steps.map(({ operator, values }) => ({
    operator,
    values: values.length === 1 ? values : Float32Array.from(of, (channel) => perChannel(values, channel)),
  }));
}

/** Steps for `channels` channels, where the i-th entry belongs to channel `of[i]`; what other channels become does not matter. */
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
