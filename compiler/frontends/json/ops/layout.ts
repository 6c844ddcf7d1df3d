/** Operations that move or gather elements: max-pool, average-pool, reshape, slice, concat. */
import { z } from 'zod';
import { channelCount, elementCount } from '../../../ir/encoding.ts';
import { natural, opForm, padding, pair, readPair, sum, writePair, type OpForm } from '../form.ts';
import { positive, values, writeIntegers } from '../values.ts';
import { readPadding, writePadding } from '../window.ts';

export const maxPool: OpForm<'max-pool'> = opForm(
  'max-pool',
  'Largest real number of each window; padded taps never win.',
  {
    kernel: pair,
    stride: pair.optional().meta({ description: 'as kernel by default' }),
    padding: padding.optional(),
    dilation: pair.optional(),
    minimum: values.optional().meta({ description: 'for each channel 1 where the smallest number is taken, else 0' }),
  },
  (json, fields, input) => {
    const kernel = readPair(json.kernel, [1, 1]);
    const minimum =
      json.minimum === undefined
        ? null
        : Uint8Array.from(fields.integers(['minimum'], json.minimum, channelCount(input.shape), true, 0, 1));
    return {
      kernel,
      stride: readPair(json.stride, kernel),
      dilation: readPair(json.dilation, [1, 1]),
      padding: readPadding(json.padding),
      minimum,
    };
  },
  ({ kernel, stride, dilation, padding: sides, minimum }) => ({
    kernel: kernel[0] === kernel[1] ? kernel[0] : [...kernel],
    stride: writePair(stride, kernel),
    padding: writePadding(sides),
    dilation: writePair(dilation, [1, 1]),
    minimum: minimum === null ? undefined : writeIntegers(minimum),
  }),
);

export const averagePool: OpForm<'average-pool'> = opForm(
  'average-pool',
  'Mean of each window.',
  {
    kernel: pair,
    stride: pair.optional().meta({ description: 'as kernel by default' }),
    padding: padding.optional(),
    dilation: pair.optional(),
    countPadding: z.boolean().optional().meta({ description: 'true where padded taps are zeros that count; false by default' }),
    sum,
  },
  (json) => {
    const kernel = readPair(json.kernel, [1, 1]);
    return {
      kernel,
      stride: readPair(json.stride, kernel),
      dilation: readPair(json.dilation, [1, 1]),
      padding: readPadding(json.padding),
      countPadding: json.countPadding ?? false,
      sum: json.sum ?? 'sequential',
    };
  },
  ({ kernel, stride, dilation, padding: sides, countPadding, sum: kind }) => ({
    kernel: kernel[0] === kernel[1] ? kernel[0] : [...kernel],
    stride: writePair(stride, kernel),
    padding: writePadding(sides),
    dilation: writePair(dilation, [1, 1]),
    countPadding: countPadding ? true : undefined,
    sum: kind === 'sequential' ? undefined : kind,
  }),
);

export const reshape: OpForm<'reshape'> = opForm(
  'reshape',
  'Another shape for the same elements in the same order.',
  {
    shape: z
      .array(positive)
      .min(1)
      .max(8)
      .optional()
      .meta({ description: 'the new sizes, channels last; one vector of all elements by default (flatten)' }),
  },
  (json, _fields, input) => ({ shape: json.shape ?? [elementCount(input.shape)] }),
  ({ shape }) => ({ shape: [...shape] }),
);

const range = z.strictObject({
  start: natural.optional().meta({ description: 'the first element; 0 by default' }),
  size: positive.optional().meta({ description: 'how many elements; by default all that follow' }),
  step: positive.optional().meta({ description: 'from one element to the next; 1 by default' }),
});

export const slice: OpForm<'slice'> = opForm(
  'slice',
  'Some channels, rows and columns.',
  { ranges: z.array(range).min(1).max(8).meta({ description: 'one {"start", "size", "step"} per dimension; {} for all of it' }) },
  (json, _fields, input) => ({
    ranges: json.ranges.map(({ start = 0, size, step = 1 }, axis) => ({
      start,
      size: size ?? Math.max(0, Math.ceil(((input.shape[axis] ?? 0) - start) / step)),
      step,
    })),
  }),
  ({ ranges }) => ({ ranges: ranges.map(({ start, size, step }) => (step === 1 ? { start, size } : { start, size, step })) }),
);

export const concat: OpForm<'concat'> = opForm(
  'concat',
  'Joins its inputs along their channels.',
  {},
  () => ({}),
  () => ({}),
);
