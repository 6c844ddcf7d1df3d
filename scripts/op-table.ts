/**
 * Which kernels compute which operation on which elements, and how exactly: found by asking every kernel, so that the table in
 * docs/ops.md cannot say more than the compiler does.
 */
import type { Weights } from '../compiler/ir/attributes.ts';
import { NO_PADDING } from '../compiler/ir/attributes.ts';
import { PLAIN } from '../compiler/ir/encoding.ts';
import { opOf } from '../compiler/ir/op.ts';
import type { AttrsOf, OpKind } from '../compiler/ir/ops/index.ts';
import type { DType, Node, TensorType, ValueId } from '../compiler/ir/types.ts';
import { ELEMENT_KERNELS } from '../compiler/kernels/elements/index.ts';
import { KERNELS } from '../compiler/kernels/index.ts';
import { loadTarget } from '../compiler/targets/load.ts';

/** One way in which an operation occurs after lowering. */
interface Case {
  readonly kind: OpKind;
  readonly form: string;
  readonly attrs: unknown;
  readonly inputs: readonly TensorType[];
}

const INTEGERS: readonly DType[] = ['b1', 'u8', 'i8', 'i32'];
const ALL: readonly DType[] = [...INTEGERS, 'f32'];
const CHANNELS = 4;

function map(dtype: DType): TensorType {
  const shape = [4, 4, CHANNELS];
  return dtype === 'f32' ? { dtype, shape } : { dtype, shape, encoding: PLAIN };
}

function vector(dtype: DType): TensorType {
  return { ...map(dtype), shape: [CHANNELS] };
}

const window = { kernel: [2, 2], stride: [2, 2], dilation: [1, 1], padding: NO_PADDING } as const;

function one<K extends OpKind>(kind: K, form: string, attrs: AttrsOf<K>, ...inputs: readonly TensorType[]): Case {
  return { kind, form, attrs, inputs };
}

function binary(outputs: number, taps: number): Weights {
  return { kind: 'binary', outputs, signs: new Int8Array(outputs * taps).fill(1), scale: Float32Array.of(1) };
}

function real(outputs: number, taps: number, zeros: boolean): Weights {
  return { kind: 'real', outputs, values: Float32Array.from({ length: outputs * taps }, (_, i) => (zeros ? (i % 3) - 1 : i + 0.5)) };
}

function linearCases(): readonly Case[] {
  const threshold = new Int32Array(2).fill(1);
  const exact: readonly DType[] = ['b1', 'u8', 'i8'];
  const make = (
    form: string,
    dtype: DType,
    weights: (taps: number) => Weights,
    sum: 'exact' | 'sequential',
    t: Int32Array | null,
  ): readonly Case[] => [
    one('conv2d', form, { weights: weights(16), bias: null, sum, threshold: t, ...window, groups: 1, padValue: 0 }, map(dtype)),
    ...(form.startsWith('grouped') ? [] : [one('dense', form, { weights: weights(4), bias: null, sum, threshold: t }, vector(dtype))]),
  ];
  const grouped = (t: Int32Array | null, form: string): Case =>
    one('conv2d', form, { weights: binary(2, 8), bias: null, sum: 'exact', threshold: t, ...window, groups: 2, padValue: 0 }, map('b1'));
  return [
    ...exact.flatMap((dtype) => make('±α, to bits', dtype, (taps) => binary(2, taps), 'exact', threshold)),
    grouped(threshold, '±α in groups, to bits'),
    ...exact.flatMap((dtype) => make('±α, to integers', dtype, (taps) => binary(2, taps), 'exact', null)),
    grouped(null, '±α in groups, to integers'),
    ...make('±α', 'f32', (taps) => binary(2, taps), 'sequential', null),
    ...make('-α, 0, +α', 'f32', (taps) => real(2, taps, true), 'sequential', null),
    ...(['b1', 'u8', 'i8', 'i32', 'f32'] as const).flatMap((dtype) =>
      make('real', dtype, (taps) => real(2, taps, false), 'sequential', null),
    ),
  ];
}

