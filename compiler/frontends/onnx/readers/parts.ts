/** Operators that take tensors apart and join them: Slice, Split, Gather, Concat. */
import { elementCount } from '../../../ir/encoding.ts';
import type { Range } from '../../../ir/ops/slice.ts';
import { activationInput, optionalConstant, type ImportContext } from '../context.ts';
import { asPlacedImage, asVector, checkSize, imageShape, isImage, takeLast } from '../images.ts';
import { resolveAxis } from '../indexing.ts';
import { compactOrder } from '../../order.ts';
import { imageOrder, type Activation } from '../layout.ts';
import { integerAttribute, integersAttribute, refuse, type OnnxNode } from '../node.ts';

/** The indices as a range, if they are start, start + step, … with a step of at least 1. */
function rangeOf(indices: ArrayLike<number>): Range | undefined {
  const [start = 0, second = start + 1] = [indices[0], indices[1]];
  const step = second - start;
  for (let i = 0; i < indices.length; i += 1) if (indices[i] !== start + i * step) return undefined;
  return step >= 1 ? { start, size: indices.length, step } : undefined;
}

function axisOf(node: OnnxNode, axis: number, { shape }: Activation): number {
  return resolveAxis(axis, shape.length) ?? refuse(node, `works along axis ${axis} of a tensor of shape [${shape.join(', ')}]`);
}

/** Row-major indices of the elements of a tensor of `shape` whose index along each axis is in that axis' list. */
function chosenElements(shape: readonly number[], lists: readonly (readonly number[])[]): Int32Array {
  let chosen: readonly number[] = [0];
  lists.forEach((list, axis) => {
    chosen = chosen.flatMap((before) => list.map((index) => before * (shape[axis] ?? 1) + index));
  });
  return Int32Array.from(chosen);
}

/** Elements to take in the order in which they lie, and where each wanted one is then; in the wanted order where one is wanted twice. */
function sorted(wanted: Int32Array): { readonly lying: Int32Array; readonly places: Int32Array | null } {
  const lying = wanted.toSorted();
  if (lying.some((index, i) => index === lying[i - 1])) return { lying: wanted, places: null };
  const places = new Int32Array((lying.at(-1) ?? 0) + 1);
  lying.forEach((index, i) => {
    places[index] = i;
  });
  return { lying, places: compactOrder(wanted.map((index) => places[index] ?? 0)) };
}

/**
 * Some elements of a tensor: those whose index along each axis is in that axis' list, in the lists' order. An image stays an
 * image. What is taken stays in the order in which it lies, and the tensor's order takes up the rest: a permutation costs nothing.
 */
function take(node: OnnxNode, context: ImportContext, x: Activation, lists: readonly (readonly number[])[]): Activation {
  const shape = lists.map((list) => list.length);
  if (shape.includes(0)) return refuse(node, `leaves nothing of a tensor of shape [${x.shape.join(', ')}]`);
  checkSize(node, shape);
  const rest = { kind: 'activation', shape, element: x.element, negated: x.negated, pad: null, range: x.range } as const;
  const [rows, columns] = (lists.length === 3 ? [[0], lists[2] ?? []] : lists.slice(2)).map(rangeOf);
  const sizes = imageShape(shape);
  if (sizes !== undefined && isImage(x) && rows && columns) {
    const { image, places } = asPlacedImage(context, node, x);
    const wanted = Int32Array.from(lists[1] ?? [], (channel) => places?.[channel] ?? channel);
    const taken = sorted(wanted);
    const value = takeLast(context, node, image.value, taken.lying, [rows, columns]);
    return { ...rest, value, order: imageOrder(sizes, taken.places) };
  }
  const vector = asVector(context, node, x);
  const taken = sorted(chosenElements(x.shape, lists).map((index) => x.order?.[index] ?? index));
  return { ...rest, value: takeLast(context, node, vector.value, taken.lying, []), order: taken.places };
}

function allIndices({ shape }: Activation): (readonly number[])[] {
  return shape.map((size) => Array.from({ length: size }, (_, i) => i));
}

/** A list that is an attribute in older operator sets and an input in newer ones. */
function listOf(node: OnnxNode, context: ImportContext, name: string, position: number): readonly number[] | undefined {
  const input = optionalConstant(node, context, position, `its ${name}`);
  return input === undefined ? integersAttribute(node, name) : Array.from(input.data);
}

/** start, start + step, … before `end`, both clamped as ONNX wants: negative ones count from the end, a negative step goes back. */
function indicesBetween(node: OnnxNode, size: number, start: number, end: number, step: number): readonly number[] {
  if (step === 0) return refuse(node, 'steps by 0');
  const clamp = (position: number): number => {
    const from = position < 0 ? position + size : position;
    return step > 0 ? Math.min(Math.max(from, 0), size) : Math.min(Math.max(from, -1), size - 1);
  };
  const [first, last] = [clamp(start), clamp(end)];
  return Array.from({ length: Math.max(0, Math.ceil((last - first) / step)) }, (_, i) => first + i * step);
}

export function readSlice(node: OnnxNode, context: ImportContext): Activation {
  const x = activationInput(node, context);
  const starts = listOf(node, context, 'starts', 1) ?? refuse(node, 'has no starts');
  const ends = listOf(node, context, 'ends', 2) ?? refuse(node, 'has no ends');
  const axes = listOf(node, context, 'axes', 3) ?? starts.map((_, i) => i);
  const steps = listOf(node, context, 'steps', 4) ?? starts.map(() => 1);
  if (ends.length !== starts.length || axes.length !== starts.length || steps.length !== starts.length)
    return refuse(node, 'has lists of different lengths');
  const lists = allIndices(x);
  axes.forEach((listed, i) => {
    const axis = axisOf(node, listed, x);
    lists[axis] = indicesBetween(node, x.shape[axis] ?? 0, starts[i] ?? 0, ends[i] ?? 0, steps[i] ?? 1);
  });
  return take(node, context, x, lists);
}

