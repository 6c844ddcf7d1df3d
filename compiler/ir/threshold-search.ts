/**
 * From a monotone float32 function of an integer accumulator to one integer threshold.
 *
 * Let f(acc) be the float32 value before the sign: the exact real value of acc, rounded once, then the steps of batch
 * normalization and the like. Every piece keeps or reverses order and rounding keeps order, so f is monotone on the
 * integers lo..hi and its sign changes at most once. The place is found by bisection on f itself, never by solving the
 * equation: the threshold therefore agrees with the float32 definition for every accumulator, tiny γ included.
 */
import type { SignZero, Step } from './attributes.ts';
import { DTYPES, realValueOf } from './encoding.ts';
import { runSteps } from './steps.ts';
import type { TensorType } from './types.ts';

/** The bit is +1 where acc >= threshold (`direction` 1) or acc <= threshold (-1). A constant has its threshold just outside or at an end of the range. */
export interface FoundThreshold {
  readonly threshold: number;
  readonly direction: 1 | -1;
}

/** Inclusive range of attainable stored integers of one channel. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** The float32 value before the sign, as a function of the stored integer of one channel. */
export function preSign(input: TensorType, steps: readonly Step[]): (stored: number, channel: number) => number {
  const real = realValueOf(input);
  return (stored, channel) => runSteps(steps, real(stored, channel), channel);
}

function isPlus(value: number, zero: Exclude<SignZero, 'zero'>): boolean {
  return zero === 'plus' ? value >= 0 : value > 0;
}

/** The smallest integer of the range where `holds` is true, if it is false below and true above; high + 1 when it never is. */
function firstWhere({ low, high }: Range, holds: (stored: number) => boolean): number {
  let [below, above] = [low - 1, high + 1]; // invariant: false at and before `below`, true at and after `above`
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2);
    if (holds(middle)) above = middle;
    else below = middle;
  }
  return above;
}

/** Returns undefined when f is NaN or infinite at an end of the range: no exact threshold exists. */
export function searchThreshold(f: (stored: number) => number, range: Range, zero: Exclude<SignZero, 'zero'>): FoundThreshold | undefined {
  const [atLow, atHigh] = [f(range.low), f(range.high)];
  if (!Number.isFinite(atLow) || !Number.isFinite(atHigh)) return undefined;
  if (atLow <= atHigh) return { threshold: firstWhere(range, (v) => isPlus(f(v), zero)), direction: 1 };
  return { threshold: firstWhere(range, (v) => !isPlus(f(v), zero)) - 1, direction: -1 };
}

/** Integers that are tried one by one. */
const MOST_SCANNED = 2 ** 20;

/**
 * The threshold of a function that need not be monotone, by trying every integer of the range. 'several' where its sign changes more
 * than once, or the range is too wide to tell; undefined where f is NaN or infinite.
 */
export function scanThreshold(
  f: (stored: number) => number,
  { low, high }: Range,
  zero: Exclude<SignZero, 'zero'>,
): FoundThreshold | 'several' | undefined {
  if (high - low > MOST_SCANNED) return 'several';
  const first = isPlus(f(low), zero);
  let change: number | undefined;
  let current = first;
  for (let stored = low; stored <= high; stored += 1) {
    const value = f(stored);
    if (!Number.isFinite(value)) return undefined;
    if (isPlus(value, zero) === current) continue;
    if (change !== undefined) return 'several';
    change = stored;
    current = !current;
  }
  return first ? { threshold: (change ?? high + 1) - 1, direction: -1 } : { threshold: change ?? high + 1, direction: 1 };
}

/** The integers at which f is exactly 0, as an inclusive range; undefined when there is none. */
export function zeroRange(f: (stored: number) => number, range: Range): Range | undefined {
  const rising = f(range.low) <= f(range.high) ? 1 : -1;
  const low = firstWhere(range, (v) => rising * f(v) >= 0);
  const high = firstWhere(range, (v) => rising * f(v) > 0) - 1;
  return low <= high ? { low, high } : undefined;
}

/** Range of what is stored in a tensor of this type, for tensors that are not accumulators. */
export function storedRange(type: TensorType): Range {
  const { minimum, maximum } = DTYPES[type.dtype];
  return { low: minimum, high: maximum };
}
