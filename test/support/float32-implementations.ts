/**
 * One channel of a binarized layer as other programs compute it: genuine float32 arithmetic, in many orders and forms. Every function
 * rounds after each operation with Math.fround, as a processor does.
 */
import { add, multiply, rationalFromNumber, toFloat32 } from '../../compiler/support/rational.ts';

const f = Math.fround;

/** a·b + c, rounded once to float32. */
export function fusedMultiplyAdd(a: number, b: number, c: number): number {
  const product = a * b; // exact: 48 bits
  const sum = product + c;
  const part = sum - product;
  const lost = product - (sum - part) + (c - part);
  if (lost === 0) return f(sum);
  return toFloat32(add(multiply(rationalFromNumber(a), rationalFromNumber(b)), rationalFromNumber(c)));
}

const fma = fusedMultiplyAdd;

export interface Normalization {
  readonly gamma: number;
  readonly beta: number;
  readonly mean: number;
  readonly variance: number;
  readonly epsilon: number;
}

type Form = (x: number, n: Normalization) => number;

function deviation({ variance, epsilon }: Normalization): number {
  return f(Math.sqrt(f(variance + f(epsilon))));
}

const byReciprocal = (n: Normalization): number => f(n.gamma * f(1 / deviation(n)));
const byQuotient = (n: Normalization): number => f(n.gamma / deviation(n));
const shift = (n: Normalization, s: number): number => f(n.beta - f(n.mean * s));

/** Batch normalization of x. */
export const FORMS: Readonly<Record<string, Form>> = {
  'onnxruntime x·s + t': (x, n) => f(f(x * byReciprocal(n)) + shift(n, byReciprocal(n))),
  'x·s + t, s a quotient': (x, n) => f(f(x * byQuotient(n)) + shift(n, byQuotient(n))),
  'fma(x, s, t)': (x, n) => fma(x, byReciprocal(n), shift(n, byReciprocal(n))),
  'fma(x, s, fma(-m, s, β))': (x, n) => fma(x, byQuotient(n), fma(-n.mean, byQuotient(n), n.beta)),
  'x·s - m·s + β': (x, n) => f(f(f(x * byReciprocal(n)) - f(n.mean * byReciprocal(n))) + n.beta),
  'normalize ((x - m)/d)·γ + β': (x, n) => f(f(f(f(x - n.mean) / deviation(n)) * n.gamma) + n.beta),
  'fma((x - m)/d, γ, β)': (x, n) => fma(f(f(x - n.mean) / deviation(n)), n.gamma, n.beta),
  'Lasagne (x - m)·(γ·inv_std) + β': (x, n) => f(f(f(x - n.mean) * byReciprocal(n)) + n.beta),
  'fma(x - m, s, β)': (x, n) => fma(f(x - n.mean), byQuotient(n), n.beta),
};

function sequential(terms: readonly number[]): number {
  return terms.reduce((sum, term) => f(sum + term), 0);
}

function pairwise(terms: readonly number[]): number {
  if (terms.length <= 1) return terms[0] ?? 0;
  const middle = Math.ceil(terms.length / 2);
  return f(pairwise(terms.slice(0, middle)) + pairwise(terms.slice(middle)));
}

const lanes =
  (count: number) =>
  (terms: readonly number[]): number =>
    pairwise(Array.from({ length: count }, (_, lane) => sequential(terms.filter((_term, i) => i % count === lane))));

type Order = (terms: readonly number[]) => number;

/** Sums of float32 numbers. The last two let the partial sums grow as far as they can. */
export const ORDERS: Readonly<Record<string, Order>> = {
  sequential,
  reversed: (terms) => sequential([...terms].reverse()),
  pairwise,
  'four lanes': lanes(4),
  'eight lanes': lanes(8),
  'largest first': (terms) => sequential([...terms].sort((a, b) => b - a)),
  'smallest first': (terms) => sequential([...terms].sort((a, b) => a - b)),
};

export interface Channel extends Normalization {
  readonly signs: Int8Array;
  readonly alpha: number;
  readonly bias: number;
}

/** The layer in one order, on inputs that are float32 numbers: α before and after the sum, bias first, last and none if it is 0. */
export function sums({ signs, alpha, bias }: Channel, inputs: readonly number[], order: Order): readonly number[] {
  const plain = inputs.map((x, i) => (signs[i] as number) * x);
  const weighted = plain.map((x) => f(alpha * x));
  const after = f(alpha * order(plain));
  if (bias === 0) return [after, order(weighted)];
  return [f(after + bias), f(order(weighted) + bias), order([bias, ...weighted]), fma(alpha, order(plain), bias)];
}

/** α and bias moved behind the plain sum of ±inputs, into the constants of batch normalization. */
function moved(channel: Channel, plain: number): readonly number[] {
  const { alpha, bias, mean, beta } = channel;
  const s = byReciprocal(channel);
  const t = f(f(f(bias - mean) * s) + beta);
  return [f(f(plain * f(alpha * s)) + t), fma(plain, f(alpha * s), t), f(f(f(f(alpha * plain) + f(bias - mean)) * s) + beta)];
}

/** What all the implementations have before the sign, each sum under the name of the first order that gives it. */
export function* implementations(channel: Channel, inputs: readonly number[]): Generator<readonly [name: string, value: number]> {
  const [values, plain] = [new Map<number, string>(), new Map<number, string>()];
  for (const [name, order] of Object.entries(ORDERS)) {
    for (const value of sums(channel, inputs, order)) if (!values.has(value)) values.set(value, name);
    const sum = order(inputs.map((x, i) => (channel.signs[i] as number) * x));
    if (!plain.has(sum)) plain.set(sum, name);
  }
  for (const [x, order] of values) {
    for (const [formName, form] of Object.entries(FORMS)) yield [`${order}, ${formName}`, form(x, channel)];
  }
  for (const [sum, order] of plain) {
    for (const value of moved(channel, sum)) yield [`${order}, α and bias moved`, value];
  }
}

/** A byte as (stored/255 − mean)/std in float32. */
export const TRANSFORMS: Readonly<Record<string, (stored: number, mean: number, std: number) => number>> = {
  'rounded once': (stored, mean, std) => f((stored / 255 - mean) / std),
  'step by step': (stored, mean, std) => f(f(f(stored / 255) - f(mean)) / f(std)),
  reciprocals: (stored, mean, std) => f(f(f(stored * f(1 / 255)) - f(mean)) * f(1 / f(std))),
  'scale and offset': (stored, mean, std) => f(f(stored * f(1 / f(255 * f(std)))) - f(f(mean) / f(std))),
  'fused scale and offset': (stored, mean, std) => fma(stored, f(1 / f(255 * f(std))), -f(f(mean) / f(std))),
};
