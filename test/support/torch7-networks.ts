/** Small networks of Torch7 with every kind of module, for tests and as the corpus of the fuzzer. */
import { randomFrom, type Random } from './random.ts';
import { list, object, sequential, storage, table, tensor, type T7Object, type T7Value } from './torch7-file.ts';

const reals = (random: Random, count: number): number[] => Array.from({ length: count }, () => Math.fround(random.unit() * 2 - 1));
const positive = (random: Random, count: number): number[] => reals(random, count).map((value) => Math.fround(Math.abs(value) + 0.25));

export interface ConvOptions {
  readonly className?: string;
  readonly size?: number;
  readonly pad?: number;
  readonly stride?: number;
  readonly weight?: readonly number[];
  readonly bias?: readonly number[] | null;
  /** Size of the batch that cudnn saw last. */
  readonly seen?: readonly number[];
}

export function conv(random: Random, inputs: number, outputs: number, options: ConvOptions = {}): T7Object {
  const { className = 'nn.SpatialConvolution', size = 3, pad = 0, stride = 1 } = options;
  const bias = options.bias === undefined ? reals(random, outputs) : options.bias;
  return object(className, {
    nInputPlane: inputs,
    nOutputPlane: outputs,
    kW: size,
    kH: size,
    dW: stride,
    dH: stride,
    padW: pad,
    padH: pad,
    weight: tensor([outputs, inputs, size, size], options.weight ?? reals(random, outputs * inputs * size * size)),
    ...(bias === null ? {} : { bias: tensor([outputs], bias) }),
    ...(options.seen === undefined ? {} : { iSize: storage(options.seen) }),
  });
}

export function linear(random: Random, inputs: number, outputs: number, className = 'nn.Linear', weight?: readonly number[]): T7Object {
  return object(className, {
    weight: tensor([outputs, inputs], weight ?? reals(random, inputs * outputs)),
    bias: tensor([outputs], reals(random, outputs)),
  });
}

export function norm(random: Random, channels: number, className = 'nn.SpatialBatchNormalization', stored = 'running_var'): T7Object {
  return object(
    className,
    {
      eps: 1e-5,
      weight: tensor([channels], reals(random, channels)),
      bias: tensor([channels], reals(random, channels)),
      running_mean: tensor([channels], reals(random, channels)),
      [stored]: tensor([channels], positive(random, channels)),
    },
    stored === 'running_var' ? 2 : 1,
  );
}

export const pool = (className = 'nn.SpatialMaxPooling', size = 2, stride = 2, more: Readonly<Record<string, T7Value>> = {}): T7Object =>
  object(className, { kW: size, kH: size, dW: stride, dH: stride, padW: 0, padH: 0, ceil_mode: false, ...more });

export const view = (...sizes: number[]): T7Object =>
  object('nn.View', { size: storage(sizes), numElements: sizes.reduce((a, b) => a * Math.abs(b), 1) });

export function binaryNet(): T7Object {
  const random = randomFrom(1);
  return sequential(
    view(1, 6, 6),
    conv(random, 1, 4, { className: 'cudnnBinarySpatialConvolution', pad: 1 }),
    pool('cudnn.SpatialMaxPooling'),
    norm(random, 4, 'SpatialBatchNormalizationShiftPow2', 'running_std'),
    object('nn.HardTanh', { min_val: -1, max_val: 1 }),
    object('BinarizedNeurons', { stcFlag: true }),
    view(36),
    linear(random, 36, 5, 'BinaryLinear'),
    norm(random, 5, 'nn.BatchNormalization'),
    object('nn.LogSoftMax'),
  );
}

export function xnorNet(): T7Object {
  const random = randomFrom(2);
  const block = (inputs: number, outputs: number): T7Object =>
    sequential(
      norm(random, inputs),
      sequential(object('nn.BinActiveZ')),
      conv(random, inputs, outputs, { className: 'cudnn.SpatialConvolution', pad: 1 }),
    );
  return sequential(
    conv(random, 2, 3, { className: 'cudnn.SpatialConvolution', seen: [8, 2, 6, 7] }),
    norm(random, 3),
    object('cudnn.ReLU', { inplace: true }),
    pool(),
    block(3, 4),
    norm(random, 4),
    object('nn.ReLU', { threshold: 0, val: 0 }),
    object('nn.SpatialDropout', { p: 0.25 }),
    conv(random, 4, 3, { className: 'cudnn.SpatialConvolution', size: 2 }),
    view(3),
  );
}

export function residualNet(): T7Object {
  const random = randomFrom(3);
  const branch = sequential(
    norm(random, 4),
    conv(random, 4, 6, { className: 'cudnn.RandomBinaryConvolution', pad: 1, bias: null }),
    object('nn.LeakyReLU', { negval: 0.1 }),
    conv(random, 6, 4, { size: 1 }),
  );
  return sequential(
    object('nn.Reshape', { size: storage([1, 7, 7]), batchsize: storage([0, 1, 7, 7]) }),
    conv(random, 1, 4, { stride: 2, pad: 1 }),
    object('nn.ConcatTable', { modules: list(branch, object('nn.Identity')) }),
    object('nn.CAddTable', { inplace: true }),
    object('nn.Concat', { dimension: 2, modules: list(object('nn.Tanh'), object('nn.Sigmoid')) }),
    object('nn.PReLU', { nOutputPlane: 8, weight: tensor([8], reals(random, 8)) }),
    pool('nn.SpatialAveragePooling', 2, 2, { ceil_mode: true, count_include_pad: true }),
    object('nn.Dropout', { p: 0.5, v2: true }),
    view(-1, 32),
    linear(random, 32, 3),
    object('nn.MulConstant', { constant_scalar: 0.5 }),
  );
}

/** A checkpoint with functions, references and unknown fields, in which all parameters share a storage. */
export function checkpoint(): T7Value {
  const random = randomFrom(4);
  const shared = storage(reals(random, 64), 'Cuda');
  const weight = tensor([3, 8], shared, { offset: 5, strides: [1, 3] });
  const layer = object('nn.Linear', {
    weight,
    bias: tensor([3], shared, { offset: 40 }),
    gradWeight: weight,
    output: { kind: 'tensor', type: 'Cuda', sizes: [], strides: [], offset: 0, storage: null },
    reset: { kind: 'function', type: 8, code: 'LJ\u0002' },
  });
  const parallel = {
    ...object('nn.DataParallelTable', {}, 3),
    fields: [list(1, 2), table({ modules: list(sequential(layer, object('nn.Tanh'))) })],
  };
  return table({ epoch: 7, model: parallel, dfdx: tensor([24], shared), old: { kind: 'function', type: 6, code: 'x' }, done: false });
}
