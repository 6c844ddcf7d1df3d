import { add, divide, greatestCommonDivisor, leastCommonDenominator, rational, subtract, type Rational } from '../../support/rational.ts';
import type { Sum } from '../attributes.ts';
import { DTYPES, channelCount, compact, elementCount, perChannel, realValues } from '../encoding.ts';
import type { Encoding, OpDef, Tensor, TensorData, TensorType } from '../types.ts';

export interface CombineAttrs {
  /** first operator second, element by element. */
  readonly operator: 'add' | 'subtract' | 'multiply';
  /**
   * `sequential`: float32, one rounding. `exact` (add and subtract of integers): the rational result, as an integer of a common
   * unit.
   */
  readonly sum: Sum;
}

const FUNCTIONS = {
  add: (a: number, b: number) => Math.fround(a + b),
  subtract: (a: number, b: number) => Math.fround(a - b),
  multiply: (a: number, b: number) => Math.fround(a * b),
} as const;

/** The shape of both: sizes are equal, or 1 in one of them, whose elements are then repeated. */
function joinedShape(a: readonly number[], b: readonly number[]): readonly number[] | undefined {
  if (a.length !== b.length) return undefined;
  const shape = a.map((size, axis) => (size === 1 ? (b[axis] ?? 0) : size));
  return shape.every((size, axis) => b[axis] === 1 || b[axis] === size) ? shape : undefined;
}

/** For each element of `shape` the index of the element of an operand of shape `from` that belongs to it. */
export function operandIndex(from: readonly number[], shape: readonly number[]): (element: number) => number {
  if (from.every((size, axis) => size === shape[axis])) return (element) => element;
  return (element) => {
    let [rest, at, stride] = [element, 0, 1];
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      const [size, own] = [shape[axis] ?? 1, from[axis] ?? 1];
      if (own > 1) at += (rest % size) * stride;
      rest = Math.floor(rest / size);
      stride *= own;
    }
    return at;
  };
}

/** An exact sum or difference is m·q of each operand: the multipliers, and what the result is worth. */
export interface ExactCombination {
  /** m of the first and the second operand, length 1 or one per channel; the second one's carries the sign of a subtraction. */
  readonly multipliers: readonly [first: readonly number[], second: readonly number[]];
  readonly encoding: Encoding;
}

/**
 * Channel by channel the common unit U of both scales: S_1·q_1 ± S_2·q_2 = U·(m_1·q_1 ± m_2·q_2) with integers m. The offsets add up.
 * Undefined for real numbers.
 */
export function exactCombination(operator: 'add' | 'subtract', a: TensorType, b: TensorType): ExactCombination | undefined {
  const [p, q] = [a.encoding, b.encoding];
  if (p === undefined || q === undefined) return undefined;
  const channels = Math.max(p.scale.length, p.offset.length, q.scale.length, q.offset.length);
  const each = Array.from({ length: channels }, (_, c) => c);
  const units = each.map((c): Rational => {
    const scales = [perChannel(p.scale, c), perChannel(q.scale, c)];
    const denominator = leastCommonDenominator(scales);
    const common = scales.reduce((acc, s) => greatestCommonDivisor(acc, (s.numerator * denominator) / s.denominator), 0n);
    return rational(common, denominator);
  });
  const times = (scale: readonly Rational[], c: number): number => Number(divide(perChannel(scale, c), perChannel(units, c)).numerator);
  const sign = operator === 'add' ? 1 : -1;
  const joinOffsets = operator === 'add' ? add : subtract;
  return {
    multipliers: [each.map((c) => times(p.scale, c)), each.map((c) => sign * times(q.scale, c))],
    encoding: compact({ scale: units, offset: each.map((c) => joinOffsets(perChannel(p.offset, c), perChannel(q.offset, c))) }),
  };
}

function infer(attrs: CombineAttrs, [a, b]: readonly TensorType[]): TensorType | { readonly error: string } {
  if (a === undefined || b === undefined) return { error: `${attrs.operator} of two values has fewer` };
  const shape = joinedShape(a.shape, b.shape);
  if (shape === undefined)
    return { error: `[${a.shape.join(', ')}] and [${b.shape.join(', ')}] are not the same size, nor 1 where they differ` };
  if (attrs.sum === 'sequential') return { dtype: 'f32', shape };
  const exact = attrs.operator === 'multiply' ? undefined : exactCombination(attrs.operator, a, b);
  if (exact === undefined) return { error: `an exact ${attrs.operator} needs integers, not ${a.dtype} and ${b.dtype}` };
  return { dtype: 'i32', shape, encoding: exact.encoding };
}

function evaluate(attrs: CombineAttrs, [a, b]: readonly Tensor[], output: TensorType): TensorData {
  if (a === undefined || b === undefined) throw new Error('combine without two inputs');
  const result = DTYPES[output.dtype].allocate(elementCount(output.shape));
  const [first, second] = [operandIndex(a.type.shape, output.shape), operandIndex(b.type.shape, output.shape)];
  const exact = attrs.sum === 'exact' && attrs.operator !== 'multiply' ? exactCombination(attrs.operator, a.type, b.type) : undefined;
  if (exact !== undefined) {
    const channels = channelCount(output.shape);
    const [m, n] = exact.multipliers;
    for (let i = 0; i < result.length; i += 1) {
      const c = i % channels;
      result[i] = perChannel(m, c) * (a.data[first(i)] as number) + perChannel(n, c) * (b.data[second(i)] as number);
    }
    return result;
  }
  const [x, y] = [realValues(a), realValues(b)];
  const apply = FUNCTIONS[attrs.operator];
  for (let i = 0; i < result.length; i += 1) result[i] = apply(x[first(i)] as number, y[second(i)] as number);
  return result;
}

export const combine: OpDef<'combine', CombineAttrs> = {
  kind: 'combine',
  doc: 'Adds, subtracts or multiplies two values element by element (residual connections); a size of 1 is repeated.',
  infer,
  evaluate,
  print: ({ operator, sum }) => [operator, `sum=${sum}`],
};
