/** Attribute records that several ops share: weights, windows, padding, float32 steps. */

/**
 * Weights of a linear op, [outputs][kernel height][kernel width][inputs of the group] (dense: [outputs][inputs]).
 * `binary`: weight = scale · sign, sign stored as -1 or +1, one positive float32 scale for all outputs or one each.
 */
export type Weights =
  | { readonly kind: 'binary'; readonly outputs: number; readonly signs: Int8Array; readonly scale: Float32Array }
  | { readonly kind: 'real'; readonly outputs: number; readonly values: Float32Array };

/** Rows and columns that a convolution or pooling window covers. All counts in elements, stride and dilation >= 1. */
export interface Window {
  readonly kernel: readonly [height: number, width: number];
  readonly stride: readonly [y: number, x: number];
  readonly dilation: readonly [y: number, x: number];
  readonly padding: Padding;
}

export interface Padding {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

export const NO_PADDING: Padding = { top: 0, left: 0, bottom: 0, right: 0 };

export function isPadded({ top, left, bottom, right }: Padding): boolean {
  return top > 0 || left > 0 || bottom > 0 || right > 0;
}

/**
 * How the sum of a linear op is meant.
 * `exact`: the rational sum, rounded once to float32 when it is read as a real number.
 * `sequential`: float32, rounded after each multiplication and addition, taps in order (y, x, channel), bias last.
 */
export type Sum = 'exact' | 'sequential';

/**
 * What a step does with x and its constant v.
 * `prelu`  x below 0 becomes round(v·x), all other x stay
 * `absolute`, `tanh`, `sigmoid` have no constant: their values are [0]. tanh and sigmoid are those of support/float-functions.ts.
 */
export type StepOperator = 'add' | 'subtract' | 'multiply' | 'divide' | 'maximum' | 'minimum' | 'prelu' | 'absolute' | 'tanh' | 'sigmoid';

/** One float32 operation: x ← round(x operator value). `values` has length 1, one per channel, or one per element. */
export interface Step {
  readonly operator: StepOperator;
  readonly values: Float32Array;
}

/** What sign(0) gives. */
export type SignZero = 'plus' | 'minus' | 'zero';

/** Output rows or columns of a window along one axis: floor((size + padding - dilation·(kernel-1) - 1)/stride) + 1, may be <= 0. */
export function outputSize(size: number, before: number, after: number, kernel: number, stride: number, dilation: number): number {
  return Math.floor((size + before + after - dilation * (kernel - 1) - 1) / stride) + 1;
}

/** Splits float weights into signs and positive scales, or names the first output and value that are not ±α. */
export function toBinaryWeights(
  values: Float32Array,
  outputs: number,
):
  | Extract<Weights, { kind: 'binary' }>
  | { readonly output: number; readonly index: number; readonly value: number; readonly wanted: number } {
  const perOutput = values.length / outputs;
  const signs = new Int8Array(values.length);
  const scales = new Float32Array(outputs);
  for (let output = 0; output < outputs; output += 1) {
    const alpha = Math.abs(values[output * perOutput] ?? Number.NaN);
    scales[output] = alpha;
    for (let index = 0; index < perOutput; index += 1) {
      const value = values[output * perOutput + index] ?? Number.NaN;
      if (!(alpha > 0) || !Number.isFinite(alpha) || Math.abs(value) !== alpha) {
        return { output, index, value, wanted: alpha };
      }
      signs[output * perOutput + index] = value > 0 ? 1 : -1;
    }
  }
  const uniform = scales.every((s) => s === scales[0]);
  return { kind: 'binary', outputs, signs, scale: uniform ? scales.slice(0, 1) : scales };
}
