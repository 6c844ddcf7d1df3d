/** The configuration of a model, as Keras writes it into JSON: read as data, whatever it holds. */
import { fail } from '../../support/diagnostics.ts';
import type { Place } from '../../support/byte-reader.ts';

export type Config = ReadonlyMap<string, unknown>;

/** The fields of an object; none of what is no object. */
export function fields(value: unknown): Config {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? new Map(Object.entries(value)) : new Map();
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** `QuantConv2D` of `Larq>QuantConv2D`. */
export function className(value: unknown): string {
  return text(fields(value).get('class_name')).replace(/^.*>/s, '');
}

/** No configuration comes near it, and whatever walks over a value or prints it calls itself. */
const DEEPEST_NESTING = 64;

/** How deep lists and objects of valid JSON lie in each other. */
function nesting(source: string): number {
  let [depth, deepest] = [0, 0];
  let isText = false;
  for (let i = 0; i < source.length; i += 1) {
    const character = source[i];
    if (character === '"') isText = !isText;
    else if (isText) i += character === '\\' ? 1 : 0;
    else if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

/** @throws UserError BNN1003 for what is no JSON, or nested deeper than 64 levels */
export function parseConfig(source: string, place: Place): unknown {
  const damaged = (what: string): never => fail({ code: 'BNN1003', message: `the configuration of the model ${what}.`, origin: place });
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return damaged(`is no JSON: ${error.message}`);
  }
  const deep = nesting(source);
  return deep <= DEEPEST_NESTING ? value : damaged(`has ${deep} lists and objects in each other; ${DEEPEST_NESTING} are the most`);
}

export interface Layer {
  readonly name: string;
  /** As the file calls it, without the package. */
  readonly kind: string;
  readonly config: Config;
  /** For each use of the layer, the tensors it takes. */
  readonly uses: readonly (readonly TensorName[])[];
  /** Whether a use says `training=True`: it behaves as in training, whatever the network is used for. */
  readonly trains: boolean;
}

export interface TensorName {
  readonly layer: string;
  readonly use: number;
}

export interface Model {
  readonly layers: readonly Layer[];
  readonly outputs: readonly TensorName[];
}

const MOST_LAYERS = 4096;
const DEEPEST = 8;

/** Tensors in Keras 2's lists, `["conv", 0, 0, {}]`, and in Keras 3's objects with a history. */
function tensorNames(value: unknown, depth = 0): readonly TensorName[] {
  if (depth > DEEPEST) return [];
  if (Array.isArray(value)) {
    const [layer, use, index] = value as readonly unknown[];
    if (typeof layer === 'string' && typeof use === 'number' && typeof index === 'number') return [{ layer, use }];
    return value.flatMap((entry) => tensorNames(entry, depth + 1));
  }
  const object = fields(value);
  const history = fields(object.get('config')).get('keras_history');
  if (history !== undefined) return tensorNames(history, depth + 1);
  return [...(object.has('args') ? tensorNames(object.get('args'), depth + 1) : [])];
}

/** Whether one of a call's arguments by name is `training=True`. */
function trains(node: unknown, depth = 0): boolean {
  if (depth > DEEPEST) return false;
  if (Array.isArray(node)) return node.some((entry) => trains(entry, depth + 1));
  const object = fields(node);
  return object.get('training') === true || (object.has('kwargs') && trains(object.get('kwargs'), depth + 1));
}

export function isModelConfig(value: unknown): boolean {
  return ['Sequential', 'Functional', 'Model'].includes(className(value));
}

/** @throws UserError BNN1003 for what is no list of layers, BNN1004 for a model that is code */
export function readModelConfig(value: unknown, place: Place): Model {
  const kind = className(value);
  const holder = fields(value).get('config');
  const config = fields(holder);
  const listed = Array.isArray(holder) ? list(holder) : list(config.get('layers'));
  if (!isModelConfig(value) || listed.length === 0 || listed.length > MOST_LAYERS) {
    return fail({
      code: isModelConfig(value) || kind === '' ? 'BNN1003' : 'BNN1004',
      message: isModelConfig(value)
        ? `the model has ${listed.length} layers; 1 to ${MOST_LAYERS} work.`
        : `the model is of the class "${kind}"; Sequential and Functional models say what they compute.`,
      origin: place,
      help: 'Save a Sequential or Functional model; what a class of its own computes is code, which bnnc never runs.',
    });
  }
  const isSequential = kind === 'Sequential';
  let before: readonly TensorName[] = [];
  const layers = listed.map((entry, i): Layer => {
    const object = fields(entry);
    const inner = fields(object.get('config'));
    const name = text(inner.get('name')) || text(object.get('name')) || `layer_${i}`;
    const layer = { name, kind: className(entry), config: inner };
    if (isSequential) {
      const uses = [before];
      before = [{ layer: name, use: 0 }];
      return { ...layer, uses, trains: false };
    }
    const nodes = list(object.get('inbound_nodes'));
    return { ...layer, uses: nodes.length === 0 ? [[]] : nodes.map((node) => tensorNames(node)), trains: trains(nodes) };
  });
  return { layers, outputs: isSequential ? before : tensorNames(config.get('output_layers')) };
}

/** One key for each tensor. Layers are used once in almost every model. */
export function nameKey({ layer, use }: TensorName): string {
  return use === 0 ? layer : `${layer}:${use}`;
}
