/** Operators that only change how elements are indexed: they become bookkeeping, or one `reshape` of the graph. */
import { elementCount } from '../../../ir/encoding.ts';
import {
  activationInput,
  constantInput,
  optionalConstant,
  optionalTensor,
  paddedInput,
  requiredTensor,
  type ImportContext,
  type NodeReader,
} from '../context.ts';
import { shapeConstant } from '../fold/makers.ts';
import { constant } from '../constant.ts';
import { asPlacedImage, asVector, isImage } from '../images.ts';
import { broadcastShape, isPermutation, resolveAxis, resolveReshape, squeezedShape, unsqueezedShape } from '../indexing.ts';
import { properSizes, transposedOrder, type Activation } from '../layout.ts';
import { integerAttribute, integersAttribute, refuse, refuseOrder, type OnnxNode } from '../node.ts';

/** Sizes of a shape in a message; a damaged one may have thousands. */
const MOST_LISTED = 16;

/** The same elements under another shape; the value follows at once where it becomes a vector or an image. */
function reshaped(node: OnnxNode, context: ImportContext, x: Activation, shape: readonly number[] | undefined): Activation {
  if (shape === undefined) return refuse(node, `cannot give a tensor of shape [${x.shape.join(', ')}] that shape`);
  const result: Activation = { ...x, shape };
  const [before, after] = [properSizes(x.shape), properSizes(shape)];
  if (before.length === after.length && before.every((size, i) => size === after[i])) return result;
  if (after.length <= 1) return asVector(context, node, result);
  return isImage(result) ? asPlacedImage(context, node, result).image : result;
}

export const readFlatten: NodeReader = (node, context) => {
  const x = activationInput(node, context);
  const axis = integerAttribute(node, 'axis', 1);
  const split = axis === x.shape.length ? axis : resolveAxis(axis, x.shape.length);
  if (split === undefined) return refuse(node, `flattens at axis ${axis} of a tensor of shape [${x.shape.join(', ')}]`);
  return reshaped(node, context, x, [elementCount(x.shape.slice(0, split)), elementCount(x.shape.slice(split))]);
};

export const readReshape: NodeReader = (node, context) => {
  const x = activationInput(node, context);
  const target = Array.from(constantInput(node, context, 1, 'its shape').data);
  const [first] = target;
  // The shape was written for the batch that the file fixes.
  if (first === context.batch && context.batch !== 1) target[0] = 1;
  const shape = resolveReshape(x.shape, target, integerAttribute(node, 'allowzero', 0) !== 0);
  if (shape === undefined) {
    const listed = [...target.slice(0, MOST_LISTED), ...(target.length > MOST_LISTED ? ['…'] : [])].join(', ');
    return refuse(node, `cannot give a tensor of shape [${x.shape.join(', ')}] the shape [${listed}]`);
  }
  return reshaped(node, context, x, shape);
};

/** Axes are an input since operator set 13, an attribute before. */
function axesOf(node: OnnxNode, context: ImportContext): readonly number[] | undefined {
  const input = optionalConstant(node, context, 1, 'its axes');
  return input === undefined ? integersAttribute(node, 'axes') : Array.from(input.data);
}

export const readSqueeze: NodeReader = (node, context) => {
  const x = activationInput(node, context);
  return reshaped(node, context, x, squeezedShape(x.shape, axesOf(node, context) ?? null));
};

export const readUnsqueeze: NodeReader = (node, context) => {
  const x = activationInput(node, context);
  return reshaped(node, context, x, unsqueezedShape(x.shape, axesOf(node, context) ?? []));
};

export const readTranspose: NodeReader = (node, context) => {
  const x = activationInput(node, context);
  const permutation = integersAttribute(node, 'perm') ?? x.shape.map((_, axis) => x.shape.length - 1 - axis);
  if (!isPermutation(permutation, x.shape.length)) {
    return refuseOrder(node, `permutes [${permutation.join(', ')}] a tensor of shape [${x.shape.join(', ')}]`);
  }
  const shape = permutation.map((axis) => x.shape[axis] ?? 1);
  return { ...x, shape, order: transposedOrder(x.shape, x.order, permutation) };
};

/** Shapes are constants: the batch is 1 and nothing else is dynamic. */
export const readShape: NodeReader = (node, context) => {
  const x = paddedInput(node, context);
  const { pad } = x;
  const rows = x.shape.length === 3 || pad === null ? [] : [pad.top + pad.bottom];
  const grown = pad === null ? [] : [0, 0, ...rows, pad.left + pad.right];
  return shapeConstant(
    node,
    x.shape.map((size, axis) => size + (grown[axis] ?? 0)),
  );
};

export const readSize: NodeReader = (node, context) =>
  constant('int64', [], Float64Array.of(elementCount(activationInput(node, context).shape)));

export const readIdentity: NodeReader = (node, context) => requiredTensor(node, context, 0);

/** Only where nothing grows: a shape that broadcasts to the tensor's own, ones in front aside. */
export const readExpand: NodeReader = (node, context) => {
  const x = activationInput(node, context);
  const target = Array.from(constantInput(node, context, 1, 'its shape').data);
  if (target[0] === context.batch && target.length === x.shape.length) target[0] = 1;
  const shape = broadcastShape(x.shape, target);
  if (shape === undefined || elementCount(shape) !== elementCount(x.shape))
    return refuse(node, `expands a tensor of shape [${x.shape.join(', ')}] to [${target.join(', ')}]; a shape of as many elements works`);
  return { ...x, shape };
};

/** At inference a Dropout passes its input on. */
export const readDropout: NodeReader = (node, context) => {
  const training = optionalTensor(node, context, 2);
  if (training !== undefined && (training.kind !== 'constant' || training.data[0] !== 0)) {
    return refuse(node, 'is in training mode', 'Export the model in evaluation mode (model.eval()).');
  }
  return requiredTensor(node, context, 0);
};
