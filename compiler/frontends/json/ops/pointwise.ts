/** Operations on single elements: batch-norm, elementwise, sign, compare, select. */
import { z } from 'zod';
import { channelCount, elementCount } from '../../../ir/encoding.ts';
import { BATCH_NORM_FORMS, type BatchNormForm } from '../../../ir/ops/batch-norm.ts';
import { UNARY, unaryStep } from '../../../ir/steps.ts';
import { opForm, sum, type OpForm } from '../form.ts';
import { scalar, values, writeFloats, writeScalar } from '../values.ts';

const perChannel = values.meta({ description: 'one number per channel, or one for all' });

const FORMULAS: Readonly<Record<BatchNormForm, string>> = {
  'scale-shift': '"scale-shift": x*s + (beta - mean*s) with s = gamma*inv (onnxruntime, PyTorch on a CPU)',
  normalize: '"normalize": (x - mean) / sqrt(variance + epsilon) * gamma + beta (the textbook, Chainer, eBNN)',
  torch: '"torch": (x - mean)*inv*gamma + beta (Torch7, MXNet)',
  lasagne: '"lasagne": (x - mean)*(gamma*inv) + beta (Lasagne)',
  'shift-based': '"shift-based": (x - mean)*AP2(inv)*AP2(gamma) + beta with AP2(v) = sign(v)*2^round(log2|v|) (BinaryNet on Torch7)',
};

export const batchNorm: OpForm<'batch-norm'> = opForm(
  'batch-norm',
  'Batch normalization, in the float32 operation order that form names.',
  {
    gamma: perChannel,
    beta: perChannel,
    mean: perChannel,
    variance: perChannel.optional(),
    epsilon: scalar.optional(),
    inverseDeviation: values.optional().meta({
      description: 'inv = 1/sqrt(variance + epsilon), where that is what is stored; in the place of variance and epsilon',
    }),
    form: z.enum(BATCH_NORM_FORMS).meta({ description: `the order of operations; ${Object.values(FORMULAS).join('; ')}` }),
  },
  (json, fields, input) => {
    const channels = channelCount(input.shape);
    const read = (key: 'gamma' | 'beta' | 'mean' | 'variance' | 'inverseDeviation'): Float32Array =>
      fields.perChannel([key], json[key] ?? 0, channels, true);
    const { form } = json;
    const common = { gamma: read('gamma'), beta: read('beta'), mean: read('mean'), form };
    if (json.inverseDeviation !== undefined) {
      for (const key of ['variance', 'epsilon'] as const)
        if (json[key] !== undefined)
          fields.problem([key], { what: 'stands beside "inverseDeviation", which contains it', help: 'Keep one of them.' });
      if (form === 'normalize')
        fields.problem(['form'], {
          what: 'divides by a deviation, whose inverse is given',
          seen: form,
          wanted: 'another form, such as "torch"',
        });
      return { ...common, inverseDeviation: read('inverseDeviation') };
    }
    for (const key of ['variance', 'epsilon'] as const)
      if (json[key] === undefined) fields.problem([key], { what: 'is missing', wanted: 'variance and epsilon, or inverseDeviation' });
    if (form === 'shift-based')
      fields.problem(['form'], {
        what: 'takes the power of two of a stored inverse deviation',
        seen: form,
        wanted: 'inverseDeviation in the place of variance and epsilon',
      });
    return { ...common, variance: read('variance'), epsilon: Number(json.epsilon) };
  },
  ({ gamma, beta, mean, variance, epsilon, inverseDeviation, form }) => ({
    gamma: writeFloats(gamma),
    beta: writeFloats(beta),
    mean: writeFloats(mean),
    ...(variance === undefined
      ? { inverseDeviation: writeFloats(inverseDeviation) }
      : { variance: writeFloats(variance), epsilon: Number.isFinite(epsilon) ? epsilon : String(epsilon) }),
    form,
  }),
);

const WITHOUT_VALUES = ['absolute', 'tanh', 'sigmoid'] as const;
const OPERATORS = ['add', 'subtract', 'multiply', 'divide', 'maximum', 'minimum', 'prelu', ...WITHOUT_VALUES] as const;

const step = z.strictObject({
  operator: z.enum(OPERATORS),
  values: values.optional().meta({
    description: 'one number per channel or per element, or one for all; absolute, tanh and sigmoid have none',
  }),
});

export const elementwise: OpForm<'elementwise'> = opForm(
  'elementwise',
  'Float32 operations, one after the other.',
  { steps: z.array(step).meta({ description: 'a list of {"operator", "values"}; absolute, tanh and sigmoid have no values' }) },
  (json, fields, { shape }) => ({
    steps: json.steps.map(({ operator, values: constants }, i) => {
      const path = ['steps', i, 'values'];
      const unary = WITHOUT_VALUES.find((name) => name === operator);
      if (unary !== undefined) {
        if (constants !== undefined) fields.problem(path, { what: `is given to ${operator}, which has none`, seen: constants });
        return unaryStep(unary);
      }
      if (constants === undefined) fields.problem(path, { what: 'is missing', wanted: `what to ${operator} by` });
      return { operator, values: fields.perElement(path, constants ?? 0, channelCount(shape), elementCount(shape)) };
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
  (json, fields, input) => ({
    operator: json.operator,
    values: fields.perChannel(['values'], json.values, channelCount(input.shape), false),
  }),
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
