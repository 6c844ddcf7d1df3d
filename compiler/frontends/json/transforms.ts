/** What a JSON model may do with a stored array before it is used: what the training code did with its weights. */
import { elementCount } from '../../ir/encoding.ts';
import { gather, lastIndex, rowMajorStrides } from '../../support/strided.ts';
import { meanMagnitudes } from '../magnitudes.ts';
import type { StoredJson } from './values.ts';

/** Row-major elements with their sizes. */
export interface Shaped {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** What is wrong, with the key that it stands under. */
export interface TransformProblem {
  readonly key: 'unpack' | 'shape' | 'flip' | 'binarize' | 'reduce' | 'axis';
  readonly what: string;
  readonly seen?: unknown;
  readonly wanted?: string;
}

type Result = Shaped | TransformProblem;

export function isProblem(result: Result): result is TransformProblem {
  return 'key' in result;
}

/** Words of 32 bits become signs: bit i of a row is bit i mod 32 of its word i div 32, 1 is +1; what is behind `bits` is left out. */
function unpack({ shape, data }: Shaped, bits: number): Result {
  const words = shape.at(-1) ?? 1;
  if (bits > words * 32 || bits <= (words - 1) * 32) {
    return { key: 'unpack', what: 'does not fit the words of a row', seen: bits, wanted: `${(words - 1) * 32 + 1} to ${words * 32} bits` };
  }
  const rows = data.length / words;
  const signs = new Int8Array(rows * bits);
  for (let row = 0; row < rows; row += 1) {
    for (let bit = 0; bit < bits; bit += 1) {
      const word = data[row * words + (bit >> 5)] ?? 0;
      signs[row * bits + bit] = ((word >>> (bit & 31)) & 1) === 1 ? 1 : -1;
    }
  }
  return { shape: [...shape.slice(0, -1), bits], data: signs };
}

function reshape({ shape, data }: Shaped, sizes: readonly number[]): Result {
  if (elementCount(sizes) === data.length) return { shape: sizes, data };
  return {
    key: 'shape',
    what: 'does not fit its elements',
    seen: sizes,
    wanted: `sizes whose product is ${data.length}: it is stored as [${shape.join(', ')}]`,
  };
}

/** Turns axes around: a convolution kernel turned by 180 degrees becomes a correlation. */
function flip({ shape, data }: Shaped, axes: readonly number[]): Result {
  const bad = axes.find((axis) => axis >= shape.length);
  if (bad !== undefined) return { key: 'flip', what: 'names an axis that is not there', seen: bad, wanted: `0 to ${shape.length - 1}` };
  const plain = rowMajorStrides(shape);
  const strides = plain.map((stride, axis) => (axes.includes(axis) ? -stride : stride));
  const offset = lastIndex({ sizes: shape, strides: plain.map((stride, axis) => (axes.includes(axis) ? stride : 0)) });
  return { shape, data: gather(data, { sizes: shape, strides, offset }, new Float64Array(data.length)) };
}

const AT_ZERO = { plus: 1, minus: -1, zero: 0 } as const;

function binarize({ shape, data }: Shaped, zero: keyof typeof AT_ZERO): Result {
  const signs = new Int8Array(data.length);
  for (let i = 0; i < data.length; i += 1) {
    const value = data[i] ?? 0;
    if (Number.isNaN(value)) return { key: 'binarize', what: `is asked of element ${i}, which is NaN` };
    signs[i] = value > 0 ? 1 : value < 0 ? -1 : AT_ZERO[zero];
  }
  // Weights of 0 are no signs: as numbers they are judged like any others.
  return { shape, data: signs.includes(0) ? Float32Array.from(signs) : signs };
}

/** The mean of |w| over all axes but one: XNOR-Net's α of each output. */
function meanAbsolute({ shape, data }: Shaped, axis: number): Result {
  const kept = shape[axis];
  if (kept === undefined) return { key: 'axis', what: 'names an axis that is not there', seen: axis, wanted: `0 to ${shape.length - 1}` };
  return { shape: [kept], data: meanMagnitudes(data, kept, elementCount(shape.slice(axis + 1))) };
}

/** All that the object asks for, in the order unpack, shape, flip, binarize or reduce. */
export function transform(stored: Shaped, json: StoredJson): Result {
  let result: Result = stored;
  const then = (step: (shaped: Shaped) => Result): void => {
    if (!isProblem(result)) result = step(result);
  };
  const { unpack: bits, shape, flip: axes, binarize: zero, reduce, axis } = json;
  if (bits !== undefined) then((shaped) => unpack(shaped, bits));
  if (shape !== undefined) then((shaped) => reshape(shaped, shape));
  if (axes !== undefined) then((shaped) => flip(shaped, axes));
  if (zero !== undefined && reduce !== undefined) return { key: 'reduce', what: 'stands beside "binarize"', wanted: 'one of the two' };
  if (zero !== undefined) then((shaped) => binarize(shaped, zero));
  if (reduce !== undefined) then((shaped) => meanAbsolute(shaped, axis ?? 0));
  return result;
}
