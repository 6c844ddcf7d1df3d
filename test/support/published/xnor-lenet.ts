/** Pytorch-XNOR-Net's Bin_LeNet_test, whose binary weights are packed and whose sizes are fixed: MNIST/models/Bin_LeNet.py, util/util.py and binop.c. */
import type { PartOf, Shapes, Tensors } from '../narrow-checkpoint.ts';
import {
  addBias,
  correlate,
  linear,
  maxPool,
  normByScaleAndShift,
  pointwise,
  relu,
  vector,
  type Features,
  type Norm,
} from '../plain-layers.ts';
import { signWith, type Decisions, type PublishedNetwork } from './network.ts';
import { norm, torchParts } from './torch-shapes.ts';

/** encode_row: bit i of a row is bit i mod 32 of its word i div 32, and 1 where the weight was above 0. */
function bitOf(words: ArrayLike<number>, bits: number, row: number, bit: number): number {
  const word = words[row * Math.ceil(bits / 32) + Math.floor(bit / 32)] as number;
  return ((word >>> (bit % 32)) & 1) === 1 ? 1 : -1;
}

function forward(tensors: Tensors, image: Features, decisions: Decisions): Features {
  const bn = (name: string, x: Features): Features => {
    const part = (of: string) => tensors(`${name}.${of}`);
    const norm: Norm = { gamma: part('weight'), beta: part('bias'), mean: part('running_mean'), variance: part('running_var') };
    return normByScaleAndShift(x, norm, 1e-5);
  };
  // What is not above 0 becomes a bit 0, which counts as -1.
  const sign = (x: Features) => pointwise(x, signWith(-1, decisions));
  const timesAlpha = (x: Features, alpha: ArrayLike<number>) => pointwise(x, (sum, c) => sum * (alpha[c] as number));

  const conv1 = tensors('conv1.weight');
  let x = correlate(image, (o, _, i, j) => conv1[(o * 5 + i) * 5 + j] as number, { outputs: 20, kernel: 5 });
  x = relu(bn('bn1', x));
  x = maxPool(x, 2, 2);
  x = sign(bn('conv2.bn', x));
  const conv2 = tensors('conv2.weight');
  x = correlate(x, (o, c, i, j) => bitOf(conv2, 500, o, (c * 5 + i) * 5 + j), { outputs: 50, kernel: 5 });
  x = timesAlpha(x, tensors('conv2.alpha'));
  x = relu(bn('bn2', x));
  x = maxPool(x, 2, 2);
  x = vector(x.values);
  x = sign(bn('fc1.bn', x));
  const fc1 = tensors('fc1.weight');
  x = linear(x, (o, i) => bitOf(fc1, 800, o, i), 500);
  x = timesAlpha(x, tensors('fc1.alpha'));
  x = relu(bn('bn3', x));
  const fc2 = tensors('fc2.weight');
  return addBias(
    linear(x, (o, i) => fc2[o * 500 + i] as number, 10),
    tensors('fc2.bias'),
  );
}

const SHAPES: Shapes = {
  'conv1.weight': [20, 1, 5, 5],
  ...norm('bn1', 20),
  ...norm('conv2.bn', 20),
  'conv2.weight': [50, 16],
  'conv2.alpha': [50, 1, 1, 1],
  ...norm('bn2', 50),
  ...norm('fc1.bn', 800),
  'fc1.weight': [500, 25],
  'fc1.alpha': [500, 1],
  ...norm('bn3', 500),
  'fc2.weight': [10, 500],
  'fc2.bias': [10],
};

export const xnorParts: PartOf = (name, shape, shapes) => {
  if (name.endsWith('.alpha')) return 'alpha';
  return name === 'conv2.weight' || name === 'fc1.weight' ? 'words' : torchParts(name, shape, shapes);
};

export const XNOR_LENET: PublishedNetwork = {
  word: 'xnor-lenet',
  seeds: [2],
  images: 2,
  shapes: SHAPES,
  input: [1, 28, 28],
  tolerance: 1e-5,
  pixel: (byte) => (byte / 255 - 0.1307) / 0.3081,
  forward,
};
