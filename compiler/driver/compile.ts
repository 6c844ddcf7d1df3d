/** Model bytes to header: the pipeline, top to bottom. */
import { emitHeader, type HeaderOptions } from '../emit/c.ts';
import { runtimeAbi } from '../emit/runtime.ts';
import { emitTypescript } from '../emit/ts.ts';
import type { Imported, SideFiles, TopologyChoice } from '../frontends/frontend.ts';
import { FRONTENDS, detectFrontend } from '../frontends/index.ts';
import { refuseTopology } from '../frontends/topology.ts';
import { typeOf, valueOf } from '../ir/graph.ts';
import { printGraph, printType } from '../ir/print.ts';
import type { Graph } from '../ir/types.ts';
import type { Goal, Preference } from '../kernels/select.ts';
import { PIPELINE } from '../passes/index.ts';
import { runPasses } from '../passes/run.ts';
import { beyondEvaluator, buildEvaluator } from '../plan/build-evaluator.ts';
import { buildPlan } from '../plan/build.ts';
import type { EvaluatorPlan } from '../plan/evaluator.ts';
import { catalogFor } from '../plan/choose.ts';
import { fitProblem, fittingPlan, limitsOf } from '../plan/fit.ts';
import { namesOf } from '../plan/names.ts';
import type { Plan } from '../plan/plan.ts';
import { Diagnostics, fail, type Diagnostic } from '../support/diagnostics.ts';
import type { Target } from '../targets/target.ts';
import { fixMeaning } from './meaning.ts';
import { inputMeaning, inputSizes, type InputWords } from './options.ts';
import { checkSettled, nameOf, notesOf, prefixOf, provenanceOf, type CommandText } from './provenance.ts';

export interface ModelSource {
  readonly bytes: Uint8Array;
  /** File name without folder, as it is shown and as it names the C prefix. */
  readonly file: string;
  readonly side: SideFiles;
  /** What --topology says, for a file that holds weights only. */
  readonly topology?: TopologyChoice | null;
}

export interface CompileOptions extends InputWords {
  /** C prefix; null takes it from the file name. */
  readonly name: string | null;
  /** Frontend; null recognises the content. */
  readonly from: string | null;
  /** Output tensor or node; null for the model's only one. */
  readonly output: string | null;
  readonly target: Target;
  readonly goal: Goal;
  /** Limits of the user's part in bytes; null takes the target's. */
  readonly flash: number | null;
  readonly ram: number | null;
  /** Kernel to take wherever it can be; null for the cheapest. */
  readonly forcedKernel: string | null;
  /** For the banner: the command, or how it reads for a model file and the options that decide its meaning. */
  readonly command: string | CommandText;
  readonly strict: boolean;
}

/** A model whose meaning is fixed. */
export interface Meant {
  /** Name of the frontend that read it. */
  readonly format: string;
  readonly imported: Imported;
  /** What the network means on the chip: the oracle. */
  readonly reference: Graph;
  readonly warnings: readonly Diagnostic[];
}

/** What a model is before a target is chosen. */
export interface Lowered extends Meant {
  readonly lowered: Graph;
}

export interface Compiled extends Lowered {
  readonly plan: Plan;
}

/** Names of the formats that are read. */
export const FORMATS: readonly string[] = FRONTENDS.map(({ name }) => name);

/** How the names of files end that hold a model. */
export const MODEL_ENDINGS: readonly string[] = FRONTENDS.flatMap(({ endings }) => endings);

/** For progress, --timings and --dump-after. */
export interface Observers {
  /** A stage begins. */
  readonly stage?: (name: string) => void;
  /** A graph exists: after `import`, `meaning` or a pass. `text` prints it. */
  readonly graph?: (after: string, text: () => string) => void;
}

/** Names that --dump-after takes, in order. */
export const DUMP_POINTS: readonly string[] = [
  ...new Set(['import', 'meaning', ...Object.values(PIPELINE).flatMap((passes) => passes.map((pass) => pass.name))]),
];

/** What a file says, before anything is decided. */
export interface Read {
  /** Name of the frontend. */
  readonly format: string;
  readonly imported: Imported;
  readonly warnings: readonly Diagnostic[];
}

function refuseShape(wanted: readonly number[], { graph, inputShape }: Imported): never {
  return fail({
    code: 'BNN0001',
    message: '--input-shape is not the shape that the file states for its input.',
    origin: valueOf(graph, graph.input).origin,
    details: [`file    ${inputShape.join('x')}`, `option  ${wanted.join('x')}`],
    help: 'Leave it out: it is for files that do not state the sizes of their input.',
  });
}

/** @throws UserError when the file cannot be read */
export function importModel(source: ModelSource, options: CompileOptions): Read {
  const { from, output } = options;
  const inputShape = inputSizes(options);
  const { bytes, side, file, topology = null } = source;
  const diagnostics = new Diagnostics();
  const frontend = detectFrontend(bytes, from, file);
  if (topology !== null && frontend.topologies === undefined) return refuseTopology(file, frontend.name);
  const imported = frontend.read(bytes, side, { file, output, topology, inputShape }, diagnostics);
  diagnostics.stopOnErrors();
  if (inputShape !== null && inputShape.join() !== imported.inputShape.join()) refuseShape(inputShape, imported);
  return { format: frontend.name, imported, warnings: diagnostics.warnings };
}

