/** The one input of the model: its sizes, its element type and its layout. */
import { PLAIN, elementCount } from '../../ir/encoding.ts';
import type { GraphBuilder } from '../../ir/builder.ts';
import type { TensorType } from '../../ir/types.ts';
import { fail, type Origin } from '../../support/diagnostics.ts';
import { indexBy } from '../../support/index-by.ts';
import { storedTypeName } from './stored-types.ts';
import { MOST_ELEMENTS } from './indexing.ts';
import { inverseOrder } from '../order.ts';
import { channelsFirst, type Activation } from './layout.ts';
import type { ModelGraph } from './model-graph.ts';
import { integersAttribute, type OnnxNode } from './node.ts';
import type { ValueInfoProto } from './onnx_pb.ts';

export interface GraphInput {
  readonly activation: Activation;
  /** The batch size that the file fixes, 1 where it is symbolic. */
  readonly batch: number;
  /** As in `Imported`. */
  readonly inputShape: readonly number[];
  readonly inputOrder: Int32Array | null;
  readonly notes: readonly string[];
}

const ELEMENTS: ReadonlyMap<number, 'f32' | 'u8' | 'i8'> = new Map([
  [1, 'f32'],
  [2, 'u8'],
  [3, 'i8'],
  [10, 'f32'],
  [16, 'f32'],
]);
const NARROW_FLOATS: ReadonlySet<number> = new Set([10, 16]);

/** A size, or null where it is symbolic, absent, 0 or negative. */
function readSizes(info: ValueInfoProto, origin: Origin): { readonly elementType: number; readonly sizes: readonly (number | null)[] } {
  const type = info.type?.value;
  if (type?.case !== 'tensorType') return fail({ code: 'BNN1008', message: `the input "${info.name}" is no tensor.`, origin });
  const { shape } = type.value;
  if (shape === undefined) return fail({ code: 'BNN1005', message: `the input "${info.name}" has no shape.`, origin, help: DYNAMIC_HELP });
  const sizes = shape.dim.map(({ value }) => (value.case === 'dimValue' && value.value > 0n ? Number(value.value) : null));
  const symbolic = shape.dim.flatMap(({ value }, axis) =>
    sizes[axis] === null && (axis > 0 || shape.dim.length === 1)
      ? [`dimension ${axis}  ${value.case === 'dimParam' ? `"${value.value}"` : 'unknown'}`]
      : [],
  );
  if (symbolic.length > 0) {
    fail({
      code: 'BNN1005',
      message: `the input "${info.name}" has dimensions without a fixed size; only the first, the batch, may be symbolic.`,
      origin,
      details: symbolic,
      help: DYNAMIC_HELP,
    });
  }
  return { elementType: type.value.elemType, sizes };
}

const DYNAMIC_HELP = 'Export with a fixed input size, or set it with onnxruntime.tools.make_dynamic_shape_fixed.';

