/** Binary layers of BMXNet against plain arithmetic. */
import { describe, expect, it } from 'vitest';
import { inGraphOrder, integersBetween, randomSource, runImported } from '../read-model.ts';
import { problemsIn } from '../../../support/problems.ts';
import { f32, packed, readMxnet, variable } from './read-mxnet.ts';

/** 2 channels of 2×2. */
const IMAGE = [1, -2, 0, 4, -5, 6, -7, 0];

describe('a binary layer', () => {
  /** 16 taps of 2×2×… on 4 channels would be more than a person wants to read: one filter of 2 channels, 2×2. */
  const weights = [0.5, -0.5, 0, -2, 1, 1, -1, -1];
  const signs = [1, -1, 1, -1, 1, 1, -1, -1];
  const bits = IMAGE.map((value) => (value >= 0 ? 1 : -1));
  const equal = bits.filter((bit, i) => bit === signs[i]).length;

  it.each([0, 1, 2, 3] as const)('counts equal bits, with 0 as +1 on both sides (arrays of version %i)', (version) => {
    const nodes = [
      variable('data'),
      variable('q_weight'),
      { op: 'QConvolution', name: 'q', attrs: { kernel: '(2, 2)', num_filter: '1' }, inputs: [0, 1] },
    ];
    const model = { nodes, arrays: [f32('arg:q_weight', [1, 2, 2, 2], weights)], options: { inputShape: [2, 2, 2] }, version };
    expect(Array.from(runImported(readMxnet(model), IMAGE))).toEqual([equal]);
  });

  it('pads with +1', () => {
    const nodes = [
      variable('data'),
      variable('q_weight'),
      { op: 'QConvolution', name: 'q', attrs: { kernel: '(3, 3)', num_filter: '1', pad: '(1, 1)' }, inputs: [0, 1] },
    ];
    const ones = Array.from({ length: 9 }, () => 1);
    const model = { nodes, arrays: [f32('arg:q_weight', [1, 1, 3, 3], ones)], options: { inputShape: [1, 1, 1] } };
    expect(Array.from(runImported(readMxnet(model), [-3]))).toEqual([8]);
  });

  it('takes packed filters bit by bit, the lowest first, and never as the floats that the file calls them', () => {
    const nodes = [
      variable('data'),
      variable('q_weight'),
      { op: 'QConvolution', name: 'q', attrs: { kernel: '(1, 1)', num_filter: '2', binarized_weights_only: 'True' }, inputs: [0, 1] },
    ];
    const words = [0x7fa00001, 0xffffffff]; // the first is a signalling NaN
    const model = { nodes, arrays: [packed('arg:q_weight', [2], words)], options: { inputShape: [32, 1, 1] } };
    const sample = Array.from({ length: 32 }, (_, i) => (i % 3 === 0 ? -1 : 1));
    const counts = words.map((word) => sample.filter((value, i) => (((word >>> i) & 1) === 1) === value > 0).length);
    expect(Array.from(runImported(readMxnet(model), sample))).toEqual(counts);
  });

  it('takes a packed matrix word by word, then output by output', () => {
    const nodes = [
      variable('data'),
      variable('q_weight'),
      { op: 'QFullyConnected', name: 'q', attrs: { num_hidden: '2', binarized_weights_only: 'True' }, inputs: [0, 1] },
    ];
    const words = [1, 2, 4, 8]; // inputs 0-31 of outputs 0 and 1, then inputs 32-63
    const model = { nodes, arrays: [packed('arg:q_weight', [4], words)] };
    const sample = Array.from({ length: 64 }, (_, i) => (i === 0 || i === 35 ? 1 : -1));
    // Output 0 has +1 at inputs 0 and 34, output 1 at inputs 1 and 35.
    expect(Array.from(runImported(readMxnet(model), sample))).toEqual([62, 62]);
  });

  it('scales by one number for the whole layer where scaling_mode is forward', () => {
    const attrs = { kernel: '(2, 2)', num_filter: '1', scaling_mode: 'forward' };
    const nodes = [variable('data'), variable('q_weight'), { op: 'QConvolution', name: 'q', attrs, inputs: [0, 1] }];
    const model = { nodes, arrays: [f32('arg:q_weight', [1, 2, 2, 2], weights)], options: { inputShape: [2, 2, 2] } };
    const mean = weights.reduce((sum, weight) => sum + Math.abs(weight), 0) / 8;
    expect(Array.from(runImported(readMxnet(model), IMAGE))).toEqual([Math.fround(equal * Math.fround(mean))]);
  });

  it('of more than one bit is refused', () => {
    const attrs = { kernel: '(2, 2)', num_filter: '1', act_bit: '4' };
    const nodes = [variable('data'), variable('q_weight'), { op: 'QConvolution', name: 'q', attrs, inputs: [0, 1] }];
    const model = { nodes, arrays: [f32('arg:q_weight', [1, 2, 2, 2], weights)], options: { inputShape: [2, 2, 2] } };
    expect(problemsIn(() => readMxnet(model))).toMatchObject([
      { code: 'BNN1008', message: '"q" (QConvolution) has act_bit 4; bnnc compiles one bit.' },
    ]);
  });
});

