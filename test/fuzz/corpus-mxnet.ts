/** Small models of MXNet: every operator that is read, arrays of every version, packed weights; the graph first, or the arrays, or these alone. */
import { elementCount } from '../../compiler/ir/encoding.ts';
import { paramsFile, symbolFile, type ArraySpec, type NodeSpec } from '../support/mxnet-model.ts';
import { randomFrom, type Random } from '../support/random.ts';
import { topologyOf } from '../support/topology.ts';
import { EXTREMES, HOSTILE_NAMES, type Mutator, type Seed } from './reader.ts';
import { replaced } from './mutate-bytes.ts';

type Layer = (x: number, nodes: NodeSpec[], arrays: ArraySpec[], random: Random) => number;

function push(nodes: NodeSpec[], node: NodeSpec): number {
  nodes.push(node);
  return nodes.length - 1;
}

function array(nodes: NodeSpec[], arrays: ArraySpec[], name: string, shape: readonly number[], draw: () => number): number {
  arrays.push({ name: `arg:${name}`, shape, values: Array.from({ length: elementCount(shape) }, draw) });
  return push(nodes, { op: 'null', name });
}

const layer =
  (op: string, attrs: Readonly<Record<string, string>>, weights: readonly (readonly number[])[] = [], from = op): Layer =>
  (x, nodes, arrays, random) => {
    const name = `${from.toLowerCase()}${nodes.length}`;
    const positive = op === 'BatchNorm';
    const inputs = weights.map((shape, i) => array(nodes, arrays, `${name}_${i}`, shape, () => (positive ? 0.1 : -1) + random.unit() * 2));
    return push(nodes, { op, name, attrs, inputs: [x, ...inputs] });
  };

/** Packed words instead of floats. */
const packedLayer =
  (op: string, attrs: Readonly<Record<string, string>>, words: number): Layer =>
  (x, nodes, arrays, random) => {
    const name = `${op.toLowerCase()}${nodes.length}`;
    const raw = Uint8Array.from({ length: 4 * words }, () => random.integer(0, 255));
    arrays.push({ name: `arg:${name}_weight`, shape: [words], values: [], raw });
    const weight = push(nodes, { op: 'null', name: `${name}_weight` });
    return push(nodes, { op, name, attrs: { ...attrs, binarized_weights_only: 'True' }, inputs: [x, weight] });
  };

const four = (channels: number): readonly (readonly number[])[] => Array.from({ length: 4 }, () => [channels]);

const LENET: readonly Layer[] = [
  layer('Convolution', { kernel: '(3, 3)', num_filter: '32' }, [[32, 1, 3, 3], [32]]),
  layer('Activation', { act_type: 'tanh' }),
  layer('Pooling', { kernel: '(2, 2)', stride: '(2, 2)', pool_type: 'max' }),
  layer('BatchNorm', {}, four(32)),
  layer('QActivation', { act_bit: '1', backward_only: 'True' }),
  packedLayer('QConvolution', { kernel: '(2, 2)', num_filter: '8' }, 32),
  layer('BatchNorm', { fix_gamma: 'False', eps: '2e-05' }, four(8)),
  layer('Flatten', {}),
  layer('QFullyConnected', { num_hidden: '32' }, [[32, 32]]),
  layer('BatchNorm', {}, four(32)),
  layer('FullyConnected', { num_hidden: '4' }, [[4, 32], [4]]),
  layer('SoftmaxOutput', {}),
];

const GLUON: readonly Layer[] = [
  layer('det_sign', {}),
  layer('Pad', { mode: 'constant', constant_value: '-1', pad_width: '(0, 0, 0, 0, 1, 1, 1, 1)' }),
  layer('Convolution', { kernel: '(3, 3)', num_filter: '4', no_bias: 'True' }, [[4, 1, 3, 3]]),
  layer('_plus_scalar', { scalar: '9' }),
  layer('_div_scalar', { scalar: '2' }),
  layer('BatchNorm', { fix_gamma: 'False' }, four(4)),
  layer('LeakyReLU', { act_type: 'leaky', slope: '0.1' }),
  layer('clip', { a_min: '-2', a_max: '2' }),
  (x, nodes, arrays, random) => {
    const branch = layer('QConvolution', { kernel: '(3, 3)', pad: '(1, 1)', num_filter: '4' }, [[4, 4, 3, 3]])(x, nodes, arrays, random);
    const sum = push(nodes, { op: 'elemwise_add', name: `plus${nodes.length}`, inputs: [x, branch] });
    return push(nodes, { op: 'Concat', name: `concat${nodes.length}`, inputs: [sum, x] });
  },
  layer('slice_axis', { axis: '1', begin: '2', end: '6' }),
  layer('Pooling', { kernel: '(1, 1)', global_pool: 'True', pool_type: 'avg' }),
  layer('Flatten', {}),
  layer('FullyConnected', { num_hidden: '3', no_bias: 'True' }, [[3, 4]]),
];

