/** The trained models that are run in emulators, with the data they were trained for and what onnxruntime says. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readModel } from '../../compiler/cli/files.ts';
import { compileModel, headerOf, type CompileOptions, type Compiled, type ModelSource } from '../../compiler/driver/compile.ts';
import { readDataset } from '../../compiler/driver/dataset.ts';
import type { InputWords } from '../../compiler/driver/options.ts';
import { readLabels, readSamples, type Samples } from '../../compiler/driver/samples.ts';
import { inputFile, interpretSamples, verifyTarget, type Reference, type TargetResult } from '../../compiler/driver/verify.ts';
import { typeOf } from '../../compiler/ir/graph.ts';
import { loadTarget } from '../../compiler/targets/load.ts';
import type { Target } from '../../compiler/targets/target.ts';
import { compileOptions } from '../support/options.ts';

const ROOT = join(import.meta.dirname, '../..');
const FIXTURES = join(ROOT, 'fixtures');
const MODELS = process.env['BNNC_MODELS_DIR'];
const DATA = process.env['BNNC_DATA_DIR'];

export interface TrainedModel {
  readonly name: string;
  readonly file: string;
  readonly words: Partial<InputWords>;
  /** What --topology says. */
  readonly topology?: string;
  /** JSON with `pred_all`: onnxruntime's class of each of the 10,000 MNIST test images, one digit each. */
  readonly golden: string;
  /** onnxruntime can run the file itself: it has no operators of its own. */
  readonly standard: boolean;
  /** Where all the MNIST test images are run, or the first `samples` of them; by default on the integer targets, all. */
  readonly runs?: readonly { readonly target: string; readonly samples?: number }[];
}

export const PIXELS: Partial<InputWords> = { input: 'u8', inputScale: '1/255' };

function fixture(name: string, words: Partial<InputWords>): TrainedModel {
  return { name, file: join(FIXTURES, name, 'model.onnx'), words, golden: join(FIXTURES, name, 'golden.json'), standard: true };
}

/** Trained by this project; in the repository. The graph of the second divides by 255 itself. */
export const OWN: readonly TrainedModel[] = [fixture('digits-cnn', PIXELS), fixture('digits-mlp', {})];

/** One for each published system, in its manner; in the repository. */
export const SYSTEMS: readonly TrainedModel[] = [
  'ebnn-conv-pool',
  'binarynet-mlp',
  'binarynet-conv',
  'binarynet-tf',
  'xnor-lenet-small',
  'lbcnn',
  'bmxnet-lenet',
  'birealnet',
].map((name) => fixture(name, PIXELS));

/** Trained by others: there when BNNC_MODELS_DIR names their folder. */
export const OTHERS: readonly TrainedModel[] =
  MODELS === undefined
    ? []
    : [
        {
          name: 'qonnx-tfc-1w1a',
          file: join(MODELS, 'qonnx-tfc-1w1a/TFC_1W1A.onnx'),
          words: PIXELS,
          golden: join(MODELS, 'qonnx-tfc-1w1a/golden.json'),
          standard: false,
        },
      ];

/** As OTHERS, with real-valued layers. */
export const OTHERS_REAL: readonly TrainedModel[] =
  MODELS === undefined
    ? []
    : [
        {
          name: 'xnor-lenet',
          file: join(MODELS, 'xnor-lenet/xnor-lenet.onnx'),
          words: { input: 'u8', mean: '0.1307', std: '0.3081' },
          golden: join(MODELS, 'xnor-lenet/golden.json'),
          standard: true,
          runs: [{ target: 'host' }, { target: 'cortex-m4f', samples: 1000 }],
        },
        {
          name: 'bmxnet-lenet-32bit',
          file: join(MODELS, 'bmxnet-lenet-32bit/binarized_mnist_32bit-symbol.json'),
          words: { ...PIXELS, inputShape: '1x28x28' },
          golden: join(MODELS, 'bmxnet-lenet-32bit/golden.json'),
          standard: false,
          runs: [{ target: 'host' }, { target: 'cortex-m4f', samples: 256 }],
        },
        {
          name: 'brevitas-tfc-checkpoint',
          file: join(MODELS, 'brevitas-tfc-checkpoint/TFC_1W1A_best.tar'),
          topology: 'brevitas-tfc',
          words: {},
          golden: join(MODELS, 'brevitas-tfc-checkpoint/golden.json'),
          standard: false,
          runs: [{ target: 'host' }, { target: 'cortex-m4f', samples: 256 }],
        },
        {
          name: 'xnor-lenet-checkpoint',
          file: join(MODELS, 'xnor-lenet/Bin_LeNet.best9945.pth'),
          topology: 'xnor-lenet',
          words: {},
          golden: join(MODELS, 'xnor-lenet/golden.json'),
          standard: false,
          runs: [{ target: 'host' }, { target: 'cortex-m4f', samples: 256 }],
        },
      ];

