/** BinaryNet's mnist.py, cifar10.py and svhn.py (Train-time, on Lasagne and Theano) with few channels, evaluated with deterministic=True. */
import type { PartOf, Shapes, Tensors } from '../narrow-checkpoint.ts';
import { addBias, convolve, linear, maxPool, normByInverse, pointwise, vector, type Features } from '../plain-layers.ts';
import { signWith, type Decisions, type PublishedNetwork } from './network.ts';

/** Arrays in the order of get_all_param_values: W, b of a layer, then beta, gamma, mean, inv_std of its BatchNormLayer. */
interface Parameters {
  readonly weights: ArrayLike<number>;
  readonly bias: ArrayLike<number>;
  readonly beta: ArrayLike<number>;
  readonly gamma: ArrayLike<number>;
  readonly mean: ArrayLike<number>;
  readonly inverse: ArrayLike<number>;
}

function parametersOf(tensors: Tensors, layer: number): Parameters {
  const at = (i: number) => tensors(`arr_${6 * layer + i}`);
  return { weights: at(0), bias: at(1), beta: at(2), gamma: at(3), mean: at(4), inverse: at(5) };
}

/** binarization(): +1 where (W + 1)/2, clipped and rounded half up, is 1. */
const binary = (weight: number): number => (weight >= 0 ? 1 : -1);

/** binary_net.Conv2DLayer with filter_size=(3, 3) and pad=1, on W of [filters, channels, 3, 3]. */
function conv2dLayer(x: Features, { weights, bias }: Parameters): Features {
  const taps = (o: number, c: number, i: number, j: number) => binary(weights[((o * x.channels + c) * 3 + i) * 3 + j] as number);
  return addBias(convolve(x, taps, { outputs: bias.length, kernel: 3, padding: 1 }), bias);
}

/** binary_net.DenseLayer on W of [inputs, units]; an image is flattened first. */
function denseLayer(image: Features, { weights, bias }: Parameters): Features {
  const x = vector(image.values);
  return addBias(
    linear(x, (o, i) => binary(weights[i * bias.length + o] as number), bias.length),
    bias,
  );
}

function batchNormLayer(x: Features, { beta, gamma, mean, inverse }: Parameters): Features {
  return normByInverse(x, { beta, gamma, mean }, inverse);
}

/** Dropout does nothing when it is deterministic. */
function mnist(tensors: Tensors, image: Features, decisions: Decisions): Features {
  const activation = (x: Features) => pointwise(x, signWith(1, decisions));
  let x = image;
  for (let k = 0; k < 3; k += 1) {
    const layer = parametersOf(tensors, k);
    x = activation(batchNormLayer(denseLayer(x, layer), layer));
  }
  const last = parametersOf(tensors, 3);
  return batchNormLayer(denseLayer(x, last), last);
}

/** cifar10.py; svhn.py differs in its numbers of filters only. */
function cifar10(tensors: Tensors, image: Features, decisions: Decisions): Features {
  const activation = (x: Features) => pointwise(x, signWith(1, decisions));
  const [c1, c2, c3, c4, c5, c6, f1, f2, f3] = Array.from({ length: 9 }, (_, layer) => parametersOf(tensors, layer)) as [
    Parameters, Parameters, Parameters, Parameters, Parameters, Parameters, Parameters, Parameters, Parameters,
  ]; // prettier-ignore
  // 128C3-128C3-P2
  let x = activation(batchNormLayer(conv2dLayer(image, c1), c1));
  x = maxPool(conv2dLayer(x, c2), 2, 2);
  x = activation(batchNormLayer(x, c2));
  // 256C3-256C3-P2
  x = activation(batchNormLayer(conv2dLayer(x, c3), c3));
  x = maxPool(conv2dLayer(x, c4), 2, 2);
  x = activation(batchNormLayer(x, c4));
  // 512C3-512C3-P2
  x = activation(batchNormLayer(conv2dLayer(x, c5), c5));
  x = maxPool(conv2dLayer(x, c6), 2, 2);
  x = activation(batchNormLayer(x, c6));
  // 1024FP-1024FP-10FP
  x = activation(batchNormLayer(denseLayer(x, f1), f1));
  x = activation(batchNormLayer(denseLayer(x, f2), f2));
  return batchNormLayer(denseLayer(x, f3), f3);
}

function shapesOf(weights: readonly (readonly number[])[]): Shapes {
  const arrays = weights.flatMap((shape, layer) => {
    const outputs = (shape.length === 4 ? shape[0] : shape[1]) ?? 0;
    return [shape, ...Array.from({ length: 5 }, () => [outputs])].map((sizes, i) => [`arr_${6 * layer + i}`, sizes] as const);
  });
  return Object.fromEntries(arrays);
}

export const lasagneParts: PartOf = (name) =>
  (['weight', 'bias', 'beta', 'gamma', 'mean', 'inverse'] as const)[Number(name.slice('arr_'.length)) % 6] ?? 'other';

// prettier-ignore
const CIFAR10 = [[7, 3, 3, 3], [5, 7, 3, 3], [8, 5, 3, 3], [6, 8, 3, 3], [9, 6, 3, 3], [5, 9, 3, 3], [80, 11], [11, 9], [9, 10]];
// prettier-ignore
const SVHN = [[3, 3, 3, 3], [4, 3, 3, 3], [5, 4, 3, 3], [3, 5, 3, 3], [6, 3, 3, 3], [7, 6, 3, 3], [112, 9], [9, 8], [8, 10]];

/** 2·X − 1 where X is from 0 to 1 (MNIST), and 2/255·X − 1 of bytes. */
const pixel = (byte: number): number => (2 / 255) * byte - 1;

export const LASAGNE: readonly PublishedNetwork[] = [
  // prettier-ignore
  { word: 'binarynet-mnist', seeds: [1, 2, 3, 4, 5, 6, 7, 9], tolerance: 0, shapes: shapesOf([[784, 13], [13, 11], [11, 12], [12, 10]]), input: [1, 28, 28], pixel, forward: mnist },
  {
    word: 'binarynet-cifar10',
    seeds: [2, 13, 23, 24],
    tolerance: 0,
    shapes: shapesOf(CIFAR10),
    input: [3, 32, 32],
    pixel,
    forward: cifar10,
  },
  { word: 'binarynet-svhn', seeds: [3, 9, 16, 21], tolerance: 0, shapes: shapesOf(SVHN), input: [3, 32, 32], pixel, forward: cifar10 },
];
