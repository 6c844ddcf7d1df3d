/** Folding of operators that move elements of constants without computing. */
import { elementCount } from '../../../ir/encoding.ts';
import { allocate, constant, type Constant } from '../constant.ts';
import {
  broadcastIndices,
  broadcastShape,
  isPermutation,
  resolveAxis,
  resolveReshape,
  squeezedShape,
  stridesOf,
  transposeIndices,
  unsqueezedShape,
  walk,
} from '../indexing.ts';
import { integerAttribute, integersAttribute, refuse, type OnnxNode } from '../node.ts';
import { cast, castLike } from './cast.ts';
import type { Fold } from './index.ts';
import { checkCount, integerList, needed } from './inputs.ts';

function pick(source: Constant, shape: readonly number[], indices: Int32Array): Constant {
  const data = allocate(source.element, indices.length);
  indices.forEach((from, to) => {
    data[to] = source.data[from] ?? 0;
  });
  return constant(source.element, shape, data);
}

function reshaped(node: OnnxNode, source: Constant, shape: readonly number[] | undefined): Constant {
  return shape === undefined
    ? refuse(node, `cannot give a constant of shape [${source.shape.join(', ')}] its new shape`)
    : { ...source, shape };
}

function axisOf(node: OnnxNode, axis: number, rank: number): number {
  return resolveAxis(axis, rank) ?? refuse(node, `names axis ${axis} of a tensor with ${rank} dimensions`);
}

const identity: Fold = (node, inputs) => needed(node, inputs, 0);

const transpose: Fold = (node, inputs) => {
  const x = needed(node, inputs, 0);
  const permutation = integersAttribute(node, 'perm') ?? x.shape.map((_, axis) => x.shape.length - 1 - axis);
  if (!isPermutation(permutation, x.shape.length))
    refuse(node, `permutes [${permutation.join(', ')}] the ${x.shape.length} dimensions of a constant`);
  return pick(
    x,
    permutation.map((axis) => x.shape[axis] ?? 1),
    transposeIndices(x.shape, permutation),
  );
};

const reshape: Fold = (node, inputs) => {
  const x = needed(node, inputs, 0);
  const target = Array.from(needed(node, inputs, 1).data);
  return reshaped(node, x, resolveReshape(x.shape, target, integerAttribute(node, 'allowzero', 0) !== 0));
};

const flatten: Fold = (node, inputs) => {
  const x = needed(node, inputs, 0);
  const axis = integerAttribute(node, 'axis', 1);
  const split = axis === x.shape.length ? axis : axisOf(node, axis, x.shape.length);
  return { ...x, shape: [elementCount(x.shape.slice(0, split)), elementCount(x.shape.slice(split))] };
};

const squeeze: Fold = (node, inputs) => {
  const x = needed(node, inputs, 0);
  return reshaped(node, x, squeezedShape(x.shape, integerList(node, 'axes', inputs[1]) ?? null));
};

const unsqueeze: Fold = (node, inputs) => {
  const x = needed(node, inputs, 0);
  return reshaped(node, x, unsqueezedShape(x.shape, integerList(node, 'axes', inputs[1]) ?? []));
};

const gather: Fold = (node, inputs) => {
  const [x, indices] = [needed(node, inputs, 0), needed(node, inputs, 1)];
  const axis = axisOf(node, integerAttribute(node, 'axis', 0), x.shape.length);
  const size = x.shape[axis] ?? 0;
  const chosen = Array.from(indices.data, (i) => {
    const index = i < 0 ? i + size : i;
    return index >= 0 && index < size ? index : refuse(node, `gathers element ${i} of a dimension of size ${size}`);
  });
  const [before, after] = [x.shape.slice(0, axis), x.shape.slice(axis + 1)];
  const shape = [...before, ...indices.shape, ...after];
  checkCount(node, shape, x.data.length);
  const inner = elementCount(after);
  const order = new Int32Array(elementCount(shape));
  if (order.length === 0) return pick(x, shape, order); // [0, 10^12] is a legal shape: never loop over its sizes
  let at = 0;
  for (let outer = 0; outer < elementCount(before); outer += 1) {
    for (const index of chosen) {
      for (let i = 0; i < inner; i += 1, at += 1) order[at] = (outer * size + index) * inner + i;
    }
  }
  return pick(x, shape, order);
};

