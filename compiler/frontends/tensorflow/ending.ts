/** Which node of a graph that was saved while it was trained gives the scores. */
import { fail } from '../../support/diagnostics.ts';
import { listAtMost } from '../../support/list-at-most.ts';
import { nearest } from '../../support/nearest.ts';
import { isPlaceholder, isSwitch } from './control.ts';
import { edgeOf, inOrder, type Edge, type GraphNode, type TensorflowGraph } from './graph.ts';
import { typeOf } from './attributes.ts';
import { sizesOf } from './shape.ts';
import { BOOL, FLOAT } from './stored-types.ts';

/** They keep the order of scores, or pick one; or only show the scores in another form. */
const TAIL: ReadonlySet<string> = new Set(['Softmax', 'LogSoftmax', 'ArgMax']);
const PASSED: ReadonlySet<string> = new Set([
  'Identity',
  'IdentityN',
  'Reshape',
  'Squeeze',
  'ExpandDims',
  'Cast',
  'Switch',
  'Print',
  'StopGradient',
]);
const LAYERS: ReadonlySet<string> = new Set(['MatMul', 'BatchMatMul', 'BatchMatMulV2', 'Conv2D', 'DepthwiseConv2dNative']);
/** Their result does not depend on the values of their input. */
const SHAPES: ReadonlySet<string> = new Set(['Shape', 'ShapeN', 'Rank', 'Size', 'ZerosLike', 'OnesLike']);
/** They change variables; what they give is a variable. */
const CHANGES = /^(?:Resource|Sparse)?(?:Apply|Assign|Scatter)|^Restore/;
/** What saving and showing ends in. */
const SHOWS = /^(?:Save|MergeV2|Print$|PrintV2$|Assert$|NoOp$|L2Loss$)|Summary(?:V2)?$/;
const GRADIENTS = /(?:^|\/)gradients(?:_\d+)?\//;

/** The one output: of the signature, else that of the forward path. @throws UserError BNN1006 */
export function chooseEnding(graph: TensorflowGraph, wanted: string | null, signature: readonly string[]): Edge {
  const named = wanted ?? (signature.length === 1 ? signature[0] : undefined);
  if (named !== undefined) return graph.nodes.has(named) ? { node: named, port: 0 } : existing(graph, edgeOf(named), wanted);
  const endings = endingsOf(graph);
  const [only] = endings;
  if (only !== undefined && endings.length === 1) return { node: only.name, port: 0 };
  return fail({
    code: 'BNN1006',
    message:
      endings.length === 0
        ? 'no node of the graph looks like the scores of a network: none depends on a placeholder and is the end of a forward path.'
        : `the graph ends in ${endings.length} places; bnnc compiles one output.`,
    origin: { file: graph.file, path: 'graph' },
    details: listAtMost(20, endings, ({ name, op }) => `output  "${name}" (${op})`),
    help: `Choose the node of the scores with --output${only === undefined ? ' NAME' : `, for example --output "${only.name}"`}.`,
  });
}

/** @throws UserError BNN1006 for a name that the user gave and no node has */
function existing(graph: TensorflowGraph, edge: Edge, wanted: string | null): Edge {
  if (wanted === null || graph.nodes.has(edge.node)) return edge;
  const near = nearest(wanted, [...graph.nodes.keys()]);
  return fail({
    code: 'BNN1006',
    message: `the graph has no node named "${wanted}".`,
    origin: { file: graph.file, path: 'graph' },
    ...(near === undefined ? {} : { help: `Did you mean "${near}"?` }),
  });
}

/** Depends on nothing, on one placeholder (its name), or on several. */
type Source = string | null | typeof SEVERAL;
const SEVERAL = Symbol('several');

/** @param isInput whether a placeholder may be the network's input */
function sourcesOf(graph: TensorflowGraph, isInput: (node: GraphNode) => boolean): ReadonlyMap<string, Source> {
  const sources = new Map<string, Source>();
  for (const node of inOrder(graph, graph.nodes.keys(), ({ inputs }) => inputs.map((edge) => edge.node))) {
    let source: Source = isInput(node) ? node.name : null;
    if (!SHAPES.has(node.op) && !CHANGES.test(node.op)) {
      for (const input of node.inputs) {
        const other = sources.get(input.node) ?? null;
        if (other !== null && other !== source) source = source === null ? other : SEVERAL;
      }
    }
    sources.set(node.name, source);
  }
  return sources;
}

