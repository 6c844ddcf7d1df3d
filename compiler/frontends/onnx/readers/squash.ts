/**
 * Increasing functions that are no arithmetic (Tanh, Sigmoid, …), and rounding to integers. In front of a sign or a comparison both
 * have an exact form; elsewhere Tanh and Sigmoid become steps.
 */
import { activationInput, needFloat, optionalTensor, requiredTensor, type NodeReader } from '../context.ts';
import { answered, mapAnswers, squashedLimit, threeWayOf, type Answers, type ThreeWay } from '../deferred.ts';
import { roundHalfEven } from '../fold/cast.ts';
import { refuse } from '../node.ts';

export function readSquash(center: number): NodeReader {
  return (node, context) => {
    const x = activationInput(node, context);
    needFloat(node, x);
    return { kind: 'squashed', x, maker: node, center };
  };
}

/** A reader of shapes or pools, which an increasing function may as well stand behind. */
export function behindSquash(read: NodeReader): NodeReader {
  return (node, context) => {
    const tensor = optionalTensor(node, context, 0);
    if (tensor?.kind !== 'squashed') return read(node, context);
    const tensors = new Map([...context.tensors, [node.inputs[0] ?? '', tensor.x]]);
    const result = read(node, { ...context, tensors });
    return 'kind' in result && result.kind === 'activation' ? { ...tensor, x: result } : result;
  };
}

const ROUNDINGS = {
  /** A half goes to the even neighbour. */
  Round: { round: roundHalfEven, limit: (low: number) => low + 0.5, atLimit: (low: number) => roundHalfEven(low + 0.5) - low },
  Floor: { round: Math.floor, limit: (low: number) => low + 1, atLimit: () => 1 },
  Ceil: { round: Math.ceil, limit: (low: number) => low, atLimit: () => 0 },
} as const;

/** Rounding of a tensor whose range leaves two integers, such as a clip to 0..1. */
export function readRounding(kind: keyof typeof ROUNDINGS): NodeReader {
  const { round, limit, atLimit } = ROUNDINGS[kind];
  return (node, context) => {
    const tensor = requiredTensor(node, context, 0);
    const known = threeWayOf(tensor);
    if (known !== undefined) return answered(known, known.element, mapAnswers(known, round));
    const question = { kind: 'three-way', element: 'float' } as const;
    if (tensor.kind === 'squashed' && tensor.center === 0.5 && kind === 'Round') {
      return { ...question, source: tensor.x, limits: Float32Array.of(squashedLimit('greater', tensor)), answers: [0, 0, 1] };
    }
    const x = activationInput(node, context);
    needFloat(node, x);
    const [low, high] = (x.range ?? [-Infinity, Infinity]).map(round) as [number, number];
    if (!Number.isFinite(low) || !Number.isFinite(high))
      return refuse(node, 'rounds a tensor whose range is not known', 'Put a Clip before it.');
    if (high - low > 1) return refuse(node, `rounds to integers from ${low} to ${high}; two of them can be compiled`);
    const upper = Math.min(high, low + 1);
    const answers: Answers = [low, low + atLimit(low) * (upper - low), upper];
    const three: ThreeWay = { ...question, source: x, limits: Float32Array.of(limit(low)), answers };
    return three;
  };
}
