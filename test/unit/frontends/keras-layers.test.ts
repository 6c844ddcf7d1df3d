/** Layers of Keras 2, Keras 3 and Larq, many in one network with an output each, and what TensorFlow computes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { importModel } from '../../../compiler/driver/compile.ts';
import type { FrontendOptions, Imported, TopologyChoice } from '../../../compiler/frontends/frontend.ts';
import { keras } from '../../../compiler/frontends/keras/index.ts';
import { verifyGraph } from '../../../compiler/ir/verify.ts';
import { Diagnostics, type Diagnostic } from '../../../compiler/support/diagnostics.ts';
import { loadTarget } from '../../../compiler/targets/load.ts';
import { compileOptions } from '../../support/options.ts';
import { problemsIn } from '../../support/problems.ts';
import { smallSample } from '../../support/small-networks.ts';
import { NO_FILES, inGraphOrder, runImported } from './read-model.ts';

const FOLDER = join(import.meta.dirname, '../../../fixtures/keras-layers');
const bytesOf = (name: string): Uint8Array => gunzipSync(readFileSync(join(FOLDER, `${name}.gz`)));
const textOf = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');
const goldenOf = (name: string): ReadonlyMap<string, readonly (readonly number[])[]> =>
  new Map(Object.entries(JSON.parse(textOf(name)) as Record<string, number[][]>));
/** What TensorFlow computes for one sample, by network and output. */
const GOLDEN = new Map([...goldenOf('golden-2.json'), ...goldenOf('golden-3.json')]);

function read(name: string, options: Partial<FrontendOptions> = {}): Imported {
  const imported = keras.read(bytesOf(name), NO_FILES, { file: name, output: null, ...options }, new Diagnostics());
  expect(verifyGraph(imported.graph)).toEqual([]);
  expect([imported.inputShape, imported.inputOrder]).toEqual([[6, 7, 4], null]);
  return imported;
}

function problemsOf(name: string, options: Partial<FrontendOptions> = {}): readonly Diagnostic[] {
  return problemsIn(() => read(name, options));
}

const run = (imported: Imported): readonly number[] => Array.from(runImported(imported, smallSample(imported, 0)), (value) => value + 0);

function goldenFor(imported: Imported, key: string): readonly number[] {
  const [values] = GOLDEN.get(key) ?? [];
  if (values === undefined) throw new Error(`no golden outputs of ${key}`);
  return inGraphOrder(
    imported,
    values.map((value) => Math.fround(value) + 0),
  );
}

const ULP = 2 ** -23;

/**
 * How far results that are rounded more than once may be from each other: each logistic and tanh is within 1.5 units in the last place of a result
 * below 1; Keras 3 divides by 6 and adds 1/2, we multiply by 1/6, which is rounded, below 1 both.
 */
const BOUNDS: ReadonlyMap<string, number> = new Map([
  ['standard-2/activation_sigmoid', 3 * (ULP / 2)],
  ['standard-2/activation_tanh', 3 * (ULP / 2)],
  ['standard-3/activation_sigmoid', 3 * (ULP / 2)],
  ['standard-3/activation_tanh', 3 * (ULP / 2)],
  ['standard-3/activation_hard_sigmoid', 2 * ULP],
]);

/** Where a file's way to keep weights shows: several to a layer, some left out, names in another order, one layer used twice. */
const STORED = ['conv_groups_relu', 'depthwise_multiplier_2', 'norm_without_scale', 'norm_without_both', 'dense', 'prelu', 'used_twice'];
const LARQ_STORED = ['one', 'real_kernel', 'depthwise_magnitude', 'dense'];

const outputsOf = (network: string): readonly string[] =>
  [...GOLDEN.keys()].flatMap((key) => (key.startsWith(`${network}/`) ? [key.slice(network.length + 1)] : []));

