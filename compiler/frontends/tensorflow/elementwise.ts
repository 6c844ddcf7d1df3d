/** Operations that work element by element; they work as well on an image whose channels stand first. */
import { floatOf, typeOf } from './attributes.ts';
import { refuse, type GraphNode } from './graph.ts';
import { elementOf, typeName } from './stored-types.ts';
import type { Attributes } from '../onnx/network.ts';
import type { Known, Translation, Translator } from './translation.ts';

/** The tensors in one order: channels first where one has no other yet and the rest have that or are single numbers. */
function together(
  node: GraphNode,
  to: Translation,
  inputs: readonly Known[],
): { readonly names: readonly string[]; readonly keep: (name: string) => Known } {
  const ranks = inputs.map(({ rank }) => rank);
  const rank = ranks.includes(undefined) ? undefined : Math.max(...ranks.map((known) => known ?? 0));
  const unmoved = inputs.some(({ first, last }) => first !== undefined && last === undefined);
  const movable = inputs.every((known) => known.first !== undefined || known.rank === 0);
  if (unmoved && movable)
    return { names: inputs.map((known) => known.first ?? to.inOrder(known, node)), keep: (first) => ({ rank, first }) };
  return { names: inputs.map((known) => to.inOrder(known, node)), keep: (last) => ({ rank, last }) };
}

/** Where the graph fixes a batch, tf.ones_like of a sample is a constant of that batch; the network is compiled for one sample. */
function ofOneSample(node: GraphNode, to: Translation, known: Known): Known {
  if (known.uniform !== true || known.rank === undefined || known.rank < 2) return known;
  const [start, end, axis] = [[0], [1], [0]].map((list) => to.network.integers(list));
  return { ...known, last: to.add(node, 'Slice', [to.inOrder(known, node), start ?? '', end ?? '', axis ?? '']) };
}

type Emit = (node: GraphNode, to: Translation, names: readonly string[]) => string;

/** A translator of `count` inputs, of all where it is null. */
function elementwise(count: number | null, emit: Emit): Translator {
  return (node, to) => {
    const positions = Array.from({ length: count ?? node.inputs.length }, (_, position) => position);
    const read = positions.map((position) => to.input(node, position));
    const isComputed = positions.some((position) => to.isComputed(node, position));
    const inputs = to.batch > 1 && isComputed ? read.map((known) => ofOneSample(node, to, known)) : read;
    const { names, keep } = together(node, to, inputs);
    const uniform = read.every((known) => known.uniform === true || known.rank === 0);
    return { ...keep(emit(node, to, names)), uniform };
  };
}

/** The same operation in ONNX. */
function same(op: string, count: number | null = 2, attributes: (node: GraphNode) => Attributes = () => ({})): Translator {
  return elementwise(count, (node, to, names) => to.add(node, op, names, attributes(node)));
}

/** One rounding after the other, as on a CPU: the square root, then its inverse. */
const rsqrt: Emit = (node, to, names) => to.add(node, 'Reciprocal', [to.add(node, 'Sqrt', names)]);

const notEqual: Emit = (node, to, names) => to.add(node, 'Not', [to.add(node, 'Equal', names)]);

/** (x − y)·(x − y) */
const squaredDifference: Emit = (node, to, names) => {
  const difference = to.add(node, 'Sub', names);
  return to.add(node, 'Mul', [difference, difference]);
};

const relu6: Emit = (node, to, [x = '']) => to.add(node, 'Clip', [x, to.network.constant([], [0]), to.network.constant([], [6])]);

const ONNX_TYPES: Readonly<Record<string, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
};

const cast: Emit = (node, to, names) => {
  const type = typeOf(node, 'DstT');
  const number = ONNX_TYPES[elementOf(type) ?? ''];
  return number === undefined ? refuse(node, `casts to ${typeName(type)}`) : to.add(node, 'Cast', names, { to: number });
};

/** Numbers of dimensions of limits do not matter: they are single numbers. */
const clip: Translator = (node, to) => {
  const { names, keep } = together(node, to, [to.input(node, 0)]);
  return keep(to.add(node, 'Clip', [...names, to.stored(node, 1), to.stored(node, 2)]));
};

export const ELEMENTWISE: Readonly<Record<string, Translator>> = {
  Add: same('Add'),
  AddV2: same('Add'),
  AddN: same('Sum', null),
  Sub: same('Sub'),
  Mul: same('Mul'),
  Div: same('Div'),
  RealDiv: same('Div'),
  Maximum: same('Max'),
  Minimum: same('Min'),
  Pow: same('Pow'),
  Square: elementwise(1, (node, to, [x = '']) => to.add(node, 'Mul', [x, x])),
  SquaredDifference: elementwise(2, squaredDifference),
  Rsqrt: elementwise(1, rsqrt),
  Sqrt: same('Sqrt', 1),
  Reciprocal: same('Reciprocal', 1),
  Inv: same('Reciprocal', 1),
  Neg: same('Neg', 1),
  Abs: same('Abs', 1),
  Round: same('Round', 1),
  Rint: same('Round', 1),
  Floor: same('Floor', 1),
  Ceil: same('Ceil', 1),
  Sign: same('Sign', 1),
  ClipByValue: clip,
  Relu: same('Relu', 1),
  Relu6: elementwise(1, relu6),
  LeakyRelu: same('LeakyRelu', 1, (node) => ({ alpha: floatOf(node, 'alpha', Math.fround(0.2)) })),
  Softsign: same('Softsign', 1),
  Erf: same('Erf', 1),
  Tanh: same('Tanh', 1),
  Sigmoid: same('Sigmoid', 1),
  Greater: same('Greater'),
  GreaterEqual: same('GreaterOrEqual'),
  Less: same('Less'),
  LessEqual: same('LessOrEqual'),
  Equal: same('Equal'),
  NotEqual: elementwise(2, notEqual),
  LogicalNot: same('Not', 1),
  LogicalAnd: same('And'),
  LogicalOr: same('Or'),
  Select: same('Where', 3),
  SelectV2: same('Where', 3),
  Cast: elementwise(1, cast),
};
