/** Changes of layout between kernels: bits are moved, never changed. */
import { elementCount } from '../ir/encoding.ts';
import { layoutWords, sameBits, wordsFor, type Call, type Layout, type Operands, type PlanesLayout } from './kernel.ts';

export interface Conversion {
  readonly symbol: string;
  readonly instructions: number;
  /** RAM of the converted tensor. */
  readonly bytes: number;
  readonly call: (operands: Pick<Operands, 'y'> & { readonly x: string }) => Call;
}

/** A copy of bits in their layout, for kernels that work in place on what is not theirs. */
export function copyOf(layout: Extract<Layout, { kind: 'bit-runs' }>, shape: readonly number[]): Conversion {
  return repack(layout.run, layout.run, shape);
}

function repack(from: number, to: number, shape: readonly number[]): Conversion {
  const elements = elementCount(shape);
  return {
    symbol: 'bnn1_repack_b1',
    instructions: elements * 14,
    bytes: layoutWords({ kind: 'bit-runs', run: to }, shape) * 4,
    call: ({ x, y }) => ({ symbol: 'bnn1_repack_b1', shape: null, arguments: [x, `${from}u`, `${to}u`, `${elements / to}u`, y] }),
  };
}

/** Instructions for 32 channels of 32 columns. */
const SQUARE = 1000;

/** The function from one layout of bits to another; null when every bit is already in its place. */
export function conversion(from: Layout, to: Layout, shape: readonly number[]): Conversion | null {
  if (sameBits(from, to)) return null;
  const elements = elementCount(shape);
  const sizes = (layout: PlanesLayout): readonly string[] => layout.map.map((size) => `${size}u`);
  const build = (symbol: string, middle: readonly string[], instructions = elements * 14): Conversion => ({
    symbol,
    instructions,
    bytes: layoutWords(to, shape) * 4,
    call: ({ x, y }) => ({ symbol, shape: null, arguments: [x, ...middle, y] }),
  });
  if (from.kind === 'bit-runs' && to.kind === 'bit-runs') return repack(from.run, to.run, shape);
  const square = ({ map: [height, width, channels] }: PlanesLayout): number => height * wordsFor(width) * wordsFor(channels) * SQUARE;
  if (from.kind === 'bit-runs' && to.kind === 'bit-planes' && from.run === to.map[2])
    return build('bnn1_planes_from_packed', [...sizes(to), `${to.lanes}u`], square(to));
  if (from.kind === 'bit-planes' && to.kind === 'bit-runs' && to.run === from.map[2])
    return build('bnn1_packed_from_planes', [...sizes(from), `${from.lanes}u`], square(from));
  if (from.kind === 'bit-runs' && to.kind === 'bit-planes')
    return build('bnn1_planes_from_runs', [`${from.run}u`, ...sizes(to), `${to.lanes}u`]);
  if (from.kind === 'bit-planes' && to.kind === 'bit-runs')
    return build('bnn1_runs_from_planes', [`${to.run}u`, ...sizes(from), `${from.lanes}u`]);
  if (from.kind === 'bit-planes' && to.kind === 'bit-planes')
    return build('bnn1_planes_from_planes', [`${from.lanes}u`, ...sizes(from), `${to.lanes}u`]);
  throw new Error(`no way from ${from.kind} to ${to.kind}`);
}