describe.each([
  ['standard-2.h5', outputsOf('standard-2')],
  ['standard-2.keras', STORED],
  ['standard-3.keras', outputsOf('standard-3')],
  ['standard-3.h5', STORED],
  ['quantized-2.h5', outputsOf('quantized-2')],
  ['quantized-2.keras', LARQ_STORED],
])('in %s', (file, outputs) => {
  it.each(outputs)('%s gives what TensorFlow gives, an image in its order', (output) => {
    const key = `${file.replace(/\.\w+$/, '')}/${output}`;
    const imported = read(file, { output });
    const [ours, theirs] = [run(imported), goldenFor(imported, key)];
    const bound = BOUNDS.get(key);
    expect(ours).toHaveLength(theirs.length);
    if (bound === undefined) expect(ours).toEqual(theirs);
    else expect(Math.max(...ours.map((value, i) => Math.abs(value - (theirs[i] ?? Number.NaN))))).toBeLessThanOrEqual(bound);
  });
});

/** The configuration of the residual network with something else in it. */
function edited(from: string | RegExp, to: string): string {
  const text = textOf('residual-2.json');
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  return changed;
}

const RESIDUAL = 'residual-2/quant_dense';

function topologyOf(text: string): TopologyChoice {
  return { word: 'residual-2.json', document: { file: 'residual-2.json', bytes: new TextEncoder().encode(text) } };
}

describe('a residual network of Larq gives what TensorFlow gives', () => {
  it.each(['residual-2.h5', 'residual-2.keras'])('as %s', (file) => {
    const imported = read(file);
    expect(run(imported)).toEqual(goldenFor(imported, RESIDUAL));
  });

  it.each(['weights-2.h5', 'numbered-2.weights.h5'])('as %s with the configuration in another file', (file) => {
    const source = { bytes: bytesOf(file), file, side: NO_FILES, topology: topologyOf(textOf('residual-2.json')) };
    const { format, imported } = importModel(source, compileOptions(loadTarget('cortex-m4')));
    expect(format).toBe('keras');
    expect(run(imported)).toEqual(goldenFor(imported, RESIDUAL));
  });

  const quantizer = /\{"module": "larq.quantizers", "class_name": "SteSign".*?\}, "registered_name": "SteSign".*?\}\}/g;

  it.each([
    ['a name', '"ste_sign"'],
    ['another name', '"approx_sign"'],
    ['the name of a class', '"SwishSign"'],
    ['an object of Larq', '{"class_name": "Larq>SteSign", "config": {"clip_value": 1.0}}'],
    ['a function of Keras 3', '{"module": "larq", "class_name": "function", "config": "ste_sign", "registered_name": "function"}'],
  ])('with its quantizers written as %s', (_, spelling) => {
    const text = textOf('residual-2.json');
    expect(text.match(quantizer)).toHaveLength(6);
    const imported = read('weights-2.h5', { topology: topologyOf(text.replace(quantizer, spelling)) });
    expect(run(imported)).toEqual(goldenFor(imported, RESIDUAL));
  });

  it.each(['V1', 'V2'])('with BatchNormalization%s, as TensorFlow 1 calls it', (version) => {
    const text = textOf('residual-2.json').replaceAll('"BatchNormalization"', `"BatchNormalization${version}"`);
    const imported = read('weights-2.h5', { topology: topologyOf(text) });
    expect(run(imported)).toEqual(goldenFor(imported, RESIDUAL));
  });

  it('with sizes from --input-shape where its own are open', () => {
    const topology = topologyOf(edited('"batch_input_shape": [null, 6, 7, 4]', '"batch_input_shape": [null, null, 7, 4]'));
    const imported = read('weights-2.h5', { topology, inputShape: [6, 7, 4] });
    expect(run(imported)).toEqual(goldenFor(imported, RESIDUAL));
    for (const inputShape of [null, [6, 7, 5], [7, 4]])
      expect(problemsOf('weights-2.h5', { topology, inputShape }).map(({ code, message }) => `${code} ${message}`)).toEqual([
        'BNN1005 the input "x" has the sizes [null, 7, 4]; all but the batch must be fixed.',
      ]);
  });

  it('without the softmax of its last layer, with a note', () => {
    const text = edited(/("class_name": "QuantDense".*?"activation": )"linear"/, '$1"softmax"');
    const imported = read('weights-2.h5', { topology: topologyOf(text) });
    expect(run(imported)).toEqual(goldenFor(imported, RESIDUAL));
    expect(imported.notes).toEqual(['"quant_dense" (QuantDense) at the end is left out: the output is its input.']);
  });
});

