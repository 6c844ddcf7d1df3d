/**
 * Layers in plain numbers, for expected values: loops over their definitions. Sums are in double precision; batch normalizations round to float32
 * where their system does, so that a layer of whole sums can be compared bit for bit.
 */
const { fround, sqrt } = Math;

/** Elements [channel][row][column]. A vector has a height and a width of 1: flattened in the order of PyTorch, Theano and Chainer. */
export interface Features {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly values: Float64Array;
}

export interface Geometry {
  readonly outputs: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly padding?: number;
}

/** The weight of a tap, wherever it is stored. */
export type Taps = (output: number, input: number, row: number, column: number) => number;

function features(channels: number, height: number, width: number, at: (channel: number, row: number, column: number) => number): Features {
  const values = new Float64Array(channels * height * width);
  for (let c = 0; c < channels; c += 1)
    for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) values[(c * height + y) * width + x] = at(c, y, x);
  return { channels, height, width, values };
}

export function vector(values: ArrayLike<number>): Features {
  return { channels: values.length, height: 1, width: 1, values: Float64Array.from(values) };
}

/** The number of a place; undefined outside. */
function valueAt({ height, width, values }: Features, channel: number, row: number, column: number): number | undefined {
  return row < 0 || row >= height || column < 0 || column >= width ? undefined : values[(channel * height + row) * width + column];
}

const windows = (size: number, kernel: number, stride: number): number => Math.floor((size - kernel) / stride) + 1;

/** Correlation, as every framework but Theano calls a convolution. What is outside counts as 0. */
export function correlate(x: Features, taps: Taps, { outputs, kernel, stride = 1, padding = 0 }: Geometry): Features {
  const [height, width] = [windows(x.height + 2 * padding, kernel, stride), windows(x.width + 2 * padding, kernel, stride)];
  const result = features(outputs, height, width, () => 0);
  for (let output = 0; output < outputs; output += 1)
    for (let input = 0; input < x.channels; input += 1)
      for (let i = 0; i < kernel; i += 1)
        for (let j = 0; j < kernel; j += 1) {
          const tap = taps(output, input, i, j);
          for (let row = 0; row < height; row += 1)
            for (let column = 0; column < width; column += 1) {
              const value = valueAt(x, input, row * stride + i - padding, column * stride + j - padding) ?? 0;
              const at = (output * height + row) * width + column;
              result.values[at] = (result.values[at] as number) + tap * value;
            }
        }
  return result;
}

/** A convolution as mathematics has it, and Theano: tap (i, j) reads what lies i rows above and j columns left of the last one of its window. */
export function convolve(x: Features, taps: Taps, geometry: Geometry): Features {
  const last = geometry.kernel - 1;
  return correlate(x, (output, input, i, j) => taps(output, input, last - i, last - j), geometry);
}

export function linear(x: Features, weight: (output: number, input: number) => number, outputs: number): Features {
  return vector(Array.from({ length: outputs }, (_, output) => x.values.reduce((sum, value, i) => sum + value * weight(output, i), 0)));
}

export function pointwise(x: Features, of: (value: number, channel: number) => number): Features {
  const area = x.height * x.width;
  return { ...x, values: x.values.map((value, i) => of(value, Math.floor(i / area))) };
}

/** One number for each channel, added and rounded once. */
export function addBias(x: Features, bias: ArrayLike<number>): Features {
  return pointwise(x, (value, c) => fround(value + (bias[c] as number)));
}

export function add(a: Features, b: Features): Features {
  return { ...a, values: a.values.map((value, i) => fround(value + (b.values[i] as number))) };
}

function pool(x: Features, kernel: number, stride: number, of: (window: readonly number[]) => number): Features {
  return features(x.channels, windows(x.height, kernel, stride), windows(x.width, kernel, stride), (c, row, column) =>
    of(
      Array.from(
        { length: kernel * kernel },
        (_, k) => valueAt(x, c, row * stride + Math.floor(k / kernel), column * stride + (k % kernel)) ?? NaN,
      ),
    ),
  );
}

/** Windows that hang over the edge are left out. */
export function maxPool(x: Features, kernel: number, stride: number): Features {
  return pool(x, kernel, stride, (window) => Math.max(...window));
}

export function averagePool(x: Features, kernel: number): Features {
  return pool(x, kernel, kernel, (window) => window.reduce((sum, value) => sum + value, 0) / window.length);
}

export function hardTanh(x: Features): Features {
  return pointwise(x, (value) => Math.max(-1, Math.min(1, value)));
}

export function relu(x: Features): Features {
  return pointwise(x, (value) => Math.max(0, value));
}

/** [row][column][channel], as TensorFlow flattens. */
export function flattenChannelsLast(x: Features): Features {
  const { channels, width } = x;
  return vector(
    x.values.map((_, i) => valueAt(x, i % channels, Math.floor(i / channels / width), Math.floor(i / channels) % width) as number),
  );
}

export interface Norm {
  readonly gamma: ArrayLike<number>;
  readonly beta: ArrayLike<number>;
  readonly mean: ArrayLike<number>;
  readonly variance: ArrayLike<number>;
}

const deviation = (variance: number, epsilon: number): number => fround(sqrt(fround(variance + fround(epsilon))));

/** PyTorch's nn.BatchNorm on a CPU, and tf.layers on vectors: one scale and one shift for each channel are made first. */
export function normByScaleAndShift(x: Features, { gamma, beta, mean, variance }: Norm, epsilon: number): Features {
  return pointwise(x, (value, c) => {
    const scale = fround((gamma[c] as number) * fround(1 / deviation(variance[c] as number, epsilon)));
    const shift = fround((beta[c] as number) - fround((mean[c] as number) * scale));
    return fround(fround(value * scale) + shift);
  });
}

/** Chainer's F.fixed_batch_normalization: gamma·((x − mean)/√(variance + epsilon)) + beta. */
export function normByDeviation(x: Features, { gamma, beta, mean, variance }: Norm, epsilon: number): Features {
  return pointwise(x, (value, c) => {
    const normal = fround(fround(value - (mean[c] as number)) / deviation(variance[c] as number, epsilon));
    return fround(fround(normal * (gamma[c] as number)) + (beta[c] as number));
  });
}

/** Lasagne's BatchNormLayer, which stores 1/√(variance + epsilon): (x − mean)·(gamma·inverse) + beta. */
export function normByInverse(x: Features, { gamma, beta, mean }: Omit<Norm, 'variance'>, inverse: ArrayLike<number>): Features {
  return pointwise(x, (value, c) => {
    const scale = fround((gamma[c] as number) * (inverse[c] as number));
    return fround(fround(fround(value - (mean[c] as number)) * scale) + (beta[c] as number));
  });
}

/** TensorFlow's FusedBatchNorm on a CPU: as Lasagne, with the inverse made of the variance. */
export function fusedNorm(x: Features, norm: Norm, epsilon: number): Features {
  return normByInverse(
    x,
    norm,
    Float32Array.from(norm.variance, (variance) => 1 / deviation(variance, epsilon)),
  );
}
