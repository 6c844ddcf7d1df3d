/** From the nodes between placeholder and scores to a network in ONNX's operators. */
import { elementCount } from '../../ir/encoding.ts';
import { fail, type Diagnostics } from '../../support/diagnostics.ts';
import type { FrontendOptions, Imported, SideFiles } from '../frontend.ts';
import { MOST_ELEMENTS } from '../limits.ts';
import { OperatorNetwork } from '../onnx/network.ts';
import { typeOf } from './attributes.ts';
import { constantOf } from './constant.ts';
import { isPlaceholder, isSwitch } from './control.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { chooseEnding } from './ending.ts';
import { inOrder, producerOf, refuse, type GraphNode, type TensorflowGraph } from './graph.ts';
import { LAYERS } from './layers.ts';
import { Resolver } from './resolve.ts';
import { sizesOf } from './shape.ts';
import { SHAPES } from './shapes.ts';
import { typeName } from './stored-types.ts';
import { held, Translation, type Known, type Translator } from './translation.ts';
import { valueOf, type Values } from './variables.ts';

const ONES: ReadonlySet<string> = new Set(['float32', 'uint8', 'int8']);

/** The network's input, without its first dimension, the batch. */
const placeholder: Translator = (node, to) => {
  const shape = node.attributes.get('shape')?.shape;
  const sizes = sizesOf(shape);
  const type = typeName(typeOf(node, 'dtype'));
  const [batch = -1, ...sample] = sizes;
  if (shape === undefined || shape.unknownRank || sizes.length === 0 || sample.some((size) => size < 1)) {
    return fail({
      code: 'BNN1005',
      message: `the placeholder "${node.name}" has ${sizes.length === 0 ? 'no shape' : `the shape [${sizes.join(', ')}]`}; all sizes but the first, the batch, must be known.`,
      origin: node.origin,
      help: 'Give the placeholder its shape, such as tf.placeholder(tf.float32, [None, 784]), and save the graph again.',
    });
  }
  if (!ONES.has(type)) return refuse(node, `has elements of type ${type}; float32 works, and uint8 and int8 where a Cast follows`);
  if (!(elementCount(sample) <= MOST_ELEMENTS)) return refuse(node, `has ${elementCount(sample)} elements`);
  if (batch > 1) {
    to.batch = batch;
    to.notes.push(`The graph fixes a batch of ${batch}; it is compiled for one sample.`);
  }
  return { rank: sizes.length, last: to.network.input(node.name, sample, node.origin) };
};

/** Operations without inputs that are followed. */
const SOURCES: Readonly<Record<string, Translator>> = {
  Placeholder: placeholder,
  PlaceholderV2: placeholder,
  PlaceholderWithDefault: placeholder,
  Const: (node, to) => held(to, constantOf(node)),
  Variable: (node, to) => held(to, valueOf(node, to.values)),
  VariableV2: (node, to) => held(to, valueOf(node, to.values)),
  AutoReloadVariable: (node, to) => held(to, valueOf(node, to.values)),
  VarHandleOp: (node, to) => held(to, valueOf(node, to.values)),
  ReadVariableOp: (node, to) => to.input(node, 0),
};

const TRANSLATORS: ReadonlyMap<string, Translator> = new Map(
  [SOURCES, ELEMENTWISE, LAYERS, SHAPES].flatMap((list) => Object.entries(list)),
);

/** Operations by name, for docs and messages. */
export const SUPPORTED: readonly string[] = [...TRANSLATORS.keys()].sort();

/** Inputs that are read as constants of the graph, or not at all. */
function needsOf(node: GraphNode, resolver: Resolver): readonly string[] {
  return isPlaceholder(node) ? [] : node.inputs.map((_, position) => resolver.producer(node, position).name);
}

const FUNCTIONS =
  'TensorFlow 2 keeps networks in functions. Save the Keras model (.keras, .h5), or freeze the function and write its graph: convert_variables_to_constants_v2(f).graph.as_graph_def().';
const DILATED = 'tf.nn.conv2d with the argument dilations makes one Conv2D of it.';

