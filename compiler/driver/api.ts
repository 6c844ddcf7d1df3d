/** What a program that uses bnnc calls: the verbs of the command line with settings that may be left out. */
import type { HeaderOptions } from '../emit/c.ts';
import type { Goal } from '../kernels/select.ts';
import { planData, type PlanData } from '../report/text.ts';
import type { Diagnostic } from '../support/diagnostics.ts';
import type { Optimization } from '../runner/toolchain.ts';
import { loadTarget } from '../targets/load.ts';
import type { Target } from '../targets/target.ts';
import { benchModel, type BenchOutcome } from './bench.ts';
import {
  compileModel,
  headerOf,
  importModel,
  lowerModel,
  meanModel,
  moduleOf,
  planEvaluator,
  type CompileOptions,
  type ModelSource,
} from './compile.ts';
import { jsonOf } from './emitters.ts';
import { inspectModel, type Inspected } from './inspect.ts';
import { NO_INPUT_WORDS, type InputWords } from './options.ts';
import { verifyModel, type NamedBytes, type VerifyReport } from './verify-model.ts';
import type { Progress } from './verify.ts';

/** A model in memory. */
export interface Model extends Omit<ModelSource, 'side'> {
  /** Files beside the model, for external data; none by default. */
  readonly side?: ModelSource['side'];
}

/** The options of the command line that decide what a model means and how it is planned. */
export interface Settings extends Partial<InputWords> {
  /** C prefix; from the file name by default. */
  readonly name?: string;
  /** Format; recognised by content by default. */
  readonly from?: string;
  /** Tensor or node to compile up to; the model's only output by default. */
  readonly output?: string;
  /** A name that `listTargets` gives, or a description; `cortex-m4` by default. */
  readonly target?: string | Target;
  /** What kernels are chosen for; `size` by default. */
  readonly optimize?: Goal;
  /** Bytes of the user's part; those of the target by default. */
  readonly flash?: number;
  readonly ram?: number;
  /** Warnings are errors. */
  readonly strict?: boolean;
  /** How the banner of the header says that it was made; nothing of it decides about the code. */
  readonly command?: string;
}

export interface Compilation {
  /** The text of the C header. */
  readonly header: string;
  /** Names, sizes in bytes, layers with their kernels and prices: what `--json` prints. */
  readonly summary: PlanData;
  readonly warnings: readonly Diagnostic[];
}

export interface VerifySettings extends Omit<Settings, 'target'> {
  readonly data: NamedBytes;
  readonly labels?: NamedBytes;
  /** `host` by default. */
  readonly targets?: readonly (string | Target)[];
  /** Only the first samples. */
  readonly limit?: number;
  /** Path of the model file, to compare predictions with those of onnxruntime too. */
  readonly onnxruntime?: string;
  /** Also compares every value that the programs store, layer by layer. */
  readonly layers?: boolean;
}

export interface BenchSettings extends Omit<Settings, 'target'> {
  /** `cortex-m4` by default. */
  readonly targets?: readonly (string | Target)[];
  /** Pseudo-random samples from a fixed seed by default. */
  readonly data?: NamedBytes;
  /** Number of samples. */
  readonly limit?: number;
  /** `-Os` by default. */
  readonly optimization?: Optimization;
}

const NO_FILES: ModelSource['side'] = { list: () => [], read: () => undefined };

function sourceOf(model: Model): ModelSource {
  return { ...model, side: model.side ?? NO_FILES };
}

function targetOf(target: string | Target): Target {
  return typeof target === 'string' ? loadTarget(target) : target;
}

function optionsFor(settings: Omit<Settings, 'target'>, target: Target): CompileOptions {
  const given = Object.fromEntries(Object.entries(settings).filter(([key]) => key in NO_INPUT_WORDS));
  const {
    name = null,
    from = null,
    output = null,
    optimize = 'size',
    flash = null,
    ram = null,
    strict = false,
    command = 'bnnc',
  } = settings;
  return { ...NO_INPUT_WORDS, ...given, name, from, output, target, goal: optimize, flash, ram, forcedKernel: null, command, strict };
}

/**
 * Compiles a model to a C header.
 * @throws UserError with every problem of the first stage that has any
 */
export function compile(model: Model, settings: Settings & Partial<HeaderOptions> = {}): Compilation {
  const { linkage = 'static', runtime = 'inline', target = 'cortex-m4', ...rest } = settings;
  const compiled = compileModel(sourceOf(model), optionsFor(rest, targetOf(target)));
  return { header: headerOf(compiled, { linkage, runtime }), summary: planData(compiled.plan), warnings: compiled.warnings };
}

/**
 * The model in the JSON format, with its meaning fixed: it compiles to the same header. docs/json.md describes it.
 * @throws UserError with every problem of the first stage that has any
 */
export function toJson(model: Model, settings: Omit<Settings, 'target'> = {}): string {
  const source = sourceOf(model);
  const options = optionsFor(settings, loadTarget('host'));
  return jsonOf(meanModel(source, options), source, options);
}

/**
 * The model as a TypeScript module that needs nothing else. docs/typescript.md describes it.
 * @throws UserError with every problem of the first stage that has any
 */
export function toTypescript(model: Model, settings: Omit<Settings, 'target'> = {}): Promise<string> {
  const source = sourceOf(model);
  const options = optionsFor(settings, loadTarget('host'));
  return moduleOf(planEvaluator(source, lowerModel(source, options), options));
}

/**
 * What a model holds, node by node, and what of it is binary; also for models that cannot be compiled.
 * @throws UserError if the file cannot be read
 */
export function inspect(model: Model, settings: Settings = {}): Inspected {
  const { target = 'cortex-m4', ...rest } = settings;
  const options = optionsFor(rest, targetOf(target));
  return inspectModel(importModel(sourceOf(model), options), options);
}

/**
 * Compiles a model for each target, runs it there on the data and compares every output with the reference, bit for bit.
 * @param progress called a few times a second with what is going on
 * @throws UserError if the model or the data cannot be used; what happens on single targets is in the report
 */
export async function verify(model: Model, settings: VerifySettings, progress: Progress = () => undefined): Promise<VerifyReport> {
  const { data, labels = null, targets = ['host'], limit = null, onnxruntime = null, layers = false, ...rest } = settings;
  const request = { targets: targets.map(targetOf), data, labels, limit, onnxruntime, layers };
  return verifyModel(sourceOf(model), (target) => optionsFor(rest, target), request, progress);
}

/**
 * Counts the instructions that one inference executes on each target, layer by layer, and measures its sizes.
 * @param progress called a few times a second with what is going on
 * @throws UserError if the model or the data cannot be used; what happens on single targets is in the outcome
 */
export async function bench(model: Model, settings: BenchSettings = {}, progress: Progress = () => undefined): Promise<BenchOutcome> {
  const { targets = ['cortex-m4'], data = null, limit = null, optimization = '-Os', ...rest } = settings;
  const request = { targets: targets.map(targetOf), data, index: null, limit, optimization };
  return benchModel(sourceOf(model), (target) => optionsFor(rest, target), request, progress);
}
