/** BinaryNet-on-tensorflow's mnist.py and cifar10.py with few channels, evaluated with training=False. */
import type { PartOf, Shapes, Tensors } from '../narrow-checkpoint.ts';
import {
  addBias, correlate, flattenChannelsLast, fusedNorm, linear, maxPool, normByScaleAndShift, pointwise, vector, type Features,
} from '../plain-layers.ts'; // prettier-ignore
import type { Decisions, PublishedNetwork } from './network.ts';

const { fround, max, min } = Math;

/** 2·round(clip((x + 1)/2, 0, 1)) − 1 in float32, halves to the even number: 0 becomes −1, and so does 2^-24. */
function binaryTanhUnit(x: number): number {
  const sigmoid = max(0, min(1, fround(fround(x + 1) / 2)));
  return sigmoid > 0.5 ? 1 : -1;
}

interface Run {
  readonly tensors: Tensors;
  readonly decisions: Decisions;
  /** How many layers of a class there were before: tf.layers numbers them. */
  readonly counts: Map<string, number>;
}

function nameOf({ counts }: Run, kind: string): string {
  const before = counts.get(kind) ?? 0;
  counts.set(kind, before + 1);
  return before === 0 ? kind : `${kind}_${before}`;
}

function activation({ decisions }: Run, x: Features): Features {
  return pointwise(x, (value) => {
    if (value === 0) decisions.zeros += 1;
    else decisions.nearest = min(decisions.nearest, Math.abs(value));
    return binaryTanhUnit(value);
  });
}

/** A kernel of [inputs, outputs]. */
function dense(run: Run, x: Features): Features {
  const name = nameOf(run, 'dense__binary_layer');
  const [kernel, bias] = [run.tensors(`${name}/kernel`), run.tensors(`${name}/bias`)];
  return addBias(
    linear(x, (o, i) => binaryTanhUnit(kernel[i * bias.length + o] as number), bias.length),
    bias,
  );
}

/** A kernel of [3, 3, inputs, outputs], padding='same'. */
function conv2d(run: Run, x: Features): Features {
  const name = nameOf(run, 'conv2d__binary_layer');
  const [kernel, bias] = [run.tensors(`${name}/kernel`), run.tensors(`${name}/bias`)];
  const taps = (o: number, c: number, i: number, j: number) =>
    binaryTanhUnit(kernel[((i * 3 + j) * x.channels + c) * bias.length + o] as number);
  return addBias(correlate(x, taps, { outputs: bias.length, kernel: 3, padding: 1 }), bias);
}

/** tf.layers fuses the normalization of images, and not that of vectors. */
function batchNormalization(run: Run, x: Features): Features {
  const name = nameOf(run, 'batch_normalization');
  const part = (of: string) => run.tensors(`${name}/${of}`);
  const norm = { gamma: part('gamma'), beta: part('beta'), mean: part('moving_mean'), variance: part('moving_variance') };
  return x.height === 1 ? normByScaleAndShift(x, norm, 1e-4) : fusedNorm(x, norm, 1e-4);
}

/** Dropout does nothing here. */
function mnist(tensors: Tensors, image: Features, decisions: Decisions): Features {
  const run = { tensors, decisions, counts: new Map<string, number>() };
  let x = vector(image.values);
  x = activation(run, batchNormalization(run, dense(run, x)));
  x = activation(run, batchNormalization(run, dense(run, x)));
  x = activation(run, batchNormalization(run, dense(run, x)));
  return batchNormalization(run, dense(run, x));
}

function cifar10(tensors: Tensors, image: Features, decisions: Decisions): Features {
  const run = { tensors, decisions, counts: new Map<string, number>() };
  const convBn = (x: Features) => activation(run, batchNormalization(run, conv2d(run, x)));
  const convPoolBn = (x: Features) => activation(run, batchNormalization(run, maxPool(conv2d(run, x), 2, 2)));
  let x = convBn(image);
  x = convPoolBn(x);
  x = convBn(x);
  x = convPoolBn(x);
  x = convBn(x);
  x = convPoolBn(x);
  x = flattenChannelsLast(x);
  x = activation(run, batchNormalization(run, dense(run, x)));
  x = activation(run, batchNormalization(run, dense(run, x)));
  return batchNormalization(run, dense(run, x));
}

/** Variables that are never assigned, nor read. */
const decoys = (shapes: Shapes): readonly string[] => Object.keys(shapes).filter((name) => name.endsWith('binary_weight'));

function shapesOf(kernels: readonly (readonly number[])[]): Shapes {
  const counts = { dense: 0, conv2d: 0 };
  const numbered = (name: string, k: number) => (k === 0 ? name : `${name}_${k}`);
  const arrays = kernels.flatMap((kernel, k) => {
    const kind = kernel.length === 2 ? 'dense' : 'conv2d';
    const name = numbered(`${kind}__binary_layer`, counts[kind]);
    counts[kind] += 1;
    const vectors = [
      `${name}/bias`,
      ...['gamma', 'beta', 'moving_mean', 'moving_variance'].map((part) => `${numbered('batch_normalization', k)}/${part}`),
    ];
    const outputs = kernel.at(-1) ?? 0;
    return [
      ...[`${name}/kernel`, `${name}/binary_weight`].map((tensor) => [tensor, kernel] as const),
      ...vectors.map((tensor) => [tensor, [outputs]] as const),
    ];
  });
  return Object.fromEntries(arrays);
}

export const tensorflowParts: PartOf = (name) => {
  const parts = { kernel: 'weight', bias: 'bias', gamma: 'gamma', beta: 'beta', moving_mean: 'mean', moving_variance: 'variance' } as const;
  const part = name.split('/').at(-1) ?? '';
  return part in parts ? parts[part as keyof typeof parts] : 'weight';
};

// prettier-ignore
const CIFAR10 = [[3, 3, 3, 7], [3, 3, 7, 5], [3, 3, 5, 8], [3, 3, 8, 6], [3, 3, 6, 9], [3, 3, 9, 5], [80, 11], [11, 9], [9, 10]];

/** Both scripts make 2·x − 1 of numbers from 0 to 1. */
const pixel = (byte: number): number => 2 * (byte / 255) - 1;

const MNIST_SHAPES = shapesOf([
  [784, 13],
  [13, 11],
  [11, 12],
  [12, 10],
]);
const CIFAR10_SHAPES = shapesOf(CIFAR10);

export const TENSORFLOW: readonly PublishedNetwork[] = [
  {
    word: 'binarynet-mnist',
    seeds: [2, 3, 4, 5, 6, 7],
    shapes: MNIST_SHAPES,
    unused: decoys(MNIST_SHAPES),
    input: [1, 28, 28],
    tolerance: 0,
    options: { inputScale: '2/255', inputOffset: '-1' },
    pixel,
    forward: mnist,
  },
  {
    word: 'binarynet-cifar10',
    seeds: [8, 9, 13],
    shapes: CIFAR10_SHAPES,
    unused: decoys(CIFAR10_SHAPES),
    input: [3, 32, 32],
    channelsLast: true,
    tolerance: 0,
    options: { inputScale: '2/255', inputOffset: '-1' },
    pixel,
    forward: cifar10,
  },
];
