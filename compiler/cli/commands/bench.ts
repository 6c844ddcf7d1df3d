import type { Argv } from 'yargs';
import { DEFAULT_SAMPLES, benchModel } from '../../driver/bench.ts';
import { benchText } from '../../report/bench.ts';
import { compareBench, comparisonText, readBench } from '../../report/bench-compare.ts';
import { fail } from '../../support/diagnostics.ts';
import { loadTarget } from '../../targets/load.ts';
import { JSON_OPTION, toJson, type CommandContext } from '../command.ts';
import { readData, readModel, writeResult } from '../files.ts';
import {
  MODEL_OPTIONS,
  TARGETS_DIR,
  TARGET_LIST,
  bannerCommand,
  compileOptions,
  wholeNumber,
  type ModelArguments,
  ownTargets,
} from '../options.ts';
import { createProgress } from '../progress.ts';

interface Arguments extends ModelArguments {
  readonly model: string | undefined;
  readonly target: readonly string[];
  readonly targetsDir: string | undefined;
  readonly data: string | undefined;
  readonly index: string | undefined;
  readonly limit: string | undefined;
  readonly optimization: '-Os' | '-O2' | '-O3';
  readonly json: string | undefined;
  readonly compare: string | undefined;
}

async function run(args: Arguments, context: CommandContext): Promise<void> {
  const { io } = context;
  const index = wholeNumber('index', args.index, 'the number of a sample', 0);
  const limit = wholeNumber('limit', args.limit, 'a number of samples', 1);
  if (index !== null && (args.data === undefined || limit !== null)) {
    fail({ code: 'BNN0001', message: '--index chooses one sample of --data', help: 'Give --data with it, and no --limit.' });
  }
  const earlier = args.compare === undefined ? null : readBench(readData(args.compare, io.cwd), args.compare);
  const source = readModel(args.model ?? '', io.cwd, args.topology);
  const targets = [...new Set(args.target)].map((name) => loadTarget(name, ownTargets(args, io.cwd)));
  const progress = createProgress(io);
  try {
    const { report, warnings, problems } = await benchModel(
      source,
      (target) => compileOptions(args, target, bannerCommand('compile', args, [`--target ${target.name}`])),
      {
        targets,
        data: args.data === undefined ? null : { bytes: readData(args.data, io.cwd), file: args.data },
        index,
        limit,
        optimization: args.optimization,
      },
      progress.update,
    );
    progress.end();
    context.warn(warnings);
    const comparison = earlier === null ? null : compareBench(earlier, report, args.compare ?? '');
    if (args.json === '') io.stdout(toJson(report));
    else {
      if (args.json !== undefined) writeResult(args.json, toJson(report), io.cwd);
      io.stdout(benchText(report));
    }
    if (comparison !== null && args.json !== '') io.stdout(`\n${comparisonText(comparison)}`);
    context.warn(problems);
    if (problems.length > 0 || comparison?.changes.some(({ before, now }) => now > before) === true) context.exit(1);
  } finally {
    progress.end();
  }
}

export const BENCH_OPTIONS = {
  ...MODEL_OPTIONS,
  target: { ...TARGET_LIST, default: ['cortex-m4'] as readonly string[], describe: 'targets, comma list or repeated; see bnnc targets' },
  ...TARGETS_DIR,
  optimization: {
    choices: ['-Os', '-O2', '-O3'],
    default: '-Os',
    requiresArg: true,
    describe: 'what the C compiler optimizes for',
  },
  data: { type: 'string', requiresArg: true, describe: 'samples: idx (.gz), .npy or .npz; pseudo-random ones by default' },
  index: { type: 'string', requiresArg: true, describe: 'only this sample of --data, counted from 0' },
  limit: { type: 'string', requiresArg: true, describe: `number of samples, ${DEFAULT_SAMPLES} by default` },
  json: JSON_OPTION,
  compare: { type: 'string', requiresArg: true, describe: 'an earlier --json: show what changed, exit with 1 if anything grew' },
} as const;

export function benchCommand<T>(yargs: Argv<T>, context: CommandContext): Argv<T> {
  return yargs.command(
    'bench <model>',
    'count the instructions of one inference in an emulator, exactly and layer by layer; flash, RAM, stack',
    (verb) => verb.positional('model', { type: 'string', describe: 'model file' }).options(BENCH_OPTIONS),
    (args) => run(args, context),
  );
}
