/** TensorFlow Lite's own operators, by their number in schema.fbs. Numbers of options are those of the fields of their tables. */
import { elementCount } from '../../ir/encoding.ts';
import type { Kernel, Value } from '../channels-last.ts';
import type { Translation } from './translation.ts';

type Real = (translation: Translation) => Value;

const axes = (list: readonly number[], rank: number): readonly number[] => list.map((axis) => (axis < 0 ? axis + rank : axis));

/** The order [outputs][rest][pixels] from [outputs][pixels][rest]. */
function pixelsLast(values: Float32Array, outputs: number, pixels: number, rest: number): Float32Array {
  return Float32Array.from({ length: outputs * pixels * rest }, (_, i) => {
    const output = Math.floor(i / (pixels * rest));
    const channel = Math.floor(i / pixels) % rest;
    return values[(output * pixels + (i % pixels)) * rest + channel] ?? 0;
  });
}

interface Fields {
  readonly activation: number;
  /** The first of two: columns, then rows. */
  readonly dilation: number;
}

/** `values` is [outputs][inputs of a group][height][width], and `size` the kernel's. Both tables of options begin with padding and strides. */
function convolve(
  translation: Translation,
  x: Value,
  kernel: Omit<Kernel, 'bias'>,
  size: readonly [number, number],
  { activation, dilation }: Fields,
): Value {
  const window = {
    kernel: size,
    stride: [translation.option(2), translation.option(1)],
    dilation: [translation.option(dilation + 1, 1), translation.option(dilation, 1)],
    padding: translation.padding(0),
  } as const;
  const whole = { ...kernel, bias: translation.vector(2, kernel.shape[0] ?? 0) };
  return translation.activated(translation.channels.conv(x, whole, window, 0, translation.source), translation.choice(activation));
}

function refuseFilter(translation: Translation, filter: readonly number[], x: Value): never {
  return translation.refuse(`has a filter of shape [${filter.join(', ')}] on a tensor of shape [${x.shape.join(', ')}]`);
}

function convolution(translation: Translation): Value {
  const x = translation.value();
  const filter = translation.needed(1);
  const [outputs = 0, height = 0, width = 0, inputs = 0] = filter.shape;
  const groups = (x.shape.at(-1) ?? 0) / inputs;
  if (filter.shape.length !== 4 || !Number.isInteger(groups)) refuseFilter(translation, filter.shape, x);
  const values = pixelsLast(translation.weights.floats(filter), outputs, height * width, inputs);
  const kernel = { shape: [outputs, inputs, height, width], values, groups };
  return convolve(translation, x, kernel, [height, width], { activation: 3, dilation: 4 });
}

function depthwise(translation: Translation): Value {
  const x = translation.value();
  const filter = translation.needed(1);
  const [one = 0, height = 0, width = 0, outputs = 0] = filter.shape;
  const groups = x.shape.at(-1) ?? 0;
  if (filter.shape.length !== 4 || one !== 1 || outputs % groups !== 0) refuseFilter(translation, filter.shape, x);
  const values = pixelsLast(translation.weights.floats(filter), 1, height * width, outputs);
  const kernel = { shape: [outputs, 1, height, width], values, groups };
  return convolve(translation, x, kernel, [height, width], { activation: 4, dilation: 5 });
}

function dense(translation: Translation): Value {
  const { channels, source } = translation;
  const given = translation.value();
  const tensor = translation.needed(1);
  const [outputs = 0, inputs = 0] = tensor.shape;
  if (tensor.shape.length !== 2 || outputs < 1 || inputs < 1) translation.refuse(`has weights of shape [${tensor.shape.join(', ')}]`);
  if (translation.choice(1) !== 0) translation.refuse(`has weights_format ${translation.choice(1)}; 0 works`);
  const stored = translation.weights.floats(tensor);
  const weights = Float32Array.from(stored, (_, i) => stored[(i % outputs) * inputs + Math.floor(i / outputs)] ?? 0);
  const flat = given.shape.length === 2 || translation.choice(2) !== 0;
  const x = flat ? given : channels.reshape(given, [1, elementCount(given.shape)], { ...source, name: `${source.name}/flatten` });
  return translation.activated(channels.dense(x, weights, outputs, translation.vector(2, outputs), source), translation.choice(0));
}

