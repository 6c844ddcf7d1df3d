import { DTYPES, compact, elementCount, perChannel } from '../encoding.ts';
import type { Encoding, OpDef, Tensor, TensorData, TensorType } from '../types.ts';

/** Elements start, start + step, … along one dimension: `size` of them, size and step >= 1. */
export interface Range {
  readonly start: number;
  readonly size: number;
  readonly step: number;
}

export interface SliceAttrs {
  /** One range per dimension of the input. */
  readonly ranges: readonly Range[];
}

export function wholeRange(size: number): Range {
  return { start: 0, size, step: 1 };
}

/** True when the range is all `size` elements. */
export function isWhole({ start, size, step }: Range, of: number): boolean {
  return start === 0 && size === of && (step === 1 || size === 1);
}

/** Element i of the range. */
export function elementOf({ start, step }: Range, i: number): number {
  return start + step * i;
}

/** Entries of a list that has length 1 (shared) or one entry per channel. */
export function sliceList<T>(list: readonly T[], range: Range): readonly T[] {
  return list.length === 1 ? list : Array.from({ length: range.size }, (_, i) => perChannel(list, elementOf(range, i)));
}

/** The attributes that leave all dimensions of `shape` but the last one whole. */
export function channelSlice(shape: readonly number[], range: Range): SliceAttrs {
  return { ranges: [...shape.slice(0, -1).map(wholeRange), range] };
}

/** The range of channels, if all other dimensions stay whole. */
export function channelRange({ ranges }: SliceAttrs, shape: readonly number[]): Range | undefined {
  return ranges.every((range, axis) => axis === ranges.length - 1 || isWhole(range, shape[axis] ?? 0)) ? ranges.at(-1) : undefined;
}

function sliceEncoding({ scale, offset }: Encoding, range: Range): Encoding {
  return compact({ scale: sliceList(scale, range), offset: sliceList(offset, range) });
}

function infer({ ranges }: SliceAttrs, [input]: readonly TensorType[]): TensorType | { readonly error: string } {
  if (input === undefined) return { error: 'slice without input' };
  if (ranges.length !== input.shape.length) return { error: `${ranges.length} ranges for [${input.shape.join(', ')}]` };
  const bad = ranges.findIndex(
    (range, axis) => range.start < 0 || range.size < 1 || range.step < 1 || elementOf(range, range.size - 1) >= (input.shape[axis] ?? 0),
  );
  if (bad >= 0) return { error: `the range of dimension ${bad} lies outside [${input.shape.join(', ')}]` };
  const shape = ranges.map(({ size }) => size);
  const channels = ranges.at(-1);
  return input.encoding === undefined || channels === undefined
    ? { ...input, shape }
    : { ...input, shape, encoding: sliceEncoding(input.encoding, channels) };
}

function evaluate({ ranges }: SliceAttrs, [input]: readonly Tensor[], output: TensorType): TensorData {
  if (input === undefined) throw new Error('slice without input');
  const { shape } = input.type;
  const result = DTYPES[output.dtype].allocate(elementCount(output.shape));
  result.forEach((_, i) => {
    let [rest, at, stride] = [i, 0, 1];
    for (let axis = ranges.length - 1; axis >= 0; axis -= 1) {
      const range = ranges[axis] ?? wholeRange(1);
      at += elementOf(range, rest % range.size) * stride;
      rest = Math.floor(rest / range.size);
      stride *= shape[axis] ?? 1;
    }
    result[i] = input.data[at] as number;
  });
  return result;
}

export const slice: OpDef<'slice', SliceAttrs> = {
  kind: 'slice',
  doc: 'Some channels, rows and columns: every step-th from a start, along each dimension.',
  infer,
  evaluate,
  print: ({ ranges }) => [`ranges=${ranges.map(({ start, size, step }) => `${start}+${size}${step === 1 ? '' : `x${step}`}`).join(',')}`],
};
