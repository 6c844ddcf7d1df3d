/** Folding of elementwise arithmetic, comparisons, reductions and weight quantizers on constants. */
import { allocate, constant, isFloat, type Constant, type ElementType } from '../constant.ts';
import { broadcastIndices, broadcastShape, resolveAxis, stridesOf, walk } from '../indexing.ts';
import { floatAttribute, integerAttribute, refuse, type OnnxNode } from '../node.ts';
import { bipolarScale, readQuantizer } from '../quantizer.ts';
import { roundHalfEven } from './cast.ts';
import type { Fold } from './index.ts';
import { checkCount, integerList, needed } from './inputs.ts';

type Binary = (a: number, b: number) => number;

/** Combines two constants by broadcasting; the result has `element`, by default that of the first. */
function combine(node: OnnxNode, a: Constant, b: Constant, operation: Binary, element: ElementType = a.element): Constant {
  const shape = broadcastShape(a.shape, b.shape);
  if (shape === undefined) return refuse(node, `combines constants of shapes [${a.shape.join(', ')}] and [${b.shape.join(', ')}]`);
  const data = allocate(element, checkCount(node, shape, Math.max(a.data.length, b.data.length)));
  const [left, right] = [broadcastIndices(a.shape, shape), broadcastIndices(b.shape, shape)];
  for (let i = 0; i < data.length; i += 1) data[i] = operation(a.data[left[i] ?? 0] ?? 0, b.data[right[i] ?? 0] ?? 0);
  return constant(element, shape, data);
}

function binary(operation: Binary, element?: ElementType): Fold {
  return (node, inputs) => combine(node, needed(node, inputs, 0), needed(node, inputs, 1), operation, element);
}

/** Division of integers truncates. Integers by 0 give 0: what the file would compute is undefined. */
const divide: Fold = (node, inputs) => {
  const [a, b] = [needed(node, inputs, 0), needed(node, inputs, 1)];
  return combine(node, a, b, isFloat(a.element) ? (p, q) => p / q : (p, q) => (q === 0 ? 0 : Math.trunc(p / q)));
};

/** Any number of inputs, as Max and Min allow. */
function variadic(operation: Binary): Fold {
  return (node, inputs) => {
    const [first, ...rest] = inputs.map((_, position) => needed(node, inputs, position));
    if (first === undefined) return refuse(node, 'has no input');
    return rest.reduce((result, next) => combine(node, result, next, operation), first);
  };
}

function map(x: Constant, operation: (value: number) => number): Constant {
  const data = allocate(x.element, x.data.length);
  for (let i = 0; i < data.length; i += 1) data[i] = operation(x.data[i] ?? 0);
  return constant(x.element, x.shape, data);
}

function unary(operation: (value: number) => number): Fold {
  return (node, inputs) => map(needed(node, inputs, 0), operation);
}

const truth = (holds: (a: number, b: number) => boolean): Fold => binary((a, b) => (holds(a, b) ? 1 : 0), 'bool');

const where: Fold = (node, inputs) => {
  const [condition, a, b] = [needed(node, inputs, 0), needed(node, inputs, 1), needed(node, inputs, 2)];
  const choices = broadcastShape(a.shape, b.shape);
  const shape = choices && broadcastShape(condition.shape, choices);
  if (shape === undefined) return refuse(node, 'chooses between constants whose shapes do not fit');
  const data = allocate(a.element, checkCount(node, shape, Math.max(a.data.length, b.data.length, condition.data.length)));
  const [which, left, right] = [condition, a, b].map((c) => broadcastIndices(c.shape, shape));
  for (let i = 0; i < data.length; i += 1) {
    data[i] = (condition.data[which?.[i] ?? 0] === 0 ? b.data[right?.[i] ?? 0] : a.data[left?.[i] ?? 0]) ?? 0;
  }
  return constant(a.element, shape, data);
};

const clip: Fold = (node, inputs) => {
  const low = inputs[1]?.data[0] ?? floatAttribute(node, 'min', -Infinity);
  const high = inputs[2]?.data[0] ?? floatAttribute(node, 'max', Infinity);
  return map(needed(node, inputs, 0), (x) => Math.min(Math.max(x, low), high));
};

