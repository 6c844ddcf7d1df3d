/**
 * Networks of BinaryNet.pytorch (itayhubara/BinaryNet.pytorch, models/ and main_mnist.py). Activations and weights go through torch.sign, whether
 * the checkpoint holds the real weights or, as older ones do, their signs. HardTanh before a sign changes nothing and is left out there.
 */
import type { Topology } from '../../frontend.ts';
import { CLAMP, FLATTEN, SIGN, batchNorm, network, normalised, signs, tensor, type Json } from './parts.ts';

/**
 * preprocess.py normalizes images by ImageNet's mean and std, those of CIFAR-10 too. As bytes they would need sums beyond 32 bits: the three
 * deviations have a common denominator of 11,541,600. So the input is what the program feeds: real numbers.
 */
function normalisedImage(size: number): Json {
  return { name: 'image', type: 'f32', shape: [3, size, size] };
}

function conv(name: string, fields: Json, bias = true): Json {
  return { op: 'conv2d', weights: signs(`${name}.weight`, 'zero'), ...(bias ? { bias: tensor(`${name}.bias`) } : {}), ...fields };
}

function dense(name: string): Json {
  return { op: 'dense', weights: signs(`${name}.weight`, 'zero'), bias: tensor(`${name}.bias`) };
}

const POOL: Json = { op: 'max-pool', kernel: 2 };
const WIDE_POOL: Json = { op: 'max-pool', kernel: 3, stride: 2 };

/** Convolution, perhaps a pool, batch norm, sign; numbers are those of nn.Sequential. */
function block(at: number, fields: Json, pool?: Json): readonly Json[] {
  const norm = at + (pool === undefined ? 1 : 2);
  return [conv(`features.${at}`, fields), ...(pool === undefined ? [] : [pool]), batchNorm(`features.${norm}`), SIGN];
}

function classifier(affine: boolean): readonly Json[] {
  return [
    FLATTEN,
    ...[0, 3].flatMap((at) => [dense(`classifier.${at}`), batchNorm(`classifier.${at + 1}`), SIGN]),
    dense('classifier.6'),
    batchNorm('classifier.7', { affine }),
  ];
}

function vgg(): object {
  const same = { padding: 1 };
  const features = [[0], [3, POOL], [7], [10, POOL], [14], [17, POOL]] as const;
  return network(normalisedImage(32), [...features.flatMap(([at, pool]) => block(at, same, pool)), ...classifier(false)]);
}

function alexnet(): object {
  return network(normalisedImage(224), [
    ...block(0, { stride: 4, padding: 2 }, WIDE_POOL),
    ...block(4, { padding: 2 }, WIDE_POOL),
    ...block(8, { padding: 1 }),
    ...block(11, { padding: 1 }),
    ...block(14, { padding: 1 }, WIDE_POOL),
    ...classifier(true),
  ]);
}

/** The last layer is real and reads the real numbers of a HardTanh. Dropout does nothing when it is deployed. */
function mnist(): object {
  const hidden = [1, 2, 3].flatMap((n) => [dense(`fc${n}`), batchNorm(`bn${n}`), n === 3 ? CLAMP : SIGN]);
  const last = { op: 'dense', weights: tensor('fc4.weight'), bias: tensor('fc4.bias') };
  return network(normalised([1, 28, 28], 0.1307, 0.3081), [FLATTEN, ...hidden, last]);
}

/** The shortcut carries the real numbers of the HardTanh before; a block that changes the shape has a binary 1x1 convolution there. */
function residual(name: string, from: string, stride: number, last: boolean): readonly Json[] {
  const part = (kind: string): string => `${name}.${kind}`;
  const shortcut = [
    { ...SIGN, inputs: [from] },
    conv(part('downsample.0'), { stride }, false),
    batchNorm(part('downsample.1'), { name: part('shortcut') }),
  ];
  return [
    { ...SIGN, inputs: [from] },
    conv(part('conv1'), { stride, padding: 1 }, false),
    batchNorm(part('bn1')),
    SIGN,
    conv(part('conv2'), { padding: 1, name: part('main') }, false),
    ...(stride === 1 ? [] : shortcut),
    { op: 'combine', operator: 'add', inputs: [part('main'), stride === 1 ? from : part('shortcut')], name: part('sum') },
    ...(last ? [] : [batchNorm(part('bn2')), { ...CLAMP, name }]),
  ];
}

function resnet(): object {
  return network(normalisedImage(32), [
    conv('conv1', { padding: 1 }, false),
    batchNorm('bn1'),
    { ...CLAMP, name: 'stem' },
    ...residual('layer1.0', 'stem', 1, false),
    ...residual('layer1.1', 'layer1.0', 1, false),
    ...residual('layer2.0', 'layer1.1', 2, false),
    ...residual('layer2.1', 'layer2.0', 1, false),
    ...residual('layer3.0', 'layer2.1', 2, false),
    ...residual('layer3.1', 'layer3.0', 1, true),
    { op: 'average-pool', kernel: 8 },
    FLATTEN,
    batchNorm('bn2'),
    SIGN,
    dense('fc'),
    batchNorm('bn3'),
  ]);
}

export const BINARYNET: readonly Topology[] = [
  {
    name: 'vgg-cifar10-binary',
    doc: 'BinaryNet.pytorch, models/vgg_cifar10_binary.py: six convolutions, three dense layers.',
    document: vgg,
  },
  {
    name: 'resnet-cifar10-binary',
    doc: 'BinaryNet.pytorch, models/resnet_binary.py: depth 18 for CIFAR-10, real shortcuts.',
    document: resnet,
  },
  { name: 'alexnet-binary', doc: 'BinaryNet.pytorch, models/alexnet_binary.py: five convolutions, three dense layers.', document: alexnet },
  { name: 'mnist-binary', doc: 'BinaryNet.pytorch, main_mnist.py: three binary dense layers, a real last one.', document: mnist },
];
