/**
 * How far float32 implementations of what stands between a sum and a sign can be from its exact value.
 *
 * A range of accumulators is followed through the operations. All of them are monotone, so the exact values at the ends of the range
 * bound those between; `error` bounds |v̂ − v| at every accumulator of the range and for every implementation. With v̂ = v + e, one
 * rounding of a step adds u·|v'| + u·|e'|, where v' and e' are value and error behind it; |v'| is largest at an end.
 *
 * - add, subtract: one rounding. As the last step before the sign it needs none: a rounded sum has the sign of the exact sum.
 * - multiply: |c|·e and one rounding; divide: two, since some divide and some multiply by the rounded reciprocal; and 2^-150 for each
 *   product that may be denormal. A product with 0 is 0.
 * - maximum, minimum: no rounding, and |max(v̂, c) − max(v, c)| <= |v̂ − v|. Where all v̂ are below c, the result is c.
 * - PReLU with a slope >= 0: max(1, slope)·e, and the rounding of a product.
 *
 * Fused multiply-add leaves a rounding out, and is covered.
 *
 * Batch normalization is y = (x − m)·s + β with s = γ/√(var + ε). All its forms are sums of x·s, m·s and β in which no summand meets more
 * than 8 roundings, so that |ŷ − y| <= |s|·e + γ_8·(|x̂·s| + |m·s| + |β|). The count: ε and var + ε are two under the root, worth one;
 * root, reciprocal and factor γ make 4; one where α is multiplied into s; the product with x or m; two additions. That covers
 *
 *     s = γ·(1/√(var+ε)): x·s + (β − m·s)       onnxruntime, PyTorch         ((x − m)/√(var+ε))·γ + β     eBNN, textbook
 *     s = γ/√(var+ε): the same, x·s − m·s + β    Chainer, MXNet, Larq           (x − m)·(γ·inv_std) + β     Lasagne
 *     k·(α·s) + ((b − m)·s + β)                  α and bias moved behind the integer sum k of the layer
 *
 *     (x − m)·inv·γ + β                          Torch7, MXNet
 *
 * Where the inverse deviation is stored, it stands in the place of the root and its reciprocal; shift-based forms have powers of two for it
 * and for γ, which makes another function of the same kind.
 *
 * In the form with k |α·k| + |b| <= |x| + 2·|b| replaces |x|; `constants` carries 2·|b|, and what steps add before the normalization. With
 * γ = 0 every form gives β exactly. Products may be denormal: s, α·s, the products with x, m and k, and the quotient before γ. What they lose is
 * multiplied by |x|, |m|, |γ| or |k| <= (|x| + |b|)·2^40, since sum-error.ts takes no α below 2^-40.
 *
 * Numbers here are doubles. Their roundings obey the same recursion with 2^-53 in the place of u, so they are below 2^-24 of the bound,
 * and `marginOf` enlarges it by 2^-20.
 */
import type { StepOperator } from '../ir/attributes.ts';
import { channelCount, perChannel } from '../ir/encoding.ts';
import { typeOf } from '../ir/graph.ts';
import { powerOfTwo, type BatchNormAttrs } from '../ir/ops/batch-norm.ts';
import { isPerElement } from '../ir/steps.ts';
import type { Graph } from '../ir/types.ts';
import type { Link } from './channel-sources.ts';
import { OVERFLOW, UNDERFLOW, roundings } from './sum-error.ts';

/** A range of accumulators, somewhere between the sum and the sign. */
export interface Span {
  /** Exact values at the ends of the range; those between lie between them. */
  readonly ends: readonly [number, number];
  /** No implementation is further from the exact value, at no accumulator of the range. */
  readonly error: number;
  /** Twice the magnitudes of the constants that are summands of the value so far. */
  readonly constants: number;
}

type Bound = (span: Span) => Span;

function magnitude({ ends: [a, b] }: Span): number {
  return Math.max(Math.abs(a), Math.abs(b));
}

function each({ ends: [a, b] }: Span, change: (value: number) => number): readonly [number, number] {
  return [change(a), change(b)];
}

/** Behind an operation of `count` roundings, before which the error was span.error. */
function rounded(span: Span, count: number): Span {
  const reach = magnitude(span) + span.error;
  return { ...span, error: reach < OVERFLOW ? span.error + roundings(count) * reach : Infinity };
}

/** A value that is 0 in every implementation stays so; another may lose what a denormal product loses. */
function product(span: Span, count: number, lost: number): Span {
  const behind = rounded(span, count);
  return magnitude(span) + span.error === 0 ? behind : { ...behind, error: behind.error + lost };
}

function clamped(span: Span, change: (value: number) => number): Span {
  const { ends, error } = span;
  const reached = [Math.min(...ends) - error, Math.max(...ends) + error].map(change);
  const constant = reached[0] === reached[1];
  return { ends: each(span, change), error: constant ? 0 : error, constants: 0 };
}