/** Operators that leave elements where they are relative to each other. */
const STATIONARY: ReadonlySet<string> = new Set([
  ...['Cast', 'CastLike', 'Identity', 'Dropout', 'Pad', 'Expand'],
  ...['Add', 'Sum', 'Sub', 'Mul', 'Div', 'Pow', 'Neg', 'Abs', 'Max', 'Min', 'Clip', 'Round', 'Floor', 'Ceil'],
  ...['Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'Equal', 'Not', 'And', 'Or', 'Xor', 'Where'],
  ...['Relu', 'LeakyRelu', 'PRelu', 'HardSigmoid', 'HardSwish', 'Tanh', 'Softsign', 'Atan', 'Erf', 'Sigmoid'],
  ...['Sign', 'BipolarQuant', 'Quant', 'IntQuant'],
]);

/** What first moves or mixes elements of a tensor, behind operations that do not; in every branch. */
function firstMovers(graph: ModelGraph, tensor: string): readonly OnnxNode[] {
  const movers: OnnxNode[] = [];
  const names = new Set([tensor]);
  const readers = indexBy(graph.nodes, ({ inputs }) => inputs);
  for (const name of names) {
    for (const node of readers.get(name) ?? []) {
      if (node.op === 'Shape') continue;
      if (STATIONARY.has(node.op)) names.add(node.outputs[0] ?? '');
      else movers.push(node);
    }
  }
  return movers;
}

/**
 * An image of rank 4 is [batch][channels][height][width], unless its format says otherwise, the first thing done with it is the transpose
 * from channels-last to channels-first, or it is flattened at once and only its last dimension can be channels.
 */
function isChannelsLast(graph: ModelGraph, name: string, [, second = 0, , last = 0]: readonly number[]): boolean {
  if (graph.givenInputs.get(name)?.layout === 'channels-last') return true;
  const [mover] = firstMovers(graph, name);
  if (mover?.op === 'Transpose') return integersAttribute(mover, 'perm')?.join() === '0,3,1,2';
  const flattened = mover?.op === 'Flatten' || mover?.op === 'Reshape';
  return flattened && (last === 1 || last === 3) && second > 4;
}

/** Operators that read a tensor of rank 3 as [batch][channels][length]. */
const ON_SEQUENCES: ReadonlySet<string> = new Set([
  'Conv',
  'BatchNormalization',
  'MaxPool',
  'AveragePool',
  'GlobalMaxPool',
  'GlobalAveragePool',
]);

/**
 * The place of the channels in an input of rank 3 that is a sequence: [batch][channels][length] where the first thing that mixes its
 * elements reads it so, [batch][length][channels] where that is the transpose to it. Undefined for an image of one channel.
 */
function channelsOfSequence(graph: ModelGraph, name: string): 'first' | 'last' | undefined {
  const movers = firstMovers(graph, name);
  if (movers.some(({ op }) => ON_SEQUENCES.has(op))) return 'first';
  const transposes = movers.some((node) => node.op === 'Transpose' && integersAttribute(node, 'perm')?.join() === '0,2,1');
  return transposes ? 'last' : undefined;
}

interface Layout {
  /** Shape of the value. */
  readonly value: readonly number[];
  /** ONNX shape with a batch of 1. */
  readonly onnx: readonly number[];
  readonly order: Int32Array | null;
  /** ONNX shape of one sample. */
  readonly sample: readonly number[];
  readonly batch: number;
}

function chooseLayout(graph: ModelGraph, name: string, sizes: readonly (number | null)[]): Layout {
  const [first = null, ...rest] = sizes;
  if (sizes.length === 1) {
    const features = first ?? 1;
    return { value: [features], onnx: [features], order: null, sample: [features], batch: 1 };
  }
  const known = rest.map((size) => size ?? 1);
  const batch = first ?? 1;
  const onnx = [1, ...known];
  if (known.length === 2) {
    const [height = 1, width = 1] = known;
    const channels = channelsOfSequence(graph, name);
    // A sequence is an image of one row.
    if (channels === 'last') return { value: [1, height, width], onnx, order: null, sample: known, batch };
    if (channels === 'first') return { value: [1, width, height], onnx, order: channelsFirst(height, 1, width), sample: known, batch };
    if (batch === 1) return { value: [height, width, 1], onnx, order: null, sample: known, batch };
    const sample = [batch, height, width]; // three fixed sizes: an image without batch
    return { value: [height, width, batch], onnx: sample, order: channelsFirst(batch, height, width), sample, batch: 1 };
  }
  if (known.length === 3) {
    if (isChannelsLast(graph, name, onnx)) return { value: known, onnx, order: null, sample: known, batch };
    const [channels = 1, height = 1, width = 1] = known;
    return { value: [height, width, channels], onnx, order: channelsFirst(channels, height, width), sample: known, batch };
  }
  return { value: [elementCount(known)], onnx, order: null, sample: known, batch };
}

/**
 * Declares the graph's input.
 * @throws UserError BNN1005 for dynamic sizes beside the batch, BNN1008 for other element types and sizes
 */
export function readGraphInput(graph: ModelGraph, info: ValueInfoProto, builder: GraphBuilder): GraphInput {
  const listed: Origin = { file: graph.file, path: `graph.input[${graph.inputs.indexOf(info)}] "${info.name}"` };
  const origin = graph.givenInputs.get(info.name)?.origin ?? listed;
  const { elementType, sizes } = readSizes(info, origin);
  const dtype = ELEMENTS.get(elementType);
  if (dtype === undefined) {
    return fail({
      code: 'BNN1008',
      message: `the input "${info.name}" has elements of type ${storedTypeName(elementType)}; float, uint8 and int8 work.`,
      origin,
    });
  }
  const total = elementCount(sizes.map((size) => size ?? 1));
  if (sizes.length === 0 || total > MOST_ELEMENTS) {
    return fail({
      code: 'BNN1008',
      message: `the input "${info.name}" has ${sizes.length === 0 ? 'no dimensions' : `${total} elements`}.`,
      origin,
    });
  }
  const layout = chooseLayout(graph, info.name, sizes);
  const type: TensorType = dtype === 'f32' ? { dtype, shape: layout.value } : { dtype, shape: layout.value, encoding: PLAIN };
  const notes: string[] = [];
  if (layout.batch > 1) notes.push(`The file fixes a batch of ${layout.batch}; it is compiled for one sample.`);
  if (NARROW_FLOATS.has(elementType))
    notes.push(`The file computes in ${storedTypeName(elementType)}; bnnc computes the same operations in float32.`);
  return {
    activation: {
      kind: 'activation',
      value: builder.input(info.name, type, origin),
      shape: layout.onnx,
      order: layout.order,
      element: dtype === 'f32' ? 'float' : 'integer',
      negated: false,
      pad: null,
    },
    batch: layout.batch,
    inputShape: layout.sample,
    inputOrder: inverseOrder(layout.order),
    notes,
  };
}
