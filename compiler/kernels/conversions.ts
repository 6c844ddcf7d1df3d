/** Changes of layout between kernels: bits are moved, never changed. */
import { elementCount } from '../ir/encoding.ts';
import { sameBits, type Call, type Layout, type Operands } from './kernel.ts';

export interface Conversion {
  readonly symbol: string;
  readonly instructions: number;
  readonly call: (operands: Pick<Operands, 'x' | 'y'>) => Call;
}

/**
 * The functions from one layout to another, in order; empty when every bit is already in its place. Between runs of
 * another length than the channels and planes the way leads over channel-packed.
 */
export function conversionPath(
  from: Layout,
  to: Layout,
  shape: readonly number[],
): readonly { readonly to: Layout; readonly conversion: Conversion }[] {
  if (sameBits(from, to)) return [];
  const elements = elementCount(shape);
  const [height = 1, width = 1, channels = 1] = shape;
  const packed: Layout = { kind: 'bit-runs', run: channels };
  const dimensions = [`${height}u`, `${width}u`, `${channels}u`];
  if (from.kind === 'bit-runs' && to.kind === 'bit-runs') {
    return [{ to, conversion: repack(from.run, to.run, elements) }];
  }
  if (from.kind === 'bit-runs' && to.kind === 'bit-planes') {
    const before = sameBits(from, packed) ? [] : [{ to: packed, conversion: repack(from.run, channels, elements) }];
    return [...before, { to, conversion: simple('bnn1_planes_from_channels', dimensions, elements) }];
  }
  if (from.kind === 'bit-planes' && to.kind === 'bit-runs') {
    const after = sameBits(packed, to) ? [] : [{ to, conversion: repack(channels, to.run, elements) }];
    return [{ to: packed, conversion: simple('bnn1_channels_from_planes', dimensions, elements) }, ...after];
  }
  throw new Error(`no way from ${from.kind} to ${to.kind}`);
}

function repack(from: number, to: number, elements: number): Conversion {
  return {
    symbol: 'bnn1_repack_b1',
    instructions: elements * 14,
    call: ({ x, y }) => ({ symbol: 'bnn1_repack_b1', shape: null, arguments: [x, `${from}u`, `${to}u`, `${elements / to}u`, y] }),
  };
}

function simple(symbol: string, dimensions: readonly string[], elements: number): Conversion {
  return { symbol, instructions: elements * 12, call: ({ x, y }) => ({ symbol, shape: null, arguments: [x, ...dimensions, y] }) };
}
