import type { Argv } from 'yargs';
import { DUMP_POINTS, compileModel, type Observers } from '../../driver/compile.ts';
import { EMITTERS, EMITTER_NAMES, type Emitter, type EmitterName } from '../../driver/emitters.ts';
import { billText, layerTable, planData } from '../../report/text.ts';
import { fail } from '../../support/diagnostics.ts';
import { nearest } from '../../support/nearest.ts';
import { loadTarget } from '../../targets/load.ts';
import { JSON_OPTION, toJson, type CommandContext } from '../command.ts';
import { readModel, refuseOverwriting, writeResult } from '../files.ts';
import { MODEL_OPTIONS, bannerCommand, compileOptions, type ModelArguments } from '../options.ts';

interface Arguments extends ModelArguments {
  readonly model: string | undefined;
  readonly out: string | undefined;
  readonly target: string;
  readonly emit: EmitterName;
  readonly linkage: 'static' | 'extern';
  readonly runtime: 'inline' | 'external';
  readonly timings: boolean;
  readonly dumpAfter: string | undefined;
  readonly json: string | undefined;
}

/** Stage times, in the order the stages began. */
function stopwatch(): { readonly stage: (name: string) => void; readonly report: () => string } {
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

async function run(args: Arguments, { io, warn }: CommandContext): Promise<void> {
  const { model = '', linkage, runtime, dumpAfter, json } = args;
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
  const target = loadTarget(args.target);
  const source = readModel(model, io.cwd);
  const extra = [
    `--target ${target.name}`,
    ...(linkage === 'static' ? [] : [`--linkage ${linkage}`]),
    ...(runtime === 'inline' ? [] : [`--runtime ${runtime}`]),
  ];
  const watch = stopwatch();
  const observers: Observers = {
    stage: watch.stage,
    graph: (after, text) => {
      if (after === dumpAfter) io.stdout(text());
    },
  };
  const options = compileOptions(args, target, bannerCommand('compile', source.file, args, extra));
  const compiled = compileModel(source, options, observers);
  warn(compiled.warnings);
  watch.stage('emit');
  const text = await emitter.emit(compiled, { linkage, runtime });
  if (args.timings) io.stderr(watch.report());
  if (dumpAfter !== undefined) return;
  const out = args.out ?? `${compiled.plan.names.prefix}${emitter.extension}`;
  if (out === '-') return io.stdout(text);
  refuseOverwriting(model, out, emitter.noun, io.cwd);
  writeResult(out, text, io.cwd);
  const data = toJson({ [emitter.noun]: out, ...planData(compiled.plan) });
  if (json === '') io.stdout(data);
  else {
    if (json !== undefined) writeResult(json, data, io.cwd);
    io.stdout(`${layerTable(compiled.plan.layers)}\n${billText(compiled.plan)}wrote      ${out}\n`);
  }
}

export const COMPILE_OPTIONS = {
  ...MODEL_OPTIONS,
  out: { alias: 'o', type: 'string', describe: 'file to write; NAME.h by default, - for stdout', requiresArg: true },
  target: { type: 'string', default: 'cortex-m4', describe: 'what it is planned for; see bnnc targets', requiresArg: true },
  emit: { choices: EMITTER_NAMES, default: 'c' as EmitterName, describe: 'what is written' },
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
