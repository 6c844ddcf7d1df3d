/** Pad: kept aside until the convolution that it belongs to. */
import { activationInput, constantInput, optionalConstant, paddedInput, type ImportContext, type NodeReader } from '../context.ts';
import { imageShape, isImage } from '../images.ts';
import { resolveAxis } from '../indexing.ts';
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
  if (imageShape(x.shape) === undefined || [...batch, ...channel].some((count) => count !== 0)) {
    return refuse(
      node,
      `pads [${pads.map((p) => p.join('+')).join(', ')}] a tensor of shape [${x.shape.join(', ')}]; only rows and columns of images can be padded`,
    );
  }
  if (!isImage(x)) return refuseOrder(node, 'pads an image whose elements an earlier Transpose or Reshape has put into another order');
  const constantValue = optionalConstant(node, context, 2, 'its value');
  const value = constantValue === undefined ? floatAttribute(node, 'value', 0) : (constantValue.data[0] ?? 0);
  return { ...x, pad: { top, left, bottom, right, value, by: node.name } };
};
