/** Small files of TensorFlow: a checkpoint with a topology, a graph with its checkpoint, a frozen graph; and what damages their form. */
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { readTable } from '../../compiler/frontends/tensorflow/table.ts';
import { BundleEntrySchema, GraphDefSchema, MetaGraphDefSchema, type GraphDef } from '../../compiler/frontends/tensorflow/tensorflow_pb.ts';
import { SUPPORTED } from '../../compiler/frontends/tensorflow/translate.ts';
import {
  floats,
  integers,
  node,
  placeholder,
  variable,
  writeCheckpoint,
  writeGraph,
  writeMetaGraph,
  writeTable,
} from '../support/tensorflow-files.ts';
import type { Random } from '../support/random.ts';
import { topologyOf } from '../support/topology.ts';
import { EXTREMES, HOSTILE_NAMES, type Mutator, type Seed } from './reader.ts';

const INDEX = 'model.ckpt.index';
const KERNEL = Array.from({ length: 36 }, (_, i) => (i % 3 === 0 ? -0.5 : 0.25));

/** An image, a convolution with binarized weights, a pool, a sign, and a dense layer. */
function network(weights: 'variable' | 'constant') {
  const kernel = weights === 'variable' ? variable('kernel', [3, 3, 1, 4]) : floats('kernel', [3, 3, 1, 4], KERNEL);
  const image = { data_format: { s: new TextEncoder().encode('NHWC') }, padding: { s: new TextEncoder().encode('SAME') } };
  const list = (...i: readonly number[]) => ({ list: { i: i.map(BigInt) } });
  return [
    placeholder('input', [-1, 6, 6, 1]),
    placeholder('training', [], 10),
    kernel,
    node('sign', 'Sign', ['kernel']),
    node('conv', 'Conv2D', ['input', 'sign'], { ...image, strides: list(1, 1, 1, 1) }),
    node('pool', 'MaxPool', ['conv'], { ...image, ksize: list(1, 2, 2, 1), strides: list(1, 2, 2, 1) }),
    floats('low', [], [-1]),
    floats('high', [], [1]),
    node('least', 'Maximum', ['pool', 'low']),
    node('clip', 'Minimum', ['least', 'high']),
    node('rounded', 'Round', ['clip']),
    node('difference', 'Sub', ['rounded', 'clip']),
    node('stopped', 'StopGradient', ['difference']),
    node('through', 'Add', ['clip', 'stopped']),
    node('switch', 'Switch', ['conv', 'training']),
    node('merge', 'Merge', ['switch:0', 'switch:1']),
    node('signs', 'Greater', ['merge', 'low']),
    node('bits', 'Cast', ['signs'], { DstT: { type: 1 } }),
    integers('shape', [2], [-1, 144]),
    node('flat', 'Reshape', ['bits', 'shape']),
    floats('dense', [144, 2], [0.5]),
    node('scores', 'MatMul', ['flat', 'dense']),
    node('best', 'ArgMax', ['scores', 'axis']),
    integers('axis', [], [1]),
  ];
}

export function tensorflowCorpus(): readonly Seed[] {
  const weights = [
    { name: 'kernel', shape: [3, 3, 1, 4], data: KERNEL },
    { name: 'fc/kernel', shape: [8, 3], data: Array.from({ length: 24 }, (_, i) => (i % 2 === 0 ? 1 : -1)) },
    { name: 'fc/bias', shape: [3], data: [0, 0.5, 1] },
  ];
  const document = {
    format: 'bnnc',
    version: 1,
    input: { type: 'u8', shape: 8 },
    nodes: [{ op: 'dense', layout: 'io', weights: { tensor: 'fc/kernel', binarize: 'minus' }, bias: { tensor: 'fc/bias' } }],
  };
  const topology = topologyOf(document);
  const plain = writeCheckpoint(weights);
  const meta = writeMetaGraph(network('variable'));
  return [
    ...[{}, { shards: 2 }, { compressed: true }].map((options) => {
      const { index, files } = writeCheckpoint(weights, options);
      return { name: `checkpoint ${JSON.stringify(options)}`, bytes: index, file: INDEX, files, topology };
    }),
    { name: 'index and graph', bytes: plain.index, file: INDEX, files: new Map([...plain.files, ['model.ckpt.meta', meta]]) },
    { name: 'graph and index', bytes: meta, file: 'model.ckpt.meta', files: new Map([...plain.files, [INDEX, plain.index]]) },
    { name: 'frozen graph', bytes: writeGraph(network('constant')), file: 'model.pb' },
    { name: 'state', bytes: Buffer.from('model_checkpoint_path: "model.ckpt"\n'), file: 'checkpoint' },
  ];
}

