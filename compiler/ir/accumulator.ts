/** Which integers the accumulator of an exact linear layer can take. */
import { outputSize } from './attributes.ts';
import { DTYPES, perChannel } from './encoding.ts';
import { isDirect, type IntegerTerms } from './integer-terms.ts';
import { conv2dTerms, type Conv2dAttrs } from './ops/conv2d.ts';
import { denseTerms } from './ops/dense.ts';
import type { Range } from './threshold-search.ts';
import type { Node, NodeOf, TensorType } from './types.ts';

export type LinearNode = NodeOf<'conv2d'> | NodeOf<'dense'>;

/** A layer of weighted sums. */
export function isLinear(node: Node | undefined): node is LinearNode {
  return node?.kind === 'conv2d' || node?.kind === 'dense';
}

export interface Accumulator {
  /** Inclusive bounds for one output: attained, or a little too wide where padding removes taps. */
  readonly range: (output: number) => Range;
  /** What no partial sum, in any order of taps, and no product inside a term goes beyond, in magnitude. */
  readonly bound: (output: number) => number;
  /** False only for integers that no input can give (sums of ±1 have the parity of the number of taps). */
  readonly attains: (value: number) => boolean;
}

export function termsOfNode(node: LinearNode, input: TensorType): IntegerTerms {
  return node.kind === 'conv2d' ? conv2dTerms(node.attrs, input) : denseTerms(input);
}

/** Taps of one output: kernel height × kernel width × channels of the group. */
export function tapsOf(node: LinearNode): number {
  const { weights } = node.attrs;
  return (weights.kind === 'binary' ? weights.signs.length : weights.values.length) / weights.outputs;
}

/** @throws Error for a layer whose sum is not exact */
export function accumulatorOf(node: LinearNode, input: TensorType): Accumulator {
  const { weights } = node.attrs;
  if (weights.kind !== 'binary') throw new Error(`"${node.name}" has no integer accumulator`);
  const terms = termsOfNode(node, input);
  const padded = node.kind === 'conv2d' && Object.values(node.attrs.padding).some((n) => n > 0);
  const taps = tapsOf(node);
  const groups = node.kind === 'conv2d' ? node.attrs.groups : 1;
  const channels = (input.shape.at(-1) ?? 1) / groups;
  const { minimum, maximum } = DTYPES[input.dtype];
  const bounds = (channel: number): Range => {
    const ends = [minimum, maximum].map((q) => perChannel(terms.multiplier, channel) * q + perChannel(terms.addend, channel));
    if (padded) ends.push(terms.pad);
    return { low: Math.min(...ends), high: Math.max(...ends) };
  };
  const isUniform = terms.multiplier.length === 1 && terms.addend.length === 1;
  /** How many inputs in a row have bounds of their own; then the bounds repeat. */
  const period = isUniform ? 1 : channels;
  /** Bounds of the terms that a group sums up, before their weights. */
  const boundsOfGroup = Array.from({ length: isUniform ? 1 : groups }, (_, group) =>
    Array.from({ length: period }, (_unused, channel) => bounds(group * channels + channel)),
  );
  const boundsOf = (output: number): readonly Range[] => perChannel(boundsOfGroup, Math.floor(output / (weights.outputs / groups)));
  const range = (output: number): Range => {
    let [low, high] = [0, 0];
    for (const [first, tap] of boundsOf(output).entries()) {
      let sum = 0;
      for (let i = output * taps + first; i < (output + 1) * taps; i += period) sum += weights.signs[i] as number;
      const positive = (taps / period + sum) / 2;
      const negative = taps / period - positive;
      low += positive * tap.low - negative * tap.high;
      high += positive * tap.high - negative * tap.low;
    }
    return { low, high };
  };
  const bitSum = input.dtype === 'b1' && isDirect(terms) && Math.abs(terms.pad) <= 1;
  const { multiplier } = terms;
  const largestProduct = Math.max(...multiplier.map((m) => Math.abs(m) * Math.max(-minimum, maximum)));
  const bound = (output: number): number =>
    Math.max((boundsOf(output).reduce((sum, { low, high }) => sum + Math.max(-low, high), 0) * taps) / period, largestProduct);
  if (!bitSum) return { range, bound, attains: () => true };
  const counts = node.kind === 'conv2d' && padded && terms.pad === 0 ? validTaps(node.attrs, input) : [taps];
  const parities = new Set(counts.map((count) => count % 2));
  return { range, bound, attains: (value) => parities.has(Math.abs(value) % 2) };
}

/** The different numbers of taps inside the image, over all output positions, times the channels of a group. */
function validTaps(attrs: Conv2dAttrs, input: TensorType): readonly number[] {
  const [height = 0, width = 0, channels = 0] = input.shape;
  const { padding, kernel, stride, dilation } = attrs;
  const along = (size: number, before: number, after: number, axis: 0 | 1): ReadonlySet<number> => {
    const counts = new Set<number>();
    for (let o = 0; o < outputSize(size, before, after, kernel[axis], stride[axis], dilation[axis]); o += 1) {
      let inside = 0;
      for (let k = 0; k < kernel[axis]; k += 1) {
        const at = o * stride[axis] - before + k * dilation[axis];
        if (at >= 0 && at < size) inside += 1;
      }
      counts.add(inside);
    }
    return counts;
  };
  const rows = along(height, padding.top, padding.bottom, 0);
  const columns = along(width, padding.left, padding.right, 1);
  return [...rows].flatMap((r) => [...columns].map((c) => (r * c * channels) / attrs.groups));
}