const concat: Fold = (node, inputs) => {
  const parts = inputs.map((_, position) => needed(node, inputs, position));
  const [first] = parts;
  if (first === undefined) return refuse(node, 'has no input');
  const axis = axisOf(node, integerAttribute(node, 'axis', 0), first.shape.length);
  const fits = (part: Constant): boolean =>
    part.shape.length === first.shape.length && part.shape.every((size, i) => i === axis || size === first.shape[i]);
  if (!parts.every(fits)) refuse(node, 'joins constants whose shapes do not fit');
  const total = parts.reduce((sum, part) => sum + (part.shape[axis] ?? 0), 0);
  const shape = first.shape.map((size, i) => (i === axis ? total : size));
  const data = allocate(
    first.element,
    checkCount(
      node,
      shape,
      parts.reduce((sum, part) => sum + part.data.length, 0),
    ),
  );
  if (data.length === 0) return constant(first.element, shape, data);
  const outer = elementCount(first.shape.slice(0, axis));
  let at = 0;
  for (let o = 0; o < outer; o += 1) {
    for (const part of parts) {
      const length = part.data.length / outer;
      for (let i = 0; i < length; i += 1, at += 1) data[at] = part.data[o * length + i] ?? 0;
    }
  }
  return constant(first.element, shape, data);
};

const slice: Fold = (node, inputs) => {
  const x = needed(node, inputs, 0);
  const starts = integerList(node, 'starts', inputs[1]) ?? refuse(node, 'has no starts');
  const ends = integerList(node, 'ends', inputs[2]) ?? refuse(node, 'has no ends');
  const axes = integerList(node, 'axes', inputs[3]) ?? starts.map((_, i) => i);
  const steps = inputs[4] === undefined ? starts.map(() => 1) : Array.from(inputs[4].data);
  if (ends.length !== starts.length || axes.length !== starts.length || steps.length !== starts.length)
    refuse(node, 'has lists of different lengths');
  const shape = [...x.shape];
  const strides = [...stridesOf(x.shape)];
  let first = 0;
  axes.forEach((listed, i) => {
    const axis = axisOf(node, listed, x.shape.length);
    const size = x.shape[axis] ?? 0;
    const step = steps[i] ?? 1;
    if (step === 0) refuse(node, 'steps by 0');
    const clamp = (position: number | undefined): number => {
      const from = (position ?? 0) < 0 ? (position ?? 0) + size : (position ?? 0);
      return step > 0 ? Math.min(Math.max(from, 0), size) : Math.min(Math.max(from, -1), size - 1);
    };
    const [start, end] = [clamp(starts[i]), clamp(ends[i])];
    shape[axis] = Math.max(0, Math.ceil((end - start) / step));
    first += start * (strides[axis] ?? 0);
    strides[axis] = (strides[axis] ?? 0) * step;
  });
  checkCount(node, shape, x.data.length);
  return pick(x, shape, walk(shape, strides, first));
};

const expand: Fold = (node, inputs) => {
  const x = needed(node, inputs, 0);
  const shape = broadcastShape(x.shape, Array.from(needed(node, inputs, 1).data));
  if (shape === undefined) return refuse(node, `cannot expand a constant of shape [${x.shape.join(', ')}] to that shape`);
  checkCount(node, shape, x.data.length);
  return pick(x, shape, broadcastIndices(x.shape, shape));
};

export const MOVERS: readonly (readonly [string, Fold])[] = [
  ['Identity', identity],
  ['Dropout', identity],
  ['Transpose', transpose],
  ['Reshape', reshape],
  ['Flatten', flatten],
  ['Squeeze', squeeze],
  ['Unsqueeze', unsqueeze],
  ['Gather', gather],
  ['Concat', concat],
  ['Slice', slice],
  ['Expand', expand],
  ['Cast', cast],
  ['CastLike', castLike],
];
