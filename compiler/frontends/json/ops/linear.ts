/** conv2d and dense: weights, α, bias. */
import { z } from 'zod';
import { toBinaryWeights, type Weights } from '../../../ir/attributes.ts';
import { canSumExactly, type LinearAttrs } from '../../../ir/linear.ts';
import type { TensorType } from '../../../ir/types.ts';
import { gather, rowMajorStrides } from '../../../support/strided.ts';
import { toFloats, type FieldReader } from '../fields.ts';
import { opForm, padding, pair, readPair, writePair, type OpForm, type WrittenFields } from '../form.ts';
import { values, positive, writeFloats, writeIntegers, writeSigns, type Values, type ValuesJson } from '../values.ts';
import { readPadding, writePadding } from '../window.ts';

const linear = {
  weights: values.meta({ description: 'the weights with their shape, ±α for a binary layer' }),
  scale: values.optional().meta({ description: 'α: one positive number, or one per output; the weights are then ±1' }),
  bias: values.optional().meta({ description: 'one real number per output' }),
  threshold: values.optional().meta({ description: 'the output is a bit: +1 where the integer sum is at least this, one per output' }),
};

interface LinearJson {
  readonly weights: ValuesJson;
  readonly scale?: ValuesJson | undefined;
  readonly bias?: ValuesJson | undefined;
  readonly threshold?: ValuesJson | undefined;
}

/** Axes of the layout in which weights may stand, as a permutation from the one that bnnc keeps. */
type Layouts = Readonly<Record<string, readonly number[]>>;

const CONV_LAYOUTS = { ohwi: [0, 1, 2, 3], oihw: [0, 2, 3, 1], hwio: [3, 0, 1, 2] } as const satisfies Layouts;
const DENSE_LAYOUTS = { oi: [0, 1], io: [1, 0] } as const satisfies Layouts;

interface ShapedWeights {
  readonly data: ArrayLike<number>;
  /** [outputs, …] as bnnc keeps them. */
  readonly shape: readonly number[];
}

/** @param axes for each kept axis, the axis of the file */
function arrange(
  { shape, data }: { readonly shape: readonly number[]; readonly data: ArrayLike<number> },
  axes: readonly number[],
): ShapedWeights {
  const sizes = axes.map((axis) => shape[axis] ?? 1);
  if (axes.every((axis, i) => axis === i)) return { data, shape };
  const strides = rowMajorStrides(shape);
  const view = { sizes, strides: axes.map((axis) => strides[axis] ?? 0) };
  return { data: gather(data, view, new Float64Array(data.length)), shape: sizes };
}

const NONE: ShapedWeights = { data: [1], shape: [1, 1, 1, 1] };

function shaped(json: LinearJson, layout: string, layouts: Layouts, fields: FieldReader): ShapedWeights {
  const axes = layouts[layout] ?? [];
  const found: Values = fields.values(['weights'], json.weights);
  if (found.shape === null) return NONE;
  if (found.shape.length === axes.length && !found.shape.includes(0)) return arrange({ ...found, shape: found.shape }, axes);
  fields.problem(['weights'], {
    what: 'do not have the dimensions of this layer',
    seen: found.shape,
    wanted:
      axes.length === 4
        ? `4 sizes, in layout ${layout}: outputs, height, width, inputs of a group`
        : `2 sizes, in layout ${layout}: outputs, inputs`,
    help: 'Nest the lists, or give the weights as an object with "shape".',
  });
  return NONE;
}

function readWeights(json: LinearJson, { data, shape }: ShapedWeights, fields: FieldReader): Weights {
  const [outputs = 1] = shape;
  if (json.scale === undefined && !(data instanceof Int8Array)) {
    const real = toFloats(data);
    const beyond = real.findIndex((value, i) => !Number.isFinite(value) && Number.isFinite(data[i]));
    if (beyond >= 0) fields.problem(['weights'], { what: 'hold a number that float32 cannot', seen: data[beyond] });
    const binary = toBinaryWeights(real, outputs);
    return 'kind' in binary ? binary : { kind: 'real', outputs, values: real };
  }
  const scale = json.scale === undefined ? Float32Array.of(1) : fields.floats(['scale'], json.scale, outputs, false);
  const badScale = scale.find((alpha) => !(alpha > 0 && alpha < Infinity));
  if (badScale !== undefined)
    fields.problem(['scale'], {
      what: 'is no α',
      seen: badScale,
      wanted: 'positive numbers; a negative α is a filter with its signs turned',
    });
  const bad = firstBeyondSigns(data);
  if (bad >= 0)
    fields.problem(['weights'], {
      what: `are not ±1, though "scale" gives their α`,
      seen: data[bad],
      wanted: `+1 or -1 at element ${bad}`,
      help: 'Give the signs only, or leave "scale" out.',
      code: 'BNN2002',
    });
  return { kind: 'binary', outputs, signs: data instanceof Int8Array ? data : Int8Array.from(data), scale };
}

