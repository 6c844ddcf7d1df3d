/** Operators of FINN: MultiThreshold with one threshold, and XnorPopcountMatMul. */
import { fail } from '../../../support/diagnostics.ts';
import { activationInput, constantInput, needFloat, requiredTensor, settle, type NodeReader } from '../context.ts';
import { answered, mapAnswers, squashStep, squashedLimit, threeWayOf } from '../deferred.ts';
import { floatAttribute, refuse, textAttribute } from '../node.ts';
import { uniformOf } from './answers.ts';
import { elementwise } from './arithmetic.ts';
import { compareWith } from './comparison.ts';
import { matrixProduct } from './linear.ts';

/**
 * out_bias + out_scale·(number of thresholds that x reaches), thresholds [channels or 1, count]. Channels are the second axis, or
 * the last where data_layout ends with C.
 */
export const readMultiThreshold: NodeReader = (node, context) => {
  const thresholds = constantInput(node, context, 1, 'its thresholds');
  const threshold = uniformOf(thresholds);
  const given = requiredTensor(node, context, 0);
  const needsValue = given.kind === 'squashed' && threshold !== given.center && squashStep(given) !== undefined;
  const tensor = needsValue ? settle(node, context, given) : given;
  const x = tensor.kind === 'squashed' ? tensor.x : activationInput(node, context);
  if (x.element === 'bool') return refuse(node, 'compares truth values');
  const [channels = 0, count = 0] = thresholds.shape;
  if (thresholds.shape.length !== 2 || channels < 1)
    return refuse(node, `has thresholds of shape [${thresholds.shape.join(', ')}]; [channels, 1] works`);
  const type = textAttribute(node, 'out_dtype', '');
  if (count !== 1) {
    return fail({
      code: 'BNN1007',
      message: `"${node.name}" (${node.shown}) has ${count} thresholds for each channel, so ${count + 1} values; bnnc compiles one bit.`,
      origin: node.origin,
      details: [`thresholds  [${thresholds.shape.join(', ')}]`, `out_dtype   ${type === '' ? 'not stated' : type}`],
      help: 'Retrain with 1 bit (W1A1).',
    });
  }
  const layout = textAttribute(node, 'data_layout', 'NCHW');
  const rank = x.shape.length;
  const axis = layout.endsWith('C') ? rank - 1 : Math.min(1, rank - 1);
  if (channels !== 1 && x.shape[axis] !== channels)
    return refuse(node, `has thresholds for ${channels} channels on a tensor of shape [${x.shape.join(', ')}] in layout ${layout}`);
  const [scale, bias] = [floatAttribute(node, 'out_scale', 1), floatAttribute(node, 'out_bias', 0)];
  const [low, high] = [Math.fround(bias), Math.fround(scale + bias)];
  const wanted = type === 'BIPOLAR' ? [-1, 1] : type === 'BINARY' ? [0, 1] : undefined;
  if (wanted !== undefined && (low !== wanted[0] || high !== wanted[1]))
    return refuse(node, `is ${type} and gives ${low} and ${high} (out_scale ${scale}, out_bias ${bias}), which contradict each other`);
  const choose = (truth: number): number => (truth === 0 ? low : high);

  const known = threeWayOf(tensor);
  if (known !== undefined && threshold !== undefined)
    return answered(
      known,
      'float',
      mapAnswers(known, (value) => choose(value >= threshold ? 1 : 0)),
    );
  if (tensor.kind === 'squashed' && threshold !== tensor.center)
    return refuse(node, `compares ${tensor.maker.shown} with ${threshold ?? 'several thresholds'}; ${tensor.center} works`);
  const limits = tensor.kind === 'squashed' ? Float64Array.of(squashedLimit('greater-or-equal', tensor)) : thresholds.data;
  const shape = threshold === undefined ? [channels, ...x.shape.slice(axis + 1).map(() => 1)] : [];
  const compared = threeWayOf(compareWith(context, node, x, 'greater-or-equal', { ...thresholds, shape, data: limits }));
  if (compared === undefined) throw new Error('a comparison answers its own question');
  return answered(compared, 'float', mapAnswers(compared, choose));
};

/**
 * The number of equal bits of a row x and a column w of {0, 1}, as QONNX computes it: ((2x - 1)·(2w - 1) + K)/2, K the inputs. The
 * product is a ±1 layer with integer sums, so the steps around it are exact.
 */
export const readXnorPopcountMatMul: NodeReader = (node, context) => {
  const input = activationInput(node, context);
  needFloat(node, input.element === 'integer' ? { ...input, element: 'float' } : input);
  const weights = constantInput(node, context, 1, 'its weights');
  const other = weights.data.find((weight) => weight !== 0 && weight !== 1);
  if (other !== undefined) return refuse(node, `has the weight ${other}; its weights are bits, 0 and 1`);
  const bipolar = elementwise(context, node, input, [
    { operator: 'multiply', values: Float32Array.of(2) },
    { operator: 'subtract', values: Float32Array.of(1) },
  ]);
  const signs = { ...weights, element: 'float32' as const, data: Float32Array.from(weights.data, (weight) => 2 * weight - 1) };
  const product = matrixProduct(node, context, bipolar, signs);
  return elementwise(context, node, product, [
    { operator: 'add', values: Float32Array.of(weights.shape.at(-2) ?? 0) },
    { operator: 'multiply', values: Float32Array.of(0.5) },
  ]);
};
