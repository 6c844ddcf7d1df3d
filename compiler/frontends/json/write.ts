/** A network as a JSON model that means the same: what `read.ts` reads, in one fixed form. */
import { ONE, ZERO } from '../../support/rational.ts';
import { typeOf, valueOf } from '../../ir/graph.ts';
import type { Graph, Node, ValueId } from '../../ir/types.ts';
import type { Imported, ImportedSource } from '../frontend.ts';
import { writeExact } from './exact.ts';
import { channelsFirstOrder } from './input.ts';
import type { WrittenFields } from './form.ts';
import { FORMS } from './ops/index.ts';
import { printJson, type JsonValue } from './print.ts';
import { FORMAT, VERSION } from './schema.ts';
import { digestOf } from './source.ts';
import { writeIntegers } from './values.ts';

export interface WrittenModel {
  /** The reference graph. */
  readonly graph: Graph;
  /** C prefix. */
  readonly name: string;
  readonly source: ImportedSource;
  /** Of the input as the data files have it, class names, and notes for the banner. */
  readonly imported: Pick<Imported, 'classes' | 'inputOrder' | 'inputShape' | 'notes'>;
}

function present(fields: WrittenFields): { readonly [key: string]: JsonValue } {
  return Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined));
}

function writeData(shape: readonly number[], { inputShape, inputOrder }: WrittenModel['imported']): JsonValue | undefined {
  if (inputOrder === null) return inputShape.join() === shape.join() ? undefined : { shape: inputShape };
  const first = channelsFirstOrder(shape);
  const isFirst = first?.length === inputOrder.length && first.every((at, i) => at === inputOrder[i]);
  return { shape: inputShape, order: isFirst ? 'channels-first' : writeIntegers(inputOrder) };
}

/** The name of each value: its node's, and for the input one that no node has. */
function namesOf(graph: Graph): ReadonlyMap<ValueId, string> {
  const names = new Map<ValueId, string>(graph.nodes.map((node) => [node.output, node.name]));
  const taken = new Set(names.values());
  let input = valueOf(graph, graph.input).name;
  while (taken.has(input)) input = `${input}.input`;
  return names.set(graph.input, input);
}

function writeNode(node: Node, before: ValueId, names: ReadonlyMap<ValueId, string>): JsonValue {
  // A node pairs kind and attributes; the union only forgets which.
  const write = FORMS[node.kind].write as (attrs: Node['attrs']) => WrittenFields;
  const implied = node.inputs.length === 1 && node.inputs[0] === before;
  return present({
    op: node.kind,
    name: node.name,
    inputs: implied ? undefined : node.inputs.map((id) => names.get(id) ?? id),
    ...write(node.attrs),
    origin: (node.origin.from ?? node.origin).path,
  });
}

export function writeModel({ graph, name, source, imported }: WrittenModel): string {
  const names = namesOf(graph);
  const { dtype, shape, encoding } = typeOf(graph, graph.input);
  const model = present({
    name,
    input: present({
      name: names.get(graph.input),
      type: dtype,
      shape: shape.length === 1 ? shape[0] : [...shape],
      scale: encoding === undefined ? undefined : writeExact(encoding.scale, ONE),
      offset: encoding === undefined ? undefined : writeExact(encoding.offset, ZERO),
      data: writeData(shape, imported),
    }),
    nodes: graph.nodes.map((node, i) => writeNode(node, graph.nodes[i - 1]?.output ?? graph.input, names)),
    output: graph.output === graph.nodes.at(-1)?.output ? undefined : names.get(graph.output),
    classes: imported.classes === null ? undefined : [...imported.classes],
    notes: imported.notes.length === 0 ? undefined : [...imported.notes],
  });
  const head = { format: FORMAT, version: VERSION };
  const digest = digestOf({ ...head, ...model });
  return printJson({ ...head, source: { file: source.file, sha256: source.sha256, options: source.options, digest }, ...model });
}
