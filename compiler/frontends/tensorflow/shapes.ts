/** Operations on the order and number of elements, reductions, and arithmetic on shapes, which is folded: the batch is 1. */
import { integerOf, integersOf, flagOf, typeOf } from './attributes.ts';
import { refuse } from './graph.ts';
import { elementOf, typeName } from './stored-types.ts';
import { held, sourceOf, type Known, type Translator } from './translation.ts';

const IMAGE = 4;
/** Behind the last element, for a slice without an end. */
const END = 2 ** 31 - 1;

const reshape: Translator = (node, to) => {
  const listed = to.constantAt(node, 1);
  if (listed === undefined) return { rank: undefined, last: to.add(node, 'Reshape', [to.stored(node, 0), to.stored(node, 1)]) };
  const sizes = Array.from(listed.data);
  if (to.batch > 1 && sizes[0] === to.batch && to.isComputed(node, 0)) sizes[0] = 1;
  return { rank: sizes.length, last: to.add(node, 'Reshape', [to.stored(node, 0), to.network.integers(sizes)]) };
};

const squeeze: Translator = (node, to) => {
  const axes = integersOf(node, node.attributes.has('squeeze_dims') ? 'squeeze_dims' : 'axis');
  const { rank } = to.input(node, 0);
  const last = to.add(node, 'Squeeze', [to.stored(node, 0), ...(axes.length === 0 ? [] : [to.network.integers(axes)])]);
  return { rank: rank === undefined || axes.length === 0 ? undefined : rank - axes.length, last };
};

const expandDims: Translator = (node, to) => {
  const { rank } = to.input(node, 0);
  const axis = to.integerAt(node, 1, 'its axis');
  return {
    rank: rank === undefined ? undefined : rank + 1,
    last: to.add(node, 'Unsqueeze', [to.stored(node, 0), to.network.integers([axis])]),
  };
};

/** The two transposes between orders of images are only noted. */
const transpose: Translator = (node, to) => {
  const x = to.input(node, 0);
  const permutation = to.integersAt(node, 1, 'its permutation');
  if (permutation.join() === '0,3,1,2') return { rank: IMAGE, last: to.channelsFirst(x, node) };
  if (permutation.join() === '0,2,3,1') return { rank: IMAGE, first: to.inOrder(x, node) };
  return { rank: permutation.length, last: to.add(node, 'Transpose', [to.inOrder(x, node)], { perm: permutation }) };
};

const shape: Translator = (node, to) => ({ rank: 1, last: to.add(node, 'Shape', [to.stored(node, 0)]) });
const size: Translator = (node, to) => ({ rank: 0, last: to.add(node, 'Size', [to.stored(node, 0)]) });

/** One value everywhere, of the shape at input 0, which is mostly that of another tensor. */
const fill: Translator = (node, to) => {
  const sizes = to.producer(node, 0);
  const rank =
    sizes.op === 'Shape' ? to.input(sizes, 0).rank : sizes.op === 'Pack' ? sizes.inputs.length : to.constantAt(node, 0)?.data.length;
  return { rank, uniform: true, last: to.add(node, 'Expand', [to.stored(node, 1), to.stored(node, 0)]) };
};

/** tf.ones_like and tf.zeros_like of a tensor whose type, the attribute T, is known. */
function like(value: 0 | 1): Translator {
  return (node, to) => {
    const element = elementOf(typeOf(node, 'T')) ?? refuse(node, `makes elements of type ${typeName(typeOf(node, 'T'))}`);
    const one = held(to, { element, shape: [], data: Float64Array.of(value) });
    const { rank } = to.input(node, 0);
    return { rank, last: to.add(node, 'Expand', [to.inOrder(one, node), to.add(node, 'Shape', [to.stored(node, 0)])]) };
  };
}

