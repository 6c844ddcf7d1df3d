/** What the readers of single layers get, and how they ask for fields and weights. */
import { elementCount } from '../../ir/encoding.ts';
import { fail } from '../../support/diagnostics.ts';
import { listAtMost } from '../../support/list-at-most.ts';
import type { ChannelsLast, Value } from '../channels-last.ts';
import { refuseUse } from '../refuse-use.ts';
import type { Window } from '../window.ts';
import type { NodeSource } from '../onnx/network.ts';
import { list, type Layer } from './config.ts';
import type { LayerWeights } from './weights.ts';

export interface LayerContext {
  readonly layer: Layer;
  readonly source: NodeSource;
  readonly net: ChannelsLast;
  readonly weights: LayerWeights;
  /** Keras 3 defines some functions in another way than Keras 2, and normalizes in another order. */
  readonly keras: 2 | 3;
}

export type LayerReader = (context: LayerContext, inputs: readonly Value[]) => Value;

export function inner({ source }: LayerContext, what: string): NodeSource {
  return { ...source, name: `${source.name}/${what}` };
}

export function number({ layer, source }: LayerContext, name: string, fallback: number): number {
  const value = layer.config.get(name);
  if (value === undefined || value === null) return fallback;
  return typeof value === 'number' ? value : refuseUse(source, `has ${name} ${JSON.stringify(value).slice(0, 80)}; a number works`);
}

export function flag({ layer }: LayerContext, name: string, fallback: boolean): boolean {
  const value = layer.config.get(name);
  return typeof value === 'boolean' ? value : fallback;
}

/** One number for both, or two. */
export function pair({ layer, source }: LayerContext, name: string, fallback: readonly [number, number]): readonly [number, number] {
  const value = layer.config.get(name);
  if (value === undefined || value === null) return fallback;
  if (typeof value === 'number') return [value, value];
  const [y, x, more] = list(value);
  if (typeof y === 'number' && typeof x === 'number' && more === undefined) return [y, x];
  return refuseUse(source, `has ${name} ${JSON.stringify(value).slice(0, 80)}; two numbers work`);
}

export function window(context: LayerContext, kernelName: string, strideDefault: 'kernel' | 'one'): Window {
  const { layer, source } = context;
  const padding = layer.config.get('padding') ?? 'valid';
  if (padding !== 'same' && padding !== 'valid')
    refuseUse(source, `has padding ${JSON.stringify(padding).slice(0, 80)}; same and valid work`);
  const kernel = pair(context, kernelName, [2, 2]);
  return {
    kernel,
    stride: pair(context, 'strides', strideDefault === 'kernel' ? kernel : [1, 1]),
    dilation: pair(context, 'dilation_rate', [1, 1]),
    padding: padding === 'same' ? 'same' : 'valid',
  };
}

/** Elements of a weight by its name, or by its place among those of the layer where the file has no names. */
export function weight(context: LayerContext, names: readonly string[], place: number, shape: readonly number[]): Float32Array {
  const { weights, source } = context;
  const found = names.map((name) => weights.named.get(name)).find((tensor) => tensor !== undefined);
  const tensor = found ?? (weights.named.size === 0 ? weights.listed[place] : undefined);
  const wanted = `[${shape.map((size) => (size === -1 ? '?' : size)).join(', ')}]`;
  if (tensor === undefined) {
    return fail({
      code: 'BNN1009',
      message: `the layer "${source.name}" (${source.shown}) has no weight ${names.join(' or ')} in the file.`,
      origin: source.origin,
      details: listAtMost(20, weights.listed, ({ name, shape: sizes }) => `weight  "${name}" [${sizes.join(', ')}]`),
    });
  }
  if (tensor.shape.length !== shape.length || shape.some((size, i) => size !== -1 && size !== tensor.shape[i])) {
    return fail({
      code: 'BNN1009',
      message: `the weight "${tensor.name}" of the layer "${source.name}" has the shape [${tensor.shape.join(', ')}] where ${wanted} is needed.`,
      origin: tensor.origin,
    });
  }
  if (elementCount(tensor.shape) === 0) return refuseUse(source, 'has a weight without elements');
  return Float32Array.from(tensor.read());
}

/** The only input. */
export function only({ source }: LayerContext, inputs: readonly Value[]): Value {
  const [x] = inputs;
  return x !== undefined && inputs.length === 1 ? x : refuseUse(source, `has ${inputs.length} inputs; one works`);
}