/** Index of the first number that is neither +1 nor -1, or -1. */
function firstBeyondSigns(data: ArrayLike<number>): number {
  for (let i = 0; i < data.length; i += 1) if (data[i] !== 1 && data[i] !== -1) return i;
  return -1;
}

function readLinear(json: LinearJson, kept: ShapedWeights, fields: FieldReader, input: TensorType): LinearAttrs {
  const weights = readWeights(json, kept, fields);
  const { outputs } = weights;
  const bias = json.bias === undefined ? null : fields.floats(['bias'], json.bias, outputs, true);
  const threshold =
    json.threshold === undefined ? null : fields.integers(['threshold'], json.threshold, outputs, true, -(2 ** 31), 2 ** 31 - 1);
  const exact = canSumExactly({ weights, bias }, input);
  if (threshold !== null && !exact)
    fields.problem(['threshold'], { what: 'needs an integer sum: ±α weights on bits, u8 or i8', seen: `input ${input.dtype}` });
  return { weights, bias, sum: exact ? 'exact' : 'sequential', threshold };
}

function writeLinear({ weights, bias, threshold }: LinearAttrs, sizes: readonly number[]): WrittenFields {
  const plain = weights.kind === 'binary' && weights.scale.length === 1 && weights.scale[0] === 1;
  return {
    weights: weights.kind === 'binary' ? writeSigns(weights.signs, sizes) : writeFloats(weights.values, sizes),
    scale: weights.kind === 'binary' && !plain ? writeFloats(weights.scale) : undefined,
    bias: bias === null ? undefined : writeFloats(bias),
    threshold: threshold === null ? undefined : writeIntegers(threshold),
  };
}

function countOf({ weights }: LinearAttrs): number {
  return weights.kind === 'binary' ? weights.signs.length : weights.values.length;
}

export const dense: OpForm<'dense'> = opForm(
  'dense',
  'Fully connected layer on a vector.',
  {
    ...linear,
    layout: z.enum(['oi', 'io']).optional().meta({ description: 'axes of the weights: oi (outputs, inputs; the default) or io' }),
  },
  (json, fields, input) => {
    const { shape, data } = shaped(json, json.layout ?? 'oi', DENSE_LAYOUTS, fields);
    return readLinear(json, { shape, data: fields.ordered(data) }, fields, input);
  },
  (attrs) => writeLinear(attrs, [attrs.weights.outputs, countOf(attrs) / attrs.weights.outputs]),
);

export const conv2d: OpForm<'conv2d'> = opForm(
  'conv2d',
  'Two-dimensional convolution (correlation) on an image.',
  {
    ...linear,
    layout: z.enum(['ohwi', 'oihw', 'hwio']).optional().meta({
      description:
        'axes of the weights: ohwi (outputs, height, width, inputs of a group; the default), oihw (PyTorch; the default where the document is channels-first) or hwio (TensorFlow)',
    }),
    stride: pair.optional(),
    padding: padding.optional(),
    padValue: z
      .union([z.literal(0), z.literal(1), z.literal(-1)])
      .optional()
      .meta({ description: 'what a padded tap is worth: 0 (the default), 1 or -1' }),
    dilation: pair.optional(),
    groups: positive.optional(),
  },
  (json, fields, input) => {
    const kept = shaped(json, json.layout ?? (fields.layout === 'channels-first' ? 'oihw' : 'ohwi'), CONV_LAYOUTS, fields);
    return {
      ...readLinear(json, kept, fields, input),
      kernel: [kept.shape[1] ?? 1, kept.shape[2] ?? 1],
      stride: readPair(json.stride, [1, 1]),
      dilation: readPair(json.dilation, [1, 1]),
      padding: readPadding(json.padding),
      groups: json.groups ?? 1,
      padValue: json.padValue ?? 0,
    };
  },
  (attrs) => {
    const [height, width] = attrs.kernel;
    const sizes = [attrs.weights.outputs, height, width, countOf(attrs) / (attrs.weights.outputs * height * width)];
    return {
      ...writeLinear(attrs, sizes),
      stride: writePair(attrs.stride, [1, 1]),
      padding: writePadding(attrs.padding),
      padValue: attrs.padValue === 0 ? undefined : attrs.padValue,
      dilation: writePair(attrs.dilation, [1, 1]),
      groups: attrs.groups === 1 ? undefined : attrs.groups,
    };
  },
);
