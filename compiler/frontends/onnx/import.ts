/** Builds the graph: reads the nodes that the output needs, one by one, and lays the result out as the compiler expects it. */
import { GraphBuilder } from '../../ir/builder.ts';
import { fail, type Diagnostics } from '../../support/diagnostics.ts';
import type { Graph, ValueId } from '../../ir/types.ts';
import type { Imported, ImportedTensor, SideFiles } from '../frontend.ts';
import { readSparseTensor, readTensor } from './constant.ts';
import { settle, type ImportContext, type Tensor } from './context.ts';
import { readGraphInput, type GraphInput } from './graph-input.ts';
import { asImage, asVector, isImage, takeLast } from './images.ts';
import { inverseOrder } from '../order.ts';
import { properSizes, type Activation } from './layout.ts';
import type { Ending, ModelGraph, Reached } from './model-graph.ts';
import { refuse, refuseOrder, type OnnxNode } from './node.ts';
import type { ValueInfoProto } from './onnx_pb.ts';
import { prune } from './prune.ts';
import { folderOf, readerOf } from './readers/index.ts';
import { checkTail } from './tail.ts';

/** Everything that the earlier stages found out. */
export interface ImportPlan {
  readonly name: string;
  readonly graph: ModelGraph;
  readonly input: ValueInfoProto;
  readonly ending: Ending;
  readonly reached: Reached;
}

/** Reads all nodes; problems are collected and stop the import at its end. */
export function importGraph(plan: ImportPlan, side: SideFiles, diagnostics: Diagnostics): Imported {
  const builder = new GraphBuilder(plan.name);
  const input = readGraphInput(plan.graph, plan.input, builder);
  const tensors = new Map<string, Tensor>([[plan.input.name, input.activation]]);
  readInitializers(plan, side, tensors, diagnostics);
  diagnostics.stopOnErrors();

  const context: ImportContext = { builder, batch: input.batch, tensors };
  const failed = new Set<string>();
  for (const node of plan.reached.nodes) {
    const result = diagnostics.collect(() => readNode(node, context, side, failed, plan.graph));
    const results = result === undefined || 'kind' in result ? [result] : result;
    node.outputs.forEach((output, i) => {
      const tensor = results[i];
      if (result === undefined) failed.add(output);
      else if (tensor !== undefined) tensors.set(output, tensor);
    });
  }
  diagnostics.stopOnErrors();
  return finish(plan, input, context, diagnostics);
}

function readInitializers({ graph, reached }: ImportPlan, side: SideFiles, tensors: Map<string, Tensor>, diagnostics: Diagnostics): void {
  for (const name of reached.tensors) {
    const proto = graph.initializers.get(name);
    const sparse = graph.sparse.get(name);
    const known = graph.constants.get(name);
    if (known !== undefined) tensors.set(name, known);
    const origin = { file: graph.file, path: `graph.initializer "${name}"` };
    const tensor = diagnostics.collect(() =>
      proto !== undefined ? readTensor(proto, side, origin) : sparse !== undefined ? readSparseTensor(sparse, side, origin) : undefined,
    );
    if (tensor !== undefined) tensors.set(name, tensor);
  }
}

/** Undefined where an input is missing because its own node failed. */
function readNode(
  node: OnnxNode,
  context: ImportContext,
  side: SideFiles,
  failed: ReadonlySet<string>,
  graph: ModelGraph,
): Tensor | readonly Tensor[] | undefined {
  const inputs: (Tensor | undefined)[] = [];
  for (const name of node.inputs) {
    const tensor = name === '' ? undefined : context.tensors.get(name);
    if (tensor === undefined && failed.has(name)) return undefined;
    if (tensor === undefined && name !== '') return refuseMissing(node, name, graph, context);
    inputs.push(tensor);
  }
  const constants = inputs.filter((tensor) => tensor === undefined || tensor.kind === 'constant');
  if (constants.length === inputs.length) {
    const fold = folderOf(node) ?? refuse(node, 'cannot be computed on constants');
    return fold(
      node,
      inputs.map((tensor) => (tensor?.kind === 'constant' ? tensor : undefined)),
      { side },
    );
  }
  const read = readerOf(node) ?? refuse(node, 'cannot depend on the input');
  return read(node, context);
}

