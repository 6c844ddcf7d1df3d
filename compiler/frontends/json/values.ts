/** Arrays of numbers in a JSON model: the forms in which they may stand there, and how they are written. */
import { z } from 'zod';
import { elementCount } from '../../ir/encoding.ts';
import { floatText } from '../../support/float-text.ts';
import type { JsonValue } from './print.ts';

export const scalar = z
  .union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])])
  .meta({ id: 'scalar', description: 'a number, or "NaN", "Infinity", "-Infinity"' });

const list = z.array(z.unknown()).meta({
  id: 'list',
  description: 'numbers, in lists inside lists for more than one dimension',
  items: { anyOf: [{ $ref: '#/$defs/scalar' }, { $ref: '#/$defs/list' }] },
});

export const positive = z
  .int()
  .min(1)
  .max(2 ** 31 - 1)
  .meta({ description: 'a whole number, at least 1' });
const shape = z.array(positive).min(1).max(8).meta({ description: 'the size of each dimension, at least 1' });
const base64 = z.string().meta({ contentEncoding: 'base64', description: 'base64 text' });

const stored = z
  .strictObject({
    shape: shape.optional(),
    values: list.optional().meta({ description: 'all elements, in row-major order' }),
    bits: base64.optional().meta({ description: 'base64 of bits: element i is bit i mod 8 of byte i div 8; 1 is +1, 0 is -1' }),
    f32: base64.optional().meta({ description: 'base64 of float32, little-endian' }),
    i32: base64.optional().meta({ description: 'base64 of int32, little-endian' }),
    file: z.string().min(1).optional().meta({ description: 'a .npy or .npz file beside the model' }),
    array: z.string().min(1).optional().meta({ description: 'the name of the array in a .npz' }),
    tensor: z.string().min(1).optional().meta({ description: 'the name of a tensor in the file of weights that --topology describes' }),
    unpack: positive
      .optional()
      .meta({ description: 'words of 32 bits hold signs, so many in a row; the first is the lowest bit, 1 is +1' }),
    flip: z
      .array(z.int().min(0).max(7))
      .min(1)
      .max(8)
      .optional()
      .meta({ description: 'axes to turn around, such as [2, 3] for kernels of a true convolution' }),
    binarize: z.enum(['plus', 'minus', 'zero']).optional().meta({ description: 'takes the signs of the elements; of 0: +1, -1, or 0' }),
    reduce: z.literal('mean-absolute').optional().meta({ description: 'mean |w| of each output (XNOR-Net)' }),
    axis: z.int().min(0).max(7).optional().meta({ description: 'the axis of the outputs for reduce; 0 by default' }),
  })
  .meta({
    id: 'stored',
    description: 'exactly one of values, bits, f32, i32, file and tensor; then, in this order: unpack, shape, flip, binarize or reduce',
  });

/** A number, a list of numbers, nested or not, or an object that says where they are. */
export const values = z
  .union([scalar, list, stored])
  .meta({ id: 'values', description: 'a number, a list of numbers, or an object with one of values, bits, f32, i32, file and tensor' });

export type ValuesJson = z.infer<typeof values>;
export type ScalarJson = z.infer<typeof scalar>;
export type StoredJson = z.infer<typeof stored>;

/** Elements row-major; `shape` is null where only their number is known, and empty for a single number. */
export interface Values {
  readonly shape: readonly number[] | null;
  readonly data: ArrayLike<number>;
}

/** Lists up to this length are written as numbers, longer ones as base64. */
const LONGEST_LIST = 16;

export function writeScalar(value: number): JsonValue {
  if (!Number.isFinite(value)) return String(value);
  return Object.is(value, -0) ? value : Math.fround(value) === value ? Number(floatText(value)) : value;
}

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

function encode(data: Float32Array | Int32Array): string {
  const view = new DataView(new ArrayBuffer(4 * data.length));
  data.forEach((value, i) => (data instanceof Float32Array ? view.setFloat32(4 * i, value, true) : view.setInt32(4 * i, value, true)));
  return base64Of(new Uint8Array(view.buffer));
}

