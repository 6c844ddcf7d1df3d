/**
 * One trained network in every encoding that exporters have for it: plain ONNX, QONNX, FINN before and after its streamlining.
 * They differ in how signs and weights are spelled and mean the same function.
 */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { batchNormSteps } from '../../compiler/ir/ops/batch-norm.ts';
import { preSign, searchThreshold, type FoundThreshold } from '../../compiler/ir/threshold-search.ts';
import type { NodeOf, TensorType } from '../../compiler/ir/types.ts';
import { ONE, ZERO, rational, type Rational } from '../../compiler/support/rational.ts';
import { ModelProtoSchema, NodeProtoSchema, TensorProtoSchema, type NodeProto } from '../../compiler/frontends/onnx/onnx_pb.ts';
import { readModel } from '../unit/frontends/read-model.ts';
import { OnnxModel, attribute, floatTensor, type AttributeValue } from './onnx-model.ts';

interface Spelling {
  readonly op: string;
  readonly domain: string;
  /** Constants behind the tensor, by name. */
  readonly constants: readonly string[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

interface Encoding {
  /** Nodes that give ±1 for the sign of `x`, the last one giving `y`. */
  readonly sign: (x: string, y: string) => readonly NodeProto[];
  /** The node that makes ±1 of latent weights; null where the file holds ±1. */
  readonly weights: Spelling | null;
}

function node(op: string, input: readonly string[], output: string, fields: Partial<Spelling> = {}): NodeProto {
  const { domain = '', attributes = {} } = fields;
  const attributeList = Object.entries(attributes).map(([name, value]) => attribute(name, value));
  return create(NodeProtoSchema, { opType: op, domain, input: [...input], output: [output], attribute: attributeList });
}

/** A sign of one node. */
const single =
  ({ op, constants, ...rest }: Spelling): Encoding['sign'] =>
  (x, y) => [node(op, [x, ...constants], y, rest)];

const BIPOLAR: Spelling = { op: 'BipolarQuant', domain: 'onnx.brevitas', constants: ['one'], attributes: {} };
const QUANT: Spelling = {
  op: 'Quant',
  domain: 'qonnx.custom_op.general',
  constants: ['one', 'zero', 'one'],
  attributes: { signed: 1, narrow: 1, rounding_mode: 'ROUND' },
};
const MULTI_THRESHOLD: Spelling = {
  op: 'MultiThreshold',
  domain: 'finn.custom_op.general',
  constants: ['thresholds'],
  attributes: { out_scale: { float: 2 }, out_bias: { float: -1 }, out_dtype: 'BIPOLAR' },
};

/** By name: what stands in the place of each sign, and around the weights. */
export const ENCODINGS: Readonly<Record<string, Encoding>> = {
  'onnx-sign': { sign: (x, y) => [node('Sign', [x], y)], weights: null },
  'onnx-where': {
    sign: (x, y) => [node('GreaterOrEqual', [x, 'zero'], `${y}.ge`), node('Where', [`${y}.ge`, 'one', 'minus'], y)],
    weights: null,
  },
  'onnx-where-less': {
    sign: (x, y) => [node('Less', [x, 'zero'], `${y}.lt`), node('Where', [`${y}.lt`, 'minus', 'one'], y)],
    weights: null,
  },
  'qonnx-bipolar': { sign: single(BIPOLAR), weights: BIPOLAR },
  'qonnx-quant': { sign: single(QUANT), weights: QUANT },
  'finn-multithreshold': { sign: single(MULTI_THRESHOLD), weights: null },
};

/** What the sign of this node is taken of, if it is one: a Sign, or a Where over GreaterOrEqual. */
function signedTensor(candidate: NodeProto, nodes: readonly NodeProto[]): string | undefined {
  if (candidate.opType === 'Sign') return candidate.input[0];
  if (candidate.opType !== 'Where') return undefined;
  return nodes.find(({ opType, output }) => opType === 'GreaterOrEqual' && output[0] === candidate.input[0])?.input[0];
}

/** A plain ONNX file with Sign or Where, in another encoding. Latent weights are made up: any number of the right sign. */
export function reencode(bytes: Uint8Array, { sign, weights }: Encoding): Uint8Array {
  const model = fromBinary(ModelProtoSchema, bytes);
  const { graph } = model;
  if (graph === undefined) throw new Error('a file without graph');
  const nodes: NodeProto[] = [];
  const latent = new Set<string>();
  for (const old of graph.node) {
    const [output = ''] = old.output;
    const x = signedTensor(old, graph.node);
    const weight = old.input[1];
    if (x !== undefined) nodes.push(...sign(x, output));
    else if (weights !== null && weight !== undefined && ['MatMul', 'Conv'].includes(old.opType)) {
      latent.add(weight);
      nodes.push(node(weights.op, [weight, ...weights.constants], `${weight}.signs`, weights));
      nodes.push({ ...old, input: [old.input[0] ?? '', `${weight}.signs`] });
    } else nodes.push(old);
  }
  const initializer = graph.initializer.map((tensor) => {
    if (!latent.has(tensor.name)) return tensor;
    const stored = new Float32Array(Uint8Array.from(tensor.rawData).buffer);
    const values = stored.map((w, i) => w * (0.125 + (i % 7) / 8));
    return create(TensorProtoSchema, { ...tensor, rawData: new Uint8Array(values.buffer) });
  });
  const constants = [
    floatTensor([], [0], 'zero'),
    floatTensor([], [1], 'one'),
    floatTensor([], [-1], 'minus'),
    floatTensor([1, 1], [0], 'thresholds'),
  ];
  return toBinary(ModelProtoSchema, { ...model, graph: { ...graph, node: nodes, initializer: [...initializer, ...constants] } });
}

/** A dense layer of ±1 and the batch normalization behind it. */
interface Layer {
  readonly signs: Int8Array;
  readonly inputs: number;
  readonly outputs: number;
  readonly norm: Extract<NodeOf<'batch-norm'>['attrs'], { readonly variance: Float32Array }>;
}

function layersOf(bytes: Uint8Array): readonly Layer[] {
  const { nodes } = readModel(bytes).graph;
  return nodes.flatMap((dense, at) => {
    if (dense.kind !== 'dense' || dense.attrs.weights.kind !== 'binary') return [];
    const norm = nodes[at + 1];
    if (norm?.kind !== 'batch-norm' || norm.attrs.variance === undefined) throw new Error(`no batch normalization behind "${dense.name}"`);
    const { signs, outputs } = dense.attrs.weights;
    return [{ signs, outputs, inputs: signs.length / outputs, norm: norm.attrs }];
  });
}

/** The threshold of each output on its integer sum, of which one is worth `unit`, between ±`largest`. */
function thresholdsOf({ norm, outputs }: Layer, unit: Rational, largest: number): readonly FoundThreshold[] {
  const type: TensorType = { dtype: 'i32', shape: [outputs], encoding: { scale: [unit], offset: [ZERO] } };
  const f = preSign(type, batchNormSteps(norm));
  return Array.from({ length: outputs }, (_, output) => {
    const found = searchThreshold((sum) => f(sum, output), { low: -largest, high: largest }, 'plus');
    return found ?? { threshold: Number.NaN, direction: 1 };
  });
}

/** Weights [inputs][outputs] of ±1, rows of falling outputs negated, and thresholds for sum >= threshold. */
function rising({ signs, inputs, outputs }: Layer, found: readonly FoundThreshold[]) {
  const weights = new Float32Array(signs.length);
  for (let o = 0; o < outputs; o += 1)
    for (let i = 0; i < inputs; i += 1) weights[i * outputs + o] = (signs[o * inputs + i] ?? 0) * (found[o]?.direction ?? 1);
  return { weights, thresholds: found.map(({ threshold, direction }) => threshold * direction) };
}

const MATRIX = 'qonnx.custom_op.general';

/**
 * The network of dense layers as FINN streamlines it: integer thresholds in the place of batch normalization and sign, {0, 1}
 * activations and weights, and popcounts in the place of sums of ±1. Scores are those of the last batch normalization.
 */
export function streamline(bytes: Uint8Array): Uint8Array {
  const layers = layersOf(bytes);
  const model = new OnnxModel(13);
  let x = model.node('Flatten', [model.node('Cast', [model.input('image', ['N', 1, 28, 28], 2)], { to: 1 })], {});
  const threshold = (from: string, limits: readonly number[]): string =>
    model.node('MultiThreshold', [from, model.floats([limits.length, 1], limits)], { out_dtype: 'BINARY' }, { domain: MATRIX });
  const popcount = (from: string, weights: Float32Array, { inputs, outputs }: Layer): string => {
    const bits = weights.map((w) => (w + 1) / 2);
    return model.node('XnorPopcountMatMul', [from, model.floats([inputs, outputs], bits)], {}, { domain: MATRIX });
  };
  layers.forEach((layer, index) => {
    const { inputs, outputs, norm } = layer;
    const isLast = index === layers.length - 1;
    if (index === 0) {
      const { weights, thresholds } = rising(layer, thresholdsOf(layer, rational(1, 255), 255 * inputs));
      x = threshold(model.node('MatMul', [x, model.floats([inputs, outputs], weights)]), thresholds);
    } else if (!isLast) {
      // sum = 2·count - inputs, so sum >= T is count >= (T + inputs)/2.
      const { weights, thresholds } = rising(layer, thresholdsOf(layer, ONE, inputs));
      x = threshold(
        popcount(x, weights, layer),
        thresholds.map((t) => Math.ceil((t + inputs) / 2)),
      );
    } else {
      const plain = rising(
        layer,
        Array.from({ length: outputs }, () => ({ threshold: 0, direction: 1 })),
      );
      const doubled = model.node('Mul', [popcount(x, plain.weights, layer), model.float(2)]);
      const sums = model.node('Sub', [doubled, model.float(inputs)]);
      const constants = [norm.gamma, norm.beta, norm.mean, norm.variance].map((values) => model.floats([outputs], values));
      x = model.node('BatchNormalization', [sums, ...constants], { epsilon: { float: norm.epsilon } });
    }
  });
  return model.bytes(x);
}
