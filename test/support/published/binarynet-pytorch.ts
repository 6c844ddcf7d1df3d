/**
 * BinaryNet.pytorch with few channels: models/vgg_cifar10_binary.py, alexnet_binary.py, resnet_binary.py (CIFAR-10, depth 18) and main_mnist.py,
 * evaluated as models/binarized_modules.py has it. Modules keep their names; no map inside has 3 channels and no vector 784 elements, which its
 * layers would take for images.
 */
import type { Shapes, Tensors } from '../narrow-checkpoint.ts';
import {
  add, addBias, averagePool, correlate, hardTanh, linear, maxPool, normByScaleAndShift, pointwise, vector, type Features,
} from '../plain-layers.ts'; // prettier-ignore
import { signWith, type Decisions, type PublishedNetwork } from './network.ts';
import { merge, norm, weights } from './torch-shapes.ts';

interface Run {
  readonly tensors: Tensors;
  readonly decisions: Decisions;
}

interface Window {
  readonly kernel: number;
  readonly stride?: number;
  readonly padding?: number;
  readonly bias?: boolean;
}

/** The argument's torch.sign unless it has 3 channels, and torch.sign of the weights: 0 stays 0 in both. */
function binarizeConv2d({ tensors, decisions }: Run, name: string, x: Features, { bias = true, ...window }: Window): Features {
  const binary = x.channels === 3 ? x : pointwise(x, signWith(0, decisions));
  const weights = tensors(`${name}.weight`);
  const { kernel } = window;
  const outputs = weights.length / (x.channels * kernel * kernel);
  const taps = (o: number, c: number, i: number, j: number) =>
    Math.sign(weights[((o * x.channels + c) * kernel + i) * kernel + j] as number);
  const sums = correlate(binary, taps, { outputs, ...window });
  return bias ? addBias(sums, tensors(`${name}.bias`)) : sums;
}

/** As the convolution, and images are vectors of 784. */
function binarizeLinear({ tensors, decisions }: Run, name: string, x: Features): Features {
  const binary = x.channels === 784 ? x : pointwise(x, signWith(0, decisions));
  const [weights, bias] = [tensors(`${name}.weight`), tensors(`${name}.bias`)];
  return addBias(
    linear(binary, (o, i) => Math.sign(weights[o * x.channels + i] as number), bias.length),
    bias,
  );
}

function batchNorm({ tensors }: Run, name: string, x: Features, affine = true): Features {
  const variance = tensors(`${name}.running_var`);
  const all = (value: number) => Float32Array.from(variance, () => value);
  const [gamma, beta] = affine ? [tensors(`${name}.weight`), tensors(`${name}.bias`)] : [all(1), all(0)];
  return normByScaleAndShift(x, { gamma, beta, mean: tensors(`${name}.running_mean`), variance }, 1e-5);
}

function vggClassifier(run: Run, image: Features, affine: boolean): Features {
  let x = vector(image.values);
  x = binarizeLinear(run, 'classifier.0', x);
  x = hardTanh(batchNorm(run, 'classifier.1', x));
  x = binarizeLinear(run, 'classifier.3', x);
  x = hardTanh(batchNorm(run, 'classifier.4', x));
  x = binarizeLinear(run, 'classifier.6', x);
  return batchNorm(run, 'classifier.7', x, affine);
}

function vgg(tensors: Tensors, image: Features, decisions: Decisions): Features {
  const run = { tensors, decisions };
  const same = { kernel: 3, padding: 1 };
  let x = binarizeConv2d(run, 'features.0', image, same);
  x = hardTanh(batchNorm(run, 'features.1', x));
  x = binarizeConv2d(run, 'features.3', x, same);
  x = maxPool(x, 2, 2);
  x = hardTanh(batchNorm(run, 'features.5', x));
  x = binarizeConv2d(run, 'features.7', x, same);
  x = hardTanh(batchNorm(run, 'features.8', x));
  x = binarizeConv2d(run, 'features.10', x, same);
  x = maxPool(x, 2, 2);
  x = hardTanh(batchNorm(run, 'features.12', x));
  x = binarizeConv2d(run, 'features.14', x, same);
  x = hardTanh(batchNorm(run, 'features.15', x));
  x = binarizeConv2d(run, 'features.17', x, same);
  x = maxPool(x, 2, 2);
  x = hardTanh(batchNorm(run, 'features.19', x));
  return vggClassifier(run, x, false);
}