const HELP: ReadonlyMap<string, string> = new Map([
  ...['PartitionedCall', 'StatefulPartitionedCall', 'If', 'StatelessIf', 'While', 'StatelessWhile'].map((op) => [op, FUNCTIONS] as const),
  ...['SpaceToBatchND', 'BatchToSpaceND', 'SpaceToBatch', 'BatchToSpace'].map((op) => [op, DILATED] as const),
]);

/** Where the graph can be cut: at what the node reads, constants aside. */
function before(node: GraphNode, resolver: Resolver): string {
  const read = node.inputs.map((_, position) => resolver.producer(node, position)).find((producer) => producer.inputs.length > 0);
  return read === undefined ? '' : `, or cut it before with --output "${read.name}"`;
}

/** The nodes of the network in the order in which they are computed, all of them known operations. */
function reachedNodes(resolver: Resolver, root: GraphNode, diagnostics: Diagnostics): readonly GraphNode[] {
  const nodes = inOrder(resolver.graph, [root.name], (node) => diagnostics.collect(() => needsOf(node, resolver)) ?? []);
  diagnostics.stopOnErrors();
  const unknown = nodes.filter(({ op }) => !TRANSLATORS.has(op));
  for (const node of unknown.length > 0 ? unknown : nodes.filter(isSwitch)) {
    diagnostics.error({
      code: 'BNN1004',
      message: `"${node.name}" uses the operation ${node.op}, which bnnc does not support${isSwitch(node) ? ' where its value is computed with' : ''}.`,
      origin: node.origin,
      help: HELP.get(node.op) ?? `Build the graph without it${before(node, resolver)}.`,
    });
  }
  diagnostics.stopOnErrors();
  return nodes;
}

/**
 * @param signature names of the outputs that the file states, if it states any
 * @throws UserError with all problems of a stage
 */
export function importTensorflowGraph(
  graph: TensorflowGraph,
  signature: readonly string[],
  values: Values,
  side: SideFiles,
  options: FrontendOptions,
  diagnostics: Diagnostics,
): Imported {
  const resolver = new Resolver(graph);
  const ending = resolver.resolve(chooseEnding(graph, options.output, signature), null);
  const nodes = reachedNodes(resolver, producerOf(graph, ending, null), diagnostics);
  const to = new Translation(new OperatorNetwork(graph.file), resolver, values);
  const failed = new Set<string>();
  for (const node of nodes) {
    if (needsOf(node, resolver).some((name) => failed.has(name))) failed.add(node.name);
    else if (diagnostics.collect(() => translate(node, to) ?? true) === undefined) failed.add(node.name);
  }
  diagnostics.stopOnErrors();
  const last = producerOf(graph, ending, null);
  const known = to.get(ending) ?? refuse(last, `has no output ${ending.port} that bnnc computes`);
  const imported = to.network.import(to.inOrder(known, last), side, { ...options, output: null }, diagnostics);
  return { ...imported, notes: [...imported.notes, ...to.notes, ...notesOf(resolver)] };
}

/** Their results are known before the network runs. */
const OF_SHAPES: ReadonlySet<string> = new Set(['Shape', 'Size', 'OnesLike', 'ZerosLike']);

function translate(node: GraphNode, to: Translation): void {
  const translator = TRANSLATORS.get(node.op);
  if (translator === undefined) throw new Error(`${node.op} was checked`);
  if (isPlaceholder(node) || (!OF_SHAPES.has(node.op) && node.inputs.some((_, position) => to.isComputed(node, position))))
    to.setComputed(node);
  const results = translator(node, to);
  (Array.isArray(results) ? results : [results]).forEach((known: Known, port) => {
    to.set({ node: node.name, port }, known);
  });
}

function notesOf({ control, dropouts }: Resolver): readonly string[] {
  return [
    ...[...control.taken].map((name) => `The placeholder "${name}" is taken as false: the network is used, not trained.`),
    ...[...dropouts].map((name) => `The dropout "${name}" is left out: the network is used, not trained.`),
  ];
}