/** A rate, of dropout or of learning: float32 without dimensions, or without a word on them. */
function isScalar(node: GraphNode): boolean {
  const shape = node.attributes.get('shape')?.shape;
  return typeOf(node, 'dtype') === FLOAT && (shape === undefined || shape.unknownRank || sizesOf(shape).length === 0);
}

/** tf.cond makes a Switch of the condition alone, for what runs in a branch without reading anything. */
function isPivot({ op, inputs: [value, condition] }: GraphNode): boolean {
  return op === 'Switch' && value !== undefined && value.node === condition?.node && value.port === condition.port;
}

/**
 * Nodes whose values change variables or are shown, and nothing else. Gradients read what they read besides; a loss or an accuracy,
 * which depends on labels as well, is shown without the scores being there for that.
 */
function besides(graph: TensorflowGraph, sources: ReadonlyMap<string, Source>): ReadonlySet<string> {
  const aside = new Set<string>();
  const order = inOrder(graph, graph.nodes.keys(), ({ name }) => (graph.readers.get(name) ?? []).map((reader) => reader.name));
  for (const node of order) {
    const { name, op, inputs } = node;
    const readers = (graph.readers.get(name) ?? []).filter((reader) => !GRADIENTS.test(reader.name));
    const before = graph.nodes.get(inputs[0]?.node ?? '');
    const ends = CHANGES.test(op) || SHOWS.test(op) || isPivot(node) || (op === 'Identity' && before !== undefined && isPivot(before));
    const isRead = readers.length > 0 && readers.every((reader) => aside.has(reader.name));
    if (ends || GRADIENTS.test(name) || (isRead && sources.get(name) !== SEVERAL)) aside.add(name);
  }
  return aside;
}

/**
 * Nodes that depend on the network's input alone and that no other such node reads; of a Softmax, an ArgMax or a change of shape at
 * the end what stands before it. The input is the placeholder that a layer reads; losses depend on labels as well.
 */
function endingsOf(graph: TensorflowGraph): readonly GraphNode[] {
  const isInput = (node: GraphNode): boolean => isPlaceholder(node) && !isSwitch(node);
  const endings = endingsBehind(graph, (node) => isInput(node) && !isScalar(node));
  // A placeholder without a shape may be the input after all, if there is no other.
  return endings.length > 0 ? endings : endingsBehind(graph, isInput);
}

function endingsBehind(graph: TensorflowGraph, isInput: (node: GraphNode) => boolean): readonly GraphNode[] {
  const sources = sourcesOf(graph, isInput);
  const aside = besides(graph, sources);
  const main = (node: GraphNode): boolean => !aside.has(node.name) && typeof sources.get(node.name) === 'string';
  const nodes = [...graph.nodes.values()].filter(main);
  const layers = nodes.filter(({ op }) => LAYERS.has(op));
  const inputs = new Set((layers.length > 0 ? layers : nodes).map(({ name }) => sources.get(name)));
  const endings = new Set<GraphNode>();
  for (const node of nodes) {
    if (!inputs.has(sources.get(node.name)) || isPlaceholder(node)) continue;
    if ((graph.readers.get(node.name) ?? []).some(main)) continue;
    endings.add(beforeTail(graph, node));
  }
  return [...endings];
}

function beforeTail(graph: TensorflowGraph, ending: GraphNode): GraphNode {
  const seen = new Set<GraphNode>();
  let scores = ending;
  for (let at: GraphNode | undefined = ending; at !== undefined && !seen.has(at); at = graph.nodes.get(at.inputs[0]?.node ?? '')) {
    seen.add(at);
    scores = at;
    // Truth values are no scores; what makes numbers of them is.
    const isTruth = at.op === 'Cast' && typeOf(at, 'SrcT') === BOOL;
    if ((!TAIL.has(at.op) && !PASSED.has(at.op)) || isTruth) break;
  }
  return scores;
}