/** x[begin:end:stride, …]; a bit of a mask for each dimension says that begin or end is left out, or that one element is taken. */
const stridedSlice: Translator = (node, to) => {
  const [begin, end, strides] = [1, 2, 3].map((position) => to.integersAt(node, position, 'where it begins and ends'));
  if (begin === undefined || end === undefined || strides === undefined) throw new Error('three lists were read');
  if (begin.length !== end.length || begin.length !== strides.length) return refuse(node, 'has lists of different lengths');
  if (integerOf(node, 'ellipsis_mask', 0) !== 0 || integerOf(node, 'new_axis_mask', 0) !== 0)
    return refuse(node, 'slices with an ellipsis or a new axis');
  const has = (mask: string, axis: number): boolean => ((integerOf(node, mask, 0) >> axis) & 1) === 1;
  const axes = begin.map((_, axis) => axis);
  const taken = axes.filter((axis) => has('shrink_axis_mask', axis));
  const isTaken = (axis: number): boolean => taken.includes(axis);
  const forward = (axis: number): boolean => (strides[axis] ?? 1) > 0;
  const starts = axes.map((axis) => (has('begin_mask', axis) && !isTaken(axis) ? (forward(axis) ? 0 : END) : (begin[axis] ?? 0)));
  const ends = axes.map((axis) => {
    if (isTaken(axis)) return begin[axis] === -1 ? END : (begin[axis] ?? 0) + 1;
    return has('end_mask', axis) ? (forward(axis) ? END : -END) : (end[axis] ?? 0);
  });
  const steps = axes.map((axis) => (isTaken(axis) ? 1 : (strides[axis] ?? 1)));
  const lists = [starts, ends, axes, steps].map((list) => to.network.integers(list));
  const slice = to.add(node, 'Slice', [to.stored(node, 0), ...lists]);
  const { rank } = to.input(node, 0);
  if (taken.length === 0) return { rank, last: slice };
  return { rank: rank === undefined ? undefined : rank - taken.length, last: to.add(node, 'Squeeze', [slice, to.network.integers(taken)]) };
};

/** x[begin:begin + size]; a size of -1 is all that follows. */
const slice: Translator = (node, to) => {
  const begin = to.integersAt(node, 1, 'where it begins');
  const sizes = to.integersAt(node, 2, 'its size');
  const ends = begin.map((start, axis) => (sizes[axis] === -1 ? END : start + (sizes[axis] ?? 0)));
  const lists = [begin, ends, begin.map((_, axis) => axis)].map((list) => to.network.integers(list));
  return { rank: to.input(node, 0).rank, last: to.add(node, 'Slice', [to.stored(node, 0), ...lists]) };
};

const pack: Translator = (node, to) => {
  const axis = integerOf(node, 'axis', 0);
  const parts = node.inputs.map((_, position) => to.add(node, 'Unsqueeze', [to.stored(node, position), to.network.integers([axis])]));
  const { rank } = to.input(node, 0);
  return { rank: rank === undefined ? undefined : rank + 1, last: to.add(node, 'Concat', parts, { axis }) };
};

/** The axis is the last input, or the first of the older operation. Images are joined along their channels, which ONNX has first. */
function concat(axisFirst: boolean): Translator {
  return (node, to) => {
    const count = node.inputs.length - 1;
    const axis = to.integerAt(node, axisFirst ? 0 : count, 'its axis');
    const inputs = Array.from({ length: count }, (_, i) => to.input(node, axisFirst ? i + 1 : i));
    const { rank } = inputs[0] ?? { rank: undefined };
    if (rank === IMAGE && (axis === 3 || axis === -1)) {
      const parts = inputs.map((x) => to.channelsFirst(x, node));
      return { rank, first: to.add(node, 'Concat', parts, { axis: 1 }) };
    }
    const parts = inputs.map((x) => to.inOrder(x, node));
    return { rank, last: to.add(node, 'Concat', parts, { axis }) };
  };
}

const split: Translator = (node, to) => {
  const axis = to.integerAt(node, 0, 'its axis');
  const count = integerOf(node, 'num_split', 1);
  const x = to.input(node, 1);
  if (!(count >= 1 && count <= 4096)) return refuse(node, `splits into ${count} parts`);
  const isImage = x.rank === IMAGE && (axis === 3 || axis === -1);
  const whole = isImage ? to.channelsFirst(x, node) : to.inOrder(x, node);
  const parts = to.network.addMany('Split', [whole], { axis: isImage ? 1 : axis }, sourceOf(node), count);
  return parts.map((name): Known => (isImage ? { rank: x.rank, first: name } : { rank: x.rank, last: name }));
};

