/** Pools, and padding of images. */
import { describeSizes, isImage, type LayerReader, type Leaf, type Outcome, type Sizes } from '../layer.ts';
import { refuse, textField, truthField, wholeField, type Module } from '../module.ts';

interface Window {
  /** Rows, columns. */
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly ceil: boolean;
}

function windowOf(module: Module): Window {
  const kernel = [wholeField(module, 'kH', 1), wholeField(module, 'kW', 1)] as const;
  // nn's default is the size of the kernel, which its constructors store.
  const stride = [wholeField(module, 'dH', 1, kernel[0]), wholeField(module, 'dW', 1, kernel[1])] as const;
  const padding = [wholeField(module, 'padH', 0, 0), wholeField(module, 'padW', 0, 0)] as const;
  if (padding[0] > kernel[0] / 2 || padding[1] > kernel[1] / 2)
    refuse(module, `pads by ${padding.join('x')} around windows of ${kernel.join('x')}; at most half a window works`);
  return { kernel, stride, padding, ceil: truthField(module, 'ceil_mode', false) };
}

/** Number of windows along an axis, or why they have no meaning. */
function count(module: Module, window: Window, size: number, axis: 0 | 1): number | string {
  const [kernel, stride, padding] = [window.kernel[axis], window.stride[axis], window.padding[axis]];
  const steps = (size + 2 * padding - kernel) / stride;
  if (steps < 0) return `has windows of ${window.kernel.join('x')}, larger than its input`;
  if (!window.ceil) return Math.floor(steps) + 1;
  const outputs = Math.ceil(steps) + 1;
  if ((outputs - 1) * stride < size + padding) return outputs;
  // nn drops a window that begins behind the image, but only where it pads; cudnn and nn without padding compute it.
  const drops = module.className.startsWith('nn.') && window.padding.some((pad) => pad > 0);
  return drops ? outputs - 1 : 'rounds the number of its windows up, and the last one lies outside of the image';
}

function pooledSizes(module: Module, window: Window, input: Sizes): Outcome {
  if (!isImage(input)) return `pools an image, and gets ${describeSizes(input)}`;
  const [height, width] = [count(module, window, input[1], 0), count(module, window, input[2], 1)];
  if (typeof height === 'string') return height;
  return typeof width === 'string' ? width : [input[0], height, width];
}

function pool(module: Module, emit: (window: Window) => Leaf['emit']): Leaf {
  const window = windowOf(module);
  return { kind: 'leaf', module, sizes: (input) => pooledSizes(module, window, input), emit: emit(window) };
}

function attributes({ kernel, stride, padding, ceil }: Window): Readonly<Record<string, number | readonly number[]>> {
  return { kernel_shape: kernel, strides: stride, pads: [...padding, ...padding], ceil_mode: ceil ? 1 : 0 };
}

const maxPool: LayerReader = (module) =>
  pool(module, (window) => (network, x, _input, source) => network.add('MaxPool', [x], attributes(window), source));

/** cudnn divides by the whole window, nn by the part of it that lies in the padded image: they differ where the last window reaches beyond. */
function reachesBeyond({ kernel, stride, padding }: Window, [, height = 0, width = 0]: Sizes): boolean {
  return [height, width].some((size, axis) => {
    const rest = (size + 2 * (padding[axis] ?? 0) - (kernel[axis] ?? 1)) % (stride[axis] ?? 1);
    return rest !== 0;
  });
}

const averagePool: LayerReader = (module) => {
  if (!truthField(module, 'divide', true))
    refuse(module, 'sums its windows (divide is false)', 'Use a mean, and scale the layer behind it.');
  // Of both the zeros around an image count, unless they are told otherwise.
  const counted = truthField(module, 'count_include_pad', true) && !textField(module, 'mode', '').includes('EXCLUDE');
  const made = pool(
    module,
    (window) => (network, x, _input, source) =>
      network.add('AveragePool', [x], { ...attributes(window), count_include_pad: counted ? 1 : 0 }, source),
  );
  const window = windowOf(module);
  if (!window.ceil || module.className.startsWith('nn.')) return made;
  return {
    ...made,
    sizes: (input: Sizes) =>
      reachesBeyond(window, input) ? 'rounds the number of its windows up, and the last one reaches beyond the image' : made.sizes(input),
  };
};

/** Zeros around an image. */
const zeroPadding: LayerReader = (module) => {
  const [left, right] = [wholeField(module, 'pad_l', 0), wholeField(module, 'pad_r', 0)];
  const [top, bottom] = [wholeField(module, 'pad_t', 0), wholeField(module, 'pad_b', 0)];
  return {
    kind: 'leaf',
    module,
    sizes: (input) =>
      isImage(input) ? [input[0], top + input[1] + bottom, left + input[2] + right] : `pads an image, and gets ${describeSizes(input)}`,
    emit: (network, x, _input, source) => network.add('Pad', [x, network.integers([0, 0, top, left, 0, 0, bottom, right])], {}, source),
  };
};

export const POOL: Readonly<Record<string, LayerReader>> = {
  'nn.SpatialMaxPooling': maxPool,
  'cudnn.SpatialMaxPooling': maxPool,
  'nn.SpatialAveragePooling': averagePool,
  'cudnn.SpatialAveragePooling': averagePool,
  'nn.SpatialZeroPadding': zeroPadding,
};