describe('a file of Keras is refused', () => {
  const training = '"batch_normalization" (BatchNormalization) is called with training=True, which depends on other samples or on chance.';
  const history = '{"class_name": "__keras_tensor__", "config": {"keras_history": ["quant_conv2d", 0, 0]}}';

  it.each([
    ['a call in training', '[[["quant_conv2d", 0, 0, {}]]]', '[[["quant_conv2d", 0, 0, {"training": true}]]]', training],
    ['a call in training', '[[["quant_conv2d", 0, 0, {}]]]', `[{"args": [${history}], "kwargs": {"training": true}}]`, training],
    [
      'channels before rows',
      /("class_name": "GlobalMaxPooling2D".*?)"channels_last"/,
      '$1"channels_first"',
      '"global_max_pooling2d" (GlobalMaxPooling2D) has data_format "channels_first"; channels_last works.',
    ],
  ])('with %s', (_, from, to, message) => {
    const [problem] = problemsOf('weights-2.h5', { topology: topologyOf(edited(from, to)) });
    expect(problem).toMatchObject({ code: 'BNN1008', message });
  });

  it('with lists in lists without end', () => {
    const deep = (levels: number): string =>
      edited('"strides": [1, 1]', `"strides": "\\"[[", "deep": ${'['.repeat(levels)}${']'.repeat(levels)}`);
    expect(problemsOf('weights-2.h5', { topology: topologyOf(deep(100_000)) })).toEqual([
      {
        code: 'BNN1003',
        severity: 'error',
        message: 'the configuration of the model has 100005 lists and objects in each other; 64 are the most.',
        origin: { file: 'residual-2.json', path: 'the configuration' },
      },
    ]);
    expect(problemsOf('weights-2.h5', { topology: topologyOf(deep(59)) })[0]?.message).toContain('has strides "\\"[["; two numbers work');
  });

  it('with all its layers that mean something else, at once', () => {
    for (const file of ['refused-2.h5', 'refused-2.keras'])
      expect(problemsOf(file).map(({ code, message }) => `${code} ${message}`)).toEqual([
        'BNN1008 "ternary_kernel" (QuantConv2D) has the kernel_quantizer "SteTern"; ste_sign, approx_sign, swish_sign and magnitude_aware_sign work.',
        'BNN1008 "several_bits" (QuantConv2D) has the input_quantizer "DoReFa"; ste_sign, approx_sign, swish_sign and magnitude_aware_sign work.',
        'BNN1008 "magnitudes_of_input/input_quantizer" (QuantConv2D) scales its input by the mean of the batch; signs work.',
        'BNN1008 "kernel_of_0_and_1" (QuantConv2D) quantizes its kernel to 0 and 1; signs work.',
        'BNN1008 "half_padding" (QuantConv2D) has pad_values 0.5; 0, 1 and -1 work.',
        'BNN1008 "norm_of_rows" (BatchNormalization) normalizes along axis 1; the last one, -1, works.',
      ]);
  });

  it.each(['residual-2.h5', 'residual-2.keras'])('with --topology where the file says its network: %s', (file) => {
    const [problem, ...others] = problemsOf(file, { topology: topologyOf(textOf('residual-2.json')) });
    expect(others).toEqual([]);
    expect(problem).toMatchObject({
      code: 'BNN0001',
      message: `--topology is for files that hold weights only; "${file}" (keras) states its network.`,
      help: 'Leave it out. If the file is of another format, name that with --from.',
    });
  });
});
