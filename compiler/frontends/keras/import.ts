/** From the layers of a configuration and their weights to a graph. */
import { fail, type Diagnostics } from '../../support/diagnostics.ts';
import { indexBy } from '../../support/index-by.ts';
import { listAtMost } from '../../support/list-at-most.ts';
import { ChannelsLast, type Value } from '../channels-last.ts';
import { refuseUse } from '../refuse-use.ts';
import type { FrontendOptions, Imported, SideFiles } from '../frontend.ts';
import { OperatorNetwork, type NodeSource } from '../onnx/network.ts';
import { list, nameKey, readModelConfig, type Layer, type Model, type TensorName } from './config.ts';
import { readerOf } from './layers.ts';
import type { LayerWeights } from './weights.ts';

export interface KerasModel {
  /** The parsed configuration. */
  readonly config: unknown;
  /** Where it stands, for messages. */
  readonly place: { readonly file: string; readonly path: string };
  readonly keras: 2 | 3;
  readonly weights: (layers: readonly Layer[]) => ReadonlyMap<string, LayerWeights>;
}

const ADVICE: ReadonlyMap<string, string> = new Map([
  ['Lambda', 'A Lambda layer holds code, which bnnc never runs: use a layer that says what it computes.'],
  ['QuantSeparableConv2D', 'Use a QuantDepthwiseConv2D and a QuantConv2D of 1x1.'],
  ['SeparableConv2D', 'Use a DepthwiseConv2D and a Conv2D of 1x1.'],
]);

function sourceOf({ name, kind }: Layer, file: string): NodeSource {
  return { name, shown: kind, origin: { file, path: `layer "${name}" (${kind})` } };
}

function checkLayers({ layers }: Model, file: string, diagnostics: Diagnostics): void {
  for (const layer of layers) {
    const { origin } = sourceOf(layer, file);
    if (layer.kind !== 'InputLayer' && readerOf(layer.kind) === undefined) {
      diagnostics.error({
        code: 'BNN1004',
        message: `"${layer.name}" is a layer of the class "${layer.kind}", which bnnc does not support.`,
        origin,
        help: ADVICE.get(layer.kind) ?? 'Replace it by layers that bnnc knows, or cut the model before it with --output NAME.',
      });
    }
  }
}

/** Sizes of one sample. */
function inputSizes({ config }: Layer, source: NodeSource, { inputShape = null }: FrontendOptions): readonly number[] {
  const [, ...sizes] = list(config.get('batch_shape') ?? config.get('batch_input_shape'));
  const isSize = (size: unknown): boolean => typeof size === 'number' && Number.isSafeInteger(size) && size > 0;
  if (sizes.length > 0 && sizes.every(isSize)) return sizes as readonly number[];
  const fits = inputShape?.length === sizes.length && inputShape.every((size, i) => !isSize(sizes[i]) || sizes[i] === size);
  if (inputShape !== null && fits) return inputShape;
  return fail({
    code: 'BNN1005',
    message: `the input "${source.name}" has the sizes [${sizes.map((size) => String(size).slice(0, 20)).join(', ')}]; all but the batch must be fixed.`,
    origin: source.origin,
    help: 'Build the model with a fixed input shape, or state it with --input-shape.',
  });
}

/** All layers in an order in which each follows what it takes. */
interface Use {
  readonly layer: Layer;
  readonly use: number;
  readonly inputs: readonly TensorName[];
}

function inOrder({ layers }: Model, file: string): readonly Use[] {
  const uses = layers.flatMap((layer) => layer.uses.map((inputs, use) => ({ layer, use, inputs })));
  const known = new Map(uses.map((entry) => [nameKey({ layer: entry.layer.name, use: entry.use }), entry]));
  const readers = indexBy(uses, ({ inputs }) => inputs.map(nameKey));
  const missing = new Map<Use, number>();
  for (const entry of uses) {
    const needed = new Set(entry.inputs.map(nameKey));
    for (const key of needed) {
      if (!known.has(key)) {
        fail({
          code: 'BNN1003',
          message: `the layer "${entry.layer.name}" takes the tensor "${key}", which no layer makes.`,
          origin: sourceOf(entry.layer, file).origin,
        });
      }
    }
    missing.set(entry, needed.size);
  }
  const ready = uses.filter((entry) => missing.get(entry) === 0);
  // The list grows while it is walked.
  for (const entry of ready) {
    for (const reader of readers.get(nameKey({ layer: entry.layer.name, use: entry.use })) ?? []) {
      const left = (missing.get(reader) ?? 0) - 1;
      missing.set(reader, left);
      if (left === 0) ready.push(reader);
    }
  }
  return ready;
}

