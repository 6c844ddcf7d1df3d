/**
 * The networks of brevitas_examples for MNIST with one bit for weights and activations, evaluated as their program has it: QuantIdentity and
 * QuantLinear of one bit are `where(x >= 0, 1, -1)` times a scale.
 */
import type { Shapes, Tensors } from '../narrow-checkpoint.ts';
import { linear, normByDeviation, normByScaleAndShift, pointwise, vector, type Features, type Norm } from '../plain-layers.ts';
import { signWith, type Decisions, type PublishedNetwork } from './network.ts';
import { merge, norm, weights } from './torch-shapes.ts';

const { fround } = Math;
const binary = (weight: number): number => (weight >= 0 ? 1 : -1);

/** The mean of |w| in double precision, rounded once. */
function meanOfMagnitudes(weights: ArrayLike<number>): number {
  return fround(Array.from(weights, Math.abs).reduce((sum, magnitude) => sum + magnitude, 0) / weights.length);
}

function batchNorm(tensors: Tensors, name: string, x: Features): Features {
  const part = (of: string) => tensors(`${name}.${of}`);
  return normByScaleAndShift(
    x,
    { gamma: part('weight'), beta: part('bias'), mean: part('running_mean'), variance: part('running_var') },
    1e-5,
  );
}

/** brevitas_cnv_lfc's TFC.py, SFC.py and LFC.py with `self.fc`: the scale is the mean of |w|, of each output or of all weights of the last layer. */
function fullyConnected(tensors: Tensors, image: Features, decisions: Decisions): Features {
  const quantLinear = (name: string, x: Features, perOutput: boolean): Features => {
    const latent = tensors(`${name}.weight`);
    const outputs = latent.length / x.channels;
    const rows = Array.from({ length: outputs }, (_, o) =>
      Array.from({ length: x.channels }, (_unused, i) => latent[o * x.channels + i] ?? 0),
    );
    const scale = rows.map((row) => meanOfMagnitudes(perOutput ? row : latent));
    return pointwise(
      linear(x, (o, i) => binary(rows[o]?.[i] ?? NaN), outputs),
      (sum, o) => sum * (scale[o] as number),
    );
  };
  const sign = signWith(1, decisions);
  let x = vector(image.values);
  x = pointwise(x, (value) => 2 * value - 1);
  x = pointwise(x, sign);
  for (const at of [2, 6, 10]) {
    x = quantLinear(`features.${at}`, x, true);
    x = batchNorm(tensors, `features.${at + 1}`, x);
    x = pointwise(x, sign);
  }
  return quantLinear('fc', x, false);
}

/** brevitas_examples' FC.py: CommonWeightQuant has the scale 1, and TensorNorm one number of each kind. */
function examplesFc(tensors: Tensors, image: Features, decisions: Decisions): Features {
  const quantLinear = (name: string, x: Features): Features => {
    const latent = tensors(`${name}.weight`);
    return linear(x, (o, i) => binary(latent[o * x.channels + i] as number), latent.length / x.channels);
  };
  const sign = signWith(1, decisions);
  let x = vector(image.values);
  x = pointwise(x, (value) => 2 * value - 1);
  x = pointwise(x, sign);
  for (const at of [2, 6, 10]) {
    x = quantLinear(`features.${at}`, x);
    x = batchNorm(tensors, `features.${at + 1}`, x);
    x = pointwise(x, sign);
  }
  x = quantLinear('features.14', x);
  const each = (part: string) => Float32Array.from({ length: x.channels }, () => tensors(`features.15.${part}`)[0] as number);
  const norm: Norm = { gamma: each('weight'), beta: each('bias'), mean: each('running_mean'), variance: each('running_var') };
  return normByDeviation(x, norm, 1e-4);
}

function hiddenShapes(units: number): Shapes {
  return merge(
    [2, 6, 10].flatMap((at) => [weights(`features.${at}`, [units, at === 2 ? 784 : units], false), norm(`features.${at + 1}`, units)]),
  );
}

function shapesOf(units: number): Shapes {
  return merge([hiddenShapes(units), weights('fc', [10, units], false)]);
}

const EXAMPLES_SHAPES = merge([
  hiddenShapes(15),
  weights('features.14', [10, 15], false),
  Object.fromEntries(['weight', 'bias', 'running_mean', 'running_var'].map((part) => [`features.15.${part}`, [1]])),
]);

const NETWORKS: readonly { word: string; units: number; seeds: readonly number[]; images?: number }[] = [
  { word: 'brevitas-tfc', units: 64, seeds: [1, 2, 3] },
  { word: 'brevitas-sfc', units: 256, seeds: [1, 22] },
  { word: 'brevitas-lfc', units: 1024, seeds: [3], images: 1 },
];

// transforms.ToTensor() and nothing else.
const pixel = (byte: number): number => byte / 255;

const SCALED: readonly PublishedNetwork[] = NETWORKS.map(({ units, ...network }) => ({
  ...network,
  shapes: shapesOf(units),
  input: [1, 28, 28],
  tolerance: 1e-6,
  pixel,
  forward: fullyConnected,
}));

export const BREVITAS: readonly PublishedNetwork[] = [
  ...SCALED,
  {
    word: 'brevitas-fc-1w1a',
    seeds: [1, 2, 3, 4, 5, 6, 7, 8],
    shapes: EXAMPLES_SHAPES,
    input: [1, 28, 28],
    tolerance: 0,
    pixel,
    forward: examplesFc,
  },
];
