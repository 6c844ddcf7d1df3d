/** Graphs of a few nodes, written out for tests of single passes. */
import { GraphBuilder } from '../../compiler/ir/builder.ts';
import { NO_PADDING, type Step, type Weights } from '../../compiler/ir/attributes.ts';
import { PLAIN } from '../../compiler/ir/encoding.ts';
import type { AttrsOf, OpKind } from '../../compiler/ir/ops/index.ts';
import type { DType, Encoding, Graph, TensorType, ValueId } from '../../compiler/ir/types.ts';
import { PIPELINE } from '../../compiler/passes/index.ts';
import { runPasses } from '../../compiler/passes/run.ts';
import { Diagnostics } from '../../compiler/support/diagnostics.ts';

export type NodeSpec = { readonly [K in OpKind]: readonly [kind: K, attrs: AttrsOf<K>] }[OpKind];

/** A chain of nodes, each named by its kind. */
export function chain(input: TensorType, nodes: readonly NodeSpec[]): Graph {
  const builder = new GraphBuilder('net');
  const origin = { file: 'net', path: 'node' };
  let at = builder.input('x', input, origin);
  for (const [kind, attrs] of nodes)
    at = builder.replacement({ kind, attrs } as Parameters<GraphBuilder['replacement']>[0], kind, [at], origin);
  return builder.finish(at);
}

export function type(dtype: DType, shape: readonly number[], encoding: Encoding = PLAIN): TensorType {
  return dtype === 'f32' ? { dtype, shape } : { dtype, shape, encoding };
}

export function signs(outputs: number, ...values: readonly number[]): Weights {
  return { kind: 'binary', outputs, signs: Int8Array.from(values), scale: Float32Array.of(1) };
}

export function exactDense(weights: Weights, bias: Float32Array | null = null): NodeSpec {
  return ['dense', { weights, bias, sum: 'exact', threshold: null }];
}

/** A 1×1 convolution without padding. */
export function exactConv(weights: Weights): NodeSpec {
  const window = { kernel: [1, 1], stride: [1, 1], dilation: [1, 1], padding: NO_PADDING } as const;
  return ['conv2d', { weights, bias: null, sum: 'exact', threshold: null, ...window, groups: 1, padValue: 0 }];
}

/** 2×2, stride 2. */
export const POOL: NodeSpec = ['max-pool', { kernel: [2, 2], stride: [2, 2], dilation: [1, 1], padding: NO_PADDING, minimum: null }];
export const SIGN: NodeSpec = ['sign', { zero: 'plus' }];

export function steps(...list: readonly (readonly [Step['operator'], readonly number[]])[]): NodeSpec {
  return ['elementwise', { steps: list.map(([operator, values]) => ({ operator, values: Float32Array.from(values) })) }];
}

/** Runs the whole pipeline. */
export function lower(graph: Graph): Graph {
  return runPasses(graph, PIPELINE, new Diagnostics());
}

/** Adds one operation and returns its value. */
export type AddNode = <K extends OpKind>(kind: K, attrs: AttrsOf<K>, ...inputs: readonly ValueId[]) => ValueId;

/** A graph with branches: `make` adds nodes that read any values before them and returns the output. */
export function branches(input: TensorType, make: (x: ValueId, add: AddNode) => ValueId): Graph {
  const builder = new GraphBuilder('net');
  const origin = { file: 'net', path: 'node' };
  const x = builder.input('x', input, origin);
  return builder.finish(make(x, (kind, attrs, ...inputs) => builder.node(kind, kind, attrs, inputs, origin)));
}
