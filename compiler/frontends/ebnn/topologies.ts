/** The networks of eBNN's examples (examples/net.py), for the HDF5 files that its trainer saves: those hold no strides, paddings or pools. */
import type { Topology } from '../frontend.ts';

const tensor = (name: string): object => ({ tensor: name });

/** Chainer's batch normalization, whose epsilon is 2e-5 and outside the stored variance. */
function batchNorm(link: string): object {
  const part = (name: string): object => tensor(`/${link}/bn/${name}`);
  return {
    op: 'batch-norm',
    gamma: part('gamma'),
    beta: part('beta'),
    mean: part('avg_mean'),
    variance: part('avg_var'),
    epsilon: 2e-5,
    form: 'normalize',
  };
}

interface Convolution {
  readonly link: string;
  readonly stride?: number;
  readonly padding?: number;
  readonly pool?: readonly [kernel: number, stride: number];
}

function block({ link, stride = 1, padding = 0, pool }: Convolution): readonly object[] {
  return [
    {
      op: 'conv2d',
      name: `${link}.bconv`,
      weights: { ...tensor(`/${link}/bconv/W`), binarize: 'plus' },
      bias: tensor(`/${link}/bconv/b`),
      stride,
      padding,
    },
    ...(pool === undefined ? [] : [{ op: 'max-pool', kernel: pool[0], stride: pool[1] }]),
    { ...batchNorm(link), name: `${link}.bn` },
    { op: 'sign', zero: 'plus' },
  ];
}

function network(shape: readonly number[], convolutions: readonly Convolution[], last: string): object {
  return {
    format: 'bnnc',
    version: 1,
    layout: 'channels-first',
    input: { type: 'f32', shape },
    nodes: [
      ...convolutions.flatMap(block),
      { op: 'reshape' },
      { op: 'dense', name: `${last}.bl`, weights: { ...tensor(`/${last}/bl/W`), binarize: 'plus' }, bias: tensor(`/${last}/bl/b`) },
      { ...batchNorm(last), name: `${last}.bn` },
    ],
  };
}

const CONVNET: readonly Convolution[] = [{ link: 'l1', stride: 2, pool: [3, 2] }];

const ALEXNET: readonly Convolution[] = [
  { link: 'conv1', pool: [3, 2] },
  { link: 'conv2', padding: 2, pool: [3, 2] },
  { link: 'conv3', padding: 1 },
  { link: 'conv4', padding: 1 },
  { link: 'conv5', padding: 1, pool: [3, 2] },
];

export const TOPOLOGIES: readonly Topology[] = [
  {
    name: 'ebnn-convnet-mnist',
    doc: 'ConvNet of eBNN’s examples on 28×28 images: 3×3 convolution with stride 2, 3×3 pool with stride 2, dense.',
    document: () => network([1, 28, 28], CONVNET, 'l2'),
  },
  {
    name: 'ebnn-convnet-cifar10',
    doc: 'The same on 32×32 images in color.',
    document: () => network([3, 32, 32], CONVNET, 'l2'),
  },
  {
    name: 'ebnn-alexnet-mnist',
    doc: 'AlexNet of eBNN’s examples on 28×28 images: five convolutions, three pools, dense.',
    document: () => network([1, 28, 28], ALEXNET, 'fc8'),
  },
];