const pool =
  (op: 'MaxPool' | 'AveragePool'): Real =>
  (translation) => {
    const window = {
      kernel: [translation.option(4), translation.option(3)],
      stride: [translation.option(2), translation.option(1)],
      dilation: [1, 1],
      padding: translation.padding(0),
    } as const;
    return translation.activated(translation.channels.pool(op, translation.value(), window, translation.source), translation.choice(5));
  };

const elementwise =
  (op: 'Add' | 'Mul' | 'Sub' | 'Div' | 'Max' | 'Min'): Real =>
  (translation) => {
    const { channels, source } = translation;
    const [a, b] = [translation.computed(0), translation.computed(1)];
    const result = (): Value => {
      if (a !== null && b !== null) return channels.combine(op, translation.value(0), translation.value(1), source);
      const constant = translation.needed(a === null ? 0 : 1);
      const values = translation.weights.floats(constant);
      return channels.constant(op, translation.value(a === null ? 1 : 0), constant.shape, values, source, a === null);
    };
    return translation.activated(result(), translation.choice(0));
  };

const each =
  (op: string): Real =>
  (translation) =>
    translation.channels.each(op, translation.value(), {}, translation.source);

const clip =
  (low: number, high: number): Real =>
  (translation) =>
    translation.channels.limited('Clip', translation.value(), [low, high], translation.source);

function pad(translation: Translation, value: number): Value {
  const x = translation.value();
  const [batchBefore = 0, batchAfter = 0, top = 0, bottom = 0, left = 0, right = 0, ...channels] = translation.integers(1);
  if (x.shape.length !== 4 || channels.length !== 2 || batchBefore !== 0 || batchAfter !== 0)
    translation.refuse('pads more than rows, columns and channels of an image');
  const [front = 0, back = 0] = channels;
  return translation.channels.pad(x, [top, bottom, left, right, front, back], value, translation.source);
}

function mean(translation: Translation): Value {
  const x = translation.value();
  const over = axes(translation.integers(1), x.shape.length);
  if (x.shape.length !== 4 || [...over].sort().join() !== '1,2') translation.refuse(`takes the mean over the axes [${over.join(', ')}]`);
  return translation.channels.globalPool('GlobalAveragePool', x, translation.choice(0) !== 0, translation.source);
}

function reshape(translation: Translation): Value {
  const sizes = translation.constant(1) === null ? (translation.operator.options?.ints(0) ?? []) : translation.integers(1);
  return translation.channels.reshape(translation.value(), sizes, translation.source);
}

function squeeze(translation: Translation): Value {
  const x = translation.value();
  const given = axes(translation.operator.options?.ints(0) ?? [], x.shape.length);
  const gone = given.length === 0 ? x.shape.flatMap((size, axis) => (size === 1 && axis > 0 ? [axis] : [])) : given;
  if (gone.some((axis) => axis === 0 || x.shape[axis] !== 1)) translation.refuse(`squeezes the axes [${given.join(', ')}]`);
  return translation.channels.reshape(
    x,
    x.shape.filter((_, axis) => !gone.includes(axis)),
    translation.source,
  );
}

function transpose(translation: Translation): Value {
  const { channels, source } = translation;
  const x = translation.value();
  const perm = translation.integers(1);
  if (perm[0] !== 0 || [...perm].sort((a, b) => a - b).join() !== x.shape.map((_, axis) => axis).join())
    translation.refuse(`has the order [${perm.join(', ')}] for ${x.shape.length} axes`);
  const tensor = channels.network.add('Transpose', [channels.plain(x, source)], { perm }, source);
  return { tensor, shape: perm.map((axis) => x.shape[axis] ?? 1), turned: false };
}