function stepBound(operator: StepOperator, value: number, last: boolean): Bound | undefined {
  switch (operator) {
    case 'add':
    case 'subtract':
      return (span) => {
        const ends = each(span, (v) => (operator === 'add' ? v + value : v - value));
        const behind = { ends, error: span.error, constants: span.constants + 2 * Math.abs(value) };
        return last ? behind : rounded(behind, 1);
      };
    case 'multiply': {
      const factor = Math.abs(value);
      return (span) =>
        product({ ends: each(span, (v) => v * value), error: span.error * factor, constants: span.constants * factor }, 1, UNDERFLOW);
    }
    case 'divide': {
      const factor = 1 / Math.abs(value);
      if (!(factor < OVERFLOW)) return undefined;
      return (span) =>
        product(
          { ends: each(span, (v) => v / value), error: span.error * factor, constants: span.constants * factor },
          2,
          UNDERFLOW * (2 + magnitude(span) + span.error),
        );
    }
    case 'maximum':
      return (span) => clamped(span, (v) => Math.max(v, value));
    case 'minimum':
      return (span) => clamped(span, (v) => Math.min(v, value));
    case 'prelu':
      if (!(value >= 0)) return undefined;
      return (span) =>
        product({ ends: each(span, (v) => (v < 0 ? v * value : v)), error: span.error * Math.max(1, value), constants: 0 }, 1, UNDERFLOW);
    default:
      return undefined; // not monotone, or a function whose last bits nobody promises
  }
}

const FORM_ROUNDINGS = 8;

function batchNormBound(attrs: BatchNormAttrs, channel: number): Bound | undefined {
  const at = (list: Float32Array): number => perChannel(list, channel);
  const [beta, mean] = [at(attrs.beta), at(attrs.mean)];
  const asUsed = attrs.form === 'shift-based' ? powerOfTwo : (value: number) => value;
  const gamma = asUsed(at(attrs.gamma));
  const stored = attrs.variance === undefined ? asUsed(at(attrs.inverseDeviation)) : undefined;
  const [variance, epsilon] = attrs.variance === undefined ? [0, 1] : [at(attrs.variance), attrs.epsilon];
  const square = variance + epsilon;
  // The count of roundings needs a normal sum, or a normal inverse.
  if (!(variance >= 0 && epsilon >= 0 && square >= 2 ** -126 && (stored ?? 1) >= 2 ** -126)) return undefined;
  const inverse = stored ?? 1 / Math.sqrt(square);
  const scale = gamma * inverse;
  return (span) => {
    if (gamma === 0) return { ends: [beta, beta], error: magnitude(span) + span.error < OVERFLOW ? 0 : Infinity, constants: 0 };
    const summands = magnitude(span) + span.error + span.constants + Math.abs(mean);
    const ends = each(span, (v) => (v - mean) * scale + beta);
    const reach = summands * Math.max(1, inverse) * Math.max(1, Math.abs(gamma)) + Math.abs(beta);
    if (!(reach < OVERFLOW)) return { ends, error: Infinity, constants: 0 };
    const factor = Math.abs(scale);
    const error = factor * span.error + roundings(FORM_ROUNDINGS) * (factor * summands + Math.abs(beta));
    const lost = 2 ** 40 * UNDERFLOW * (summands + Math.abs(gamma) + 4);
    return { ends, error: error === 0 ? 0 : error + lost, constants: 0 };
  };
}

/** What each operation does to a span, in order; undefined when no bound is known for one of them. */
export function boundsOf(graph: Graph, links: readonly Link[]): readonly Bound[] | undefined {
  const bounds = links.flatMap(({ node, channel }, index): readonly (Bound | undefined)[] => {
    if (node.kind === 'batch-norm') return [batchNormBound(node.attrs, channel)];
    const { steps } = node.attrs;
    if (isPerElement(steps, channelCount(typeOf(graph, node.output).shape))) return [undefined];
    return steps.map(({ operator, values }, step) =>
      stepBound(operator, perChannel(values, channel), index === links.length - 1 && step === steps.length - 1),
    );
  });
  return bounds.every((bound) => bound !== undefined) ? bounds : undefined;
}

/**
 * |exact value| over its error bound, at least so much at every accumulator of the range. Above 1 the sign is that of the exact value in
 * every implementation. Infinity where nothing rounds: every implementation has the exact value.
 */
export function marginOf({ ends: [a, b], error }: Span): number {
  if (error === 0) return Infinity;
  const nearest = a > 0 === b > 0 ? Math.min(Math.abs(a), Math.abs(b)) : 0;
  const margin = nearest / (error * (1 + 2 ** -20));
  return Number.isNaN(margin) ? 0 : margin;
}
