/*
 * The integer evaluator of emitted TypeScript modules: each module carries the functions that its network needs, as they
 * stand here. SPDX-License-Identifier: Apache-2.0 OR MIT-0
 *
 * Bits are signs, 1 for +1 and 0 for -1, packed into words: element i of a run is bit i % 32 of word i / 32, every run starts a
 * new word, and unused bits are 0. Unless said otherwise the runs of an image are the channels of its pixels, row by row.
 * Every sum is an integer that fits into 32 bits: the compiler has checked its range.
 */

/** Windows over an image of height × width pixels that give rows × columns positions. A dense layer is one window. */
export interface Window {
  readonly height: number;
  readonly width: number;
  readonly rows: number;
  readonly columns: number;
  readonly kernel: readonly [height: number, width: number];
  readonly stride: readonly [y: number, x: number];
  readonly dilation: readonly [y: number, x: number];
  readonly padding: readonly [top: number, left: number];
}

/** Weighted sums with weights ±1 over windows. */
export interface Layer extends Window {
  readonly groups: number;
  /** Channels that one group reads. */
  readonly inputs: number;
  /** Of all groups together. */
  readonly outputs: number;
  /** What a tap outside the image counts before its weight. */
  readonly pad: number;
  /** Bits, a run of `inputs` for each tap: [outputs][kernel height][kernel width]. */
  readonly weights: Uint32Array;
}

/** multiplier·element + addend, with one constant for all channels or one for each. */
export interface Transform {
  readonly multiplier: readonly number[];
  readonly addend: readonly number[];
}

/** `size` elements from `start`, every `step`-th. */
export interface Range {
  readonly start: number;
  readonly size: number;
  readonly step: number;
}

/** One float32 operation with a constant: one for all channels, or one for each. */
export interface Step {
  readonly operator: 'add' | 'subtract' | 'multiply' | 'divide' | 'maximum' | 'minimum';
  readonly values: Float32Array;
}

/** The exact number (factor·sum + constant) / divisor; scale = factor/divisor and offset = constant/divisor as the nearest doubles. */
export interface Fraction {
  readonly factor: bigint;
  readonly constant: bigint;
  readonly divisor: bigint;
  readonly scale: number;
  readonly offset: number;
}

/** Little-endian words from base64; white space does not count. */
export function words(base64: string): Uint32Array {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const values = new Map(Array.from(digits, (digit, value) => [digit, value] as const));
  const text = base64.replace(/[\s=]/g, '');
  const result = new Uint32Array(Math.floor((text.length * 6) / 32));
  let byte = 0;
  let [pending, bits] = [0, 0];
  for (const digit of text) {
    pending = ((pending << 6) | (values.get(digit) ?? 0)) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    result[byte >>> 2] = (result[byte >>> 2] as number) | (((pending >>> bits) & 0xff) << ((byte & 3) * 8));
    byte += 1;
  }
  return result;
}

