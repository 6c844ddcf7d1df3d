/** BatchNormalization at inference. */
import type { BatchNormForm } from '../../../ir/ops/batch-norm.ts';
import { fail } from '../../../support/diagnostics.ts';
import { alignConstant, gatherFloats } from '../align.ts';
import { activationInput, apply, constantInput, needFloat, type ImportContext, type NodeReader } from '../context.ts';
import type { Activation } from '../layout.ts';
import { floatAttribute, integerAttribute, refuse, type OnnxNode } from '../node.ts';

/** Statistics belong to axis 1 of the file's tensor, whatever follows it. */
export const readBatchNormalization: NodeReader = (node, context) => {
  if (integerAttribute(node, 'training_mode', 0) !== 0)
    return refuse(node, 'is in training mode', 'Export the model in evaluation mode (model.eval()).');
  if (integerAttribute(node, 'spatial', 1) === 0) return refuse(node, 'has spatial 0: statistics per element instead of per channel');
  return batchNorm(node, context, 'scale-shift', floatAttribute(node, 'epsilon', Math.fround(1e-5)));
};

/**
 * Inputs are x, gamma, beta, mean and the variance.
 * @param epsilon null where the last input is 1/√(variance + ε) itself
 */
export function batchNorm(node: OnnxNode, context: ImportContext, form: BatchNormForm, epsilon: number | null): Activation {
  const input = activationInput(node, context);
  needFloat(node, input);
  const [, channels] = input.shape;
  if (channels === undefined) return refuse(node, `normalizes a tensor of shape [${input.shape.join(', ')}], which has no channels`);
  const constants = ['gamma', 'beta', 'mean', epsilon === null ? 'inverse deviation' : 'variance'].map((name, i) => {
    const values = constantInput(node, context, i + 1, `its ${name}`);
    if (values.data.length === channels) return values;
    return fail({
      code: 'BNN2001',
      message: `"${node.name}" (${node.shown}) has ${values.data.length} values of ${name} for ${channels} channels.`,
      origin: node.origin,
    });
  });
  const { x, index } = alignConstant(context, node, input, [channels, ...input.shape.slice(2).map(() => 1)]);
  const perChannel = index.length === 1 ? new Int32Array(context.builder.typeOf(x.value).shape.at(-1) ?? 1) : index;
  const [gamma, beta, mean, spread] = constants.map((values) => gatherFloats(values, perChannel));
  if (gamma === undefined || beta === undefined || mean === undefined || spread === undefined) throw new Error('four constants were read');
  const common = { gamma, beta, mean, form };
  const attrs = epsilon === null ? { ...common, inverseDeviation: spread } : { ...common, variance: spread, epsilon };
  return apply(context, node, 'batch-norm', attrs, x);
}