/** What may end a network: along the last axis. */
const ofScores =
  (op: 'Softmax' | 'LogSoftmax' | 'ArgMax'): Real =>
  (translation) => {
    const { channels, source } = translation;
    const x = translation.value();
    const attributes = op === 'ArgMax' ? { axis: -1, keepdims: 0 } : { axis: -1 };
    return { tensor: channels.network.add(op, [channels.plain(x, source)], attributes, source), shape: x.shape, turned: false };
  };

function softmax(translation: Translation): Value {
  if (translation.number(0, 0) !== 1) translation.refuse(`has beta ${translation.number(0, 0)}; 1 works`);
  return ofScores('Softmax')(translation);
}

function argMax(translation: Translation): Value {
  const x = translation.value();
  const [axis = -1] = axes(translation.integers(1), x.shape.length);
  if (axis !== x.shape.length - 1) translation.refuse(`takes the maximum along axis ${axis}`);
  return { ...ofScores('ArgMax')(translation), shape: x.shape.slice(0, -1) };
}

function leaky(translation: Translation): Value {
  return translation.channels.each('LeakyRelu', translation.value(), { alpha: translation.number(0, 0) }, translation.source);
}

function slopes(translation: Translation): Value {
  const tensor = translation.needed(1);
  return translation.channels.constant('PRelu', translation.value(), tensor.shape, translation.weights.floats(tensor), translation.source);
}

function join(translation: Translation): Value {
  const values = translation.operator.inputs.map((_, position) => translation.value(position));
  return translation.activated(translation.channels.concat(values, translation.option(0), translation.source), translation.choice(1));
}

export interface Builtin {
  readonly name: string;
  readonly translate: Real;
}

export const BUILTINS: ReadonlyMap<number, Builtin> = new Map<number, Builtin>([
  [0, { name: 'ADD', translate: elementwise('Add') }],
  [1, { name: 'AVERAGE_POOL_2D', translate: pool('AveragePool') }],
  [2, { name: 'CONCATENATION', translate: join }],
  [3, { name: 'CONV_2D', translate: convolution }],
  [4, { name: 'DEPTHWISE_CONV_2D', translate: depthwise }],
  [9, { name: 'FULLY_CONNECTED', translate: dense }],
  [14, { name: 'LOGISTIC', translate: each('Sigmoid') }],
  [17, { name: 'MAX_POOL_2D', translate: pool('MaxPool') }],
  [18, { name: 'MUL', translate: elementwise('Mul') }],
  [19, { name: 'RELU', translate: each('Relu') }],
  [20, { name: 'RELU_N1_TO_1', translate: clip(-1, 1) }],
  [21, { name: 'RELU6', translate: clip(0, 6) }],
  [22, { name: 'RESHAPE', translate: reshape }],
  [25, { name: 'SOFTMAX', translate: softmax }],
  [28, { name: 'TANH', translate: each('Tanh') }],
  [34, { name: 'PAD', translate: (at) => pad(at, 0) }],
  [39, { name: 'TRANSPOSE', translate: transpose }],
  [40, { name: 'MEAN', translate: mean }],
  [41, { name: 'SUB', translate: elementwise('Sub') }],
  [42, { name: 'DIV', translate: elementwise('Div') }],
  [43, { name: 'SQUEEZE', translate: squeeze }],
  [50, { name: 'LOG_SOFTMAX', translate: ofScores('LogSoftmax') }],
  [54, { name: 'PRELU', translate: slopes }],
  [55, { name: 'MAXIMUM', translate: elementwise('Max') }],
  [56, { name: 'ARG_MAX', translate: argMax }],
  [57, { name: 'MINIMUM', translate: elementwise('Min') }],
  [60, { name: 'PADV2', translate: (at) => pad(at, at.vector(2, 1)?.[0] ?? 0) }],
  [98, { name: 'LEAKY_RELU', translate: leaky }],
  [117, { name: 'HARD_SWISH', translate: each('HardSwish') }],
  [152, { name: 'RELU_0_TO_1', translate: clip(0, 1) }],
]);