/** How many bits of a word are 1. */
export function ones(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The same bits in runs of another length. */
export function regroup(bits: Uint32Array, count: number, from: number, to: number): Uint32Array {
  const [fromWords, toWords] = [Math.ceil(from / 32), Math.ceil(to / 32)];
  const result = new Uint32Array(Math.ceil(count / to) * toWords);
  for (let i = 0; i < count; i += 1) {
    const [source, target] = [i % from, i % to];
    const bit = ((bits[((i - source) / from) * fromWords + (source >>> 5)] as number) >>> (source & 31)) & 1;
    const at = ((i - target) / to) * toWords + (target >>> 5);
    result[at] = (result[at] as number) | (bit << (target & 31));
  }
  return result;
}

/** Some elements along each dimension: `size` of them from `start`, every `step`-th. */
export function picked(elements: ArrayLike<number>, shape: readonly number[], ranges: readonly Range[]): Int32Array {
  const count = ranges.reduce((product, { size }) => product * size, 1);
  return Int32Array.from({ length: count }, (_, i) => {
    let [rest, at, stride] = [i, 0, 1];
    for (let axis = ranges.length - 1; axis >= 0; axis -= 1) {
      const { start, size, step } = ranges[axis] as Range;
      at += (start + step * (rest % size)) * stride;
      rest = Math.floor(rest / size);
      stride *= shape[axis] as number;
    }
    return elements[at] as number;
  });
}

/** Images of the same size joined along their channels. */
export function joined(images: readonly ArrayLike<number>[], channels: readonly number[]): Int32Array {
  const perPixel = channels.reduce((sum, own) => sum + own, 0);
  const result = new Int32Array(images.reduce((sum, image) => sum + image.length, 0));
  let start = 0;
  images.forEach((image, k) => {
    const own = channels[k] as number;
    for (let i = 0; i < image.length; i += 1) result[Math.floor(i / own) * perPixel + start + (i % own)] = image[i] as number;
    start += own;
  });
  return result;
}

/** Bits in runs of `run` as +1 and -1. */
export function signed(bits: Uint32Array, count: number, run: number): Int32Array {
  const perRun = Math.ceil(run / 32);
  return Int32Array.from({ length: count }, (_, i) => {
    const place = i % run;
    const word = bits[((i - place) / run) * perRun + (place >>> 5)] as number;
    return (word >>> (place & 31)) & 1 ? 1 : -1;
  });
}

/** The integers that an exact sum adds. */
export function transformed(elements: ArrayLike<number>, { multiplier, addend }: Transform): Int32Array {
  return Int32Array.from(
    elements,
    (element, i) => (multiplier[i % multiplier.length] as number) * element + (addend[i % addend.length] as number),
  );
}

/**
 * Sums over windows, [rows][columns][outputs]. `inner` sums the inputs of one tap, which begin at run `from`, with the weights that
 * begin at word `weight`. A tap outside the image counts `pad` for each input: pad · (weights of +1 − weights of −1).
 */
export function sumWindows(layer: Layer, inner: (from: number, weight: number) => number): Int32Array {
  const { height, width, rows, columns, groups, inputs, outputs, pad, weights } = layer;
  const { kernel, stride, dilation, padding } = layer;
  const perTap = Math.ceil(inputs / 32);
  const sums = new Int32Array(rows * columns * outputs);
  let at = 0;
  for (let y = 0; y < rows; y += 1) {
    for (let x = 0; x < columns; x += 1) {
      let weight = 0;
      for (let output = 0; output < outputs; output += 1) {
        const group = Math.floor((output * groups) / outputs);
        let sum = 0;
        for (let ky = 0; ky < kernel[0]; ky += 1) {
          const row = y * stride[0] + ky * dilation[0] - padding[0];
          for (let kx = 0; kx < kernel[1]; kx += 1) {
            const column = x * stride[1] + kx * dilation[1] - padding[1];
            if (row >= 0 && row < height && column >= 0 && column < width) {
              sum += inner((row * width + column) * groups + group, weight);
            } else if (pad !== 0) {
              let plus = 0;
              for (let i = 0; i < perTap; i += 1) plus += ones(weights[weight + i] as number);
              sum += pad * (2 * plus - inputs);
            }
            weight += perTap;
          }
        }
        sums[at] = sum;
        at += 1;
      }
    }
  }
  return sums;
}

/** Sums of bits in runs of `inputs`: products of signs are +1 where bits agree, so a tap sums to inputs − 2 · (bits that differ). */
export function sumBits(bits: Uint32Array, layer: Layer): Int32Array {
  const { inputs, weights } = layer;
  const perTap = Math.ceil(inputs / 32);
  return sumWindows(layer, (from, weight) => {
    let different = 0;
    for (let i = 0; i < perTap; i += 1) different += ones((bits[from * perTap + i] as number) ^ (weights[weight + i] as number));
    return inputs - 2 * different;
  });
}

/** Sums of integers, [height][width][channels]. */
export function sumIntegers(integers: ArrayLike<number>, layer: Layer): Int32Array {
  const { inputs, weights } = layer;
  return sumWindows(layer, (from, weight) => {
    let sum = 0;
    for (let i = 0; i < inputs; i += 1) {
      const integer = integers[from * inputs + i] as number;
      sum += ((weights[weight + (i >>> 5)] as number) >>> (i & 31)) & 1 ? integer : -integer;
    }
    return sum;
  });
}

/** Bits that are 1 where an integer reaches the threshold of its channel; batch normalization and sign are folded into thresholds. */
export function reaches(integers: ArrayLike<number>, channels: number, thresholds: Int32Array): Uint32Array {
  const perPixel = Math.ceil(channels / 32);
  const bits = new Uint32Array((integers.length / channels) * perPixel);
  for (let i = 0; i < integers.length; i += 1) {
    const channel = i % channels;
    if ((integers[i] as number) < (thresholds[channel % thresholds.length] as number)) continue;
    const at = ((i - channel) / channels) * perPixel + (channel >>> 5);
    bits[at] = (bits[at] as number) | (1 << (channel & 31));
  }
  return bits;
}

/** Max-pooling of signs: a bit is 1 where any bit of its window is; pixels outside the image do not count. */
export function anyOf(bits: Uint32Array, perPixel: number, window: Window): Uint32Array {
  const { height, width, rows, columns, kernel, stride, dilation, padding } = window;
  const result = new Uint32Array(rows * columns * perPixel);
  for (let position = 0; position < rows * columns; position += 1) {
    const x = position % columns;
    const y = (position - x) / columns;
    for (let ky = 0; ky < kernel[0]; ky += 1) {
      const row = y * stride[0] + ky * dilation[0] - padding[0];
      if (row < 0 || row >= height) continue;
      for (let kx = 0; kx < kernel[1]; kx += 1) {
        const column = x * stride[1] + kx * dilation[1] - padding[1];
        if (column < 0 || column >= width) continue;
        for (let i = 0; i < perPixel; i += 1) {
          const at = position * perPixel + i;
          result[at] = (result[at] as number) | (bits[(row * width + column) * perPixel + i] as number);
        }
      }
    }
  }
  return result;
}

/** Flips the bits of some channels, which are 1 in the words of `mask`. */
export function flip(bits: Uint32Array, mask: Uint32Array): Uint32Array {
  return bits.map((word, i) => word ^ (mask[i % mask.length] as number));
}

/** sum·scale as float32. Rounds once: the product has at most 53 bits. Adding 0 makes -0 the 0 that the exact number is. */
export function scaled(sums: Int32Array, scale: readonly number[]): Float32Array {
  return Float32Array.from(sums, (sum, i) => Math.fround(sum * (scale[i % scale.length] as number)) + 0);
}

/** An exact fraction as the nearest float32, ties to even. */
export function nearestFloat(numerator: bigint, divisor: bigint): number {
  const magnitude = numerator < 0n ? -numerator : numerator;
  if (magnitude === 0n) return 0;
  // 2^exponent <= magnitude / divisor < 2^(exponent + 1); a float32 has 24 bits from there down, and none below 2^-149.
  const length = (value: bigint): number => value.toString(2).length;
  let exponent = length(magnitude) - length(divisor);
  const large = exponent < 0 ? magnitude << BigInt(-exponent) : magnitude;
  if (large < (exponent < 0 ? divisor : divisor << BigInt(exponent))) exponent -= 1;
  const unit = Math.max(exponent - 23, -149);
  const top = unit < 0 ? magnitude << BigInt(-unit) : magnitude;
  const bottom = unit < 0 ? divisor : divisor << BigInt(unit);
  const twice = 2n * (top % bottom);
  let units = top / bottom;
  if (twice > bottom || (twice === bottom && units % 2n === 1n)) units += 1n;
  const value = Math.fround(Number(units) * 2 ** unit);
  return numerator < 0n && value !== 0 ? -value : value;
}

/**
 * The fraction of each sum as the nearest float32. The double sum·scale + offset is wrong by less than 2^-50 of its terms; only where
 * both ends of that interval do not round to one float32 is the exact fraction formed.
 */
export function rounded(sums: Int32Array, fractions: readonly Fraction[]): Float32Array {
  return Float32Array.from(sums, (sum, i) => {
    const { factor, constant, divisor, scale, offset } = fractions[i % fractions.length] as Fraction;
    const product = sum * scale;
    const error = (Math.abs(product) + Math.abs(offset)) * 2 ** -50;
    const low = Math.fround(product + offset - error);
    if (low === Math.fround(product + offset + error)) return low + 0;
    return nearestFloat(factor * BigInt(sum) + constant, divisor);
  });
}

/** float32 operations in order, each rounded once. */
export function stepped(scores: Float32Array, steps: readonly Step[]): Float32Array {
  return scores.map((score, i) => {
    let x = score;
    for (const { operator, values } of steps) {
      const value = values[i % values.length] as number;
      if (operator === 'add') x = Math.fround(x + value);
      else if (operator === 'subtract') x = Math.fround(x - value);
      else if (operator === 'multiply') x = Math.fround(x * value);
      else if (operator === 'divide') x = Math.fround(x / value);
      else if (operator === 'maximum') x = x < value ? value : x;
      else x = x > value ? value : x;
    }
    return x;
  });
}

/** Place of the largest score; the first one wins a tie. */
export function firstMaximum(scores: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < scores.length; i += 1) if ((scores[i] as number) > (scores[best] as number)) best = i;
  return best;
}

/** What JavaScript code may pass that the types forbid: another kind of array, or one of another length. */
export function checkArray(what: string, array: ArrayLike<number>, kind: string, length: number): void {
  const given = Object.prototype.toString.call(array).slice('[object '.length, -1);
  if (given !== kind) throw new TypeError(`${what} must be a ${kind}, not ${given}.`);
  if (array.length !== length) throw new RangeError(`${what} must have ${length} elements, not ${array.length}.`);
}

/** Bits behind the last element would take part in sums. */
export function checkUnused(input: Uint32Array, length: number): void {
  const used = length % 32;
  if (used !== 0 && (input[input.length - 1] as number) >>> used !== 0)
    throw new RangeError(`The input has ${length} bits: bit ${used} and those above it must be 0 in its last word.`);
}

/** Packs signs into words: element i is +1 where signs[i] > 0. */
export function packed(signs: ArrayLike<number>): Uint32Array {
  const bits = new Uint32Array(Math.ceil(signs.length / 32));
  for (let i = 0; i < signs.length; i += 1) {
    if ((signs[i] as number) > 0) bits[i >>> 5] = (bits[i >>> 5] as number) | (1 << (i & 31));
  }
  return bits;
}
