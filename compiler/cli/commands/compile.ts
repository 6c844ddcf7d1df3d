import type { Argv } from 'yargs';
import { DUMP_POINTS, compileModel, lowerModel, meanModel, planEvaluator, type ModelSource, type Observers } from '../../driver/compile.ts';
import {
  EMITTERS,
  EMITTER_NAMES,
  type Emitter,
  type EmitterName,
  type EvaluatorEmitter,
  type MeaningEmitter,
  type PlanEmitter,
} from '../../driver/emitters.ts';
import { prefixOf } from '../../driver/provenance.ts';
import { evaluatorData, evaluatorText } from '../../report/evaluator.ts';
import { billText, layerTable, planData } from '../../report/text.ts';
import { fail } from '../../support/diagnostics.ts';
import { nearest } from '../../support/nearest.ts';
import { loadTarget } from '../../targets/load.ts';
import type { Target } from '../../targets/target.ts';
import { JSON_OPTION, toJson, type CommandContext } from '../command.ts';
import { readModel, refuseOverwriting, writeResult } from '../files.ts';
import { createProgress } from '../progress.ts';
import { MODEL_OPTIONS, TARGETS_DIR, bannerCommand, compileOptions, type ModelArguments, ownTargets } from '../options.ts';

interface Arguments extends ModelArguments {
  readonly model: string | undefined;
  readonly out: string | undefined;
  readonly target: string;
  readonly targetsDir: string | undefined;
  readonly emit: EmitterName;
  readonly linkage: 'static' | 'extern';
  readonly runtime: 'inline' | 'external';
  readonly timings: boolean;
  readonly dumpAfter: string | undefined;
  readonly json: string | undefined;
}

interface Stopwatch {
  readonly stage: (name: string) => void;
  readonly report: () => string;
}

/** Stage times, in the order the stages began. */
function stopwatch(): Stopwatch {
  const marks: { readonly name: string; readonly at: number }[] = [];
  const stage = (name: string): void => {
    marks.push({ name, at: performance.now() });
  };
  return {
    stage,
    report: () => {
      stage('');
      return marks
        .slice(0, -1)
        .map(({ name, at }, i) => `${name.padEnd(10)} ${Math.round((marks[i + 1]?.at ?? at) - at)} ms\n`)
        .join('');
    },
  };
}

/** What a run writes and says. */
interface Emitted {
  /** NAME of the default output file. */
  readonly prefix: string;
  readonly text: string;
  readonly data: object;
  readonly summary: string;
}

interface Job {
  readonly args: Arguments;
  readonly target: Target;
  readonly source: ModelSource;
  readonly observers: Observers;
  readonly warn: CommandContext['warn'];
}

/** Options that say how C is linked would do nothing. */
function refuseHeaderOptions({ emit, linkage, runtime }: Arguments, { noun, from }: EvaluatorEmitter | MeaningEmitter): void {
  const given = [...(linkage === 'static' ? [] : [`--linkage ${linkage}`]), ...(runtime === 'inline' ? [] : [`--runtime ${runtime}`])];
  if (given.length === 0) return;
  fail({
    code: 'BNN0001',
    message: `--emit ${emit} cannot be combined with ${given.join(' and ')}`,
    notes: [
      `Linkage and runtime are of C headers; a ${noun} ${from === 'meaning' ? 'has no functions' : 'always carries the functions that it needs'}.`,
    ],
    help: `Leave ${given.join(' and ')} out, or write a header with --emit c.`,
  });
}

async function emitPlan(emitter: PlanEmitter, { args, target, source, observers, warn }: Job): Promise<Emitted> {
  const { linkage, runtime, emit } = args;
  const extra = [
    `--target ${target.name}`,
    ...(emit === 'c' ? [] : [`--emit ${emit}`]),
    ...(linkage === 'static' ? [] : [`--linkage ${linkage}`]),
    ...(runtime === 'inline' ? [] : [`--runtime ${runtime}`]),
  ];
  const options = compileOptions(args, target, bannerCommand('compile', args, extra));
  const compiled = compileModel(source, options, observers);
  warn(compiled.warnings);
  observers.stage?.('emit');
  const { plan } = compiled;
  return {
    prefix: plan.names.prefix,
    text: await emitter.emit(compiled, { linkage, runtime }),
    data: planData(plan),
    summary: `${layerTable(plan.layers)}\n${billText(plan)}`,
  };
}

/** The target and what belongs to it (--optimize, --flash, --ram) decide nothing here, so that one config file serves all forms. */
async function emitEvaluator(emitter: EvaluatorEmitter, { args, target, source, observers, warn }: Job): Promise<Emitted> {
  const command = bannerCommand('compile', { ...args, optimize: 'size' }, [`--emit ${args.emit}`]);
  const options = compileOptions(args, target, command);
  const model = lowerModel(source, options, observers);
  observers.stage?.('plan');
  const plan = planEvaluator(source, model, options);
  warn(model.warnings);
  observers.stage?.('emit');
  return { prefix: plan.name, text: await emitter.emit(plan), data: evaluatorData(plan), summary: evaluatorText(plan) };
}

