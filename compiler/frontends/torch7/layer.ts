/** What a module does: how sizes pass through it, and the operators that stand for it. Sizes are those of one sample, without a batch. */
import type { NodeSource, OperatorNetwork } from '../onnx/network.ts';
import type { Module } from './module.ts';
import type { Instance } from './values.ts';
import type { Budget } from './tensor.ts';

/** [channels, height, width] or [features]. */
export type Sizes = readonly number[];

/** Sizes, or why the module does not take the tensor: it completes "NAME (class) …". */
export type Outcome = Sizes | string;

/** A module with one tensor on either side. */
export interface Leaf {
  readonly kind: 'leaf';
  readonly module: Module;
  readonly sizes: (input: Sizes) => Outcome;
  readonly emit: (network: OperatorNetwork, x: string, input: Sizes, source: NodeSource) => string;
  /** What the module tells of the network's input, where it is the first that does. */
  readonly input?: InputHint;
}

/** A module that makes one tensor of several. */
export interface Join {
  readonly kind: 'join';
  readonly module: Module;
  readonly sizes: (inputs: readonly Sizes[]) => Outcome;
  readonly emit: (network: OperatorNetwork, xs: readonly string[], inputs: readonly Sizes[], source: NodeSource) => string;
}

export type Layer =
  | Leaf
  | Join
  /** One after the other. */
  | { readonly kind: 'sequence'; readonly module: Module; readonly layers: readonly Layer[] }
  /** Each on the same tensor: a table of results. */
  | { readonly kind: 'branches'; readonly module: Module; readonly layers: readonly Layer[] }
  /** Each on its own entry of a table. */
  | { readonly kind: 'parallel'; readonly module: Module; readonly layers: readonly Layer[] };

/** An image of so many channels, or all the sizes. */
export type InputHint = { readonly channels: number } | { readonly sizes: Sizes };

export interface LayerContext {
  readonly budget: Budget;
  /** Convolutions whose weights XNOR-Net binarizes before it runs the network. */
  readonly scaledSigns: ReadonlySet<Instance>;
}

export type LayerReader = (module: Module, context: LayerContext, children: () => readonly Layer[]) => Layer;

export function isImage(sizes: Sizes): sizes is readonly [number, number, number] {
  return sizes.length === 3;
}

export function describeSizes(sizes: Sizes): string {
  return sizes.join('x');
}

/** Elements that an operator computes one by one. */
export function pointwise(module: Module, emit: (network: OperatorNetwork, x: string, source: NodeSource, input: Sizes) => string): Leaf {
  return { kind: 'leaf', module, sizes: (input) => input, emit: (network, x, input, source) => emit(network, x, source, input) };
}
