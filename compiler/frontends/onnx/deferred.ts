/**
 * Tensors that no operation of the graph makes yet, because their readers decide what they become.
 *
 * Exporters spell a sign in many ways: `Where(Or(x > 0, x == 0), 1, -1)`, `Sign(Sign(x) + 0.1)`, `2·Round(HardSigmoid(x)) - 1`.
 * All are functions of one question: is x below, at or above a limit? A `ThreeWay` carries that question and the three
 * answers; arithmetic on it is done on the answers. Two different answers become a comparison with two choices.
 */
import type { Step } from '../../ir/attributes.ts';
import { unaryStep } from '../../ir/steps.ts';
import { fail } from '../../support/diagnostics.ts';
import type { Constant } from './constant.ts';
import { sameOrder } from '../order.ts';
import type { Activation } from './layout.ts';
import { refuse, type OnnxNode } from './node.ts';

/** What a tensor is worth where `source` is below, at and above its limit. Truth values are 0 and 1. */
export interface ThreeWay {
  readonly kind: 'three-way';
  readonly source: Activation;
  /** Float32 limits, one or one for each channel of the source's value. */
  readonly limits: Float32Array;
  readonly element: Activation['element'];
  readonly answers: Answers;
}

export type Answers = readonly [below: number, at: number, above: number];

/**
 * An increasing function of `x` that is no arithmetic. Its sign, or its comparison with `center`, is exactly one of `x`; only a reader
 * that needs more makes it a step of the graph.
 */
export interface Squashed {
  readonly kind: 'squashed';
  readonly x: Activation;
  /** Tanh, Sigmoid, … */
  readonly maker: OnnxNode;
  /** Its value at 0. */
  readonly center: number;
}

export type Deferred = ThreeWay | Squashed;

/** The question and answers behind a tensor, if there are any and they belong to elements in the same places. */
export function threeWayOf(tensor: Activation | Constant | Deferred | undefined): ThreeWay | undefined {
  if (tensor?.kind === 'three-way') return tensor;
  if (tensor?.kind !== 'activation' || tensor.three === undefined || tensor.pad !== null) return undefined;
  const { source } = tensor.three;
  const samePlaces = sameShape(tensor.shape, source.shape) && sameOrder(tensor.order, source.order);
  return samePlaces ? tensor.three : undefined;
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** Do both ask the same question of the same tensor? */
export function sameQuestion(a: ThreeWay, b: ThreeWay): boolean {
  const [p, q] = [a.source, b.source];
  const channels = Math.max(a.limits.length, b.limits.length);
  const limit = ({ limits }: ThreeWay, c: number): number | undefined => limits[limits.length === 1 ? 0 : c];
  return (
    p.value === q.value &&
    sameShape(p.shape, q.shape) &&
    sameOrder(p.order, q.order) &&
    Array.from({ length: channels }, (_, c) => limit(a, c) === limit(b, c)).every((equal) => equal)
  );
}

/** The same question with other answers, rounded to what a tensor of that type can hold. */
export function answered(three: ThreeWay, element: Activation['element'], answers: Answers): ThreeWay {
  const round = (value: number): number => (element === 'float' ? Math.fround(value) : value);
  const [below, at, above] = answers;
  return { ...three, element, answers: [round(below), round(at), round(above)] };
}

export function mapAnswers({ answers: [below, at, above] }: ThreeWay, f: (value: number) => number): Answers {
  return [f(below), f(at), f(above)];
}

/** The float32 function that a squashed tensor is, where bnnc has one (support/float-functions.ts). */
export function squashStep({ maker: { op } }: Squashed): Step | undefined {
  return op === 'Tanh' ? unaryStep('tanh') : op === 'Sigmoid' ? unaryStep('sigmoid') : undefined;
}

/** Refuses a squashed tensor whose value would be needed, where bnnc has no such function. */
export function refuseSquashed(node: OnnxNode, { maker: { op, shown, name } }: Squashed): never {
  return fail({
    code: 'BNN1008',
    message: `"${node.name}" (${node.shown}) computes with the result of "${name}" (${shown}).`,
    origin: node.origin,
    notes: [`bnnc has no float32 ${op}, only Tanh and Sigmoid. Its sign, or its comparison with its value at 0, needs none.`],
    help: `Put the sign directly behind "${name}", or train with Tanh, PRelu or a clip (hard tanh) in its place.`,
  });
}

export const OPERATORS = ['greater', 'greater-or-equal', 'less', 'less-or-equal', 'equal'] as const;
export type Operator = (typeof OPERATORS)[number];

/** Does `x operator limit` hold where x is below, at and above the limit? */
export const TRUTH: { readonly [O in Operator]: Answers } = {
  greater: [0, 0, 1],
  'greater-or-equal': [0, 1, 1],
  less: [1, 0, 0],
  'less-or-equal': [1, 1, 0],
  equal: [0, 1, 0],
};

const scratch = new Float32Array(1);
const bits = new Int32Array(scratch.buffer);

/** The neighbour of a float32 above (+1) or below (-1). */
function neighbour(value: number, step: 1 | -1): number {
  scratch[0] = value;
  if (value === 0) return step * 2 ** -149;
  bits[0] = (bits[0] ?? 0) + (value > 0 === step > 0 ? 1 : -1);
  return scratch[0];
}

/**
 * The float32 limit that gives every float32 x the same answer as `limit`, a double: the nearest one on the side to which
 * the answer at the limit belongs. Undefined where there is none: nothing equals a number between two float32.
 */
export function floatLimit(operator: Operator, limit: number): number | undefined {
  const rounded = Math.fround(limit);
  if (rounded === limit || Number.isNaN(limit)) return rounded;
  if (operator === 'equal') return undefined;
  const up = operator === 'greater-or-equal' || operator === 'less';
  if (up) return rounded > limit ? rounded : neighbour(rounded, 1);
  return rounded < limit ? rounded : neighbour(rounded, -1);
}

/**
 * The float32 limit of x for which `x operator result` is `f(x) operator center`, where f is the real function rounded once to
 * float32. Functions through 0 keep the sign of every float32: f(x) rounds to 0 only at 0. A sigmoid rounds to 1/2 around 0,
 * from -2^-24 (1/2 - 2^-26 is the middle between two float32, and x/4 - x³/48 stays above it) to 2^-23 (where 1/2 + 2^-25 is).
 */
export function squashedLimit(operator: Exclude<Operator, 'equal'>, { center }: Squashed): number {
  if (center === 0) return 0;
  return operator === 'greater' || operator === 'less-or-equal' ? 2 ** -23 : -(2 ** -24);
}

/** Refuses answers that no comparison gives. */
export function refuseAnswers(node: OnnxNode, { answers: [below, at, above] }: ThreeWay): never {
  if (below === at && at === above) return refuse(node, `reads a tensor that is ${at} whatever the input is`);
  return refuse(
    node,
    `reads a tensor that is ${below} below a limit, ${at} at it and ${above} above it; two values that change at one place can be compiled`,
  );
}