/** Sizes of the parts: listed, or equal ones (the last smaller where the file gives their number). */
function partSizes(node: OnnxNode, context: ImportContext, size: number): readonly number[] {
  const listed = listOf(node, context, 'split', 1);
  if (listed !== undefined) {
    const fits = listed.every((part) => part >= 0) && listed.reduce((sum, part) => sum + part, 0) === size;
    return fits ? listed : refuse(node, `splits a dimension of size ${size} into parts of ${listed.join(', ')}`);
  }
  const count = integerAttribute(node, 'num_outputs', node.outputs.length);
  if (count < 1 || count > size || (size % count !== 0 && !node.attributes.has('num_outputs')))
    return refuse(node, `splits a dimension of size ${size} into ${count} parts`);
  const part = Math.ceil(size / count);
  return Array.from({ length: count }, (_, i) => Math.max(0, Math.min(part, size - i * part)));
}

/** One tensor for each output. */
export function readSplit(node: OnnxNode, context: ImportContext): readonly Activation[] {
  const x = activationInput(node, context);
  const axis = axisOf(node, integerAttribute(node, 'axis', 0), x);
  const sizes = partSizes(node, context, x.shape[axis] ?? 0);
  if (sizes.length < node.outputs.length) return refuse(node, `has ${node.outputs.length} outputs for ${sizes.length} parts`);
  let start = 0;
  return node.outputs.map((_, i) => {
    const lists = allIndices(x);
    const first = start;
    lists[axis] = Array.from({ length: sizes[i] ?? 0 }, (__, k) => first + k);
    start += sizes[i] ?? 0;
    return take(node, context, x, lists);
  });
}

/** Elements by number: one (the dimension disappears) or a list. */
export function readGather(node: OnnxNode, context: ImportContext): Activation {
  const x = activationInput(node, context);
  const indices = optionalConstant(node, context, 1, 'its indices') ?? refuse(node, 'has no indices');
  if (indices.shape.length > 1) return refuse(node, `gathers by indices of shape [${indices.shape.join(', ')}]`);
  const axis = axisOf(node, integerAttribute(node, 'axis', 0), x);
  const size = x.shape[axis] ?? 0;
  const lists = allIndices(x);
  lists[axis] = Array.from(indices.data, (i) => {
    const index = i < 0 ? i + size : i;
    return index >= 0 && index < size ? index : refuse(node, `gathers element ${i} of a dimension of size ${size}`);
  });
  const taken = take(node, context, x, lists);
  return indices.shape.length === 1 ? taken : { ...taken, shape: taken.shape.filter((_, i) => i !== axis) };
}

/**
 * Images are joined along their channels. Other tensors are joined where nothing but dimensions of size 1 stands before the axis:
 * their elements then follow each other.
 */
export function readConcat(node: OnnxNode, context: ImportContext): Activation {
  const parts = node.inputs.map((_, position) => activationInput(node, context, position));
  const [first] = parts;
  if (first === undefined) return refuse(node, 'has no input');
  const axis = axisOf(node, integerAttribute(node, 'axis', 0), first);
  const odd = parts.find(({ shape }) => shape.length !== first.shape.length || shape.some((n, i) => i !== axis && n !== first.shape[i]));
  if (odd !== undefined)
    return refuse(node, `joins tensors of shapes [${first.shape.join(', ')}] and [${odd.shape.join(', ')}] along axis ${axis}`);
  const mixed = parts.some(({ element }) => element === 'bool' || element !== first.element);
  if (mixed) return refuse(node, 'joins truth values, or numbers of different types', 'Cast the tensors to float before this node.');
  const shape = first.shape.map((size, i) => (i === axis ? parts.reduce((sum, part) => sum + (part.shape[axis] ?? 0), 0) : size));
  checkSize(node, shape);
  const join = (laidOut: readonly Activation[], order: Int32Array | null): Activation => {
    const inputs = laidOut.map(({ value }) => value);
    const value = context.builder.node('concat', node.name, {}, inputs, node.origin);
    return { kind: 'activation', value, shape, order, element: first.element, negated: false, pad: null };
  };
  const image = imageShape(shape);
  if (axis === 1 && image !== undefined && parts.every(isImage)) {
    const placed = parts.map((part) => asPlacedImage(context, node, part));
    let before = 0;
    const places = placed.flatMap(({ image: { shape: sizes }, places: own }) => {
      const channels = sizes[1] ?? 0;
      before += channels;
      return Array.from({ length: channels }, (_, c) => before - channels + (own?.[c] ?? c));
    });
    return join(
      placed.map((part) => part.image),
      imageOrder(image, compactOrder(Int32Array.from(places))),
    );
  }
  if (elementCount(shape.slice(0, axis)) !== 1) {
    return refuse(
      node,
      `joins tensors of shape [${first.shape.join(', ')}] along axis ${axis}; bnnc joins images along their channels, and vectors`,
    );
  }
  let start = 0;
  const orders = parts.flatMap((part) => {
    const count = elementCount(part.shape);
    const own = Array.from({ length: count }, (_, i) => start + (part.order?.[i] ?? i));
    start += count;
    return own;
  });
  return join(
    parts.map((part) => asVector(context, node, part)),
    compactOrder(Int32Array.from(orders)),
  );
}
