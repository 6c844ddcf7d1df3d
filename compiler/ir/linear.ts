/** What conv2d and dense share: the output type of a linear op and the sum over one window. */
import { add, multiply, rationalFromNumber, type Rational } from '../support/rational.ts';
import type { Sum, Weights } from './attributes.ts';
import { PLAIN, compact, perChannel } from './encoding.ts';
import { foldedOffsets, type IntegerTerms } from './integer-terms.ts';
import type { TensorType } from './types.ts';

export interface LinearAttrs {
  readonly weights: Weights;
  /** Real bias, one per output. */
  readonly bias: Float32Array | null;
  readonly sum: Sum;
  /** After fusion: the output is a bit, +1 exactly where the integer sum acc_o >= threshold[o]. One per output. */
  readonly threshold: Int32Array | null;
}

const INTEGER_INPUTS: ReadonlySet<string> = new Set(['b1', 'u8', 'i8']);

/** True when a linear op on this input can be an exact integer sum. */
export function canBeExact(weights: Weights, input: TensorType): boolean {
  return weights.kind === 'binary' && INTEGER_INPUTS.has(input.dtype);
}

/** True when the sum of this layer on this input is exact: as `canBeExact`, and with finite constants. */
export function canSumExactly({ weights, bias }: Pick<LinearAttrs, 'weights' | 'bias'>, input: TensorType): boolean {
  return (
    canBeExact(weights, input) && weights.kind === 'binary' && weights.scale.every(Number.isFinite) && (bias ?? []).every(Number.isFinite)
  );
}

/**
 * Type of the output. `exact`: i32 accumulators acc_o whose encoding is real_o = α_o·U·acc_o + (folded offset + bias)
 * (see integer-terms.ts), or b1 when a threshold is fused. `sequential`: f32.
 */
export function linearOutput(
  attrs: LinearAttrs,
  input: TensorType,
  shape: readonly number[],
  terms: () => IntegerTerms,
  groups: number,
): TensorType | { readonly error: string } {
  const { weights } = attrs;
  if (attrs.bias !== null && attrs.bias.length !== weights.outputs) {
    return { error: `the bias has ${attrs.bias.length} values for ${weights.outputs} outputs` };
  }
  if (attrs.sum === 'sequential') return { dtype: 'f32', shape };
  if (weights.kind !== 'binary' || !canBeExact(weights, input)) {
    return { error: `an exact sum needs ±α weights and bit or 8-bit input, not ${weights.kind} weights and ${input.dtype} input` };
  }
  if (attrs.threshold !== null) {
    if (attrs.threshold.length !== weights.outputs) return { error: `${attrs.threshold.length} thresholds for ${weights.outputs} outputs` };
    return { dtype: 'b1', shape, encoding: PLAIN };
  }
  const { unit, folded } = terms();
  const inputsPerGroup = (input.shape.at(-1) ?? 1) / groups;
  const offsets = foldedOffsets(folded, weights.signs, weights.outputs, inputsPerGroup, groups);
  const each = Array.from({ length: weights.outputs }, (_, o) => o);
  const alpha = (o: number): Rational => rationalFromNumber(perChannel(weights.scale, o));
  const encoding = compact({
    scale: weights.scale.length === 1 ? [multiply(alpha(0), unit)] : each.map((o) => multiply(alpha(o), unit)),
    offset: each.map((o) => add(multiply(alpha(o), perChannel(offsets, o)), rationalFromNumber(attrs.bias?.[o] ?? 0))),
  });
  return { dtype: 'i32', shape, encoding };
}

/** @throws RangeError where a value leaves the 32 bits of an accumulator: passes/check-accumulators refuses such a graph */
function asInt32(value: number): number {
  if (value !== (value | 0)) throw new RangeError(`${value} is beyond the 32 bits of an accumulator`);
  return value;
}

/** m_c·q + a_c for every stored element: the integers that an exact sum adds and subtracts. */
export function termsOf(data: ArrayLike<number>, channels: number, terms: IntegerTerms): Int32Array {
  return Int32Array.from(data, (q, i) => asInt32(perChannel(terms.multiplier, i % channels) * q + perChannel(terms.addend, i % channels)));
}

/** Σ sign·term over one window, then the fused threshold if there is one. */
export function exactOutput(patch: Int32Array, signs: Int8Array, output: number, threshold: Int32Array | null): number {
  const start = output * patch.length;
  let sum = 0;
  // imul is an exact product here (one factor is ±1) and, unlike *, never the -0 that makes engines leave integers
  for (let i = 0; i < patch.length; i += 1) sum += Math.imul(signs[start + i] as number, patch[i] as number);
  if (threshold === null) return asInt32(sum);
  return sum >= perChannel(threshold, output) ? 1 : -1;
}

/** The float32 sum over one window in tap order, rounded at every step, bias last. */
export function sequentialOutput(patch: Float32Array, attrs: LinearAttrs, output: number): number {
  const { weights, bias } = attrs;
  const start = output * patch.length;
  let sum = 0;
  for (let i = 0; i < patch.length; i += 1) {
    const weight =
      weights.kind === 'real'
        ? (weights.values[start + i] as number)
        : Math.fround((weights.signs[start + i] as number) * perChannel(weights.scale, output));
    sum = Math.fround(sum + Math.fround(weight * (patch[i] as number)));
  }
  return bias === null ? sum : Math.fround(sum + perChannel(bias, output));
}
