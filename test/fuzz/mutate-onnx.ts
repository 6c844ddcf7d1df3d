/** Changes what an ONNX file says and keeps its form: the container stays valid protobuf. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType as Kind,
  AttributeProtoSchema,
  ModelProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation as Location,
  ValueInfoProtoSchema,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
} from '../../compiler/frontends/onnx/onnx_pb.ts';
import { SUPPORTED } from '../../compiler/frontends/onnx/readers/index.ts';
import type { Random } from '../support/random.ts';
import { attribute } from '../support/onnx-model.ts';
import { EXTREMES, HOSTILE_NAMES, HOSTILE_PATHS, type Mutator } from './reader.ts';

const OPERATORS = [...SUPPORTED.onActivations, ...SUPPORTED.onConstants, 'TopK', 'Softmax', 'ArgMax', 'If', 'Loop', 'LSTM', ''];
const DOMAINS = ['', 'ai.onnx', 'onnx.brevitas', 'qonnx.custom_op.general', 'finn.custom_op.general', 'com.example'];
const ATTRIBUTES = [
  'axis',
  'axes',
  'perm',
  'pads',
  'strides',
  'dilations',
  'kernel_shape',
  'group',
  'auto_pad',
  'ceil_mode',
  'transA',
  'transB',
  'alpha',
  'value',
  'to',
  'mode',
  'epsilon',
  'training_mode',
  'signed',
  'narrow',
  'min',
  'max',
  'keepdims',
  'allowzero',
];
const FLOATS = [0, -0, 1, -1, 1e-45, 1e-38, 3.4e38, Number.NaN, Infinity, -Infinity, 0.1, -1e-7];

/** One change to a model. */
type Edit = (model: ModelProto, graph: GraphProto, random: Random) => void;

/** Applies to one element of a list, if it has any. */
function some<T>(list: readonly T[], random: Random, change: (element: T, index: number) => void): void {
  if (list.length === 0) return;
  const index = random.integer(0, list.length - 1);
  change(list[index] as T, index);
}

function namesOf(graph: GraphProto): readonly string[] {
  return [...graph.node.flatMap(({ input, output }) => [...input, ...output]), ...graph.initializer.map(({ name }) => name), ''];
}

/** Initializers and the values of Constant nodes. */
function tensorsOf(graph: GraphProto): readonly TensorProto[] {
  return [...graph.initializer, ...graph.node.flatMap((node) => node.attribute.flatMap(({ t }) => (t === undefined ? [] : [t])))];
}

function onNode(change: (node: NodeProto, random: Random, graph: GraphProto) => void): Edit {
  return (_model, graph, random) => some(graph.node, random, (node) => change(node, random, graph));
}

function onTensor(change: (tensor: TensorProto, random: Random) => void): Edit {
  return (_model, graph, random) => some(tensorsOf(graph), random, (tensor) => change(tensor, random));
}

const EDIT_NODES: readonly Edit[] = [
  onNode((node, random) => (node.opType = random.pick(OPERATORS))),
  onNode((node, random) => (node.domain = random.pick(DOMAINS))),
  onNode((node, random) => (node.name = random.pick(HOSTILE_NAMES))),
  onNode((node, random, graph) => some(node.input, random, (_, i) => (node.input[i] = random.pick(namesOf(graph))))),
  onNode((node, random, graph) => node.input.push(random.pick(namesOf(graph)))),
  onNode((node) => void node.input.pop()),
  onNode((node, random) => (node.input = random.chance(0.5) ? [] : [...node.input].reverse())),
  onNode((node, random, graph) => some(node.output, random, (_, i) => (node.output[i] = random.pick(namesOf(graph))))),
  onNode((node, random, graph) => node.output.push(random.pick(namesOf(graph)))),
  onNode((node) => (node.output = [])),
  (_model, graph, random) => some(graph.node, random, (_, i) => graph.node.splice(i, 1)),
  (_model, graph, random) => some(graph.node, random, (node) => graph.node.splice(random.integer(0, graph.node.length), 0, node)),
  (_model, graph, random) => graph.node.sort(() => random.unit() - 0.5),
];

const EDIT_ATTRIBUTES: readonly Edit[] = [
  onNode((node, random) => some(node.attribute, random, (a) => (a.i = random.pick(EXTREMES)))),
  onNode((node, random) => some(node.attribute, random, (a) => (a.f = random.pick(FLOATS)))),
  onNode((node, random) => some(node.attribute, random, (a) => some(a.ints, random, (_, i) => (a.ints[i] = random.pick(EXTREMES))))),
  onNode((node, random) => some(node.attribute, random, (a) => a.ints.push(random.pick(EXTREMES)))),
  onNode((node, random) => some(node.attribute, random, (a) => void a.ints.pop())),
  onNode((node, random) => some(node.attribute, random, (a) => (a.type = random.integer(0, 15) as Kind))),
  onNode((node, random) => some(node.attribute, random, (a) => (a.name = random.pick(ATTRIBUTES)))),
  onNode((node, random) =>
    some(node.attribute, random, (a) => (a.s = new TextEncoder().encode(random.pick(['SAME_UPPER', 'VALID', 'NOTSET', ...HOSTILE_NAMES])))),
  ),
  onNode((node, random) => some(node.attribute, random, (_, i) => node.attribute.splice(i, 1))),
  onNode((node, random) => some(node.attribute, random, (a) => node.attribute.push(a))),
  onNode((node, random) => node.attribute.push(attribute(random.pick(ATTRIBUTES), Number(BigInt.asIntN(32, random.pick(EXTREMES)))))),
  onNode((node, random) =>
    node.attribute.push(
      attribute(
        random.pick(ATTRIBUTES),
        Array.from({ length: random.integer(0, 6) }, () => random.integer(-3, 5)),
      ),
    ),
  ),
  onNode((node, random, graph) =>
    node.attribute.push(
      create(AttributeProtoSchema, {
        name: random.pick(['body', 'then_branch']),
        type: Kind.GRAPH,
        g: graph.node.length < 40 ? structuredClone(graph) : {},
      }),
    ),
  ),
];