function alexnet(tensors: Tensors, image: Features, decisions: Decisions): Features {
  const run = { tensors, decisions };
  let x = binarizeConv2d(run, 'features.0', image, { kernel: 11, stride: 4, padding: 2 });
  x = maxPool(x, 3, 2);
  x = hardTanh(batchNorm(run, 'features.2', x));
  x = binarizeConv2d(run, 'features.4', x, { kernel: 5, padding: 2 });
  x = maxPool(x, 3, 2);
  x = hardTanh(batchNorm(run, 'features.6', x));
  x = binarizeConv2d(run, 'features.8', x, { kernel: 3, padding: 1 });
  x = hardTanh(batchNorm(run, 'features.9', x));
  x = binarizeConv2d(run, 'features.11', x, { kernel: 3, padding: 1 });
  x = hardTanh(batchNorm(run, 'features.12', x));
  x = binarizeConv2d(run, 'features.14', x, { kernel: 3, padding: 1 });
  x = maxPool(x, 3, 2);
  x = hardTanh(batchNorm(run, 'features.16', x));
  return vggClassifier(run, x, true);
}

/** Dropout stands between fc3 and bn3, and does nothing in eval mode. The last layer is a real nn.Linear on the numbers of the HardTanh. */
function mnist(tensors: Tensors, image: Features, decisions: Decisions): Features {
  const run = { tensors, decisions };
  let x = binarizeLinear(run, 'fc1', vector(image.values));
  x = hardTanh(batchNorm(run, 'bn1', x));
  x = binarizeLinear(run, 'fc2', x);
  x = hardTanh(batchNorm(run, 'bn2', x));
  x = binarizeLinear(run, 'fc3', x);
  x = hardTanh(batchNorm(run, 'bn3', x));
  const [weights, bias] = [tensors('fc4.weight'), tensors('fc4.bias')];
  return addBias(
    linear(x, (o, i) => weights[o * x.channels + i] as number, bias.length),
    bias,
  );
}

/** The residual is what the block reads, before any sign; the last block has neither norm nor HardTanh behind the sum. */
function basicBlock(run: Run, name: string, x: Features, { stride = 1, last = false } = {}): Features {
  const binary = { kernel: 3, padding: 1, bias: false };
  let residual = x;
  let out = binarizeConv2d(run, `${name}.conv1`, x, { ...binary, stride });
  out = hardTanh(batchNorm(run, `${name}.bn1`, out));
  out = binarizeConv2d(run, `${name}.conv2`, out, binary);
  if (stride !== 1) {
    residual = binarizeConv2d(run, `${name}.downsample.0`, x, { kernel: 1, stride, bias: false });
    residual = batchNorm(run, `${name}.downsample.1`, residual);
  }
  out = add(out, residual);
  return last ? out : hardTanh(batchNorm(run, `${name}.bn2`, out));
}

function resnet(tensors: Tensors, image: Features, decisions: Decisions): Features {
  const run = { tensors, decisions };
  let x = binarizeConv2d(run, 'conv1', image, { kernel: 3, padding: 1, bias: false });
  x = hardTanh(batchNorm(run, 'bn1', x));
  x = basicBlock(run, 'layer1.0', x);
  x = basicBlock(run, 'layer1.1', x);
  x = basicBlock(run, 'layer2.0', x, { stride: 2 });
  x = basicBlock(run, 'layer2.1', x);
  x = basicBlock(run, 'layer3.0', x, { stride: 2 });
  x = basicBlock(run, 'layer3.1', x, { last: true });
  x = vector(averagePool(x, 8).values);
  x = hardTanh(batchNorm(run, 'bn2', x));
  x = binarizeLinear(run, 'fc', x);
  return batchNorm(run, 'bn3', x);
}

type Convolution = readonly [at: number, norm: number, inputs: number, outputs: number, kernel: number];

