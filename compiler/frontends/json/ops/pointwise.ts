/** Operations on single elements: batch-norm, elementwise, sign, compare, select. */
import { z } from 'zod';
import { channelCount, elementCount } from '../../../ir/encoding.ts';
import { UNARY, unaryStep } from '../../../ir/steps.ts';
import { opForm, sum, type OpForm } from '../form.ts';
import { scalar, values, writeFloats, writeScalar } from '../values.ts';

const perChannel = values.meta({ description: 'one number per channel, or one for all' });

export const batchNorm: OpForm<'batch-norm'> = opForm(
  'batch-norm',
  'Batch normalization, in the float32 operation order that form names.',
  {
    gamma: perChannel,
    beta: perChannel,
    mean: perChannel,
    variance: perChannel,
    epsilon: scalar,
    form: z.enum(['normalize', 'scale-shift']).meta({
      description:
        '"normalize" for (x - mean) / sqrt(variance + epsilon) * gamma + beta (PyTorch, the textbook), "scale-shift" for x*s + (beta - mean*s) (onnxruntime)',
    }),
  },
  (json, fields, input) => {
    const channels = channelCount(input.shape);
    const read = (key: 'gamma' | 'beta' | 'mean' | 'variance'): Float32Array => fields.floats([key], json[key], channels, true);
    return {
      gamma: read('gamma'),
      beta: read('beta'),
      mean: read('mean'),
      variance: read('variance'),
      epsilon: Number(json.epsilon),
      form: json.form,
    };
  },
  ({ gamma, beta, mean, variance, epsilon, form }) => ({
    gamma: writeFloats(gamma),
    beta: writeFloats(beta),
    mean: writeFloats(mean),
    variance: writeFloats(variance),
    epsilon: Number.isFinite(epsilon) ? epsilon : String(epsilon),
    form,
  }),
);

const step = z.union([
  z.strictObject({
    operator: z.enum(['add', 'subtract', 'multiply', 'divide', 'maximum', 'minimum', 'prelu']),
    values: values.meta({ description: 'one number per channel or per element, or one for all' }),
  }),
  z.strictObject({ operator: z.enum(['absolute', 'tanh', 'sigmoid']) }),
]);

export const elementwise: OpForm<'elementwise'> = opForm(
  'elementwise',
  'Float32 operations, one after the other.',
  { steps: z.array(step).meta({ description: 'a list of {"operator", "values"}; absolute, tanh and sigmoid have no values' }) },
  (json, fields, { shape }) => ({
    steps: json.steps.map((one, i) => {
      if (!('values' in one)) return unaryStep(one.operator);
      const path = ['steps', i, 'values'];
      const elements = elementCount(shape);
      const perElement = elements > 1 && fields.values(path, one.values).data.length === elements;
      return { operator: one.operator, values: fields.floats(path, one.values, perElement ? elements : channelCount(shape), false) };
    }),
  }),
  ({ steps }) => ({
    steps: steps.map(({ operator, values: constants }) =>
      UNARY.has(operator) ? { operator } : { operator, values: writeFloats(constants) },
    ),
  }),
);

export const combine: OpForm<'combine'> = opForm(
  'combine',
  'Adds, subtracts or multiplies its two inputs, element by element; sizes of 1 are repeated.',
  { operator: z.enum(['add', 'subtract', 'multiply']), sum },
  (json) => ({ operator: json.operator, sum: json.sum ?? 'sequential' }),
  ({ operator, sum: kind }) => ({ operator, sum: kind === 'sequential' ? undefined : kind }),
);

export const sign: OpForm<'sign'> = opForm(
  'sign',
  'Binarization: -1 below zero, +1 above.',
  {
    zero: z.enum(['plus', 'minus', 'zero']).meta({
      description:
        'what sign(0) gives: "plus" (BinaryNet, Larq, QONNX), "minus" (x > 0 spellings), or "zero" (torch.sign), where --sign-zero decides',
    }),
  },
  (json) => ({ zero: json.zero }),
  ({ zero }) => ({ zero }),
);

export const compare: OpForm<'compare'> = opForm(
  'compare',
  'Comparison with constants; gives a truth value for select.',
  { operator: z.enum(['greater', 'greater-or-equal', 'less', 'less-or-equal']), values: perChannel },
  (json, fields, input) => ({ operator: json.operator, values: fields.floats(['values'], json.values, channelCount(input.shape), false) }),
  ({ operator, values: constants }) => ({ operator, values: writeFloats(constants) }),
);

const finite = z.number().meta({ description: 'a number that float32 can hold' });

export const select: OpForm<'select'> = opForm(
  'select',
  'One of two numbers by a truth value.',
  { whenTrue: finite, whenFalse: finite },
  (json, fields) => ({ whenTrue: fields.float(['whenTrue'], json.whenTrue), whenFalse: fields.float(['whenFalse'], json.whenFalse) }),
  ({ whenTrue, whenFalse }) => ({ whenTrue: writeScalar(whenTrue), whenFalse: writeScalar(whenFalse) }),
);