function refuseMissing(node: OnnxNode, name: string, graph: ModelGraph, context: ImportContext): never {
  const maker = graph.producers.get(name);
  const made = maker?.outputs[0] !== undefined && context.tensors.has(maker.outputs[0]);
  if (maker !== undefined && made)
    return refuse(node, `reads "${name}", a further output of "${maker.name}" (${maker.shown}); bnnc computes the first`);
  return refuse(node, `reads "${name}", which is made only after it`, 'The nodes of an ONNX file must be in execution order.');
}

/** The output as a vector, or as an image with channels last. */
function layOut(x: Activation, context: ImportContext, node: OnnxNode): Activation {
  if (x.pad !== null) return refuse(node, `ends the network with what "${x.pad.by}" (Pad) has padded`);
  if (x.element === 'bool')
    return refuse(node, 'ends the network with truth values', 'Choose the tensor before the comparison with --output.');
  if (properSizes(x.shape).length <= 1) {
    const vector = asVector(context, node, x);
    return x.order === null ? vector : { ...vector, value: takeLast(context, node, vector.value, x.order, []), order: null };
  }
  if (isImage(x)) return asImage(context, node, x);
  if (x.order === null) return x;
  return refuseOrder(
    node,
    `ends the network with a tensor of shape [${x.shape.join(', ')}] whose elements are in another order than the image they come from`,
    'Choose the tensor before the Flatten or Transpose with --output.',
  );
}

/** Numbers only: truth values become signs later. */
function importedTensors({ tensors }: ImportContext, graph: Graph, renamed: ReadonlyMap<ValueId, ValueId>): readonly ImportedTensor[] {
  return [...tensors].flatMap(([name, tensor]): readonly ImportedTensor[] => {
    if (tensor.kind !== 'activation' || tensor.pad !== null || tensor.element === 'bool') return [];
    const value = renamed.get(tensor.value);
    return value === undefined || !graph.values.has(value) ? [] : [{ name, value, order: tensor.order }];
  });
}

function finish(plan: ImportPlan, input: GraphInput, context: ImportContext, diagnostics: Diagnostics): Imported {
  const { graph, ending } = plan;
  const last = graph.producers.get(ending.tensor);
  const tensor = context.tensors.get(ending.tensor);
  const isMade = last === undefined || tensor === undefined || tensor.kind === 'activation' || tensor.kind === 'constant';
  const output = isMade ? tensor : diagnostics.collect(() => settle(last, context, tensor));
  diagnostics.stopOnErrors();
  if (output?.kind !== 'activation') {
    return fail({
      code: 'BNN1006',
      message: `the output "${ending.tensor}" does not depend on the input "${plan.input.name}".`,
      origin: last?.origin ?? { file: graph.file, path: 'graph.output' },
    });
  }
  const laidOut = last === undefined ? output : diagnostics.collect(() => layOut(output, context, last));
  const notes = [...input.notes, ...(diagnostics.collect(() => checkTail(ending, output.shape, context)) ?? [])];
  diagnostics.stopOnErrors();
  const value = laidOut ?? output;
  if (isImage(value) && value.order !== null) notes.push('The output is an image: the header gives it as [height][width][channel].');
  const { graph: whole, renamed } = context.builder.finishNamed(value.value);
  const pruned = prune(whole);
  return {
    graph: pruned,
    tensors: importedTensors(context, pruned, renamed),
    classes: null,
    inputOrder: input.inputOrder,
    outputOrder: inverseOrder(value.order),
    inputShape: input.inputShape,
    notes,
  };
}
