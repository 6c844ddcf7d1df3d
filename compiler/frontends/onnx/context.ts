/** What the readers of single operators share: the graph under construction and the tensors known so far. */
import type { AttrsOf, OpKind } from '../../ir/ops/index.ts';
import type { GraphBuilder } from '../../ir/builder.ts';
import type { Constant } from './constant.ts';
import { TRUTH, refuseAnswers, refuseSquashed, squashStep, type Deferred, type Squashed, type ThreeWay } from './deferred.ts';
import type { Activation } from './layout.ts';
import { refuse, type OnnxNode } from './node.ts';

export type Tensor = Activation | Constant | Deferred;

export interface ImportContext {
  readonly builder: GraphBuilder;
  /** The batch size that the file fixes; it is read as 1. */
  readonly batch: number;
  /** Tensors by name; nodes whose inputs are missing are never read. */
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** Reads one node on tensors that depend on the input and returns what its outputs are; one tensor stands for the first. */
export type NodeReader = (node: OnnxNode, context: ImportContext) => Tensor | readonly Tensor[];

/** The input at `position`, or undefined where it is left out. */
export function optionalTensor(node: OnnxNode, context: ImportContext, position: number): Tensor | undefined {
  const name = node.inputs[position] ?? '';
  return name === '' ? undefined : context.tensors.get(name);
}

export function requiredTensor(node: OnnxNode, context: ImportContext, position: number): Tensor {
  return optionalTensor(node, context, position) ?? refuse(node, `lacks its input ${position}`);
}

/** An input that depends on the graph's input and may carry a pending Pad. */
export function paddedInput(node: OnnxNode, context: ImportContext, position = 0): Activation {
  const tensor = requiredTensor(node, context, position);
  if (tensor.kind === 'activation') return tensor;
  if (tensor.kind !== 'constant') return settle(node, context, tensor);
  return refuse(node, `computes its result from the constant "${node.inputs[position]}" where bnnc expects the previous layer`);
}

/** An input that depends on the graph's input. Refuses one that a Pad has enlarged. */
export function activationInput(node: OnnxNode, context: ImportContext, position = 0): Activation {
  const tensor = paddedInput(node, context, position);
  if (tensor.pad === null) return tensor;
  return refuse(
    node,
    `reads what "${tensor.pad.by}" (Pad) has padded`,
    'Only a convolution, or a sign before it, can take over a Pad. Put the Pad directly before the Conv.',
  );
}

/** A constant input. `what` names it in the message. */
export function constantInput(node: OnnxNode, context: ImportContext, position: number, what: string): Constant {
  const tensor = requiredTensor(node, context, position);
  if (tensor.kind === 'constant') return tensor;
  return refuse(
    node,
    `takes ${what} from "${node.inputs[position]}", which is computed at run time`,
    'bnnc needs it as a constant of the file.',
  );
}

export function optionalConstant(node: OnnxNode, context: ImportContext, position: number, what: string): Constant | undefined {
  return (node.inputs[position] ?? '') === '' ? undefined : constantInput(node, context, position, what);
}

/** Refuses integers and truth values where the file would compute with them in their own type. */
export function needFloat(node: OnnxNode, x: Activation): void {
  if (x.element === 'float') return;
  refuse(
    node,
    `computes with ${x.element === 'bool' ? 'truth values' : x.element === 'double' ? 'doubles' : 'integers'}`,
    'Cast the tensor to float before this node.',
  );
}

/** Adds a graph node and gives its value the layout of `x`. */
export function apply<K extends OpKind>(context: ImportContext, node: OnnxNode, kind: K, attrs: AttrsOf<K>, x: Activation): Activation {
  const value = context.builder.node(kind, node.name, attrs, [x.value], node.origin);
  return { ...x, value, element: 'float', negated: false, range: undefined, three: undefined };
}

/** Tensors that were made on demand: a second reader gets the same. */
const settled = new WeakMap<Deferred, Activation>();

const COMPARISONS = ['greater', 'greater-or-equal', 'less', 'less-or-equal'] as const;

/**
 * Makes a tensor that was left to its readers. A three-way one is a comparison, and behind it a choice of two numbers unless it
 * holds truth values; a squashed one is a float32 function of its own.
 */
export function settle(node: OnnxNode, context: ImportContext, deferred: Deferred): Activation {
  const before = settled.get(deferred);
  if (before !== undefined) return before;
  const made =
    deferred.kind === 'three-way' ? { ...make(node, context, deferred), three: deferred } : makeSquashed(node, context, deferred);
  settled.set(deferred, made);
  return made;
}

function makeSquashed(node: OnnxNode, context: ImportContext, squashed: Squashed): Activation {
  const step = squashStep(squashed);
  if (step === undefined) return refuseSquashed(node, squashed);
  return { ...apply(context, squashed.maker, 'elementwise', { steps: [step] }, squashed.x), range: [2 * squashed.center - 1, 1] };
}

function make(node: OnnxNode, context: ImportContext, three: ThreeWay): Activation {
  const { source, limits, element, answers } = three;
  const [below, at, above] = answers;
  if (element === 'bool') {
    const operator = COMPARISONS.find((name) => TRUTH[name].every((truth, i) => truth === answers[i]));
    if (operator === undefined) return refuseAnswers(node, three);
    return { ...apply(context, node, 'compare', { operator, values: limits }, source), element };
  }
  const aroundZero = limits.every((limit) => limit === 0);
  if (aroundZero && below === -above && above > 0 && (at === 0 || at === above || at === below)) {
    const zero = at === 0 ? 'zero' : at > 0 ? 'plus' : 'minus';
    const signs = apply(context, node, 'sign', { zero }, source);
    if (above === 1) return { ...signs, element };
    return {
      ...apply(context, node, 'elementwise', { steps: [{ operator: 'multiply', values: Float32Array.of(above) }] }, signs),
      element,
    };
  }
  if (below === above || (at !== below && at !== above)) return refuseAnswers(node, three);
  const operator = at === above ? 'greater-or-equal' : 'greater';
  const compared = apply(context, node, 'compare', { operator, values: limits }, source);
  const choices = { whenTrue: Math.fround(above), whenFalse: Math.fround(below) };
  return { ...apply(context, node, 'select', choices, compared), element };
}
