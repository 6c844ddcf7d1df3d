/** The TensorFlow Lite frontend: float networks and the custom operators of Larq Compute Engine. */
import { fail, type Diagnostics } from '../../support/diagnostics.ts';
import { ChannelsLast } from '../channels-last.ts';
import type { Frontend, FrontendOptions, Imported, SideFiles } from '../frontend.ts';
import { OperatorNetwork } from '../onnx/network.ts';
import { LARQ } from './larq.ts';
import { FLOAT32, TYPE_NAMES, Weights, isLite, readLite, type LiteModel, type LiteOperator, type LiteTensor } from './model.ts';
import { BUILTINS } from './operators.ts';
import { Translation, type Computed, type Translate } from './translation.ts';

const QUANTIZED: ReadonlySet<string> = new Set(['int8', 'uint8', 'int16']);

interface Step {
  readonly operator: LiteOperator;
  readonly shown: string;
  readonly translate: Translate | null;
  readonly output: LiteTensor;
}

function stepOf(model: LiteModel, operator: LiteOperator): Step {
  const { builtin, custom, origin, outputs } = operator;
  const output = model.tensor(outputs[0] ?? -1, origin);
  if (builtin === null) return { operator, shown: custom, translate: LARQ.get(custom) ?? null, output };
  const known = BUILTINS.get(builtin);
  const translate: Translate | null = known === undefined ? null : (translation) => ({ value: known.translate(translation), bits: false });
  return { operator, shown: known?.name ?? `builtin operator ${builtin}`, translate, output };
}

/** What the outputs depend on, in order. */
function neededSteps(model: LiteModel): readonly Step[] {
  const needed = new Set(model.outputs);
  const operators = model.operators.toReversed().filter(({ inputs, outputs }) => {
    if (!outputs.some((output) => needed.has(output))) return false;
    for (const input of inputs) needed.add(input);
    return true;
  });
  return operators.toReversed().map((operator) => stepOf(model, operator));
}

function checkSteps(model: LiteModel, steps: readonly Step[], diagnostics: Diagnostics): void {
  const told = new Set<number>();
  for (const { operator, shown, translate, output } of steps) {
    if (translate === null)
      diagnostics.error({
        code: 'BNN1004',
        message: `"${output.name}" uses the operator ${shown}, which bnnc does not support.`,
        origin: operator.origin,
        help: 'Cut the model before it with --output, or convert the network without it.',
      });
    for (const index of [...operator.inputs, ...operator.outputs].filter((each) => each >= 0 && !told.has(each))) {
      const { type, name, origin } = model.tensor(index, operator.origin);
      const element = TYPE_NAMES.get(type) ?? `type ${type}`;
      if (!QUANTIZED.has(element)) continue;
      told.add(index);
      diagnostics.error({
        code: 'BNN1008',
        message: `the tensor "${name}" is quantized to ${element}; bnnc reads networks of floats and bits.`,
        origin,
        help: 'Convert the network without inference_input_type and experimental_default_int8_range.',
      });
    }
  }
  diagnostics.stopOnErrors();
}

function inputOf(model: LiteModel, channels: ChannelsLast, file: string): readonly [number, Computed] {
  const [index = -1] = model.inputs;
  const origin = { file, path: 'subgraphs[0] inputs' };
  if (model.inputs.length !== 1)
    return fail({ code: 'BNN1006', message: `the model has ${model.inputs.length} inputs; a network has one.`, origin });
  const tensor = model.tensor(index, origin);
  const [batch = 1, ...sample] = tensor.shape;
  if (tensor.type !== FLOAT32)
    return fail({
      code: 'BNN1008',
      message: `the input "${tensor.name}" has the type ${TYPE_NAMES.get(tensor.type) ?? tensor.type}; float32 works.`,
      origin: tensor.origin,
    });
  if ((batch !== 1 && batch !== -1) || sample.length === 0 || ![...sample, ...tensor.signature.slice(1)].every((size) => size >= 1))
    return fail({
      code: 'BNN1005',
      message: `the input "${tensor.name}" has the shape [${tensor.signature.join(', ')}]; a batch of 1 and fixed sizes of at least 1 work.`,
      origin: tensor.origin,
      help: 'Convert the network with a fixed input shape.',
    });
  return [index, { value: channels.input(tensor.name, sample, tensor.origin), bits: false }];
}

function read(bytes: Uint8Array, side: SideFiles, options: FrontendOptions, diagnostics: Diagnostics): Imported {
  const model = readLite(bytes, options.file);
  const steps = neededSteps(model);
  checkSteps(model, steps, diagnostics);
  const network = new OperatorNetwork(options.file);
  const channels = new ChannelsLast(network);
  const computed = new Map<number, Computed>([inputOf(model, channels, options.file)]);
  const weights = new Weights();
  const failed = new Set<number>();
  for (const { operator, shown, translate, output } of steps) {
    const source = { name: output.name, shown, origin: { ...operator.origin, path: `${operator.path} ${shown}` } };
    // What is behind a problem is not known, and not looked at.
    const isReady = translate !== null && !operator.inputs.some((input) => failed.has(input));
    const made = isReady
      ? diagnostics.collect(() => translate(new Translation(channels, operator, source, weights, model, computed)))
      : undefined;
    if (made === undefined) failed.add(output.index);
    else computed.set(output.index, made);
  }
  diagnostics.stopOnErrors();
  const source = { name: 'output', shown: 'output', origin: { file: options.file, path: 'subgraphs[0] outputs' } };
  const outputs = model.outputs.map((index) => {
    const found = computed.get(index);
    if (found !== undefined) return found.value;
    return fail({ code: 'BNN1006', message: `nothing in the model computes its output ${index}.`, origin: source.origin });
  });
  const cut = steps.find(({ output }) => output.name === options.output)?.output.index ?? -1;
  return channels.import(outputs, computed.get(cut)?.value, source, side, options, diagnostics);
}

export const tflite: Frontend = {
  name: 'tflite',
  endings: ['.tflite'],
  doc: 'TensorFlow Lite (.tflite): float networks, and those of Larq Compute Engine.',
  accepts: isLite,
  read,
};
