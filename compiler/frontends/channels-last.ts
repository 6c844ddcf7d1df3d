/**
 * A network whose images are [batch][height][width][channels], in operators of ONNX, which have channels before rows. Every value carries its
 * shape as the file has it, with a batch of 1; an image is turned when an operator needs it, which costs nothing in the end.
 */
import { elementCount } from '../ir/encoding.ts';
import type { Diagnostics, Origin } from '../support/diagnostics.ts';
import type { FrontendOptions, Imported, SideFiles } from './frontend.ts';
import { MOST_ELEMENTS } from './limits.ts';
import type { Attributes, NodeSource, OperatorNetwork } from './onnx/network.ts';
import { refuseUse } from './refuse-use.ts';
import { geometryOf, type Geometry, type Window } from './window.ts';

export interface Value {
  /** [1, height, width, channels] of an image, [1, features] of a vector. */
  readonly shape: readonly number[];
  readonly tensor: string;
  /** Whether the tensor is the image with channels before rows. */
  readonly turned: boolean;
}

export interface Kernel {
  /** [outputs][inputs of a group][height][width] */
  readonly shape: readonly number[];
  readonly values: Float32Array;
  readonly bias: Float32Array | null;
  readonly groups: number;
}

const part = (source: NodeSource, what: string): NodeSource => ({ ...source, name: `${source.name}/${what}` });
const TO_FIRST = [0, 3, 1, 2];
const TO_LAST = [0, 2, 3, 1];

export class ChannelsLast {
  readonly network: OperatorNetwork;
  readonly #turned = new Map<string, string>();

  constructor(network: OperatorNetwork) {
    this.network = network;
  }

  input(name: string, sample: readonly number[], origin: Origin): Value {
    return { shape: [1, ...sample], tensor: this.network.input(name, sample, origin, 'channels-last'), turned: false };
  }

  /** The image with channels before rows. */
  image(x: Value, source: NodeSource): string {
    if (x.shape.length !== 4) return refuseUse(source, `works on images, and its input has the shape [${x.shape.join(', ')}]`);
    return x.turned ? x.tensor : this.#turn(x.tensor, TO_FIRST, source);
  }

  /** The tensor as the file has it. */
  plain(x: Value, source: NodeSource): string {
    return x.turned ? this.#turn(x.tensor, TO_LAST, source) : x.tensor;
  }

