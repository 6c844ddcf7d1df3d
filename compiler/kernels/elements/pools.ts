/** Pools of everything but bits under a maximum (which is max-pool-b1). */
import { channelCount } from '../../ir/encoding.ts';
import { storedMinimum } from '../../ir/ops/max-pool.ts';
import { wordsFor, type Layout, type Table } from '../kernel.ts';
import { flipOf, packSigns } from '../packing.ts';
import { poolShape, tooLarge } from '../window-shape.ts';
import { elementKernel, type Position, type TableNames } from './element.ts';

/** The argument that chooses the minimum in some channels. */
export function minimumOf(flags: Uint8Array | null): {
  readonly tables: readonly Table[];
  readonly read: (table: TableNames, at: Position) => string;
} {
  if (flags === null) return { tables: [], read: () => '0u' };
  if (flags.every((flag) => flag === 1)) return { tables: [], read: () => '1u' };
  const values = packSigns(
    Int8Array.from(flags, (flag) => (flag === 1 ? 1 : -1)),
    flags.length,
  );
  return {
    tables: [
      {
        name: 'minimum',
        ctype: 'uint32_t',
        values,
        doc: `[${wordsFor(flags.length)} words] 1 for each channel in which the smallest wins`,
      },
    ],
    read: (table, at) => `bnn1_rom_flag(${table('minimum')}, ${at.o})`,
  };
}

const F32: Layout = { kind: 'f32' };
const I32: Layout = { kind: 'i32' };
const BYTES: Layout = { kind: 'bytes' };

export const maxPoolF32 = elementKernel(
  'max-pool',
  { name: 'max-pool-f32', symbol: 'bnn1_max_pool_f32_at', doc: 'Largest real number of a window.' },
  (node, input, output) => {
    if (input.dtype !== 'f32') return undefined;
    const reason = tooLarge(input, output);
    if (reason !== undefined) return { reason };
    const minimum = minimumOf(storedMinimum(node.attrs, input));
    return {
      input: F32,
      tables: minimum.tables,
      shape: poolShape(node.attrs, input, output, channelCount(input.shape)),
      result: 'float',
      value: (x, table, at) => `bnn1_max_pool_f32_at(&shape, ${minimum.read(table, at)}, ${x}, ${at.y}, ${at.x}, ${at.o})`,
      instructions: node.attrs.kernel[0] * node.attrs.kernel[1] * 18,
    };
  },
);

export const maxPoolI32 = elementKernel(
  'max-pool',
  { name: 'max-pool-i32', symbol: 'bnn1_max_pool_i32_at', doc: 'Largest integer of a window.' },
  (node, input, output) => {
    if (input.dtype !== 'i32') return undefined;
    const reason = tooLarge(input, output);
    if (reason !== undefined) return { reason };
    const minimum = minimumOf(storedMinimum(node.attrs, input));
    return {
      input: I32,
      tables: minimum.tables,
      shape: poolShape(node.attrs, input, output, channelCount(input.shape)),
      result: 'int32_t',
      value: (x, table, at) => `bnn1_max_pool_i32_at(&shape, ${minimum.read(table, at)}, ${x}, ${at.y}, ${at.x}, ${at.o})`,
      instructions: node.attrs.kernel[0] * node.attrs.kernel[1] * 16,
    };
  },
);

export const maxPool8bit = elementKernel(
  'max-pool',
  { name: 'max-pool-8bit', symbol: 'bnn1_max_pool_8bit_at', doc: 'Largest byte of a window.' },
  (node, input, output) => {
    if (input.dtype !== 'u8' && input.dtype !== 'i8') return undefined;
    const reason = tooLarge(input, output);
    if (reason !== undefined) return { reason };
    const minimum = minimumOf(storedMinimum(node.attrs, input));
    return {
      input: BYTES,
      tables: minimum.tables,
      shape: poolShape(node.attrs, input, output, channelCount(input.shape)),
      result: 'int32_t',
      value: (x, table, at) =>
        `bnn1_max_pool_8bit_at(&shape, ${minimum.read(table, at)}, ${flipOf(input.dtype)}, ${x}, ${at.y}, ${at.x}, ${at.o})`,
      instructions: node.attrs.kernel[0] * node.attrs.kernel[1] * 18,
    };
  },
);

