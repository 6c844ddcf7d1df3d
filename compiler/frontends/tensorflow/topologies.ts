/**
 * The networks of BinaryNet-on-tensorflow (github.com/uranusx86/BinaryNet-on-tensorflow, mnist.py and cifar10.py), for checkpoints
 * without a graph. Kernels are real and binarized as activations are, by 2·round(clip((x + 1)/2, 0, 1)) − 1: in float32 that is +1
 * exactly above 2^-24, as (x + 1)/2 rounds to 1/2 up to there, and 1/2 rounds to the even 0. `binary_weight` is never assigned there.
 */
import type { Topology } from '../frontend.ts';
import type { TensorFile } from '../tensor-file.ts';

/** The largest float32 whose sign is −1. */
const LARGEST_MINUS = 2 ** -24;
const EPSILON = 1e-4;

const KERNEL = /(?:^|\/)(?:dense|conv2d)__binary_layer(?:_\d+)?\/kernel$/;

/** The names that tf.layers gives to layers of a class: the first has no number. */
function numbered(name: string, index: number): string {
  return index === 0 ? name : `${name}_${index}`;
}

const tensor = (name: string): object => ({ tensor: name });

/** Tells whether a layer has the tensor; one version of mnist.py has no biases. */
type Has = (name: string) => boolean;

const sign = [
  { op: 'compare', operator: 'greater', values: LARGEST_MINUS },
  { op: 'select', whenTrue: 1, whenFalse: -1 },
] as const;

/** A layer of either kind, its bias where it has one. */
function layer(kind: 'dense' | 'conv2d', index: number, has: Has): object {
  const name = numbered(`${kind}__binary_layer`, index);
  return {
    op: kind,
    name,
    layout: kind === 'dense' ? 'io' : 'hwio',
    weights: { tensor: `${name}/kernel`, binarize: 'minus' },
    ...(has(`${name}/bias`) ? { bias: tensor(`${name}/bias`) } : {}),
    ...(kind === 'conv2d' ? { padding: 1 } : {}),
  };
}

/**
 * tf.layers normalizes images with FusedBatchNorm, vectors with arithmetic of its own: x·s + (β − mean·s), where s is γ/√(variance + ε).
 */
function norm(index: number, image: boolean): object {
  const name = numbered('batch_normalization', index);
  return {
    op: 'batch-norm',
    name,
    gamma: tensor(`${name}/gamma`),
    beta: tensor(`${name}/beta`),
    mean: tensor(`${name}/moving_mean`),
    variance: tensor(`${name}/moving_variance`),
    epsilon: EPSILON,
    form: image ? 'lasagne' : 'scale-shift',
  };
}

function document(shape: number | readonly number[], nodes: readonly object[]): object {
  return { format: 'bnnc', version: 1, input: { type: 'f32', shape }, nodes };
}

const CIFAR10_CONVOLUTIONS = [{}, { pool: true }, {}, { pool: true }, {}, { pool: true }] as const;

function mnist(has: Has): object {
  const nodes = [0, 1, 2, 3].flatMap((i) => [layer('dense', i, has), norm(i, false), ...(i < 3 ? sign : [])]);
  return document(784, nodes);
}

function cifar10(has: Has): object {
  const convolutions = CIFAR10_CONVOLUTIONS.flatMap((each, i) => [
    layer('conv2d', i, has),
    ...('pool' in each ? [{ op: 'max-pool', kernel: 2 }] : []),
    norm(i, true),
    ...sign,
  ]);
  const dense = [0, 1, 2].flatMap((i) => [layer('dense', i, has), norm(CIFAR10_CONVOLUTIONS.length + i, false), ...(i < 2 ? sign : [])]);
  return document([32, 32, 3], [...convolutions, { op: 'reshape' }, ...dense]);
}

function topologies(has: Has): readonly Topology[] {
  return [
    {
      name: 'binarynet-mnist',
      doc: 'BinaryNet-on-tensorflow on MNIST: dense layers of 4096, 4096, 4096 and 10, or of other widths.',
      document: () => mnist(has),
    },
    {
      name: 'binarynet-cifar10',
      doc: 'BinaryNet-on-tensorflow on CIFAR-10: six convolutions of 128 to 512 channels, dense layers of 1024, 1024 and 10, or of other widths.',
      document: () => cifar10(has),
    },
  ];
}

export const TOPOLOGIES: readonly Topology[] = topologies(() => true);

/** Those networks with the biases that the file has. */
export function topologiesFor({ tensors }: TensorFile): readonly Topology[] {
  return topologies((name) => tensors.has(name));
}

/** The tensors with kernels whose signs are those of the system's formula. */
export function withSystemSigns<T extends TensorFile>(file: T): T {
  const tensors = new Map(file.tensors);
  for (const [name, stored] of file.tensors) {
    if (!KERNEL.test(name)) continue;
    const read = (): ReturnType<typeof stored.read> => {
      const values = stored.read();
      for (let i = 0; i < values.length; i += 1) if (Math.abs(values[i] ?? 0) <= LARGEST_MINUS) values[i] = 0;
      return values;
    };
    tensors.set(name, { ...stored, read });
  }
  return { ...file, tensors };
}