/** Changes entries of a table and writes it anew, with checksums that fit. */
const table: Mutator = {
  name: 'tensorflow-table',
  apply: (bytes, random) => {
    try {
      const entries = readTable(bytes, '').map(({ key, value }) => ({ key: key.slice(), value: value.slice() }));
      const entry = random.pick(entries);
      if (random.chance(0.3)) entry.value[random.integer(0, Math.max(0, entry.value.length - 1))] = random.integer(0, 255);
      else if (random.integer(0, 2) === 0) entry.key = Buffer.from(random.pick(HOSTILE_NAMES));
      else {
        const stored = fromBinary(BundleEntrySchema, entry.value);
        const change = random.integer(0, 5);
        if (change === 0) stored.offset = random.pick(EXTREMES);
        else if (change === 1) stored.size = random.pick(EXTREMES);
        else if (change === 2) stored.dtype = random.integer(0, 30);
        else if (change === 3) stored.shardId = Number(BigInt.asIntN(32, random.pick(EXTREMES)));
        else if (stored.shape?.dim[0] !== undefined) stored.shape.dim[0].size = BigInt.asIntN(64, random.pick(EXTREMES));
        entry.value = toBinary(BundleEntrySchema, stored);
      }
      return writeTable(entries, random.integer(1, 4), random.chance(0.3));
    } catch {
      return bytes;
    }
  },
};

function editGraph(graph: GraphDef, random: Random): void {
  if (graph.node.length === 0) return;
  const [one, other] = [random.pick(graph.node), random.pick(graph.node)];
  const attribute = one.attr[random.integer(0, Math.max(0, one.attr.length - 1))];
  const extreme = BigInt.asIntN(64, random.pick(EXTREMES));
  const edits: readonly (() => void)[] = [
    () => (one.op = random.pick(SUPPORTED)),
    () => (one.op = random.pick(['Switch', 'Merge', 'Enter', 'NextIteration', 'Identity', 'StopGradient', 'LSTMBlockCell', ''])),
    () => (one.name = random.pick(HOSTILE_NAMES)),
    () => (one.input = [...one.input, `${other.name}:${random.integer(0, 3)}`]),
    () => (one.input = one.input.map(() => random.pick([other.name, `^${other.name}`, ...HOSTILE_NAMES]))),
    () => void one.input.pop(),
    () => graph.node.splice(graph.node.indexOf(one), 1),
    () => void graph.node.push(other),
    () => {
      if (attribute?.value?.list !== undefined) attribute.value.list.i = attribute.value.list.i.map(() => extreme);
      if (attribute?.value?.shape?.dim[0] !== undefined) attribute.value.shape.dim[0].size = extreme;
      const tensor = attribute?.value?.tensor;
      if (tensor === undefined) return;
      if (tensor.tensorShape?.dim[0] !== undefined && random.chance(0.5)) tensor.tensorShape.dim[0].size = extreme;
      else tensor.dtype = random.integer(0, 130);
    },
    () => {
      const values = attribute?.value?.tensor;
      if (values !== undefined && random.chance(0.5)) values.intVal = values.intVal.map(() => Number(BigInt.asIntN(32, extreme)));
      else if (values !== undefined) values.floatVal = values.floatVal.map(() => random.pick([0, Number.NaN, Infinity, 1e-45]));
    },
  ];
  random.pick(edits)();
}

const graph: Mutator = {
  name: 'tensorflow-graph',
  apply: (bytes, random) => {
    try {
      const meta = fromBinary(MetaGraphDefSchema, bytes);
      if (meta.graphDef !== undefined && meta.graphDef.node.length > 0) {
        editGraph(meta.graphDef, random);
        return toBinary(MetaGraphDefSchema, meta);
      }
    } catch {
      // another form
    }
    try {
      const frozen = fromBinary(GraphDefSchema, bytes);
      editGraph(frozen, random);
      return frozen.node.length > 0 ? toBinary(GraphDefSchema, frozen) : bytes;
    } catch {
      return bytes;
    }
  },
};

export const MUTATE_TENSORFLOW: readonly Mutator[] = [table, graph];
