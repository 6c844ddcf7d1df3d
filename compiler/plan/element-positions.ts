/** Loops over the positions of a map, and where the element of a position lies. */
import { channelCount, elementCount } from '../ir/encoding.ts';
import type { TensorType } from '../ir/types.ts';
import type { Position } from '../kernels/elements/element.ts';
import { wordsFor, type Layout } from '../kernels/kernel.ts';
import { flipOf } from '../kernels/packing.ts';

/** `e` counts the elements. Of a vector there is only `o`. */
export const OUTSIDE: Position = { y: 'oy', x: 'ox', o: 'o', e: 'e' };
/** Inside the window of a pool elements are not counted. */
export const IN_WINDOW: Position = { y: '(uint16_t)py', x: '(uint16_t)px', o: 'o', e: 'e' };

/** Rows, columns and channels; a shape that is no image has one row. */
function sizesOf(shape: readonly number[]): readonly [height: number, width: number, channels: number] {
  const channels = channelCount(shape);
  const [height = 1, width = 1] = shape.length === 3 ? shape : [1, elementCount(shape) / channels];
  return [height, width, channels];
}

const LARGEST_UINT16 = 65535;

/** The loops around the lines of one element; `before` and `after` surround the channels of a position. */
export function loopLines(
  shape: readonly number[],
  before: readonly string[],
  element: readonly string[],
  after: readonly string[],
): readonly string[] {
  const [height, width, channels] = sizesOf(shape);
  const counted = element.some((line) => /\be\b/.test(line));
  const isVector = shape.length === 1;
  const indent = isVector ? '' : '        ';
  const type = (...sizes: readonly number[]): string => (Math.max(...sizes) > LARGEST_UINT16 ? 'uint32_t' : 'uint16_t');
  return [
    ...(counted ? ['uint32_t e = 0;'] : []),
    ...(isVector ? [] : [`${type(height, width)} oy, ox;`]),
    `${type(channels)} o;`,
    ...(isVector ? [] : [`for (oy = 0; oy < ${height}u; oy++) {`, `    for (ox = 0; ox < ${limit(width)}; ox++) {`]),
    ...before.map((line) => `${indent}${line}`),
    `${indent}for (o = 0; o < ${limit(channels)}; o++) {`,
    ...element.map((line) => `${indent}    ${line}`),
    ...(counted ? [`${indent}    e++;`] : []),
    `${indent}}`,
    ...after.map((line) => `${indent}${line}`),
    ...(isVector ? [] : ['    }', '}']),
  ];
}

function limit(size: number): string {
  return size > LARGEST_UINT16 ? `UINT32_C(${size})` : `${size}u`;
}

/** C of the index in a list with one entry per channel of the loops, or one per element. */
export function indexOf(positions: readonly number[], length: number): string {
  return length === channelCount(positions) ? 'o' : 'e';
}

/** C of the pixel and the channel of the element in an operand of this shape, sizes of 1 repeated. */
function placeIn(positions: readonly number[], shape: readonly number[]): { readonly pixel: string; readonly channel: string } {
  const [height, width, channels] = sizesOf(shape);
  const channel = channels > 1 ? 'o' : '0u';
  if (positions.length === 1) return { pixel: '0u', channel };
  const [row, column] = [height > 1 ? '(uint32_t)oy' : '', width > 1 ? 'ox' : ''];
  if (row === '') return { pixel: column === '' ? '0u' : column, channel };
  return { pixel: column === '' ? (width === 1 ? row : `${row} * ${width}u`) : `(${row} * ${width}u + ${column})`, channel };
}

/** C that loads the element of an operand, and the functions of runtime-c that it calls. */
export function loadedText(
  positions: readonly number[],
  name: string,
  { dtype, shape }: TensorType,
  layout: Layout,
): { readonly text: string; readonly symbols: readonly string[] } {
  const { pixel, channel } = placeIn(positions, shape);
  const channels = channelCount(shape);
  const whole = elementCount(shape) === elementCount(positions);
  const index = whole ? 'e' : channels === 1 ? pixel : `${pixel} * ${channels}u + ${channel}`;
  switch (layout.kind) {
    case 'f32':
      return { text: `bnn1_load_f32(${name} + ${index})`, symbols: ['bnn1_load_f32'] };
    case 'i32':
      return { text: `(int32_t)${name}[${index}]`, symbols: [] };
    case 'bytes':
      return { text: `bnn1_byte_at(${name}, ${flipOf(dtype)}, ${index})`, symbols: ['bnn1_byte_at'] };
    default: {
      const run = pixel === '0u' ? name : `${name} + ${pixel} * ${wordsFor(channels)}u`;
      return { text: `bnn1_sign_at(${run}, ${channel})`, symbols: ['bnn1_sign_at'] };
    }
  }
}