function build(layers: readonly Layer[], seed: number, size: number, version: 0 | 1 | 2 | 3, fromArrays: boolean): Seed {
  const random = randomFrom(seed);
  const nodes: NodeSpec[] = [{ op: 'null', name: 'data', attrs: { __shape__: `(1, 1, ${size}, ${size})` } }];
  const arrays: ArraySpec[] = [];
  layers.reduce((x, add) => add(x, nodes, arrays, random), 0);
  const [symbol, params] = [symbolFile(nodes), paramsFile(arrays, version)];
  const name = `mxnet ${seed} ${version}${fromArrays ? ' from its arrays' : ''}`;
  return fromArrays
    ? { name, file: 'net-0001.params', bytes: params, files: new Map([['net-symbol.json', symbol]]) }
    : { name, file: 'net-symbol.json', bytes: symbol, files: new Map([['net-0001.params', params]]) };
}

/** Arrays as gluon's save_parameters names them, and the network that a topology says they are. */
function parameters(version: 2 | 3): Seed {
  const random = randomFrom(20 + version);
  const draw = (name: string, shape: readonly number[], least = -1): ArraySpec => ({
    name,
    shape,
    values: Array.from({ length: elementCount(shape) }, () => least + random.unit() * 2),
  });
  const arrays = [
    draw('0.weight', [4, 1, 3, 3]),
    ...['gamma', 'beta', 'running_mean'].map((part) => draw(`1.${part}`, [4])),
    draw('1.running_var', [4], 0.1),
    draw('2.weight', [3, 36]),
    draw('2.bias', [3]),
  ];
  const tensor = (name: string): object => ({ tensor: name });
  const norm = { gamma: tensor('1.gamma'), beta: tensor('1.beta'), mean: tensor('1.running_mean'), variance: tensor('1.running_var') };
  const nodes = [
    { op: 'conv2d', weights: { ...tensor('0.weight'), binarize: 'plus' } },
    { op: 'batch-norm', ...norm, epsilon: 0.00001, form: 'torch' },
    { op: 'sign', zero: 'plus' },
    { op: 'reshape' },
    { op: 'dense', weights: tensor('2.weight'), bias: tensor('2.bias') },
  ];
  const document = { format: 'bnnc', version: 1, layout: 'channels-first', input: { type: 'f32', shape: [1, 5, 5] }, nodes };
  return {
    name: `mxnet parameters ${version}`,
    file: 'net.params',
    bytes: paramsFile(arrays, version),
    topology: topologyOf(document),
  };
}

export function mxnetCorpus(): readonly Seed[] {
  const versions = [0, 1, 2, 3] as const;
  const networks = versions.flatMap((version) => [
    build(LENET, version, 6, version, version % 2 === 0),
    build(GLUON, 10 + version, 5, version, version % 2 === 1),
  ]);
  return [...networks, parameters(2), parameters(3)];
}

/** Attribute texts, indices and operators of the graph. */
const TEXTS = [
  '(5, 5)',
  '(0, 0)',
  '(-1, 3)',
  '(1000000, 1)',
  '()',
  'None',
  'True',
  'False',
  '0',
  '-1',
  '1e999',
  '64',
  'max',
  'full',
  'NCHW',
  'NHWC',
  ...HOSTILE_NAMES,
];
const OPS = [
  'null',
  'Convolution',
  'QConvolution',
  'QFullyConnected',
  'BatchNorm',
  'Pooling',
  'Flatten',
  'Concat',
  'slice_axis',
  'SliceChannel',
  'Reshape',
  'LRN',
];

function editText(bytes: Uint8Array, random: Random, pattern: RegExp, replacement: () => string): Uint8Array {
  const text = Buffer.from(bytes).toString('utf8');
  const found = [...text.matchAll(pattern)];
  const match = found.length === 0 ? undefined : random.pick(found);
  if (match === undefined) return bytes;
  return Buffer.from(`${text.slice(0, match.index)}${replacement()}${text.slice(match.index + match[0].length)}`);
}

export const MUTATE_MXNET: readonly Mutator[] = [
  { name: 'attribute', apply: (bytes, random) => editText(bytes, random, /(?<=": )"[^"\n]*"/g, () => JSON.stringify(random.pick(TEXTS))) },
  { name: 'operator', apply: (bytes, random) => editText(bytes, random, /(?<="op": )"[^"]*"/g, () => JSON.stringify(random.pick(OPS))) },
  {
    name: 'index',
    apply: (bytes, random) =>
      editText(bytes, random, /(?<=[ \n])\d+(?=,?\n)/g, () => String(random.chance(0.7) ? random.integer(0, 30) : random.pick(EXTREMES))),
  },
  {
    name: 'aligned-word',
    apply: (bytes, random) => {
      const word = Buffer.alloc(8);
      word.writeBigInt64LE(BigInt.asIntN(64, random.pick(EXTREMES)));
      const at = 4 * random.integer(0, Math.max(0, Math.floor(Math.min(bytes.length, random.chance(0.5) ? 96 : bytes.length) / 4) - 1));
      const count = random.pick([4, 8]);
      return replaced(bytes, at, count, word.subarray(0, count));
    },
  },
];