export interface Images {
  readonly images: string;
  readonly labels: string;
}

/** The first 300 MNIST test images, in the repository. */
export const VECTORS: Images = {
  images: join(FIXTURES, 'digits-cnn/vectors-images.idx3-ubyte.gz'),
  labels: join(FIXTURES, 'digits-cnn/vectors-labels.idx1-ubyte.gz'),
};

/** All 10,000 MNIST test images, if BNNC_DATA_DIR names the folder that holds mnist/. */
export const MNIST: Images | undefined =
  DATA === undefined
    ? undefined
    : { images: join(DATA, 'mnist/t10k-images-idx3-ubyte.gz'), labels: join(DATA, 'mnist/t10k-labels-idx1-ubyte.gz') };

/** onnxruntime's predictions for the MNIST test images in order, one digit each. */
export function predictionsOfOnnxRuntime({ golden }: TrainedModel): string {
  const { pred_all: all } = JSON.parse(readFileSync(golden, 'utf8')) as { readonly pred_all: string | readonly number[] };
  return typeof all === 'string' ? all : all.join('');
}

export function optionsFor(model: TrainedModel, target: Target, name: string | null = null): CompileOptions {
  return compileOptions(target, { ...model.words, name: name ?? model.name, command: `bnnc compile ${basename(model.file)}` });
}

export function sourceOf({ file, topology }: TrainedModel): ModelSource {
  return readModel(file, ROOT, topology);
}

export function compileFor(model: TrainedModel, target: Target, name: string | null = null): Compiled {
  return compileModel(sourceOf(model), optionsFor(model, target, name));
}

export function headerFor(model: TrainedModel, target: Target, name: string | null = null): string {
  return headerOf(compileFor(model, target, name), { linkage: 'static', runtime: 'inline' });
}

/** A model on some images: its samples, and what each target must give. */
export interface Subject {
  readonly model: TrainedModel;
  readonly samples: Samples;
  readonly labels: readonly number[];
  readonly reference: Reference;
  readonly input: Uint8Array;
}

const NO_PROGRESS = (): void => undefined;

/** Interprets the model on the first `count` images. */
export async function subjectOf(model: TrainedModel, images: Images, count: number): Promise<Subject> {
  const compiled = compileFor(model, loadTarget('host'));
  const { reference: graph, imported } = compiled;
  const order = { type: typeOf(graph, graph.input), fileShape: imported.inputShape, order: imported.inputOrder };
  const samples = readSamples(readDataset(readFileSync(images.images), basename(images.images)), basename(images.images), order);
  const labels = readLabels(readDataset(readFileSync(images.labels), basename(images.labels)), basename(images.labels), count);
  const reference = await interpretSamples(compiled, samples, count, NO_PROGRESS);
  return { model, samples, labels, reference, input: inputFile(compiled, samples, count) };
}

export async function runOn({ model, input, reference, labels }: Subject, target: Target): Promise<TargetResult> {
  return verifyTarget(compileFor(model, target), target, input, reference, labels, NO_PROGRESS);
}

/** Fails in CI where a folder is named and does not hold what it should; skips nothing by itself. */
export function missingFiles(models: readonly TrainedModel[], images: Images): readonly string[] {
  return [...models.flatMap(({ file, golden }) => [file, golden]), images.images, images.labels].filter((path) => !existsSync(path));
}