describe('version 2 of BMXNet', () => {
  it('pads maps with -1 by an operator of its own, and reads the offset from the graph', () => {
    const nodes = [
      variable('data'),
      { op: '_contrib_gradcancel', name: 'cancel', attrs: { threshold: '1.0' }, inputs: [0] },
      { op: 'det_sign', name: 'sign', inputs: [1] },
      { op: 'Pad', name: 'pad', attrs: { mode: 'constant', constant_value: '-1', pad_width: '(0, 0, 0, 0, 1, 1, 1, 1)' }, inputs: [2] },
      variable('w'),
      { op: 'det_sign', name: 'wsign', inputs: [4] },
      { op: 'Convolution', name: 'conv', attrs: { kernel: '(3, 3)', num_filter: '1', no_bias: 'True' }, inputs: [3, 5] },
      { op: '_plus_scalar', name: 'plus', attrs: { scalar: '9' }, inputs: [6] },
      { op: '_div_scalar', name: 'div', attrs: { scalar: '2' }, inputs: [7] },
    ];
    const weights = [0, 1, -1, 1, 0.3, -1, 1, 1, -0.2];
    const model = { nodes, arrays: [f32('arg:w', [1, 1, 3, 3], weights)], options: { inputShape: [1, 1, 1] } };
    // Eight padded taps of -1 and the pixel, +1 at 0: equal bits are those of the weights below 0, and the middle.
    expect(Array.from(runImported(readMxnet(model), [0]))).toEqual([4]);
  });
});

interface Geometry {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly pad: readonly [number, number];
  readonly dilate: readonly [number, number];
  readonly groups: number;
}

const bit = (value: number): number => (value >= 0 ? 1 : -1);

/** As smd_hpi/src/q_convolution-inl.h has it: pad with 0, take signs, count equal bits; [channels][rows][columns] in and out. */
function countedEqual(
  image: readonly number[],
  [channels, rows, columns]: readonly [number, number, number],
  weights: readonly number[],
  filters: number,
  geometry: Geometry,
): number[] {
  const { kernel, stride, pad, dilate, groups } = geometry;
  const size = (axis: 0 | 1, length: number): number =>
    Math.floor((length + 2 * pad[axis] - dilate[axis] * (kernel[axis] - 1) - 1) / stride[axis]) + 1;
  const perGroup = channels / groups;
  const result: number[] = [];
  for (let filter = 0; filter < filters; filter += 1) {
    for (let y = 0; y < size(0, rows); y += 1) {
      for (let x = 0; x < size(1, columns); x += 1) {
        let equal = 0;
        for (let c = 0; c < perGroup; c += 1) {
          for (let i = 0; i < kernel[0]; i += 1) {
            for (let j = 0; j < kernel[1]; j += 1) {
              const [row, column] = [y * stride[0] + i * dilate[0] - pad[0], x * stride[1] + j * dilate[1] - pad[1]];
              const channel = Math.floor(filter / (filters / groups)) * perGroup + c;
              const inside = row >= 0 && row < rows && column >= 0 && column < columns;
              const value = inside ? (image[(channel * rows + row) * columns + column] ?? Number.NaN) : 0;
              const weight = weights[((filter * perGroup + c) * kernel[0] + i) * kernel[1] + j] ?? Number.NaN;
              if (bit(value) === bit(weight)) equal += 1;
            }
          }
        }
        result.push(equal);
      }
    }
  }
  return result;
}

