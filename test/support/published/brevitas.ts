/**
 * The networks of brevitas_examples for MNIST with one bit for weights and activations, evaluated as their program has it: QuantIdentity and
 * QuantLinear of one bit are `where(x >= 0, 1, -1)` times a scale.
 */
import type { Shapes, Tensors } from '../narrow-checkpoint.ts';
import { linear, normByScaleAndShift, pointwise, vector, type Features } from '../plain-layers.ts';
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

/** TFC.py, SFC.py and LFC.py with `self.fc`: the scale is the mean of |w|, of each output or of all weights of the last layer. */
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

function shapesOf(units: number): Shapes {
  const hidden = [2, 6, 10].flatMap((at) => [
    weights(`features.${at}`, [units, at === 2 ? 784 : units], false),
    norm(`features.${at + 1}`, units),
  ]);
  return merge([...hidden, weights('fc', [10, units], false)]);
}

const NETWORKS: readonly { word: string; units: number; seeds: readonly number[]; images?: number }[] = [
  { word: 'brevitas-tfc', units: 64, seeds: [1, 2, 3] },
  { word: 'brevitas-sfc', units: 256, seeds: [1, 22] },
  { word: 'brevitas-lfc', units: 1024, seeds: [3], images: 1 },
];

export const BREVITAS: readonly PublishedNetwork[] = NETWORKS.map(({ units, ...network }) => ({
  ...network,
  shapes: shapesOf(units),
  input: [1, 28, 28],
  tolerance: 1e-6,
  // transforms.ToTensor() and nothing else.
  pixel: (byte) => byte / 255,
  forward: fullyConnected,
}));