function sequential(convolutions: readonly Convolution[], features: number, classes: number, affine: boolean): Shapes {
  return merge([
    ...convolutions.flatMap(([at, to, i, o, k]) => [weights(`features.${at}`, [o, i, k, k]), norm(`features.${to}`, o)]),
    weights('classifier.0', [11, features]),
    norm('classifier.1', 11),
    weights('classifier.3', [9, 11]),
    norm('classifier.4', 9),
    weights('classifier.6', [classes, 9]),
    norm('classifier.7', classes, affine),
  ]);
}

function block(name: string, inputs: number, outputs: number): Shapes {
  const down = [weights(`${name}.downsample.0`, [outputs, inputs, 1, 1], false), norm(`${name}.downsample.1`, outputs)];
  return merge([
    weights(`${name}.conv1`, [outputs, inputs, 3, 3], false),
    norm(`${name}.bn1`, outputs),
    weights(`${name}.conv2`, [outputs, outputs, 3, 3], false),
    norm(`${name}.bn2`, outputs),
    ...(inputs === outputs ? [] : down),
  ]);
}

// prettier-ignore
const VGG: readonly Convolution[] = [[0, 1, 3, 7, 3], [3, 5, 7, 5, 3], [7, 8, 5, 8, 3], [10, 12, 8, 7, 3], [14, 15, 7, 9, 3], [17, 19, 9, 6, 3]];
// prettier-ignore
const ALEXNET: readonly Convolution[] = [[0, 2, 3, 5, 11], [4, 6, 5, 7, 5], [8, 9, 7, 6, 3], [11, 12, 6, 8, 3], [14, 16, 8, 5, 3]];

const RESNET = merge([
  weights('conv1', [6, 3, 3, 3], false),
  norm('bn1', 6),
  ...[block('layer1.0', 6, 6), block('layer1.1', 6, 6), block('layer2.0', 6, 7), block('layer2.1', 7, 7)],
  ...[block('layer3.0', 7, 11), block('layer3.1', 11, 11), norm('bn2', 11), weights('fc', [10, 11]), norm('bn3', 10)],
]);
const MNIST = merge([
  ...[784, 13, 11].flatMap((inputs, i) => [weights(`fc${i + 1}`, [[13, 11, 9][i] ?? 0, inputs]), norm(`bn${i + 1}`, [13, 11, 9][i] ?? 0)]),
  weights('fc4', [10, 9]),
]);

/** preprocess.py has no numbers for CIFAR-10: its images are normalized with those of ImageNet. */
const imagenet = (byte: number, channel: number): number =>
  (byte / 255 - ([0.485, 0.456, 0.406][channel] ?? 0)) / ([0.229, 0.224, 0.225][channel] ?? 1);

const norms = (name: string): readonly string[] => ['weight', 'bias', 'running_mean', 'running_var'].map((part) => `${name}.${part}`);

export const BINARYNET_PYTORCH: readonly PublishedNetwork[] = [
  {
    word: 'vgg-cifar10-binary',
    seeds: [1, 8, 11, 22],
    images: 2,
    shapes: sequential(VGG, 96, 10, false),
    input: [3, 32, 32],
    ternary: true,
    tolerance: 0,
    pixel: imagenet,
    forward: vgg,
  },
  {
    word: 'alexnet-binary',
    seeds: [2, 3],
    images: 2,
    shapes: sequential(ALEXNET, 180, 12, true),
    input: [3, 224, 224],
    ternary: true,
    tolerance: 0,
    pixel: imagenet,
    forward: alexnet,
  },
  {
    word: 'resnet-cifar10-binary',
    seeds: [1, 8, 13, 15, 24],
    images: 2,
    shapes: RESNET,
    unused: norms('layer3.1.bn2'),
    input: [3, 32, 32],
    ternary: true,
    tolerance: 0,
    pixel: imagenet,
    forward: resnet,
  },
  {
    word: 'mnist-binary',
    seeds: [1, 2, 4, 5, 6, 7, 8, 9],
    shapes: MNIST,
    input: [1, 28, 28],
    ternary: true,
    tolerance: 1e-6,
    pixel: (byte) => (byte / 255 - 0.1307) / 0.3081,
    forward: mnist,
  },
];