  #turn(tensor: string, perm: readonly number[], source: NodeSource): string {
    const known = this.#turned.get(tensor);
    if (known !== undefined) return known;
    const turned = this.network.add('Transpose', [tensor], { perm }, part(source, 'transpose'));
    this.#turned.set(tensor, turned);
    this.#turned.set(turned, tensor);
    return turned;
  }

  #made(tensor: string, shape: readonly number[], turned: boolean, source: NodeSource): Value {
    const count = elementCount(shape);
    if (!shape.every((size) => Number.isSafeInteger(size) && size >= 1) || count > MOST_ELEMENTS)
      return refuseUse(source, `makes a tensor of shape [${shape.join(', ')}]; up to ${MOST_ELEMENTS} elements work`);
    return { tensor, shape, turned };
  }

  /** An operator that keeps the shape. */
  each(op: string, x: Value, attributes: Attributes, source: NodeSource): Value {
    return { ...x, tensor: this.network.add(op, [x.tensor], attributes, source) };
  }

  /** An operator with further inputs of one number each. */
  limited(op: string, x: Value, limits: readonly (number | null)[], source: NodeSource): Value {
    const constants = limits.map((limit) => (limit === null ? '' : this.network.constant([], [limit])));
    return { ...x, tensor: this.network.add(op, [x.tensor, ...constants], {}, source) };
  }

  /** sign(0) is +1. */
  sign(x: Value, source: NodeSource): Value {
    return { ...x, tensor: this.network.own('Sign', [x.tensor], { zero: 'plus' }, source) };
  }

  /** Elementwise with a constant that broadcasts to the shape of the value, as the file has both. */
  constant(op: string, x: Value, shape: readonly number[], values: ArrayLike<number>, source: NodeSource, swapped = false): Value {
    const sizes = Array.from({ length: Math.max(0, x.shape.length - shape.length) }, () => 1).concat(shape);
    const fits = sizes.length === x.shape.length && sizes.every((size, axis) => size === 1 || size === x.shape[axis]);
    if (!fits)
      return refuseUse(source, `combines a tensor of shape [${x.shape.join(', ')}] with a constant of shape [${shape.join(', ')}]`);
    if (sizes.length === 4 && (x.turned || elementCount(sizes) === sizes[3])) {
      const [, rows = 1, columns = 1, channels = 1] = sizes;
      const moved = Float32Array.from({ length: values.length }, (_, i) => {
        const pixel = i % (rows * columns);
        return values[pixel * channels + Math.floor(i / (rows * columns))] ?? 0;
      });
      const constant = this.network.constant([1, channels, rows, columns], moved);
      const inputs = [this.image(x, source), constant];
      return { shape: x.shape, turned: true, tensor: this.network.add(op, swapped ? inputs.reverse() : inputs, {}, source) };
    }
    const inputs = [this.plain(x, source), this.network.constant(sizes, values)];
    return { shape: x.shape, turned: false, tensor: this.network.add(op, swapped ? inputs.reverse() : inputs, {}, source) };
  }

  combine(op: string, a: Value, b: Value, source: NodeSource): Value {
    const rank = Math.max(a.shape.length, b.shape.length);
    const at = (shape: readonly number[], axis: number): number => shape[axis - rank + shape.length] ?? 1;
    const shape = Array.from({ length: rank }, (_, axis) => Math.max(at(a.shape, axis), at(b.shape, axis)));
    const turned = a.shape.length === 4 && b.shape.length === 4;
    const inputs = [a, b].map((x) => (turned ? this.image(x, source) : this.plain(x, source)));
    return this.#made(this.network.add(op, inputs, {}, source), shape, turned, source);
  }

  concat(values: readonly Value[], axis: number, source: NodeSource): Value {
    const [first] = values;
    if (first === undefined) return refuseUse(source, 'joins nothing');
    const rank = first.shape.length;
    const at = axis < 0 ? axis + rank : axis;
    if (!(at >= 1 && at < rank) || values.some(({ shape }) => shape.length !== rank))
      return refuseUse(
        source,
        `joins tensors of shapes ${values.map(({ shape }) => `[${shape.join(', ')}]`).join(', ')} along axis ${axis}`,
      );
    const size = values.reduce((sum, { shape }) => sum + (shape[at] ?? 0), 0);
    const shape = first.shape.map((length, i) => (i === at ? size : length));
    const turned = rank === 4;
    if (turned && at !== 3) return refuseUse(source, `joins images along axis ${axis}; along their channels, 3, works`);
    const inputs = values.map((x) => (turned ? this.image(x, source) : this.plain(x, source)));
    const tensor = this.network.add('Concat', inputs, { axis: turned ? 1 : at }, source);
    return this.#made(tensor, shape, turned, source);
  }

  reshape(x: Value, sizes: readonly number[], source: NodeSource): Value {
    const count = elementCount(x.shape);
    const known = sizes.filter((size) => size !== -1).reduce((product, size) => product * size, 1);
    const shape = sizes.map((size) => (size === -1 ? count / known : size));
    if (elementCount(shape) !== count || shape[0] !== 1 || sizes.filter((size) => size === -1).length > 1)
      return refuseUse(source, `gives a tensor of shape [${x.shape.join(', ')}] the shape [${sizes.join(', ')}]`);
    if (shape.join() === x.shape.join()) return { ...x, tensor: this.network.add('Identity', [x.tensor], {}, source) };
    const inputs = [this.plain(x, source), this.network.integers(shape)];
    return this.#made(this.network.add('Reshape', inputs, {}, source), shape, false, source);
  }

  /** Padding before and after along rows and columns, and along channels where there are six sizes. */
  pad(x: Value, sizes: readonly number[], value: number, source: NodeSource): Value {
    const image = this.image(x, source);
    const [, height = 0, width = 0, channels = 0] = x.shape;
    const [top = 0, bottom = 0, left = 0, right = 0, front = 0, back = 0] = sizes;
    if (!sizes.every((size) => Number.isSafeInteger(size) && size >= 0))
      return refuseUse(source, `pads by [${sizes.join(', ')}]; numbers of at least 0 work`);
    const pads = this.network.integers([0, front, top, left, 0, back, bottom, right]);
    const tensor = this.network.add('Pad', [image, pads, this.network.constant([], [value])], {}, source);
    return this.#made(tensor, [1, height + top + bottom, width + left + right, channels + front + back], true, source);
  }

  /** @param padValue what `same` padding holds; 0, +1 or -1 */
  conv(x: Value, kernel: Kernel, window: Window, padValue: number, source: NodeSource): Value {
    const geometry = this.#geometry(x, window, source);
    const [outputs = 0, inputs = 0] = kernel.shape;
    if (inputs * kernel.groups !== x.shape[3])
      return refuseUse(source, `has a kernel for ${inputs * kernel.groups} channels on an image of ${x.shape[3]}`);
    const isPadded = geometry.pads.some((size) => size > 0);
    const [top, left, bottom, right] = geometry.pads;
    const padded = isPadded && padValue !== 0 ? this.pad(x, [top, bottom, left, right], padValue, part(source, 'pad')) : x;
    const bias = kernel.bias === null ? [] : [this.network.constant([outputs], kernel.bias)];
    const tensor = this.network.add(
      'Conv',
      [this.image(padded, source), this.network.constant(kernel.shape, kernel.values), ...bias],
      { strides: window.stride, dilations: window.dilation, group: kernel.groups, pads: padded === x ? geometry.pads : [0, 0, 0, 0] },
      source,
    );
    return this.#made(tensor, [1, ...geometry.size, outputs], true, source);
  }

  pool(op: 'MaxPool' | 'AveragePool', x: Value, window: Window, source: NodeSource): Value {
    const { pads, size } = this.#geometry(x, window, source);
    const attributes = { kernel_shape: window.kernel, strides: window.stride, pads };
    return this.#made(this.network.add(op, [this.image(x, source)], attributes, source), [1, ...size, x.shape[3] ?? 0], true, source);
  }

  /** Over all rows and columns. */
  globalPool(op: 'GlobalMaxPool' | 'GlobalAveragePool', x: Value, keep: boolean, source: NodeSource): Value {
    const channels = x.shape[3] ?? 0;
    const pooled = this.network.add(op, [this.image(x, source)], {}, keep ? source : part(source, 'pool'));
    if (keep) return this.#made(pooled, [1, 1, 1, channels], true, source);
    const shape = this.network.integers([1, channels]);
    return this.#made(this.network.add('Reshape', [pooled, shape], {}, source), [1, channels], false, source);
  }

  #geometry(x: Value, window: Window, source: NodeSource): Geometry {
    this.image(x, source);
    const { kernel, stride, dilation } = window;
    const listed = [...kernel, ...stride, ...dilation].join(', ');
    return (
      geometryOf(x.shape, window) ?? refuseUse(source, `has the kernel, strides and dilations [${listed}]; numbers of at least 1 work`)
    );
  }

  /** `weights` is [inputs][outputs]. An image is a 1x1 convolution. */
  dense(x: Value, weights: Float32Array, outputs: number, bias: Float32Array | null, source: NodeSource): Value {
    const inputs = weights.length / outputs;
    if (x.shape.at(-1) !== inputs)
      return refuseUse(source, `has weights for ${inputs} inputs on a tensor of shape [${x.shape.join(', ')}]`);
    if (x.shape.length === 4) {
      const values = Float32Array.from(weights, (_, i) => weights[(i % inputs) * outputs + Math.floor(i / inputs)] ?? 0);
      const kernel = { shape: [outputs, inputs, 1, 1], values, bias, groups: 1 };
      return this.conv(x, kernel, { kernel: [1, 1], stride: [1, 1], dilation: [1, 1], padding: 'valid' }, 0, source);
    }
    if (x.shape.length !== 2) return refuseUse(source, `works on vectors and images, and its input has the shape [${x.shape.join(', ')}]`);
    const constants = [
      this.network.constant([inputs, outputs], weights),
      ...(bias === null ? [] : [this.network.constant([outputs], bias)]),
    ];
    return this.#made(this.network.add('Gemm', [x.tensor, ...constants], {}, source), [1, outputs], false, source);
  }

  /** The network up to these values, as the file has them; or up to `cut`, what --output names, where the frontend knows it. */
  import(
    outputs: readonly Value[],
    cut: Value | undefined,
    source: NodeSource,
    side: SideFiles,
    options: FrontendOptions,
    diagnostics: Diagnostics,
  ): Imported {
    const tensors = (cut === undefined ? outputs : [cut]).map((value) => this.plain(value, source));
    return this.network.import(tensors, side, cut === undefined ? options : { ...options, output: null }, diagnostics);
  }

  /** Statistics of the last axis. */
  batchNorm(x: Value, statistics: readonly Float32Array[], form: string, epsilon: number, source: NodeSource): Value {
    const channels = x.shape.at(-1) ?? 0;
    if (x.shape.length !== 2 && x.shape.length !== 4) return refuseUse(source, `normalizes a tensor of shape [${x.shape.join(', ')}]`);
    const constants = statistics.map((values) => this.network.constant([values.length], values));
    if (statistics.some(({ length }) => length !== channels))
      return refuseUse(source, `has ${statistics[0]?.length} statistics for ${channels} channels`);
    const turned = x.shape.length === 4;
    const input = turned ? this.image(x, source) : x.tensor;
    return { shape: x.shape, turned, tensor: this.network.own('BatchNormalization', [input, ...constants], { form, epsilon }, source) };
  }
}