function otherCases(): readonly Case[] {
  const bits = map('b1');
  const ranges = [
    { start: 0, size: 2, step: 1 },
    { start: 0, size: 4, step: 1 },
    { start: 1, size: 2, step: 1 },
  ];
  const thresholds = { thresholds: new Int32Array(1), directions: Int8Array.of(1) };
  return [
    ...ALL.map((dtype) => one('max-pool', '', { ...window, minimum: null }, map(dtype))),
    ...INTEGERS.map((dtype) => one('average-pool', 'exact sum', { ...window, countPadding: false, sum: 'exact' }, map(dtype))),
    one('average-pool', 'float32', { ...window, countPadding: false, sum: 'sequential' }, map('f32')),
    ...(['b1', 'u8', 'i8', 'i32'] as const).map((dtype) => one('threshold', '', thresholds, map(dtype))),
    one('invert', '', { channels: Uint8Array.of(1, 0, 1, 0) }, bits),
    ...ALL.map((dtype) => one('slice', '', { ranges }, map(dtype))),
    ...ALL.map((dtype) => one('concat', '', {}, map(dtype), map(dtype))),
    ...(['b1', 'i32'] as const).map((dtype) => one('combine', 'exact sum', { operator: 'add', sum: 'exact' }, map(dtype), map(dtype))),
    one('combine', 'float32', { operator: 'add', sum: 'sequential' }, map('f32'), map('f32')),
    ...(['b1', 'i32', 'f32'] as const).map((dtype) => one('elementwise', '', { steps: [] }, map(dtype))),
    one('sign', '', { zero: 'plus' }, map('f32')),
  ];
}

const WRITTEN = 'C of the header itself';

/** Names of the kernels that take this case; operations without one are written into a function of the header. */
function kernelsOf({ kind, attrs, inputs }: Case): readonly string[] {
  const output = opOf(kind).infer(attrs, inputs);
  if ('error' in output) throw new Error(`${kind}: ${output.error}`);
  const ids = inputs.map((_, i) => `x${i}` as ValueId);
  const node = { kind, name: kind, attrs, inputs: ids, output: 'y' as ValueId, origin: { file: '', path: '' } } as unknown as Node;
  const [first, ...rest] = inputs;
  if (first === undefined) throw new Error(`${kind} without input`);
  const whole = KERNELS.filter((kernel) => {
    const candidate = kernel.candidate(node, [first, ...rest], output, loadTarget('host'), [undefined]);
    return candidate !== undefined && !('reason' in candidate);
  });
  const element = ELEMENT_KERNELS.find((kernel) => {
    const found = kernel.element(node, first, output, undefined);
    return found !== undefined && !('reason' in found);
  });
  const bitsOut = output.dtype === 'b1' && (kind === 'conv2d' || kind === 'dense');
  return [...whole.map(({ name }) => name), ...(element === undefined || bitsOut ? [] : [element.name])];
}

function exactness({ kind, attrs, inputs }: Case): string {
  const output = opOf(kind).infer(attrs, inputs);
  if ('error' in output) throw new Error(output.error);
  const isReal = output.dtype === 'f32' || inputs.some(({ dtype }) => dtype === 'f32');
  if (!isReal || kind === 'slice' || kind === 'concat') return 'exact';
  return kind === 'elementwise' && inputs[0]?.dtype !== 'f32' ? 'rounded once, then float32' : 'float32, in a stated order';
}

/** Rows of op, form, elements, exactness, kernels; cases that differ in their elements only are one row. */
export function opTable(): readonly (readonly string[])[] {
  const rows = new Map<string, { readonly cells: readonly string[]; readonly dtypes: string[] }>();
  for (const found of [...linearCases(), ...otherCases()]) {
    const kernels = kernelsOf(found);
    const cells = [
      found.kind,
      found.form,
      exactness(found),
      (kernels.length === 0 ? [WRITTEN] : kernels.map((name) => `\`${name}\``)).join(', '),
    ];
    const key = cells.join('|');
    const row = rows.get(key) ?? { cells, dtypes: [] };
    row.dtypes.push(found.inputs[0]?.dtype ?? '');
    rows.set(key, row);
  }
  const sorted = [...rows.values()].sort((a, b) => (a.cells[0] ?? '').localeCompare(b.cells[0] ?? ''));
  return sorted.map(({ cells: [kind = '', form = '', exact = '', kernels = ''], dtypes }) => [
    `\`${kind}\``,
    form,
    dtypes.join(', '),
    exact,
    kernels,
  ]);
}