/** What a model means, whether it can be compiled or not. */
function emitMeaning(emitter: MeaningEmitter, { args, target, source, observers, warn }: Job): Emitted {
  const options = compileOptions(args, target, bannerCommand('compile', args, []));
  const meant = meanModel(source, options, observers);
  warn(meant.warnings);
  observers.stage?.('emit');
  const nodes = meant.reference.nodes.length;
  const prefix = prefixOf(source, meant.imported, options);
  return { prefix, text: emitter.emit(meant, source, options), data: { name: prefix, nodes }, summary: `nodes      ${nodes}\n` };
}

async function emit(emitter: Emitter, job: Job): Promise<Emitted> {
  switch (emitter.from) {
    case 'plan':
      return emitPlan(emitter, job);
    case 'evaluator':
      return emitEvaluator(emitter, job);
    case 'meaning':
      return emitMeaning(emitter, job);
  }
}

/** What a stage is for a person. Writing is over before anybody could read that it began. */
const STAGES: Readonly<Record<string, string>> = {
  read: 'reading the model',
  meaning: 'fixing its meaning',
  passes: 'lowering it to integers',
  plan: 'planning kernels and memory',
  emit: 'printing',
};

async function run(args: Arguments, { io, ...context }: CommandContext): Promise<void> {
  const watch = stopwatch();
  const progress = createProgress(io);
  /** What is said removes the line of progress before it. */
  const after =
    <T>(say: (what: T) => void) =>
    (what: T): void => {
      progress.end();
      say(what);
    };
  const stage = (name: string): void => {
    watch.stage(name);
    const activity = STAGES[name];
    if (activity !== undefined) progress.begin(activity);
  };
  try {
    await compile(args, { ...context, io: { ...io, stdout: after(io.stdout) }, warn: after(context.warn) }, stage);
  } finally {
    progress.end();
  }
  if (args.timings) io.stderr(watch.report());
}

async function compile(args: Arguments, { io, warn }: CommandContext, stage: Stopwatch['stage']): Promise<void> {
  const { model = '', dumpAfter, json } = args;
  if (dumpAfter !== undefined && !DUMP_POINTS.includes(dumpAfter)) {
    const near = nearest(dumpAfter, DUMP_POINTS);
    fail({
      code: 'BNN0001',
      message: `--dump-after ${dumpAfter} names no point of the pipeline`,
      details: [`points  ${DUMP_POINTS.join(' ')}`],
      ...(near === undefined ? {} : { help: `Did you mean ${near}?` }),
    });
  }
  const emitter: Emitter = EMITTERS[args.emit];
  if (emitter.from !== 'plan') refuseHeaderOptions(args, emitter);
  const source = readModel(model, io.cwd, args.topology);
  const observers: Observers = {
    stage,
    graph: (after, text) => {
      if (after === dumpAfter) io.stdout(text());
    },
  };
  const job: Job = { args, target: loadTarget(args.target, ownTargets(args, io.cwd)), source, observers, warn };
  const emitted = await emit(emitter, job);
  if (dumpAfter !== undefined) return;
  stage('write');
  const out = args.out ?? `${emitted.prefix}${emitter.extension}`;
  if (out === '-') return io.stdout(emitted.text);
  refuseOverwriting(model, out, emitter.noun, io.cwd);
  writeResult(out, emitted.text, io.cwd);
  const data = toJson({ [emitter.noun]: out, ...emitted.data });
  if (json === '') io.stdout(data);
  else {
    if (json !== undefined) writeResult(json, data, io.cwd);
    io.stdout(`${emitted.summary}wrote      ${out}\n`);
  }
}

export const COMPILE_OPTIONS = {
  ...MODEL_OPTIONS,
  out: { alias: 'o', type: 'string', describe: 'file to write; NAME.h, NAME.ts or NAME.json by default, - for stdout', requiresArg: true },
  target: { type: 'string', default: 'cortex-m4', describe: 'what it is planned for; see bnnc targets', requiresArg: true },
  ...TARGETS_DIR,
  emit: {
    choices: EMITTER_NAMES,
    default: 'c' as EmitterName,
    describe: 'what is written: a C header, a TypeScript module, or the model as JSON',
  },
  linkage: { choices: ['static', 'extern'], default: 'static', describe: 'static inline, or stb style with NAME_IMPLEMENTATION' },
  runtime: { choices: ['inline', 'external'], default: 'inline', describe: 'carry the runtime functions, or include bnn.h' },
  timings: { type: 'boolean', default: false, describe: 'print the time of each stage' },
  'dump-after': { type: 'string', describe: 'print the graph after a pass and write nothing', requiresArg: true },
  json: JSON_OPTION,
} as const;

export function compileCommand<T>(yargs: Argv<T>, context: CommandContext): Argv<T> {
  return yargs.command(
    'compile <model>',
    'compile a trained network to a C header',
    (verb) => verb.positional('model', { type: 'string', describe: 'model file' }).options(COMPILE_OPTIONS),
    (args) => run(args, context),
  );
}