/** @throws UserError for layers without a meaning, all at once */
export function importKeras(model: KerasModel, side: SideFiles, options: FrontendOptions, diagnostics: Diagnostics): Imported {
  const { file } = options;
  const described = readModelConfig(model.config, model.place);
  checkLayers(described, file, diagnostics);
  diagnostics.stopOnErrors();
  const network = new OperatorNetwork(file);
  const net = new ChannelsLast(network);
  const weights = model.weights(described.layers);
  const values = new Map<string, Value>();
  const sequentialInput = described.layers.find(({ kind }) => kind !== 'InputLayer');
  for (const { layer, use, inputs } of inOrder(described, file)) {
    const source = sourceOf(layer, file);
    const taken = inputs.map((name) => values.get(nameKey(name)));
    const present = taken.filter((value) => value !== undefined);
    if (present.length < taken.length) continue;
    const key = nameKey({ layer: layer.name, use });
    const made = diagnostics.collect(() => {
      if (layer.kind === 'InputLayer') return net.input(layer.name, inputSizes(layer, source, options), source.origin);
      // The first layer of an older Sequential states the sizes of the input itself.
      if (inputs.length === 0 && layer === sequentialInput)
        present.push(net.input('input', inputSizes(layer, source, options), source.origin));
      checkLayer(layer, source);
      const stored = weights.get(layer.name) ?? { named: new Map(), listed: [] };
      return readerOf(layer.kind)?.({ layer, source, net, weights: stored, keras: model.keras }, present);
    });
    if (made !== undefined) values.set(key, made);
  }
  diagnostics.stopOnErrors();
  const { made, value } = chooseOutput(described, values, model, options);
  const cut = options.output === null ? undefined : values.get(options.output);
  return net.import([value], cut, sourceOf(made, file), side, options, diagnostics);
}

/** What is the same for all kinds of layers. */
function checkLayer({ config, trains }: Layer, source: NodeSource): void {
  const { name, shown, origin } = source;
  const format = config.get('data_format');
  if (format !== undefined && format !== null && format !== 'channels_last')
    refuseUse(source, `has data_format ${JSON.stringify(format).slice(0, 80)}; channels_last works`);
  if (trains) refuseUse(source, 'is called with training=True, which depends on other samples or on chance', 'Call it without.');
  const stated = JSON.stringify(config.get('dtype') ?? 'float32');
  const other = /\w*float(?:16|64)/.exec(stated)?.[0];
  if (other === undefined) return;
  fail({
    code: 'BNN1008',
    message: `"${name}" (${shown}) computes in ${other}; float32 works.`,
    origin,
    help: 'Load the model with the policy float32 and save it again.',
  });
}

function chooseOutput(
  { outputs, layers }: Model,
  values: ReadonlyMap<string, Value>,
  { place }: KerasModel,
  { output }: FrontendOptions,
): { readonly made: Layer; readonly value: Value } {
  const [first] = outputs;
  const value = first && values.get(nameKey(first));
  const made = first && layers.find(({ name }) => name === first.layer);
  if (first === undefined || value === undefined || made === undefined || (outputs.length > 1 && output === null)) {
    return fail({
      code: 'BNN1006',
      message: `the model has ${outputs.length} outputs${outputs.length === 1 ? ', which no layer makes' : '; bnnc compiles one'}.`,
      origin: place,
      details: listAtMost(20, outputs, ({ layer }) => `output  "${layer}"`),
      ...(outputs.length > 1 && first !== undefined ? { help: `Choose one with --output, for example --output "${first.layer}".` } : {}),
    });
  }
  return { made, value };
}
