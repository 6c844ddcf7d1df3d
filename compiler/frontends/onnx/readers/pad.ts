/** Pad: of rows and columns, kept aside until the convolution that it belongs to; of channels, a join. */
import type { Step } from '../../../ir/attributes.ts';
import { wholeRange } from '../../../ir/ops/slice.ts';
import type { ValueId } from '../../../ir/types.ts';
import { activationInput, constantInput, optionalConstant, paddedInput, type ImportContext, type NodeReader } from '../context.ts';
import { asPlacedImage, checkSize, imageShape, imageSizes, isImage, takeLast } from '../images.ts';
import { resolveAxis } from '../indexing.ts';
import { compactOrder } from '../../order.ts';
import { imageOrder, type Activation } from '../layout.ts';
import { floatAttribute, integersAttribute, refuse, refuseOrder, textAttribute, type OnnxNode } from '../node.ts';

/** Elements added before and after each axis of a tensor, [axis][before, after]. */
function readPads(node: OnnxNode, context: ImportContext, rank: number): readonly (readonly [number, number])[] {
  const listed = integersAttribute(node, 'pads') ?? Array.from(constantInput(node, context, 1, 'its pads').data);
  const axes = optionalConstant(node, context, 3, 'its axes');
  const named = axes === undefined ? Array.from({ length: rank }, (_, axis) => axis) : Array.from(axes.data);
  if (listed.length !== 2 * named.length) refuse(node, `has ${listed.length} pads for ${named.length} dimensions`);
  const pads = Array.from({ length: rank }, () => [0, 0] as [number, number]);
  named.forEach((axis, i) => {
    const at = resolveAxis(axis, rank) ?? refuse(node, `pads axis ${axis} of ${rank} dimensions`);
    pads[at] = [listed[i] ?? 0, listed[i + named.length] ?? 0];
  });
  return pads;
}

export const readPad: NodeReader = (node, context) => {
  const mode = textAttribute(node, 'mode', 'constant');
  if (mode !== 'constant') return refuse(node, `pads in mode ${mode}; constant works`);
  const input = paddedInput(node, context);
  const pads = readPads(node, context, input.shape.length);
  if (pads.flat().every((count) => count === 0)) return input;
  const x = activationInput(node, context);
  if (x.element !== 'float') return refuse(node, 'pads values that are no floats', 'Cast the tensor to float before this node.');
  if (pads.flat().some((count) => !(count >= 0 && count <= 2 ** 20)))
    return refuse(node, `has pads [${pads.flat().join(', ')}]; numbers of at least 0 work`);
  const [batch = [0, 0], channel = [0, 0]] = pads;
  const [[top, bottom] = [0, 0], [left, right] = [0, 0]] = x.shape.length === 3 ? [[0, 0], pads[2]] : pads.slice(2);
  if (imageShape(x.shape) === undefined || batch.some((count) => count !== 0)) {
    return refuse(
      node,
      `pads [${pads.map((p) => p.join('+')).join(', ')}] a tensor of shape [${x.shape.join(', ')}]; channels, rows and columns of images can be padded`,
    );
  }
  if (!isImage(x)) return refuseOrder(node, 'pads an image whose elements an earlier Transpose or Reshape has put into another order');
  const constantValue = optionalConstant(node, context, 2, 'its value');
  const value = constantValue === undefined ? floatAttribute(node, 'value', 0) : (constantValue.data[0] ?? 0);
  const joined = padChannels(node, context, x, channel, value);
  if ([top, bottom, left, right].every((count) => count === 0)) return joined;
  return { ...joined, pad: { top, left, bottom, right, value, by: node.name } };
};

/** More parts than this make code that nobody wants. */
const MOST_PARTS = 64;

/** An image between channels of one value, as in the shortcut of a residual network that doubles its channels: existing ones, clamped to it. */
function padChannels(
  node: OnnxNode,
  context: ImportContext,
  x: Activation,
  [before, after]: readonly [number, number],
  value: number,
): Activation {
  if (before + after === 0) return x;
  const { image, places } = asPlacedImage(context, node, x);
  const [channels, height, width] = imageSizes(node, image);
  const sizes = [before + channels + after, height, width] as const;
  const shape = [1, sizes[0], ...x.shape.slice(2)];
  checkSize(node, shape);
  if ((before + after) / channels > MOST_PARTS)
    return refuse(node, `pads ${before + after} channels around ${channels}; up to ${MOST_PARTS * channels} work here`);
  const blocks = new Map<number, ValueId>();
  const block = (size: number): ValueId => {
    const made = blocks.get(size);
    if (made !== undefined) return made;
    const indices = Array.from({ length: size }, (_, i) => i);
    const some = takeLast(context, node, image.value, indices, [height, width].map(wholeRange));
    const clamp = ['maximum', 'minimum'].map((operator) => ({ operator, values: Float32Array.of(value) }) as Step);
    const constant = context.builder.node('elementwise', node.name, { steps: clamp }, [some], node.origin);
    blocks.set(size, constant);
    return constant;
  };
  const blocksOf = (count: number): readonly ValueId[] => [
    ...Array.from({ length: Math.floor(count / channels) }, () => block(channels)),
    ...(count % channels === 0 ? [] : [block(count % channels)]),
  ];
  const parts = [...blocksOf(before), image.value, ...blocksOf(after)];
  const joined = context.builder.node('concat', node.name, {}, parts, node.origin);
  const moved = Int32Array.from({ length: sizes[0] }, (_, c) => {
    const own = c - before;
    return own >= 0 && own < channels ? before + (places?.[own] ?? own) : c;
  });
  return {
    kind: 'activation',
    value: joined,
    shape,
    order: imageOrder(sizes, compactOrder(moved)),
    element: 'float',
    negated: false,
    pad: null,
  };
}
