/**
 * Layers of BinaryNet (MatthieuCourbariaux/BinaryNet, Train-time/binary_net.py) as JSON documents. Each has six arrays in a row: W, b, beta, gamma,
 * mean and inv_std, the last being 1/sqrt(variance + 1e-4). Lasagne convolves, so kernels are turned by 180 degrees; dense weights are [in, out].
 */
import type { Topology } from '../frontend.ts';

type Json = Readonly<Record<string, unknown>>;

export const ARRAYS_OF_LAYER = 6;
const SIGN: Json = { op: 'sign', zero: 'plus' };

export function arrayName(index: number): string {
  return `arr_${index}`;
}

export interface Layer {
  readonly kind: 'conv' | 'dense';
  /** A 2x2 max pool between the layer and its batch norm. */
  readonly pool?: boolean;
}

function linear({ kind }: Layer, at: number): Json {
  const weights = { tensor: arrayName(at), binarize: 'plus' };
  const bias = { tensor: arrayName(at + 1) };
  return kind === 'dense'
    ? { op: 'dense', layout: 'io', weights, bias }
    : { op: 'conv2d', weights: { ...weights, flip: [2, 3] }, bias, padding: 1 };
}

function batchNorm(at: number): Json {
  return {
    op: 'batch-norm',
    beta: { tensor: arrayName(at + 2) },
    gamma: { tensor: arrayName(at + 3) },
    mean: { tensor: arrayName(at + 4) },
    inverseDeviation: { tensor: arrayName(at + 5) },
    form: 'lasagne',
  };
}

/** All layers but the last end in a sign; an image is flattened before the first dense layer. */
export function lasagneDocument(input: Json, layers: readonly Layer[]): object {
  const image = Array.isArray(input['shape']);
  const firstDense = layers.findIndex(({ kind }) => kind === 'dense');
  const nodes = layers.flatMap((layer, i) => [
    ...(image && i === firstDense ? [{ op: 'reshape' }] : []),
    linear(layer, ARRAYS_OF_LAYER * i),
    ...(layer.pool === true ? [{ op: 'max-pool', kernel: 2 }] : []),
    batchNorm(ARRAYS_OF_LAYER * i),
    ...(i < layers.length - 1 ? [SIGN] : []),
  ]);
  return { format: 'bnnc', version: 1, layout: 'channels-first', input, nodes };
}

/** Bytes as numbers from -1 to 1. */
function pixels(shape: readonly number[]): Json {
  return { name: 'image', type: 'u8', shape, scale: '2/255', offset: -1 };
}

const CONV: Layer = { kind: 'conv' };
const CONV_POOL: Layer = { kind: 'conv', pool: true };
const DENSE: Layer = { kind: 'dense' };
const PAIR = [CONV, CONV_POOL];

const images = (): object => lasagneDocument(pixels([3, 32, 32]), [...PAIR, ...PAIR, ...PAIR, DENSE, DENSE, DENSE]);

export const TOPOLOGIES: readonly Topology[] = [
  {
    name: 'binarynet-mnist',
    doc: 'BinaryNet, mnist.py: four dense layers (784-4096-4096-4096-10, or other widths).',
    document: () => lasagneDocument(pixels([1, 28, 28]), [DENSE, DENSE, DENSE, DENSE]),
  },
  {
    name: 'binarynet-cifar10',
    doc: 'BinaryNet, cifar10.py: six 3x3 convolutions, a pool after each second, three dense layers.',
    document: images,
  },
  { name: 'binarynet-svhn', doc: 'BinaryNet, svhn.py: as binarynet-cifar10, half as wide.', document: images },
];
