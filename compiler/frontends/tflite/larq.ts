/**
 * The custom operators of Larq Compute Engine (github.com/larq/compute-engine). A set bit is -1. A convolution counts unequal bits:
 * (taps - dot product) / 2; its activation comes before multiplier and bias.
 */
import { elementCount } from '../../ir/encoding.ts';
import type { Value } from '../channels-last.ts';
import type { NodeSource } from '../onnx/network.ts';
import { geometryOf, type Window } from '../window.ts';
import { FLOAT32, INT32 } from './model.ts';
import type { Computed, Translate, Translation } from './translation.ts';

const WORD = 32;

interface Options {
  readonly whole: (name: string, absent?: number) => number;
  readonly activation: number | string;
}

function optionsOf(translation: Translation): Options {
  const found = translation.operator.customOptions();
  return {
    whole: (name, absent) => {
      const value = found.get(name) ?? absent;
      return typeof value === 'number' ? value : translation.refuse(`has no ${name} in its custom options`);
    },
    activation: found.get('fused_activation_function') ?? 0,
  };
}

/** Whether a sign was taken; releases of 2020 have float inputs. */
function bitsOf(translation: Translation): Value {
  const found = translation.computed(0) ?? translation.refuse('takes its input from a constant or from nothing');
  if (found.bits) return found.value;
  return translation.channels.sign(found.value, { ...translation.source, name: `${translation.source.name}/sign` });
}

/** The number for SAME changed in 2020 and no version says so: the sizes of the output do. */
function paddingOf(translation: Translation, x: Value, window: Omit<Window, 'padding'>): Window['padding'] {
  const { shape } = translation.output();
  const sizes = (same: boolean): string =>
    [0, 1]
      .map((i) => {
        const [size = 0, kernel = 0, stride = 0, dilation = 0] = [x.shape[i + 1], window.kernel[i], window.stride[i], window.dilation[i]];
        return Math.ceil((same ? size : size - (kernel - 1) * dilation) / stride);
      })
      .join('x');
  const stated = shape.slice(1, 3).join('x');
  if (stated === sizes(true)) return 'same';
  if (stated === sizes(false)) return 'valid';
  return translation.refuse(`makes ${stated} pixels; SAME would give ${sizes(true)}, VALID ${sizes(false)}`);
}

interface Filter {
  /** [outputs][inputs of a group][height][width] of +-1 */
  readonly shape: readonly [number, number, number, number];
  readonly values: Float32Array;
  readonly groups: number;
}

/** From int32 words [outputs][height][width][words], the lowest bit first. */
function filterOf(translation: Translation, channels: number): Filter {
  const tensor = translation.needed(1);
  const [outputs = 0, height = 0, width = 0, words = 0] = tensor.shape;
  const groups = words === Math.ceil(channels / WORD) ? 1 : channels / (words * WORD);
  if (tensor.shape.length !== 4 || !Number.isInteger(groups) || outputs % groups !== 0)
    translation.refuse(`has a filter of [${tensor.shape.join(', ')}] words for ${channels} channels`);
  const inputs = channels / groups;
  const packed = translation.weights.words(tensor);
  translation.weights.spend(outputs * inputs * height * width, tensor);
  const values = new Float32Array(outputs * inputs * height * width);
  for (let i = 0; i < values.length; i += 1) {
    const pixel = i % (height * width);
    const input = Math.floor(i / (height * width)) % inputs;
    const output = Math.floor(i / (height * width * inputs));
    const word = packed[(output * height * width + pixel) * words + Math.floor(input / WORD)] ?? 0;
    values[i] = (word >>> (input % WORD)) & 1 ? -1 : 1;
  }
  return { shape: [outputs, inputs, height, width], values, groups };
}

function convolution(translation: Translation): Computed {
  const { channels, source } = translation;
  const { whole, activation } = optionsOf(translation);
  const x = bitsOf(translation);
  const count = x.shape.at(-1) ?? 0;
  if (whole('channels_in', count) !== count) translation.refuse(`is said to have ${whole('channels_in')} channels; its input has ${count}`);
  const { shape, values, groups } = filterOf(translation, count);
  const geometry = {
    kernel: [shape[2], shape[3]],
    stride: [whole('stride_height'), whole('stride_width')],
    dilation: [whole('dilation_height_factor', 1), whole('dilation_width_factor', 1)],
  } as const;
  const window = { ...geometry, padding: paddingOf(translation, x, geometry) };
  const padValue = whole('pad_values', 0);
  if (padValue !== 0 && padValue !== 1) translation.refuse(`has pad_values ${padValue}; 0 and 1 work`);
  const { type } = translation.output();
  const name = (what: string): NodeSource => ({ ...source, name: `${source.name}/${what}` });

  const kernel = { shape, values, bias: null, groups };
  const dot = channels.conv(x, kernel, window, padValue, name('conv'));
  const [outputs] = shape;
  if (type === INT32) {
    // Without padding, as of 1x1, both kinds of padding are one.
    if (padValue === 0 && geometryOf(x.shape, window)?.pads.some((size) => size > 0) === true)
      translation.refuse('writes bits and pads with 0, which the engine refuses as well');
    const taps = elementCount(shape.slice(1));
    const thresholds = translation.weights.words(translation.needed(4));
    if (thresholds.length !== outputs) translation.refuse(`has ${thresholds.length} thresholds for ${outputs} channels`);
    // +1 iff unequal <= threshold, which is dot >= taps - 2 threshold; beyond the counts the result is constant.
    const least = Float32Array.from(thresholds, (threshold) => taps - 2 * Math.min(taps, Math.max(-1, threshold)));
    const moved = channels.constant('Sub', dot, [outputs], least, name('threshold'));
    return { value: channels.sign(moved, source), bits: true };
  }
  if (type !== FLOAT32) translation.refuse(`makes a tensor of type ${type}; float32 and packed bits work`);
  const multiplier = translation.vector(2, outputs);
  const bias = translation.vector(3, outputs);
  const limited = translation.activated(dot, activation);
  const scaled = multiplier === null ? limited : channels.constant('Mul', limited, [outputs], multiplier, name('multiplier'));
  return { value: bias === null ? scaled : channels.constant('Add', scaled, [outputs], bias, source), bits: false };
}

function maxPool(translation: Translation): Computed {
  const { whole } = optionsOf(translation);
  const x = bitsOf(translation);
  const geometry = {
    kernel: [whole('filter_height'), whole('filter_width')],
    stride: [whole('stride_height'), whole('stride_width')],
    dilation: [1, 1],
  } as const;
  const window = { ...geometry, padding: paddingOf(translation, x, geometry) };
  return { value: translation.channels.pool('MaxPool', x, window, translation.source), bits: true };
}

export const LARQ: ReadonlyMap<string, Translate> = new Map<string, Translate>([
  ['LceQuantize', (translation) => ({ value: translation.channels.sign(translation.value(), translation.source), bits: true })],
  [
    'LceDequantize',
    (translation) => ({ value: translation.channels.each('Identity', bitsOf(translation), {}, translation.source), bits: false }),
  ],
  ['LceBconv2d', convolution],
  ['LceBMaxPool2d', maxPool],
]);
