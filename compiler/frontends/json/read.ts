/** From the text of a JSON model to the graph. */
import { GraphBuilder, type Replacement } from '../../ir/builder.ts';
import { elementCount } from '../../ir/encoding.ts';
import type { ValueId } from '../../ir/types.ts';
import { fail, type Diagnostics, type Origin } from '../../support/diagnostics.ts';
import { listAtMost } from '../../support/list-at-most.ts';
import { nearest } from '../../support/nearest.ts';
import type { FrontendOptions, Imported, SideFiles } from '../frontend.ts';
import type { TensorFile } from '../tensor-file.ts';
import { MOST_ELEMENTS } from '../limits.ts';
import { inverseOrder } from '../order.ts';
import { FieldReader, type Beside } from './fields.ts';
import { channelsFirstOrder, readInput, type JsonInput } from './input.ts';
import { CHANNELS_LAST, orderBehind, type FeatureOrder, type Layout } from './layout.ts';
import { addMissingTensors } from './missing-tensors.ts';
import { neededBy, readNodes, type JsonNode } from './nodes.ts';
import { FORMS } from './ops/index.ts';
import { Problems, shown } from './problems.ts';
import { FORMAT, VERSION, documentSchema, type DocumentJson } from './schema.ts';
import { unchangedSource } from './source.ts';
import { parseJson, type JsonText } from './syntax.ts';

/** Elements of all values of a network together. */
const MOST_IN_ALL = 8 * MOST_ELEMENTS;

function checkHead(value: unknown, problems: Problems): void {
  const { format, version } = (typeof value === 'object' && value !== null ? value : {}) as { format?: unknown; version?: unknown };
  if (format !== FORMAT) {
    problems.add(['format'], { what: format === undefined ? 'is missing' : 'is another one', seen: format, wanted: `"${FORMAT}"` });
  } else if (typeof version === 'number' && version !== VERSION) {
    problems.add(['version'], {
      what: 'is one that this bnnc does not read',
      seen: version,
      wanted: `${VERSION}`,
      help: 'A newer bnnc wrote this file: update bnnc, or write the file again with this one.',
      code: 'BNN1010',
    });
  }
  problems.stop();
}

function readDocument(text: JsonText, problems: Problems): DocumentJson {
  checkHead(text.value, problems);
  const parsed = documentSchema.safeParse(text.value);
  if (parsed.success) return parsed.data;
  problems.addIssues([], text.value, parsed.error.issues, documentSchema);
  const { nodes } = text.value as { readonly nodes?: unknown };
  if (Array.isArray(nodes)) readNodes(nodes, '', problems);
  problems.stop();
  throw new Error('a document with problems was read');
}

/** The node to compile up to. */
function chooseOutput(document: DocumentJson, nodes: readonly JsonNode[], wanted: string | null, problems: Problems): string {
  const names = nodes.map(({ name }) => name);
  const stated = document.output ?? names.at(-1) ?? '';
  if (wanted !== null && !names.includes(wanted)) {
    const near = nearest(wanted, names);
    return fail({
      code: 'BNN1006',
      message: `"${wanted}" is no node of the model.`,
      origin: problems.origin(['nodes']),
      details: listAtMost(40, names, (name) => `node  "${name}"`),
      ...(near === undefined ? {} : { help: `Did you mean "${near}"?` }),
    });
  }
  if (!names.includes(stated)) {
    const near = nearest(stated, names);
    problems.add(['output'], {
      what: 'is the name of no node',
      seen: stated,
      ...(near === undefined ? { wanted: shown(names) } : { help: `Did you mean "${near}"?` }),
      code: 'BNN1022',
    });
  }
  problems.stop();
  return wanted ?? stated;
}

/** Builds nodes one by one; after a problem the nodes behind it are left alone. */
class Build {
  readonly #builder: GraphBuilder;
  readonly #values = new Map<string, ValueId>();
  readonly #orders = new Map<ValueId, FeatureOrder>();
  readonly #problems: Problems;
  readonly #beside: Beside;
  readonly #diagnostics: Diagnostics;
  readonly #document: DocumentJson;
  readonly #layout: Layout;
  #elements = 0;

  constructor(document: DocumentJson, beside: Beside, problems: Problems, diagnostics: Diagnostics) {
    this.#document = document;
    this.#builder = new GraphBuilder(document.name ?? 'model');
    this.#problems = problems;
    this.#beside = beside;
    this.#diagnostics = diagnostics;
    this.#layout = document.layout ?? 'channels-last';
  }

