/** The awkward shapes on which every kernel is tried. */
import { wholeRange, type Range } from '../../compiler/ir/ops/slice.ts';
import type { MaxPoolAttrs } from '../../compiler/ir/ops/max-pool.ts';
import type { TensorType } from '../../compiler/ir/types.ts';
import { lowered, tensorType } from '../support/kernel-cases.ts';
import { randomFrom } from '../support/random.ts';
import { bitConvolutions, byteConvolutions, firstLayers, plainConvolutions, smallConvolutions } from './conv-shapes.ts';
import { CHANNELS, WIDTHS, thresholds, windowText, type Shape } from './shape.ts';

/** A dense layer with random weights and thresholds. */
export function denseLayer(dtype: 'b1' | 'u8' | 'i8', inputs: number, outputs: number, seed: number): Shape {
  const random = randomFrom(seed);
  const weights = { kind: 'binary', outputs, signs: random.signs(inputs * outputs), scale: Float32Array.of(1) } as const;
  const threshold = thresholds(outputs, inputs * (dtype === 'b1' ? 1 : 255), random);
  const attrs = { weights, bias: null, sum: 'exact', threshold } as const;
  return { title: `${dtype} ${inputs} to ${outputs}`, layer: lowered('dense', attrs, tensorType(dtype, [inputs])) };
}

/** Dense layers of every row length to every number of outputs near a word's end. */
export function denseLayers(dtype: 'b1' | 'u8' | 'i8', seed: number): readonly Shape[] {
  return [...CHANNELS, 97, 160, 512, 784, 2048, 9000].map((inputs, i) =>
    denseLayer(dtype, inputs, CHANNELS[(i * 3 + 2) % CHANNELS.length] ?? 1, seed + i),
  );
}

/** Pools of every channel count: overlapping, with gaps, padded, dilated. */
export function pools(seed: number): readonly Shape[] {
  const random = randomFrom(seed);
  return CHANNELS.flatMap((channels) =>
    WIDTHS.map((width) => {
      const height = random.integer(2, 7);
      const kernel = [random.integer(1, Math.min(3, height)), random.integer(1, 3)] as const;
      const pad = (k: number): number => random.integer(0, k - 1);
      const attrs: MaxPoolAttrs = {
        kernel,
        stride: [random.integer(1, 3), random.integer(1, 3)],
        dilation: [kernel[0] * 2 - 1 <= height ? random.pick([1, 2]) : 1, random.pick([1, 2])],
        padding: { top: pad(kernel[0]), left: pad(kernel[1]), bottom: pad(kernel[0]), right: pad(kernel[1]) },
        minimum: null,
      };
      const input = tensorType('b1', [height, width, channels]);
      return { title: `${height}x${width}x${channels}, ${windowText(attrs)}`, layer: lowered('max-pool', attrs, input) };
    }),
  );
}

export function inversions(seed: number): readonly Shape[] {
  return CHANNELS.map((channels) => {
    const random = randomFrom(seed + channels);
    const flags = Uint8Array.from({ length: channels }, () => random.integer(0, 1));
    return { title: `3x5x${channels}`, layer: lowered('invert', { channels: flags }, tensorType('b1', [3, 5, channels])) };
  });
}

/** Binarization of bytes: one threshold, or one per channel, rising and falling, inside and outside the range. */
export function binarizations(seed: number): readonly Shape[] {
  const inputs = (['u8', 'i8'] as const).flatMap((dtype): TensorType[] => [
    ...CHANNELS.map((channels) => tensorType(dtype, [2, 3, channels])),
    tensorType(dtype, [65]),
  ]);
  return inputs.map((input, i) => {
    const random = randomFrom(seed + i);
    const channels = input.shape.at(-1) ?? 1;
    const count = random.chance(0.5) ? 1 : channels;
    const attrs = {
      thresholds: Int32Array.from({ length: count }, () =>
        random.pick([-129, -128, -1, 0, 1, 127, 128, 255, 256, random.integer(-128, 255)]),
      ),
      directions: Int8Array.from({ length: count }, () => random.pick([1, -1])),
    };
    return { title: `${input.dtype} [${input.shape.join(', ')}], ${count} thresholds`, layer: lowered('threshold', attrs, input) };
  });
}

/** Joins of two and three parts whose channels end inside words, on words, and one bit off. */
export function joins(dtype: 'b1' | 'u8' | 'i32' | 'f32'): readonly Shape[] {
  const lists: readonly (readonly [number, number, ...number[]])[] = [
    [1, 1],
    [3, 31],
    [31, 1, 33],
    [32, 32],
    [33, 65, 3],
    [64, 1],
    [65, 64, 1],
    [5, 5, 5, 5, 5, 5, 5],
  ];
  return lists.flatMap((channels) =>
    [[2, 33], [3, 7], []].map((pixels) => {
      const [first, ...rest] = channels.map((count) => tensorType(dtype, [...pixels, count]));
      if (first === undefined) throw new Error('nothing to join');
      return { title: `${dtype} [${[...pixels, channels.join('+')].join(', ')}]`, layer: lowered('concat', {}, first, ...rest) };
    }),
  );
}

/** Slices of channels at every bit offset, with steps, and of rows and columns. */
export function slices(dtype: 'b1' | 'u8' | 'i32' | 'f32', seed: number): readonly Shape[] {
  const random = randomFrom(seed);
  const range = (of: number): Range => {
    const step = random.pick([1, 1, 1, 2, 3]);
    const start = random.integer(0, of - 1);
    return { start, size: random.integer(1, Math.floor((of - 1 - start) / step) + 1), step };
  };
  return CHANNELS.flatMap((channels) =>
    [[4, 33], [3, 7], []].flatMap((pixels) =>
      [false, true].map((cropped) => {
        const ranges = [...pixels.map((size) => (cropped ? range(size) : wholeRange(size))), range(channels)];
        const text = ranges.map(({ start, size, step }) => `${start}+${size}x${step}`).join(', ');
        return {
          title: `${dtype} [${[...pixels, channels].join(', ')}] at ${text}`,
          layer: lowered('slice', { ranges }, tensorType(dtype, [...pixels, channels])),
        };
      }),
    ),
  );
}

/** Signs of bits: kept, flipped and constant channels. */
export function bitThresholds(seed: number): readonly Shape[] {
  return CHANNELS.map((channels) => {
    const random = randomFrom(seed + channels);
    const attrs = {
      thresholds: Int32Array.from({ length: channels }, () => random.integer(-2, 2)),
      directions: Int8Array.from({ length: channels }, () => random.pick([1, -1])),
    };
    return { title: `3x5x${channels}`, layer: lowered('threshold', attrs, tensorType('b1', [3, 5, channels])) };
  });
}

/** All of them, with seeds of their own. */
export const ALL_SHAPES: readonly Shape[] = [
  ...plainConvolutions(21),
  ...bitConvolutions(1),
  ...byteConvolutions(2),
  ...firstLayers(14),
  ...smallConvolutions(15),
  ...denseLayers('b1', 3),
  ...denseLayers('u8', 4),
  ...denseLayers('i8', 5),
  ...pools(6),
  ...inversions(7),
  ...binarizations(8),
  ...joins('b1'),
  ...joins('u8'),
  ...joins('i32'),
  ...joins('f32'),
  ...slices('b1', 9),
  ...slices('u8', 10),
  ...slices('i32', 12),
  ...slices('f32', 13),
  ...bitThresholds(11),
];
