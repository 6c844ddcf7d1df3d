/**
 * The lowered network as integer operations on whole values, for emission in languages that need no layouts, arenas or kernels.
 * Each step makes one value from earlier ones; steps are in order of execution, and what a value is follows from its step:
 *
 *   elements   stored integers in row-major order, channels last: the input, or sums; every one fits into 32 bits
 *   bits       signs in words: element i of a run is bit i % 32 of word i / 32, 1 for +1; every run starts a word; unused bits are 0
 *   floats     float32 numbers, row-major
 */
import type { Step } from '../ir/attributes.ts';
import type { Range } from '../ir/ops/slice.ts';
import type { Provenance } from './plan.ts';

/** Windows over an image of height × width pixels that give rows × columns positions. */
export interface EvaluatorWindow {
  readonly height: number;
  readonly width: number;
  readonly rows: number;
  readonly columns: number;
  readonly kernel: readonly [height: number, width: number];
  readonly stride: readonly [y: number, x: number];
  readonly dilation: readonly [y: number, x: number];
  readonly padding: readonly [top: number, left: number];
}

/** Sums with weights ±1. A dense layer is one window as large as its input. */
export interface EvaluatorLayer extends EvaluatorWindow {
  readonly groups: number;
  /** Channels that one group reads. */
  readonly inputs: number;
  /** Of all groups together. */
  readonly outputs: number;
  /** What a tap outside the image counts before its weight: 0, or on bits also ±1. */
  readonly pad: number;
  /** Bits in one stream of uint32 words: [outputs][kernel height][kernel width][inputs]. */
  readonly weights: Uint32Array;
}

/** The exact real number (factor·element + constant) / divisor, and its terms as the nearest doubles. */
export interface EvaluatorFraction {
  readonly factor: bigint;
  readonly constant: bigint;
  readonly divisor: bigint;
  readonly scale: number;
  readonly offset: number;
}

/** Lists of constants have one entry for all channels, or one for each; channels are the last dimension. */
export type EvaluatorOperation =
  /** elements → elements: multiplier·x + addend */
  | { readonly kind: 'transform'; readonly multiplier: readonly number[]; readonly addend: readonly number[] }
  /** elements of `shape` → those in the ranges, one for each dimension */
  | { readonly kind: 'pick'; readonly shape: readonly number[]; readonly ranges: readonly Range[] }
  /** several values of elements → one, joined along their last dimensions, which are `channels` long */
  | { readonly kind: 'join'; readonly channels: readonly number[] }
  /** bits in runs of `run` → elements ±1 */
  | { readonly kind: 'spread'; readonly count: number; readonly run: number }
  /** bits in runs of `from` → the same bits in runs of `to` */
  | { readonly kind: 'regroup'; readonly count: number; readonly from: number; readonly to: number }
  /** bits in runs of `layer.inputs` → elements [rows][columns][outputs] */
  | { readonly kind: 'sum-bits'; readonly layer: EvaluatorLayer }
  /** elements [height][width][channels] → elements [rows][columns][outputs] */
  | { readonly kind: 'sum-elements'; readonly layer: EvaluatorLayer }
  /** elements → bits in runs of `channels`: 1 where x >= threshold */
  | { readonly kind: 'reach'; readonly channels: number; readonly thresholds: readonly number[] }
  /** bits, `words` a pixel → bits: 1 where any of the window is */
  | { readonly kind: 'any'; readonly words: number; readonly window: EvaluatorWindow }
  /** bits → bits: XOR with the words of `mask`, over and over */
  | { readonly kind: 'flip'; readonly mask: Uint32Array }
  /** elements → floats: x·scale rounded once; every product has at most 53 bits */
  | { readonly kind: 'scale'; readonly scale: readonly number[] }
  /** elements → floats: the fraction rounded once, ties to even; 0 is +0 */
  | { readonly kind: 'round'; readonly fractions: readonly EvaluatorFraction[] }
  /** floats → floats: float32 operations in order, each rounded once */
  | { readonly kind: 'steps'; readonly steps: readonly Step[] };

export interface EvaluatorStep {
  /** Name of the value that it makes: camel case, unique in the plan, never one of the network's interface. */
  readonly result: string;
  /** Names of the values that it reads: one, or for a join several. */
  readonly inputs: readonly string[];
  /** Prefix for names of its constants: upper case; unique together with the kind. */
  readonly constant: string;
  /** The layer of the user's file that it belongs to. */
  readonly label: string;
  readonly operation: EvaluatorOperation;
}

/** The real number of an input element: scale·stored + offset, as exact text and as the nearest double. */
export interface ExactNumber {
  readonly exact: string;
  readonly value: number;
}

export interface EvaluatorRow {
  readonly name: string;
  readonly op: string;
  readonly input: string;
  readonly output: string;
}

export interface EvaluatorPlan {
  /** Of the model, for the file: lower case, as the prefix of the C header. */
  readonly name: string;
  readonly provenance: Omit<Provenance, 'abi'>;
  readonly input: {
    readonly dtype: 'u8' | 'i8' | 'b1';
    readonly shape: readonly number[];
    /** Product of the shape. */
    readonly length: number;
    readonly scale: readonly ExactNumber[];
    readonly offset: readonly ExactNumber[];
  };
  readonly output: { readonly dtype: 'i32' | 'f32'; readonly shape: readonly number[]; readonly length: number };
  /** One for each output, or null. */
  readonly classes: readonly string[] | null;
  /** False for a single score, of which none is the largest. */
  readonly predict: boolean;
  readonly notes: readonly string[];
  readonly layers: readonly EvaluatorRow[];
  readonly steps: readonly EvaluatorStep[];
  /** The value that is the output; `input` is the caller's. */
  readonly result: string;
}

/** Name of the value that the caller passes. */
export const EVALUATOR_INPUT = 'input';
