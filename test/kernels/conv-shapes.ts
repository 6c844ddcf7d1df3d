/** Awkward convolutions. */
import type { Padding, Window } from '../../compiler/ir/attributes.ts';
import { PLAIN } from '../../compiler/ir/encoding.ts';
import type { Conv2dAttrs } from '../../compiler/ir/ops/conv2d.ts';
import type { Encoding } from '../../compiler/ir/types.ts';
import { rational } from '../../compiler/support/rational.ts';
import { lowered, tensorType } from '../support/kernel-cases.ts';
import { randomFrom, type Random } from '../support/random.ts';
import { CHANNELS, WIDTHS, thresholds, windowText, type Shape } from './shape.ts';

export interface ConvShape extends Window {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly outputs: number;
  readonly groups: number;
  readonly padValue: -1 | 0 | 1;
}

/** A convolution with random weights and thresholds. */
export function convolution(shape: ConvShape, dtype: 'b1' | 'u8' | 'i8', seed: number, encoding: Encoding = PLAIN): Shape {
  const random = randomFrom(seed);
  const { height, width, channels, outputs, groups, padValue, ...window } = shape;
  const input = tensorType(dtype, [height, width, channels], encoding);
  const taps = window.kernel[0] * window.kernel[1] * (channels / groups);
  const attrs: Conv2dAttrs = {
    ...window,
    groups,
    padValue,
    weights: { kind: 'binary', outputs, signs: random.signs(taps * outputs), scale: Float32Array.of(1) },
    bias: null,
    sum: 'exact',
    threshold: thresholds(outputs, taps * (dtype === 'b1' ? 1 : 255), random),
  };
  const groupText = groups === 1 ? '' : ` in ${groups} groups`;
  return {
    title: `${dtype} ${height}x${width}x${channels} to ${outputs}${groupText}, ${windowText(window)} of ${padValue}`,
    layer: lowered('conv2d', attrs, input),
  };
}

const NO_WINDOW_FITS = 40;

/** Random window that fits into the image. */
function randomWindow(height: number, width: number, random: Random, horizontalStrides: readonly number[]): Window {
  for (let attempt = 0; attempt < NO_WINDOW_FITS; attempt += 1) {
    const kernel = [random.integer(1, 5), random.integer(1, 5)] as const;
    const dilation = [random.pick([1, 1, 2]), random.pick([1, 1, 2])] as const;
    const stride = [random.integer(1, 3), random.pick(horizontalStrides)] as const;
    const reach = [dilation[0] * (kernel[0] - 1), dilation[1] * (kernel[1] - 1)] as const;
    const amount = (limit: number): number => (random.chance(0.5) ? 0 : random.integer(0, limit));
    const padding: Padding = { top: amount(reach[0]), left: amount(reach[1]), bottom: amount(reach[0]), right: amount(reach[1]) };
    const fits = height + padding.top + padding.bottom > reach[0] && width + padding.left + padding.right > reach[1];
    if (fits) return { kernel, stride, dilation, padding };
  }
  return { kernel: [1, 1], stride: [1, 1], dilation: [1, 1], padding: { top: 0, left: 0, bottom: 0, right: 0 } };
}

/** Group counts that divide the channels: none, depthwise, and thirds (3 groups of 11 channels). */
function groupsOf(channels: number): readonly number[] {
  return [1, ...(channels > 1 ? [channels] : []), ...(channels % 3 === 0 && channels > 3 ? [3] : []), ...(channels === 64 ? [2] : [])];
}

/** Every channel count with every width; window, padding and groups go round. */
export function bitConvolutions(seed: number): readonly Shape[] {
  const random = randomFrom(seed);
  return CHANNELS.flatMap((channels, c) =>
    WIDTHS.flatMap((width, w) =>
      [[1], [1, 2, 3]].map((strides, s) => {
        const height = random.integer(1, 7);
        const groups = s === 0 ? 1 : random.pick(groupsOf(channels));
        const wanted = CHANNELS[(c + w + s) % CHANNELS.length] ?? 1;
        const outputs = groups * Math.max(1, Math.round(wanted / groups));
        const padValue = random.pick([0, 0, 1, -1] as const);
        const shape = { height, width, channels, outputs, groups, padValue, ...randomWindow(height, width, random, strides) };
        return convolution(shape, 'b1', seed + c * 100 + w * 10 + s);
      }),
    ),
  );
}

