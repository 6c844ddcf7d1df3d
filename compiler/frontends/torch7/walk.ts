/** Walks through layers in the order in which the network computes them. */
import { MOST_ELEMENTS } from '../limits.ts';
import { describeSizes, type Join, type Layer, type Leaf, type Sizes } from './layer.ts';
import type { Module } from './module.ts';

/** One tensor, or the table that a ConcatTable makes. */
export type Flow<T> = { readonly one: T } | { readonly many: readonly Flow<T>[] };

/** What a walk does with each layer; undefined stops it. */
export interface Visitor<T> {
  readonly leaf: (layer: Leaf, input: T) => T | undefined;
  readonly join: (layer: Join, inputs: readonly T[]) => T | undefined;
  /** A module that gets one tensor in place of several, or the other way round; `message` completes "NAME (class) …". */
  readonly misfit: (module: Module, message: string) => undefined;
}

/** The result of a layer, or undefined where a visitor stopped. */
export function walk<T>(layer: Layer, input: Flow<T>, visitor: Visitor<T>): Flow<T> | undefined {
  switch (layer.kind) {
    case 'leaf': {
      if (!('one' in input)) return visitor.misfit(layer.module, 'gets a table of tensors; one works');
      const one = visitor.leaf(layer, input.one);
      return one === undefined ? undefined : { one };
    }
    case 'join': {
      const inputs = 'many' in input ? input.many.flatMap((entry) => ('one' in entry ? [entry.one] : [])) : [];
      if (!('many' in input) || inputs.length !== input.many.length || inputs.length === 0)
        return visitor.misfit(layer.module, 'gets no table of tensors');
      const one = visitor.join(layer, inputs);
      return one === undefined ? undefined : { one };
    }
    case 'sequence':
      return layer.layers.reduce<Flow<T> | undefined>((flow, next) => (flow === undefined ? undefined : walk(next, flow, visitor)), input);
    case 'branches':
      return together(layer.layers.map((branch) => () => walk(branch, input, visitor)));
    case 'parallel': {
      if (!('many' in input) || input.many.length !== layer.layers.length)
        return visitor.misfit(
          layer.module,
          `gets ${'many' in input ? `${input.many.length} tensors` : 'one tensor'} for ${layer.layers.length} modules`,
        );
      return together(input.many.map((entry, i) => () => walk(layer.layers[i] ?? layer, entry, visitor)));
    }
  }
}

function together<T>(parts: readonly (() => Flow<T> | undefined)[]): Flow<T> | undefined {
  const many: Flow<T>[] = [];
  for (const part of parts) {
    const flow = part();
    if (flow === undefined) return undefined;
    many.push(flow);
  }
  return { many };
}

/** Where sizes stop to fit. */
export interface Misfit {
  readonly module: Module;
  /** Completes "NAME (class) …". */
  readonly message: string;
  /** Layers that were passed before. */
  readonly passed: number;
}

/**
 * Sends sizes through a network.
 * @param see is told of the sizes before and behind each leaf
 */
export function flowSizes(
  root: Layer,
  input: Sizes,
  see: (leaf: Leaf, input: Sizes, output: Sizes) => void = () => undefined,
): Misfit | Flow<Sizes> {
  let misfit: Misfit | undefined;
  let passed = 0;
  const stop = (module: Module, message: string): undefined => {
    misfit = { module, message, passed };
    return undefined;
  };
  const check = (module: Module, outcome: Sizes | string): Sizes | undefined => {
    if (typeof outcome === 'string') return stop(module, outcome);
    const elements = outcome.reduce((product, size) => product * size, 1);
    if (elements > MOST_ELEMENTS) return stop(module, `makes ${describeSizes(outcome)} elements; up to ${MOST_ELEMENTS} work`);
    passed += 1;
    return outcome;
  };
  const flow = walk<Sizes>(
    root,
    { one: input },
    {
      leaf: (layer, sizes) => {
        const output = check(layer.module, layer.sizes(sizes));
        if (output !== undefined) see(layer, sizes, output);
        return output;
      },
      join: (layer, inputs) => check(layer.module, layer.sizes(inputs)),
      misfit: stop,
    },
  );
  if (flow !== undefined) return flow;
  if (misfit === undefined) throw new Error('a walk stopped without a reason');
  return misfit;
}
