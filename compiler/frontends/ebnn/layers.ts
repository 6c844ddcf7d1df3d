/** eBNN's layers by the C function that computes them (c/ebnn.h of kunglab/ebnn). */
import { refuseUse } from '../refuse-use.ts';
import type { OperatorNetwork } from '../onnx/network.ts';
import type { Call, EbnnSource, SourceArray } from './source.ts';

/** Most of all the numbers of a call: sizes of maps and kernels. */
const LARGEST = 65_536;

export interface Layer {
  /** Name of the generated function. */
  readonly name: string;
  readonly call: Call;
}

function refuse({ name, call }: Layer, message: string, help?: string): never {
  return refuseUse({ name, shown: call.name, origin: call.origin }, message, help);
}

/** The numbers behind the eight arrays and buffers. */
const CONVOLUTION = [
  'm', 'num_f', 'w', 'h', 'd', 'kw', 'kh', 'sw', 'sh', 'pw', 'ph', 'pl_w', 'pl_h', 'pl_sw', 'pl_sh', 'pl_pw', 'pl_ph',
] as const; // prettier-ignore
const DENSE = ['m', 'n', 'k'] as const;
/** input, F, output, then five arrays of floats. */
const ARRAYS = 8;

function numbersOf<K extends string>(layer: Layer, names: readonly K[]): Readonly<Record<K, number>> {
  const { arguments: words } = layer.call;
  if (words.length !== ARRAYS + names.length)
    return refuse(layer, `is called with ${words.length} arguments; it has ${ARRAYS + names.length}`);
  const entries = names.map((name, i) => {
    const word = words[ARRAYS + i] ?? '';
    const value = /^\d+$/.test(word) ? Number(word) : Number.NaN;
    if (!(value <= LARGEST)) refuse(layer, `has "${word.slice(0, 40)}" for ${name}; a number up to ${LARGEST} should stand there`);
    return [name, value] as const;
  });
  return Object.fromEntries(entries) as Record<K, number>;
}

function arrayAt(layer: Layer, source: EbnnSource, position: number, type: SourceArray['type'], count: number): SourceArray['values'] {
  const name = layer.call.arguments[position] ?? '';
  const array = source.arrays.get(name);
  if (array === undefined) return refuse(layer, `names the array "${name.slice(0, 80)}", which the file does not have`);
  if (array.type !== type || array.values.length !== count)
    return refuse(layer, `takes "${name}" as ${type}[${count}]; it is ${array.type}[${array.values.length}]`);
  return array.values;
}

/** Bits of `rows` rows, the highest of a byte first, each row filled up to whole bytes; 1 is +1. */
function unpack(bytes: ArrayLike<number>, rows: number, bits: number): Float32Array {
  const stride = Math.ceil(bits / 8);
  return Float32Array.from({ length: rows * bits }, (_, i) => {
    const [row, bit] = [Math.floor(i / bits), i % bits];
    return (((bytes[row * stride + (bit >> 3)] ?? 0) >> (7 - (bit & 7))) & 1) === 1 ? 1 : -1;
  });
}

interface Building {
  readonly network: OperatorNetwork;
  readonly source: EbnnSource;
  readonly layer: Layer;
}

function add(
  { network, layer }: Building,
  op: string,
  inputs: readonly string[],
  attributes: Parameters<OperatorNetwork['add']>[2],
  part: string,
): string {
  return network.add(op, inputs, attributes, { name: `${layer.name}.${part}`, shown: layer.call.name, origin: layer.call.origin });
}

function addSign({ network, layer }: Building, x: string, name: string): string {
  return network.own('Sign', [x], { zero: 'plus' }, { name, shown: layer.call.name, origin: layer.call.origin });
}