/** [before, after] for each dimension, as ONNX lists them: all before, then all after. */
const pad: Translator = (node, to) => {
  const x = to.input(node, 0);
  const pairs = to.integersAt(node, 1, 'its paddings');
  const value = node.inputs.length > 2 ? to.constantAt(node, 2)?.data[0] : 0;
  if (value === undefined) return refuse(node, 'computes the value with which it pads');
  const rank = pairs.length / 2;
  const listed = (axes: readonly number[]): string =>
    to.network.integers([...axes.map((axis) => pairs[2 * axis] ?? 0), ...axes.map((axis) => pairs[2 * axis + 1] ?? 0)]);
  const constant = to.network.constant([], [value]);
  // Rows and columns are padded; where the second dimension is not, it is that of channels.
  const channelsLast = rank === IMAGE && x.rank === IMAGE && (pairs[2] !== 0 || pairs[3] !== 0);
  if (channelsLast) return { rank, first: to.add(node, 'Pad', [to.channelsFirst(x, node), listed([0, 3, 1, 2]), constant]) };
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  return { rank: x.rank, last: to.add(node, 'Pad', [to.inOrder(x, node), listed(axes), constant]) };
};

const OF_THE_BATCH = [
  'takes a statistic of the whole batch, as batch norm does in training',
  'Save the graph for inference: training=False, or a boolean placeholder, which bnnc takes as false. It must normalize with moving averages.',
] as const;

/** Over rows and columns of an image with its channels last, they are the last dimensions in ONNX. */
function reduction(op: string): Translator {
  return (node, to) => {
    const x = to.input(node, 0);
    const axes = to.integersAt(node, 1, 'its axes');
    const keep = flagOf(node, 'keep_dims') || flagOf(node, 'keepdims');
    const keepdims = keep ? 1 : 0;
    const positive = axes.map((axis) => (axis < 0 && x.rank !== undefined ? axis + x.rank : axis)).sort((a, b) => a - b);
    if (to.isComputed(node, 0) && (positive.includes(0) || (axes.length === 0 && x.rank !== 0))) return refuse(node, ...OF_THE_BATCH);
    const rank = keep ? x.rank : x.rank === undefined ? undefined : x.rank - axes.length;
    if (x.rank !== IMAGE || positive.join() !== '1,2')
      return { rank, last: to.add(node, op, [to.inOrder(x, node)], { axes: positive, keepdims }) };
    const reduced = to.add(node, op, [to.channelsFirst(x, node)], { axes: [2, 3], keepdims });
    return keep ? { rank, first: reduced } : { rank, last: reduced };
  };
}

function tail(op: string): Translator {
  return (node, to) => ({ rank: to.input(node, 0).rank, last: to.add(node, op, [to.stored(node, 0)], { axis: -1 }) });
}

const argMax: Translator = (node, to) => {
  const axis = to.integerAt(node, 1, 'its axis');
  const { rank } = to.input(node, 0);
  return { rank: rank === undefined ? undefined : rank - 1, last: to.add(node, 'ArgMax', [to.stored(node, 0)], { axis, keepdims: 0 }) };
};

export const SHAPES: Readonly<Record<string, Translator>> = {
  Reshape: reshape,
  Squeeze: squeeze,
  ExpandDims: expandDims,
  Transpose: transpose,
  Shape: shape,
  Fill: fill,
  OnesLike: like(1),
  ZerosLike: like(0),
  Size: size,
  StridedSlice: stridedSlice,
  Slice: slice,
  Pack: pack,
  Concat: concat(true),
  ConcatV2: concat(false),
  Split: split,
  Pad: pad,
  PadV2: pad,
  Mean: reduction('ReduceMean'),
  Sum: reduction('ReduceSum'),
  Max: reduction('ReduceMax'),
  Prod: reduction('ReduceProd'),
  Softmax: tail('Softmax'),
  LogSoftmax: tail('LogSoftmax'),
  ArgMax: argMax,
};