function dumpTo({ graph: observe }: Observers): (after: string, graph: Graph) => void {
  return (after, graph) => observe?.(after, () => printGraph(graph));
}

/**
 * Reads the model unless that is done, and fixes its meaning.
 * @throws UserError with every problem of the first stage that has any
 */
export function meanModel(source: ModelSource, options: CompileOptions, observers: Observers = {}, read?: Read): Meant {
  const stage = (name: string): void => observers.stage?.(name);
  const dump = dumpTo(observers);
  const meaning = inputMeaning(options, new Diagnostics());
  stage('read');
  const { format, imported, warnings } = read ?? importModel(source, options);
  const diagnostics = new Diagnostics(warnings);
  dump('import', imported.graph);
  stage('meaning');
  const reference = fixMeaning(imported.graph, meaning, diagnostics);
  dump('meaning', reference);
  checkSettled(imported, reference, options);
  const decided = diagnostics.warnings.filter(({ code }) => code === 'BNN2009').map(({ message }) => message);
  return { format, imported: { ...imported, notes: [...imported.notes, ...decided] }, reference, warnings: diagnostics.warnings };
}

/**
 * Reads the model unless that is done, fixes its meaning and runs the passes.
 * @throws UserError with every problem of the first stage that has any
 */
export function lowerModel(source: ModelSource, options: CompileOptions, observers: Observers = {}, read?: Read): Lowered {
  const meant = meanModel(source, options, observers, read);
  const diagnostics = new Diagnostics(meant.warnings);
  observers.stage?.('passes');
  const dump = dumpTo(observers);
  const lowered = runPasses(meant.reference, PIPELINE, diagnostics, (pass, graph) => dump(pass.name, graph));
  return { ...meant, lowered, warnings: diagnostics.warnings };
}

/** Plans a lowered model for the target of `options`, which are otherwise those it was lowered with. @throws UserError */
export function planModel(source: ModelSource, model: Lowered, options: CompileOptions): Compiled {
  const planned = {
    catalog: catalogFor(model.lowered, options.target),
    target: options.target,
    names: namesOf(nameOf(source, model.imported, options)),
    provenance: { ...provenanceOf(source, model.imported, options), abi: runtimeAbi() },
    classes: model.imported.classes,
    notes: notesOf(model.imported, options),
    forcedKernel: options.forcedKernel,
  };
  const attempt = (goal: Preference): { readonly plan: Plan; readonly diagnostics: Diagnostics } => {
    const diagnostics = new Diagnostics(model.warnings);
    const plan = buildPlan(model.lowered, { ...planned, goal }, diagnostics);
    return { plan, diagnostics };
  };
  const limits = limitsOf(options.target, options.flash, options.ram);
  const { plan, diagnostics } = fittingPlan(attempt, options.goal, limits);
  const problem = fitProblem(plan, limits);
  if (problem !== null) diagnostics.error(problem);
  diagnostics.stopOnErrors();
  if (options.strict) diagnostics.stopOnWarnings();
  return { ...model, plan, warnings: diagnostics.warnings };
}

/**
 * Plans a lowered model for languages in which it runs without a target.
 * @throws UserError where an operation has no form there, and with --strict, when there are warnings
 */
export function planEvaluator(source: ModelSource, model: Lowered, options: CompileOptions): EvaluatorPlan {
  if (options.strict) new Diagnostics(model.warnings).stopOnWarnings();
  const { lowered, imported } = model;
  const node = beyondEvaluator(lowered);
  if (node !== undefined) {
    fail({
      code: 'BNN3005',
      message: `"${node.name}" (${node.kind}) cannot be written as TypeScript`,
      origin: node.origin,
      details: [
        `input   ${node.inputs.map((id) => printType(typeOf(lowered, id))).join(', ')}`,
        `output  ${printType(typeOf(lowered, node.output))}`,
      ],
      notes: ['The TypeScript evaluator has bits and integers between layers, and real numbers only as scores.'],
      help: 'Use --emit c, or --emit json and an interpreter of your own.',
    });
  }
  return buildEvaluator(lowered, {
    name: prefixOf(source, imported, options),
    provenance: provenanceOf(source, imported, options),
    classes: imported.classes,
    notes: notesOf(imported, options),
  });
}

/** The whole way for one target. @throws UserError with every problem of the first stage that has any */
export function compileModel(source: ModelSource, options: CompileOptions, observers: Observers = {}): Compiled {
  const lowered = lowerModel(source, options, observers);
  observers.stage?.('plan');
  return planModel(source, lowered, options);
}

/** The header of a compiled model. */
export function headerOf({ plan }: Compiled, options: HeaderOptions): string {
  return emitHeader(plan, options);
}

/** The TypeScript module of a planned network, type-checked. @throws Error, never for a reason of the user's */
export function moduleOf(plan: EvaluatorPlan): Promise<string> {
  return emitTypescript(plan);
}