/** (((s + bias) − mean)/std)·γ + β, one rounding for each. */
function normalize(building: Building, x: string, channels: number, spatial: boolean): string {
  const { layer, source, network } = building;
  const shape = spatial ? [1, channels, 1, 1] : [1, channels];
  const constant = (position: number): string => network.constant(shape, arrayAt(layer, source, position, 'float', channels));
  const steps = [
    ['Add', 3, 'bias'],
    ['Sub', 6, 'mean'],
    ['Div', 7, 'std'],
    ['Mul', 4, 'gamma'],
    ['Add', 5, 'beta'],
  ] as const;
  return steps.reduce((value, [op, position, part]) => add(building, op, [value, constant(position)], {}, part), x);
}

export interface InputMap {
  /** [channels, height, width], or a number of features. */
  readonly sizes: readonly number[];
  /** eBNN packs the input of a first layer that works on bits. */
  readonly packed: boolean;
}

const CONVOLUTIONS: ReadonlySet<string> = new Set(['fconv_layer', 'bconv_layer']);
const DENSES: ReadonlySet<string> = new Set(['blinear_layer', 'blinear_sm_layer']);

export function isLayer(name: string): boolean {
  return CONVOLUTIONS.has(name) || DENSES.has(name);
}

export function inputOf(layer: Layer): InputMap {
  if (DENSES.has(layer.call.name)) return { sizes: [numbersOf(layer, DENSE).n], packed: true };
  const { d, h, w } = numbersOf(layer, CONVOLUTION);
  return { sizes: [d, h, w], packed: layer.call.name === 'bconv_layer' };
}

function convolution(building: Building, x: string): string {
  const { layer, source, network } = building;
  const numbers = numbersOf(layer, CONVOLUTION);
  const {
    m,
    num_f: filters,
    w,
    h,
    d,
    kw,
    kh,
    sw,
    sh,
    pw,
    ph,
    pl_w: plw,
    pl_h: plh,
    pl_sw: plsw,
    pl_sh: plsh,
    pl_pw: plpw,
    pl_ph: plph,
  } = numbers;
  if (m !== 1) return refuse(layer, `computes ${m} images at once; 1 works`);
  if (w !== h || kw !== kh || sw !== sh || pw !== ph || plw !== plh || plsw !== plsh || plpw !== plph)
    return refuse(
      layer,
      'has a map or a window that is not square, which the C code of eBNN computes wrongly',
      'Compile the HDF5 file of the network instead, with a topology that says what was trained.',
    );
  const onFloats = layer.call.name === 'fconv_layer';
  const [rows, bits] = onFloats ? [filters, d * kh * kw] : [filters * d, kh * kw];
  const weights = unpack(arrayAt(layer, source, 1, 'uint8_t', rows * Math.ceil(bits / 8)), rows, bits);
  const attributes = { kernel_shape: [kh, kw], strides: [sh, sw], pads: [ph, pw, ph, pw] };
  const sum = add(building, 'Conv', [x, network.constant([filters, d, kh, kw], weights)], attributes, 'conv');
  const isPooled = plh !== 1 || plsh !== 1;
  const pooled = isPooled
    ? add(building, 'MaxPool', [sum], { kernel_shape: [plh, plw], strides: [plsh, plsw], pads: [plph, plpw, plph, plpw] }, 'pool')
    : sum;
  return addSign(building, normalize(building, pooled, filters, true), layer.name);
}

function dense(building: Building, x: string): string {
  const { layer, source, network } = building;
  const { m, n, k } = numbersOf(layer, DENSE);
  if (m !== 1) return refuse(layer, `computes ${m} images at once; 1 works`);
  const weights = unpack(arrayAt(layer, source, 1, 'uint8_t', k * Math.ceil(n / 8)), k, n);
  const flat = add(building, 'Flatten', [x], { axis: 1 }, 'flatten');
  const sum = add(building, 'Gemm', [flat, network.constant([k, n], weights)], { transB: 1 }, 'sum');
  const scores = normalize(building, sum, k, false);
  return layer.call.name === 'blinear_sm_layer' ? scores : addSign(building, scores, layer.name);
}

/** Adds a layer behind `x` and returns what it gives: bits, or the scores of the last one. */
export function addLayer(building: Building, x: string): string {
  return CONVOLUTIONS.has(building.layer.call.name) ? convolution(building, x) : dense(building, x);
}
