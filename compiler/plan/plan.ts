/** Every decision, taken. Emission prints a Plan and decides nothing. */
import type { Call, GeneratedFunction, Layout, ShapeArgument, Table } from '../kernels/kernel.ts';

export type { Call, GeneratedFunction, Layout, ShapeArgument, Table };

/** How the header came to be: for its banner. No date, no path. */
export interface Provenance {
  readonly version: string;
  readonly modelFile: string;
  readonly sha256: string;
  readonly command: string;
  readonly abi: number;
}

/** All C names of one model. */
export interface Names {
  /** Lower-case prefix of functions, types and tables. */
  readonly prefix: string;
  /** Upper-case prefix of macros. */
  readonly macro: string;
}

export interface InputPlan {
  readonly ctype: 'uint8_t' | 'int8_t' | 'uint32_t' | 'float';
  /** Elements of the network, not words. */
  readonly length: number;
  /** [height, width, channels] of an image, or null for a vector. */
  readonly image: readonly [number, number, number] | null;
  /** uint32_t words of a bit input, else null. */
  readonly words: number | null;
  /** Real value = scale·stored + offset: exact text for the comment and float literals, one or one per channel. */
  readonly scale: readonly ScaleText[];
  readonly offset: readonly ScaleText[];
}

export interface ScaleText {
  readonly exact: string;
  readonly literal: string;
}

export interface OutputPlan {
  readonly ctype: 'int32_t' | 'float';
  readonly length: number;
  readonly image: readonly [number, number, number] | null;
}

export interface PlannedTable extends Table {
  readonly symbol: string;
}

/** One row of the layer table in banners and reports. */
export interface LayerRow {
  readonly name: string;
  readonly op: string;
  readonly input: string;
  readonly output: string;
  readonly kernel: string;
  readonly tableBytes: number;
  /** Executed instructions, estimated by the kernel's cost model. */
  readonly instructions: number;
  /** What the choice costs in all, with what it causes around it; null where there was nothing to choose. */
  readonly price: Price | null;
  /**
   * Kernels that were not taken. With a price: none of them, nor the taken one unless it was forced, is better than another in
   * everything. Without: why not.
   */
  readonly alternatives: readonly Alternative[];
}

/** Estimated instructions, changes of layout included, bytes of tables and code, bytes of scratch and of what results and changes take. */
export interface Price {
  readonly instructions: number;
  readonly flash: number;
  readonly ram: number;
}

export type Alternative =
  | ({ readonly kernel: string; readonly reason: null } & Price)
  | { readonly kernel: string; readonly reason: string; readonly instructions: null; readonly flash: null; readonly ram: null };

export type Step = {
  /** Indices of what it computes in the plan's layers: two for a convolution with its pool, none for a change of layout. */
  readonly layers: readonly number[];
} & (
  | { readonly kind: 'call'; readonly comment: string; readonly call: Call }
  /** A convolution whose rows are pooled as soon as a window of them is there: only `window` rows are ever kept. */
  | {
      readonly kind: 'pooled';
      readonly comment: string;
      readonly outRows: number;
      readonly window: number;
      readonly stride: number;
      /** Rows of a window that the one before had already: window - stride, or 0. */
      readonly kept: number;
      readonly strip: string;
      readonly stripRowWords: number;
      /** Its row arguments are `first` and `last`, its output `target`. */
      readonly conv: Call;
      /** Reads `strip`, writes `row`. */
      readonly pool: Call;
      readonly output: string;
      readonly outputRowWords: number;
    }
  /** A function of this model that computes a value element by element. */
  | { readonly kind: 'elements'; readonly comment: string; readonly function: ElementFunction; readonly arguments: readonly string[] }
);

/** A value that lies whole in memory right behind a step: what one can look at inside an inference. */
export interface StoredValue {
  /** Index of the step. */
  readonly step: number;
  /** Id of the value in the lowered graph. */
  readonly value: string;
  readonly layout: Layout;
  readonly shape: readonly number[];
  /** C expression of its first byte. */
  readonly address: string;
  readonly bytes: number;
}

/** C text, written by plan/element-text.ts. */
export interface ElementFunction {
  readonly symbol: string;
  /** In the order of the arguments; `type` with its asterisk. */
  readonly parameters: readonly { readonly type: string; readonly name: string }[];
  /** The struct `shape` that the lines refer to. */
  readonly shape: ShapeArgument | null;
  /** Does it compute with floats? */
  readonly isFloat: boolean;
  readonly lines: readonly string[];
}

/** One buffer in the workspace, in uint32_t words. Live from step `from` to step `to`, both included. */
export interface Slot {
  readonly name: string;
  readonly offset: number;
  readonly words: number;
  readonly from: number;
  readonly to: number;
}

export interface Plan {
  readonly names: Names;
  readonly provenance: Provenance;
  readonly target: string;
  readonly input: InputPlan;
  readonly output: OutputPlan;
  readonly layers: readonly LayerRow[];
  readonly tables: readonly PlannedTable[];
  readonly tableBytes: number;
  readonly slots: readonly Slot[];
  /** At least 1. */
  readonly workspaceWords: number;
  /** No arrangement of the slots can be smaller. */
  readonly workspaceLowerBoundWords: number;
  readonly steps: readonly Step[];
  /** In the order of the steps, each with at most one. */
  readonly stored: readonly StoredValue[];
  /** Functions of runtime-c that the steps call. */
  readonly symbols: readonly string[];
  readonly generated: readonly GeneratedFunction[];
  readonly classes: readonly string[] | null;
  readonly predict: boolean;
  /** What a reader of the header should know: sign(0) rules, left-out operators. */
  readonly notes: readonly string[];
}