const EDIT_TENSORS: readonly Edit[] = [
  onTensor((tensor, random) => some(tensor.dims, random, (_, i) => (tensor.dims[i] = random.pick(EXTREMES)))),
  onTensor(
    (tensor, random) =>
      (tensor.dims = random.chance(0.5)
        ? [...tensor.dims].reverse()
        : [
            BigInt.asIntN(
              64,
              tensor.dims.reduce((a, b) => a * b, 1n),
            ),
          ]),
  ),
  onTensor((tensor, random) => tensor.dims.splice(random.integer(0, tensor.dims.length), 0, random.pick([0n, 1n, 1n, 1n, 2n]))),
  onTensor((tensor, random) => (tensor.dataType = random.integer(0, 24))),
  onTensor((tensor, random) => (tensor.rawData = tensor.rawData.slice(0, random.integer(0, tensor.rawData.length)))),
  onTensor((tensor, random) => {
    if (tensor.rawData.length < 4) return;
    const raw = tensor.rawData.slice();
    new DataView(raw.buffer).setFloat32(4 * random.integer(0, Math.floor(raw.length / 4) - 1), random.pick(FLOATS), true);
    tensor.rawData = raw;
  }),
  onTensor((tensor, random) => (tensor.floatData = Array.from({ length: random.integer(0, 40) }, () => random.pick(FLOATS)))),
  onTensor((tensor, random) => some(tensor.int64Data, random, (_, i) => (tensor.int64Data[i] = random.pick(EXTREMES)))),
  onTensor((tensor, random) => (tensor.name = random.pick(HOSTILE_NAMES))),
  onTensor((tensor, random) => {
    const bytes = random.pick([0, 4, tensor.rawData.length, tensor.rawData.length, 1 << 20]);
    const entries = [
      ['location', random.pick(HOSTILE_PATHS)],
      ['offset', random.pick(['0', '4', '-4', '1e3', 'x', '9007199254740993', '4096'])],
      ['length', random.pick([String(bytes), '-1', '', '99999999999', 'NaN'])],
    ] as const;
    const kept = entries.filter(([key]) => key === 'location' || random.chance(0.4));
    tensor.dataLocation = Location.EXTERNAL;
    tensor.externalData = kept.map(([key, value]) => create(StringStringEntryProtoSchema, { key, value }));
    if (random.chance(0.8)) tensor.rawData = new Uint8Array();
  }),
];

const EDIT_FILE: readonly Edit[] = [
  (model, _graph, random) =>
    some(
      model.opsetImport,
      random,
      (entry) => (entry.version = random.chance(0.7) ? BigInt(random.integer(5, 23)) : random.pick(EXTREMES)),
    ),
  (model, _graph, random) => some(model.opsetImport, random, (entry) => (entry.domain = random.pick(DOMAINS))),
  (model, _graph, random) => (model.irVersion = random.pick(EXTREMES)),
  (_model, graph, random) =>
    some([...graph.input, ...graph.output], random, ({ type }) => {
      if (type?.value.case !== 'tensorType') return;
      const tensor = type.value.value;
      const change = random.integer(0, 3);
      if (change === 0) tensor.elemType = random.integer(0, 24);
      else if (change === 1) tensor.shape?.dim.pop();
      else
        some(
          tensor.shape?.dim ?? [],
          random,
          (dim) =>
            (dim.value =
              change === 2 ? { case: 'dimValue', value: random.pick(EXTREMES) } : { case: 'dimParam', value: random.pick(HOSTILE_NAMES) }),
        );
    }),
  (_model, graph, random) => some(graph.output, random, (output) => (output.name = random.pick(namesOf(graph)))),
  (_model, graph, random) => graph.output.push(create(ValueInfoProtoSchema, { name: random.pick(namesOf(graph)) })),
  (_model, graph, random) => graph.input.push(create(ValueInfoProtoSchema, { name: random.pick(namesOf(graph)) })),
  (_model, graph, random) => some(graph.input, random, (_, i) => graph.input.splice(i, 1)),
  (_model, graph, random) => (graph.name = random.pick(HOSTILE_NAMES)),
  (_model, graph, random) => {
    const from = random.pick(namesOf(graph));
    const to = random.pick(HOSTILE_NAMES);
    const rename = (name: string): string => (name === from ? to : name);
    for (const node of graph.node) [node.input, node.output] = [node.input.map(rename), node.output.map(rename)];
    for (const named of [...graph.initializer, ...graph.input, ...graph.output]) named.name = rename(named.name);
  },
];

function mutator(name: string, edits: readonly Edit[]): Mutator {
  return {
    name,
    apply: (bytes, random) => {
      let model: ModelProto;
      try {
        model = fromBinary(ModelProtoSchema, bytes);
      } catch {
        return bytes; // damaged by a mutator before this one
      }
      const { graph } = model;
      if (graph === undefined) return bytes;
      const count = random.pick([1, 1, 2]);
      for (let i = 0; i < count; i += 1) random.pick(edits)(model, graph, random);
      return toBinary(ModelProtoSchema, model);
    },
  };
}

export const MUTATE_ONNX: readonly Mutator[] = [
  mutator('onnx-nodes', EDIT_NODES),
  mutator('onnx-attributes', EDIT_ATTRIBUTES),
  mutator('onnx-tensors', EDIT_TENSORS),
  mutator('onnx-file', EDIT_FILE),
];