describe('QConvolution counts what loops count', () => {
  const text = (pair: readonly number[]): string => `(${pair.join(', ')})`;

  it.each<readonly [why: string, op: string, Geometry]>([
    ['in its simplest form', 'QConvolution', { kernel: [2, 2], stride: [1, 1], pad: [0, 0], dilate: [1, 1], groups: 1 }],
    ['padded by +1, with strides', 'QConvolution', { kernel: [3, 2], stride: [2, 1], pad: [1, 2], dilate: [1, 1], groups: 1 }],
    ['dilated, and padded', 'QConvolution', { kernel: [2, 3], stride: [1, 1], pad: [1, 0], dilate: [2, 1], groups: 1 }],
    ['in groups', 'QConvolution', { kernel: [2, 2], stride: [1, 2], pad: [0, 1], dilate: [1, 1], groups: 2 }],
    ['as version 1', 'QConvolution_v1', { kernel: [3, 3], stride: [1, 1], pad: [1, 1], dilate: [1, 1], groups: 1 }],
  ])('%s', (_, op, geometry) => {
    const random = randomSource(5);
    const [channels, rows, columns, filters] = [4, 5, 6, 6] as const;
    const taps = (channels / geometry.groups) * geometry.kernel[0] * geometry.kernel[1];
    const weights = integersBetween(random, -1, 1, filters * taps);
    const bias = integersBetween(random, -9, 9, filters);
    const sample = integersBetween(random, -1, 1, channels * rows * columns);
    const attrs = {
      kernel: text(geometry.kernel),
      stride: text(geometry.stride),
      pad: text(geometry.pad),
      dilate: text(geometry.dilate),
      num_filter: `${filters}`,
      num_group: `${geometry.groups}`,
      no_bias: 'False',
      scaling_mode: 'backward',
    };
    const imported = readMxnet({
      nodes: [variable('data'), variable('w'), variable('b'), { op, name: 'q', attrs, inputs: [0, 1, 2] }],
      arrays: [f32('arg:w', [filters, channels / geometry.groups, ...geometry.kernel], weights), f32('arg:b', [filters], bias)],
      options: { inputShape: [channels, rows, columns] },
    });
    const counts = countedEqual(sample, [channels, rows, columns], weights, filters, geometry);
    const places = counts.length / filters;
    const wanted = counts.map((count, i) => count + (bias[Math.floor(i / places)] ?? Number.NaN));
    expect(Array.from(runImported(imported, sample))).toEqual(inGraphOrder(imported, wanted));
  });
});

describe('the bias of a binary layer', () => {
  const weights = [1, -1, 0, -0.5, 1, 1];
  const dense = (op: string, attrs: Readonly<Record<string, string>>) =>
    readMxnet({
      nodes: [variable('data'), variable('w'), variable('b'), { op, name: 'q', attrs: { num_hidden: '2', ...attrs }, inputs: [0, 1, 2] }],
      arrays: [f32('arg:w', [2, 3], weights), f32('arg:b', [2], [10, -0.25])],
    });

  it('is added to the counts where no_bias is False, and not read where nothing is said', () => {
    // Signs +-+ and -++; of the sample (-1, 0, 2): -++.
    expect(Array.from(runImported(dense('QFullyConnected', { no_bias: 'False' }), [-1, 0, 2]))).toEqual([1 + 10, 3 - 0.25]);
    expect(Array.from(runImported(dense('QFullyConnected', {}), [-1, 0, 2]))).toEqual([1, 3]);
  });

  it('is scaled together with the count where scaling_mode is forward', () => {
    const attrs = { kernel: '(1, 1)', num_filter: '2', no_bias: 'False', scaling_mode: 'forward' };
    const imported = readMxnet({
      nodes: [variable('data'), variable('w'), variable('b'), { op: 'QConvolution', name: 'q', attrs, inputs: [0, 1, 2] }],
      arrays: [f32('arg:w', [2, 2, 1, 1], [1, -1, 0.5, 0]), f32('arg:b', [2], [3, -1])],
      options: { inputShape: [2, 1, 1] },
    });
    // The mean of |w| is 2.5/4; equal bits of (5, -5) are 2 and 1.
    expect(Array.from(runImported(imported, [5, -5]))).toEqual([0.625 * (2 + 3), 0.625 * (1 - 1)]);
  });

  it('is none in the inference operators of version 2', () => {
    const imported = readMxnet({
      nodes: [
        variable('data'),
        variable('w'),
        variable('b'),
        { op: 'BinaryInferenceFullyConnected', name: 'q', attrs: { num_hidden: '1', no_bias: 'False' }, inputs: [0, 1, 2] },
      ],
      arrays: [packed('arg:w', [1, 1], [0b101]), f32('arg:b', [1], [100])],
    });
    // +1 at inputs 0 and 2 only; the sample is -1 but at input 2.
    expect(
      Array.from(
        runImported(
          imported,
          Array.from({ length: 32 }, (_, i) => (i === 2 ? 1 : -1)),
        ),
      ),
    ).toEqual([31]);
  });
});