export const averagePoolF32 = elementKernel(
  'average-pool',
  { name: 'average-pool-f32', symbol: 'bnn1_average_pool_f32_at', doc: 'Mean of the real numbers of a window, added in order.' },
  (node, input, output) => {
    if (node.attrs.sum !== 'sequential') return undefined;
    const reason = tooLarge(input, output);
    if (reason !== undefined) return { reason };
    return {
      input: F32,
      tables: [],
      shape: poolShape(node.attrs, input, output, channelCount(input.shape)),
      result: 'float',
      value: (x, _table, at) =>
        `bnn1_average_pool_f32_at(&shape, ${node.attrs.countPadding ? '1u' : '0u'}, ${x}, ${at.y}, ${at.x}, ${at.o})`,
      instructions: node.attrs.kernel[0] * node.attrs.kernel[1] * 18 + 20,
    };
  },
);

export const sumPoolI32 = elementKernel(
  'average-pool',
  { name: 'sum-pool-i32', symbol: 'bnn1_sum_pool_i32_at', doc: 'Sum of the integers of a window; its worth carries the division.' },
  (node, input, output) => {
    if (node.attrs.sum !== 'exact' || input.dtype !== 'i32') return undefined;
    const reason = tooLarge(input, output);
    if (reason !== undefined) return { reason };
    return {
      input: I32,
      tables: [],
      shape: poolShape(node.attrs, input, output, channelCount(input.shape)),
      result: 'int32_t',
      value: (x, _table, at) => `bnn1_sum_pool_i32_at(&shape, ${x}, ${at.y}, ${at.x}, ${at.o})`,
      instructions: node.attrs.kernel[0] * node.attrs.kernel[1] * 12,
    };
  },
);

export const sumPool8bit = elementKernel(
  'average-pool',
  { name: 'sum-pool-8bit', symbol: 'bnn1_sum_pool_8bit_at', doc: 'Sum of the bytes of a window; its worth carries the division.' },
  (node, input, output) => {
    if (node.attrs.sum !== 'exact' || (input.dtype !== 'u8' && input.dtype !== 'i8')) return undefined;
    const reason = tooLarge(input, output);
    if (reason !== undefined) return { reason };
    return {
      input: BYTES,
      tables: [],
      shape: poolShape(node.attrs, input, output, channelCount(input.shape)),
      result: 'int32_t',
      value: (x, _table, at) => `bnn1_sum_pool_8bit_at(&shape, ${flipOf(input.dtype)}, ${x}, ${at.y}, ${at.x}, ${at.o})`,
      instructions: node.attrs.kernel[0] * node.attrs.kernel[1] * 14,
    };
  },
);

export const sumPoolB1 = elementKernel(
  'average-pool',
  { name: 'sum-pool-b1', symbol: 'bnn1_sum_pool_b1_at', doc: 'Sum of the signs of a window; its worth carries the division.' },
  (node, input, output) => {
    if (node.attrs.sum !== 'exact' || input.dtype !== 'b1') return undefined;
    const reason = tooLarge(input, output);
    if (reason !== undefined) return { reason };
    const channels = channelCount(input.shape);
    return {
      input: { kind: 'bit-runs', run: channels },
      tables: [],
      shape: poolShape(node.attrs, input, output, wordsFor(channels)),
      result: 'int32_t',
      value: (x, _table, at) => `bnn1_sum_pool_b1_at(&shape, ${x}, ${at.y}, ${at.x}, ${at.o})`,
      instructions: node.attrs.kernel[0] * node.attrs.kernel[1] * 18,
    };
  },
);