/** Reduces along axes (attribute or second input); all axes when none are given. */
function reduction(start: number, step: Binary, finish: (total: number, count: number) => number = (total) => total): Fold {
  return (node, inputs) => {
    const x = needed(node, inputs, 0);
    const listed = integerList(node, 'axes', inputs[1]) ?? [];
    if (listed.length === 0 && integerAttribute(node, 'noop_with_empty_axes', 0) !== 0) return x;
    const axes = new Set(
      (listed.length > 0 ? listed : x.shape.map((_, axis) => axis)).map(
        (axis) => resolveAxis(axis, x.shape.length) ?? refuse(node, `reduces axis ${axis} of a tensor of shape [${x.shape.join(', ')}]`),
      ),
    );
    const kept = x.shape.map((size, axis) => (axes.has(axis) ? 1 : size));
    const strides = stridesOf(kept);
    const target = walk(
      x.shape,
      x.shape.map((_, axis) => (axes.has(axis) ? 0 : (strides[axis] ?? 0))),
    );
    const totals = new Float64Array(checkCount(node, kept, x.data.length)).fill(start);
    target.forEach((to, i) => {
      totals[to] = step(totals[to] ?? 0, x.data[i] ?? 0);
    });
    const data = allocate(x.element, totals.length);
    totals.forEach((total, i) => {
      data[i] = finish(total, x.data.length / totals.length);
    });
    const keep = integerAttribute(node, 'keepdims', 1) !== 0;
    return constant(x.element, keep ? kept : x.shape.filter((_, axis) => !axes.has(axis)), data);
  };
}

/** Weights through BipolarQuant or a 1-bit Quant: ±scale. */
const quantizer: Fold = (node, inputs) => {
  const x = needed(node, inputs, 0);
  const quantized =
    node.op === 'BipolarQuant' ? { scale: bipolarScale(node, inputs[1]), kind: 'bipolar' as const } : readQuantizer(node, inputs);
  if (quantized.kind === 'bipolar') {
    const signs = map(x, (w) => (w >= 0 ? 1 : -1));
    return combine(node, signs, quantized.scale, (sign, scale) => sign * scale);
  }
  const { scale, zeroPoint } = quantized;
  const stored = combine(
    node,
    combine(node, x, scale, (w, s) => w / s),
    zeroPoint,
    (v, z) => v + z,
  );
  const bits = map(stored, (v) => (v > 0.5 ? 1 : 0));
  return combine(
    node,
    combine(node, bits, zeroPoint, (v, z) => v - z),
    scale,
    (v, s) => v * s,
  );
};

export const ARITHMETIC: readonly (readonly [string, Fold])[] = [
  ['Add', binary((a, b) => a + b)],
  ['Sub', binary((a, b) => a - b)],
  ['Sum', variadic((a, b) => a + b)],
  ['Mul', binary((a, b) => a * b)],
  ['Div', divide],
  ['Pow', binary((a, b) => (b === 0.5 ? Math.sqrt(a) : a ** b))],
  ['Max', variadic(Math.max)],
  ['Min', variadic(Math.min)],
  ['Greater', truth((a, b) => a > b)],
  ['GreaterOrEqual', truth((a, b) => a >= b)],
  ['Less', truth((a, b) => a < b)],
  ['LessOrEqual', truth((a, b) => a <= b)],
  ['Equal', truth((a, b) => a === b)],
  ['And', truth((a, b) => a !== 0 && b !== 0)],
  ['Or', truth((a, b) => a !== 0 || b !== 0)],
  ['Xor', truth((a, b) => (a !== 0) !== (b !== 0))],
  ['Not', unary((x) => (x === 0 ? 1 : 0))],
  ['Neg', unary((x) => -x)],
  ['Abs', unary(Math.abs)],
  ['Sign', unary(Math.sign)],
  ['Sqrt', unary(Math.sqrt)],
  ['Reciprocal', unary((x) => 1 / x)],
  ['Floor', unary(Math.floor)],
  ['Ceil', unary(Math.ceil)],
  ['Round', unary(roundHalfEven)],
  ['Relu', unary((x) => Math.max(x, 0))],
  ['Clip', clip],
  ['Where', where],
  [
    'ReduceMean',
    reduction(
      0,
      (total, x) => total + x,
      (total, count) => total / count,
    ),
  ],
  ['ReduceSum', reduction(0, (total, x) => total + x)],
  ['ReduceProd', reduction(1, (total, x) => total * x)],
  ['ReduceMax', reduction(-Infinity, Math.max)],
  ['ReduceMin', reduction(Infinity, Math.min)],
  ['ReduceL1', reduction(0, (total, x) => total + Math.abs(x))],
  ['BipolarQuant', quantizer],
  ['Quant', quantizer],
  ['IntQuant', quantizer],
];
