/** eBNN's examples/net.py with few filters, evaluated as Chainer 2 does with chainer.config.train = False. */
import type { PartOf, Shapes, Tensors } from '../narrow-checkpoint.ts';
import { addBias, correlate, linear, maxPool, normByDeviation, pointwise, vector, type Features } from '../plain-layers.ts';
import { signWith, type Decisions, type PublishedNetwork } from './network.ts';

interface Run {
  readonly tensors: Tensors;
  readonly decisions: Decisions;
}

interface Convolution {
  readonly kernel: number;
  readonly stride?: number;
  readonly padding?: number;
}

const binary = (weight: number): number => (weight >= 0 ? 1 : -1);

/** BinaryConvolution2D: W of [filters, channels, height, width] is binarized, the argument is not. */
function bconv({ tensors }: Run, link: string, x: Features, { kernel, ...rest }: Convolution): Features {
  const [weights, bias] = [tensors(`/${link}/bconv/W`), tensors(`/${link}/bconv/b`)];
  const taps = (o: number, c: number, i: number, j: number) => binary(weights[((o * x.channels + c) * kernel + i) * kernel + j] as number);
  return addBias(correlate(x, taps, { outputs: bias.length, kernel, ...rest }), bias);
}

/** L.BatchNormalization: its eps is 2e-5. */
function bn({ tensors }: Run, link: string, x: Features): Features {
  const part = (of: string) => tensors(`/${link}/bn/${of}`);
  return normByDeviation(x, { gamma: part('gamma'), beta: part('beta'), mean: part('avg_mean'), variance: part('avg_var') }, 2e-5);
}

const bst = ({ decisions }: Run, x: Features): Features => pointwise(x, signWith(1, decisions));

/** ConvPoolBNBST and BinaryConvPoolBNBST with pksize=3, pstride=2: bconv, pool, bn, bst. */
function convPoolBnBst(run: Run, link: string, x: Features, convolution: Convolution): Features {
  return bst(run, bn(run, link, maxPool(bconv(run, link, x, convolution), 3, 2)));
}

function convBnBst(run: Run, link: string, x: Features, convolution: Convolution): Features {
  return bst(run, bn(run, link, bconv(run, link, x, convolution)));
}

/** Its softmax is part of the loss. */
function linearBnSoftmax(run: Run, link: string, image: Features): Features {
  const x = vector(image.values);
  const [weights, bias] = [run.tensors(`/${link}/bl/W`), run.tensors(`/${link}/bl/b`)];
  return bn(
    run,
    link,
    addBias(
      linear(x, (o, i) => binary(weights[o * x.channels + i] as number), bias.length),
      bias,
    ),
  );
}

function convNet(tensors: Tensors, image: Features, decisions: Decisions): Features {
  const run = { tensors, decisions };
  const h = convPoolBnBst(run, 'l1', image, { kernel: 3, stride: 2 });
  return linearBnSoftmax(run, 'l2', h);
}

function alexNet(tensors: Tensors, image: Features, decisions: Decisions): Features {
  const run = { tensors, decisions };
  let h = convPoolBnBst(run, 'conv1', image, { kernel: 5 });
  h = convPoolBnBst(run, 'conv2', h, { kernel: 5, padding: 2 });
  h = convBnBst(run, 'conv3', h, { kernel: 3, padding: 1 });
  h = convBnBst(run, 'conv4', h, { kernel: 3, padding: 1 });
  h = convPoolBnBst(run, 'conv5', h, { kernel: 3, padding: 1 });
  return linearBnSoftmax(run, 'fc8', h);
}

function shapesOf(links: Readonly<Record<string, readonly number[]>>): Shapes {
  const arrays = Object.entries(links).flatMap(([link, weights]) => {
    const linear = weights.length === 4 ? 'bconv' : 'bl';
    const vectors = [`${linear}/b`, ...['gamma', 'beta', 'avg_mean', 'avg_var'].map((part) => `bn/${part}`)];
    return [[`/${link}/${linear}/W`, weights] as const, ...vectors.map((part) => [`/${link}/${part}`, [weights[0] ?? 0]] as const)];
  });
  return Object.fromEntries(arrays);
}

export const ebnnParts: PartOf = (name) => {
  const part = name.split('/').at(-1) ?? '';
  const parts = { W: 'weight', b: 'bias', gamma: 'gamma', beta: 'beta', avg_mean: 'mean', avg_var: 'variance' } as const;
  return part in parts ? parts[part as keyof typeof parts] : 'other';
};

const ALEXNET = {
  conv1: [6, 1, 5, 5],
  conv2: [5, 6, 5, 5],
  conv3: [7, 5, 3, 3],
  conv4: [6, 7, 3, 3],
  conv5: [5, 6, 3, 3],
  fc8: [10, 20],
};

/** chainer.datasets.get_mnist(ndim=3) and get_cifar10(ndim=3): from 0 to 1. */
const pixel = (byte: number): number => byte / 255;

const COMMON = { tolerance: 0, options: { inputScale: '1/255', inputOffset: null }, pixel } as const;

// prettier-ignore
export const EBNN: readonly PublishedNetwork[] = [
  { ...COMMON, word: 'ebnn-convnet-mnist', seeds: [3, 4], shapes: shapesOf({ l1: [9, 1, 3, 3], l2: [10, 324] }), input: [1, 28, 28], forward: convNet },
  { ...COMMON, word: 'ebnn-convnet-cifar10', seeds: [2, 3], shapes: shapesOf({ l1: [8, 3, 3, 3], l2: [10, 392] }), input: [3, 32, 32], forward: convNet },
  { ...COMMON, word: 'ebnn-alexnet-mnist', seeds: [1, 8, 14, 21], shapes: shapesOf(ALEXNET), input: [1, 28, 28], forward: alexNet },
];