/** Convolutions that move one step at a time: every channel count with every width, all paddings, several words of rows. */
export function plainConvolutions(seed: number): readonly Shape[] {
  const random = randomFrom(seed);
  return [...CHANNELS, 2, 6, 128].flatMap((channels, c) =>
    [...WIDTHS, 8, 16, 32, 40].map((width, w) => {
      const kernel = random.pick([
        [3, 3],
        [3, 3],
        [5, 5],
        [1, 1],
        [2, 4],
        [4, 1],
      ] as const);
      const height = random.integer(kernel[0], 12);
      const amount = (size: number): number => random.pick([0, (size - 1) >> 1, (size - 1) >> 1, size - 1]);
      const padding = { top: amount(kernel[0]), left: amount(kernel[1]), bottom: amount(kernel[0]), right: amount(kernel[1]) };
      const outputs = random.pick([1, 3, 33]);
      const window = { kernel, stride: [1, 1], dilation: [1, 1], padding } as const;
      const padValue = random.pick([0, 0, 1, -1] as const);
      return convolution({ height, width, channels, outputs, groups: 1, padValue, ...window }, 'b1', seed + c * 100 + w);
    }),
  );
}

const PER_CHANNEL: Encoding = {
  scale: [rational(50400), rational(51525), rational(51296)],
  offset: [rational(-7), rational(0), rational(1000)],
};

/** First layers on bytes: plain, with a stored pad value, and with one scale per channel. */
export function byteConvolutions(seed: number): readonly Shape[] {
  const random = randomFrom(seed);
  const encodings: readonly Encoding[] = [PLAIN, { scale: [rational(1, 128)], offset: [rational(-1)] }, PER_CHANNEL];
  return (['u8', 'i8'] as const).flatMap((dtype, d) =>
    [1, 3, 33].flatMap((channels, c) =>
      WIDTHS.map((width, w) => {
        const height = random.integer(1, 7);
        const groups = random.pick(groupsOf(channels));
        const outputs = groups * (groups > 3 ? 1 : random.pick([1, 3, 11, 33]));
        const encoding = channels === 3 ? random.pick(encodings) : random.pick(encodings.slice(0, 2));
        const padValue = random.pick([0, 1, -1] as const);
        const shape = { height, width, channels, outputs, groups, padValue, ...randomWindow(height, width, random, [1, 2, 3]) };
        return convolution(shape, dtype, seed + d * 1000 + c * 100 + w, encoding);
      }),
    ),
  );
}

/** Bits of few channels: the first layers of small networks on binary images, and what lies next to them. */
export function smallConvolutions(seed: number): readonly Shape[] {
  const sizes: readonly (readonly [height: number, width: number, channels: number, kernel: number, stride: number, outputs: number])[] = [
    [28, 28, 1, 3, 2, 10],
    [28, 28, 1, 5, 1, 7],
    [13, 16, 3, 3, 1, 5],
    [9, 7, 8, 2, 2, 9],
    [6, 17, 2, 4, 2, 3],
    [32, 32, 1, 1, 1, 2],
    [5, 30, 4, 3, 1, 12],
  ];
  return sizes.map(([height, width, channels, kernel, stride, outputs], i) => {
    const side = width + 2 > 32 ? 0 : i % 2;
    const padding = { top: side, left: side, bottom: side, right: 0 };
    const window = { kernel: [kernel, kernel], stride: [stride, stride], dilation: [1, 1], padding } as const;
    return convolution({ height, width, channels, outputs, groups: 1, padValue: i % 4 === 1 ? 1 : -1, ...window }, 'b1', seed + i);
  });
}

/** First layers as networks have them: with padding that is worth a byte or lies between two bytes, narrow and wide, strides 1 to 3. */
export function firstLayers(seed: number): readonly Shape[] {
  const encodings: readonly Encoding[] = [
    { scale: [rational(1)], offset: [rational(-128)] },
    { scale: [rational(2, 255)], offset: [rational(-1)] },
    PLAIN,
  ];
  const sizes: readonly (readonly [height: number, width: number, channels: number, kernel: number, stride: number, outputs: number])[] = [
    [6, 7, 1, 3, 1, 3],
    [5, 14, 3, 3, 1, 33],
    [9, 28, 3, 5, 2, 5],
    [7, 33, 1, 3, 3, 31],
    [6, 32, 3, 5, 1, 32],
    [3, 70, 4, 1, 1, 1],
    [13, 13, 1, 7, 2, 4],
    [8, 21, 2, 4, 1, 17],
    [28, 28, 1, 3, 2, 10],
  ];
  return sizes.flatMap(([height, width, channels, kernel, stride, outputs], i) =>
    encodings.map((encoding, e) => {
      const side = e === 2 ? 0 : Math.floor(kernel / 2);
      const padding = { top: side, left: side, bottom: side, right: side };
      const window = { kernel: [kernel, kernel], stride: [stride, stride], dilation: [1, 1], padding } as const;
      const shape: ConvShape = { height, width, channels, outputs, groups: 1, padValue: 0, ...window };
      return convolution(shape, (i + e) % 2 === 0 ? 'u8' : 'i8', seed + 3 * i + e, encoding);
    }),
  );
}