  input(name: string, { type }: JsonInput): void {
    const origin = { ...this.#problems.origin(['input']), path: `input "${name}"` };
    this.#values.set(name, this.#builder.input(name, type, origin));
  }

  node(node: JsonNode): void {
    const inputs = node.inputs.flatMap((name) => this.#values.get(name) ?? []);
    const [first] = inputs;
    if (first === undefined || inputs.length !== node.inputs.length) return;
    const before = this.#problems.count;
    if (!this.#readable(node, inputs)) return;
    const orders = inputs.map((id) => this.#orders.get(id) ?? null);
    const convention = { layout: this.#layout, order: orders[0] ?? null };
    const fields = new FieldReader(['nodes', node.index], this.#problems, this.#beside, convention);
    const type = this.#builder.typeOf(first);
    const attrs = FORMS[node.op].read(node.json, fields, type);
    if (this.#problems.count > before) return;
    const step = { kind: node.op, attrs } as Replacement;
    const value = this.#diagnostics.collect(() => this.#builder.replacement(step, node.name, inputs, this.#origin(node)));
    if (value === undefined) return;
    const order = orderBehind(node, orders, type, this.#builder.typeOf(value).shape, this.#layout);
    if (order !== null && 'what' in order) fields.problem([], order);
    else if (this.#fits(node, value)) {
      this.#values.set(node.name, value);
      this.#orders.set(value, order);
    }
  }

  /** The graph, and its output's order as in `Imported`. */
  finish(output: string): Pick<Imported, 'graph' | 'outputOrder'> {
    this.#problems.stop();
    this.#diagnostics.stopOnErrors();
    const value = this.#values.get(output);
    if (value === undefined) throw new Error(`"${output}" was not built`);
    const { shape } = this.#builder.typeOf(value);
    const order = this.#orders.get(value) ?? null;
    const first = this.#layout === 'channels-first' ? channelsFirstOrder(shape) : null;
    return { graph: this.#builder.finish(value), outputOrder: order === null ? first : inverseOrder(order) };
  }

  #origin({ index, name, op, json }: JsonNode): Origin {
    const { source } = this.#document;
    const origin = { ...this.#problems.origin(['nodes', index]), path: `nodes[${index}] "${name}" (${op})` };
    return source === undefined || json.origin === undefined ? origin : { ...origin, from: { file: source.file, path: json.origin } };
  }

  /** Before any list as long as all inputs together is made. */
  #readable(node: JsonNode, inputs: readonly ValueId[]): boolean {
    const counts = inputs.map((id) => elementCount(this.#builder.typeOf(id).shape));
    return this.#within(
      node,
      counts,
      counts.reduce((sum, count) => sum + count, 0),
    );
  }

  #fits(node: JsonNode, value: ValueId): boolean {
    const { shape } = this.#builder.typeOf(value);
    const count = elementCount(shape);
    this.#elements += count;
    return this.#within(node, shape, count);
  }

  #within(node: JsonNode, shape: readonly number[], count: number): boolean {
    if (count <= MOST_ELEMENTS && this.#elements <= MOST_IN_ALL) return true;
    this.#problems.add(['nodes', node.index], {
      what: count > MOST_ELEMENTS ? 'makes a tensor that is too large' : 'makes the network too large',
      seen: shape,
      wanted: `at most ${MOST_ELEMENTS} elements a tensor, ${MOST_IN_ALL} in all`,
      code: 'BNN1008',
    });
    return false;
  }
}

/** Counters of training steps say nothing of the network. */
const COUNTER = /(^|[./])num_batches_tracked$/;

function unusedTensors(tensors: TensorFile | null, used: ReadonlySet<string>): readonly string[] {
  const names = [...(tensors?.tensors.keys() ?? [])].filter((name) => !used.has(name) && !COUNTER.test(name));
  if (names.length === 0) return [];
  return [`Not used of the file: ${listAtMost(6, names, (name) => `"${name}"`).join(', ')}.`];
}

/** @param tensors the file of weights that the document describes; null for a model of its own */
export function readJsonModel(
  bytes: Uint8Array,
  side: SideFiles,
  { file, output }: Pick<FrontendOptions, 'file' | 'output'>,
  diagnostics: Diagnostics,
  tensors: TensorFile | null = null,
): Imported {
  const text = parseJson(bytes, file);
  const problems = new Problems(file, text, diagnostics);
  const document = readDocument(text, problems);
  const inputName = document.input.name ?? 'input';
  const nodes = readNodes(document.nodes, inputName, problems);
  const chosen = chooseOutput(document, nodes, output, problems);
  const used = new Set<string>();
  const beside: Beside = { side, tensors, used };
  const convention = { ...CHANNELS_LAST, layout: document.layout ?? CHANNELS_LAST.layout };
  const input = readInput(document.input, new FieldReader(['input'], problems, beside, convention));
  problems.stop();
  const build = new Build(document, beside, problems, diagnostics);
  build.input(inputName, input);
  const needed = neededBy(chosen, nodes);
  const described = nodes.map((node) => (needed.includes(node) ? node.json : null));
  addMissingTensors(['nodes'], described, tensors, problems);
  problems.stop();
  for (const node of needed) build.node(node);
  const { graph, outputOrder } = build.finish(chosen);
  const unused = output === null ? nodes.filter((node) => !needed.includes(node)) : [];
  const source = unchangedSource(document, text.value);
  return {
    graph,
    classes: document.classes ?? null,
    inputOrder: input.order,
    outputOrder,
    inputShape: input.shape,
    notes: [
      ...(document.notes ?? []),
      ...unusedTensors(tensors, used),
      ...unused.map(({ name, op }) => `"${name}" (${op}) is not used by the output and left out.`),
      ...(document.source !== undefined && source === undefined
        ? [`It was written from ${document.source.file} (sha256 ${document.source.sha256}) and has been changed since.`]
        : []),
    ],
    ...(document.name === undefined ? {} : { name: document.name }),
    ...(source === undefined ? {} : { source }),
  };
}
