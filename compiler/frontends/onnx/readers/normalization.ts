/** BatchNormalization at inference. */
import { fail } from '../../../support/diagnostics.ts';
import { alignConstant, gatherFloats } from '../align.ts';
import { activationInput, apply, constantInput, needFloat, type NodeReader } from '../context.ts';
import { floatAttribute, integerAttribute, refuse } from '../node.ts';

/** Statistics belong to axis 1 of the file's tensor, whatever follows it. */
export const readBatchNormalization: NodeReader = (node, context) => {
  const input = activationInput(node, context);
  needFloat(node, input);
  if (integerAttribute(node, 'training_mode', 0) !== 0)
    return refuse(node, 'is in training mode', 'Export the model in evaluation mode (model.eval()).');
  if (integerAttribute(node, 'spatial', 1) === 0) return refuse(node, 'has spatial 0: statistics per element instead of per channel');
  const [, channels] = input.shape;
  if (channels === undefined) return refuse(node, `normalizes a tensor of shape [${input.shape.join(', ')}], which has no channels`);
  const constants = (['gamma', 'beta', 'mean', 'variance'] as const).map((name, i) => {
    const values = constantInput(node, context, i + 1, `its ${name}`);
    if (values.data.length === channels) return values;
    return fail({
      code: 'BNN2001',
      message: `"${node.name}" (${node.op}) has ${values.data.length} values of ${name} for ${channels} channels.`,
      origin: node.origin,
    });
  });
  const { x, index } = alignConstant(context, node, input, [channels, ...input.shape.slice(2).map(() => 1)]);
  const perChannel = index.length === 1 ? new Int32Array(context.builder.typeOf(x.value).shape.at(-1) ?? 1) : index;
  const [gamma, beta, mean, variance] = constants.map((values) => gatherFloats(values, perChannel));
  if (gamma === undefined || beta === undefined || mean === undefined || variance === undefined)
    throw new Error('four constants were read');
  const epsilon = floatAttribute(node, 'epsilon', Math.fround(1e-5));
  return apply(context, node, 'batch-norm', { gamma, beta, mean, variance, epsilon, form: 'scale-shift' }, x);
};