/** One number for a list of one. `shape` is written for base64 of more than one dimension. */
export function writeFloats(data: Float32Array, sizes: readonly number[] = [data.length]): JsonValue {
  if (sizes.length === 1 && data.length <= LONGEST_LIST) {
    const [only] = data;
    return data.length === 1 && only !== undefined ? writeScalar(only) : Array.from(data, writeScalar);
  }
  return { ...(sizes.length === 1 ? {} : { shape: sizes }), f32: encode(data) };
}

export function writeIntegers(data: ArrayLike<number>): JsonValue {
  const list = Array.from(data);
  if (list.length > LONGEST_LIST) return { i32: encode(Int32Array.from(list)) };
  const [only] = list;
  return list.length === 1 && only !== undefined ? only : list;
}

export function writeSigns(signs: Int8Array, sizes: readonly number[]): JsonValue {
  const bytes = new Uint8Array(Math.ceil(signs.length / 8));
  signs.forEach((sign, i) => {
    if (sign > 0) bytes[i >> 3] = (bytes[i >> 3] ?? 0) | (1 << (i & 7));
  });
  return { shape: sizes, bits: base64Of(bytes) };
}

/** Undefined for text that is not base64. */
function decodeBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '') ? bytes : undefined;
}

/** The elements of base64 text, or what is wrong with it. `count` is what the shape says, if there is one. */
export function decode(
  kind: 'bits' | 'f32' | 'i32',
  text: string,
  count: number | undefined,
): ArrayLike<number> | { readonly error: string } {
  const bytes = decodeBase64(text);
  if (bytes === undefined) return { error: 'is not base64' };
  if (kind === 'bits') {
    if (count === undefined) return { error: 'needs a shape beside it' };
    if (bytes.length !== Math.ceil(count / 8))
      return { error: `has ${bytes.length} bytes where ${count} bits need ${Math.ceil(count / 8)}` };
    const signs = new Int8Array(count);
    for (let i = 0; i < count; i += 1) signs[i] = 2 * (((bytes[i >> 3] as number) >> (i & 7)) & 1) - 1;
    return signs;
  }
  if (bytes.length % 4 !== 0) return { error: `has ${bytes.length} bytes, which is no multiple of 4` };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const numbers = kind === 'f32' ? new Float32Array(bytes.length / 4) : new Int32Array(bytes.length / 4);
  for (let i = 0; i < numbers.length; i += 1) numbers[i] = kind === 'f32' ? view.getFloat32(4 * i, true) : view.getInt32(4 * i, true);
  return numbers;
}

export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : undefined;
}

type Flat =
  { readonly shape: readonly number[]; readonly data: readonly number[] } | { readonly path: readonly number[]; readonly error: string };

/** The elements of lists inside lists, which must all be of one length on one level. */
export function flatten(nested: readonly unknown[]): Flat {
  const sizes: number[] = [];
  for (let at: unknown = nested; Array.isArray(at); at = at[0] as unknown) sizes.push(at.length);
  if (sizes.length > 8) return { path: [], error: `has ${sizes.length} dimensions` };
  const data: number[] = [];
  const walk = (value: unknown, depth: number, path: readonly number[]): Flat | undefined => {
    if (depth === sizes.length) {
      const number = numberOf(value);
      if (number === undefined) return { path, error: 'is not a number' };
      data.push(number);
      return undefined;
    }
    if (!Array.isArray(value)) return { path, error: 'is not a list like those beside it' };
    if (value.length !== sizes[depth]) return { path, error: `has ${value.length} entries where those beside it have ${sizes[depth]}` };
    for (const [i, entry] of (value as readonly unknown[]).entries()) {
      const problem = walk(entry, depth + 1, [...path, i]);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
  return walk(nested, 0, []) ?? { shape: sizes, data };
}

export function sameCount(sizes: readonly number[], data: ArrayLike<number>): boolean {
  return elementCount(sizes) === data.length;
}
