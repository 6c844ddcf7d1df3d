import { resolve } from 'node:path';
import type { Argv } from 'yargs';
import { verifyModel, type DifferingSample, type VerifyReport } from '../../driver/verify-model.ts';
import { grouped, table } from '../../report/text.ts';
import { junitReport } from '../../report/junit.ts';
import type { Diagnostic } from '../../support/diagnostics.ts';
import { loadTarget } from '../../targets/load.ts';
import { JSON_OPTION, toJson, type CommandContext } from '../command.ts';
import { readData, readModel, writeResult } from '../files.ts';
import { hasEqualLayers, layerCases, layerProblems, layersText } from '../layers-text.ts';
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
import { runtimeLayerProblems, runtimeLayersText } from '../runtime-layers-text.ts';

interface Arguments extends ModelArguments {
  readonly model: string | undefined;
  readonly data: string;
  readonly labels: string | undefined;
  readonly target: readonly string[];
  readonly targetsDir: string | undefined;
  readonly limit: string | undefined;
  readonly reference: 'interpreter' | 'onnxruntime';
  readonly layers: boolean;
  readonly json: string | undefined;
  readonly junit: string | undefined;
}

function percent(correct: number | null, samples: number): string {
  return correct === null || samples === 0 ? '-' : `${((100 * correct) / samples).toFixed(2)} %`;
}

function bytes(value: number | null): string {
  return value === null ? '-' : `${grouped(value)} B`;
}

function reportText({ samples, targets, runtime, layers, runtimeLayers }: VerifyReport): string {
  const rows = targets.map((t) => [
    t.target,
    t.board,
    t.samples === 0 ? 'not run' : `${t.equal} of ${t.samples}`,
    percent(t.correct, t.samples),
    bytes(t.flash),
    bytes(t.workspaceBytes),
    bytes(t.stack),
    t.stack === null ? '-' : bytes(t.flash + t.workspaceBytes + t.stack),
  ]);
  const head = ['target', 'ran on', 'samples equal', 'accuracy', 'flash', 'workspace', 'stack', 'flash+RAM'];
  const outputs = `${grouped(samples)} samples, every output compared bit for bit with the interpreter\n\n${table([head, ...rows])}`;
  const compared = `${outputs}${layers === null ? '' : `\n${layersText(layers)}`}`;
  if (runtime === null) return compared;
  const predictions = `${compared}\nonnxruntime: ${runtime.equalPredictions} of ${samples} predictions equal, largest difference of a score ${runtime.largestDifference.toExponential(2)}\n`;
  return `${predictions}${runtimeLayers === null ? '' : runtimeLayersText(runtimeLayers)}`;
}

/** What the equivalence certificate says about a sample. */
function reasonText({ uncertain: [first, ...others] }: DifferingSample): string {
  if (first === undefined) return 'rounding can turn no sum of bits or bytes in it';
  const more = others.length === 0 ? '' : `, and of ${others.length} other channel${others.length === 1 ? '' : 's'}`;
  return `rounding can turn the sum ${first.accumulator} of channel ${first.channel} of "${first.layer}" before "${first.sign}"${more}`;
}

function problems({ samples, targets, runtime, layers, runtimeLayers, failures }: VerifyReport): readonly Diagnostic[] {
  const wrong = targets
    .filter((t) => t.equal < t.samples)
    .map((t): Diagnostic => ({
      code: 'BNN4003',
      severity: 'error',
      message: `${t.target}: the outputs of ${t.samples - t.equal} of ${t.samples} samples differ from the interpreter's`,
      details: t.mismatches.map((m) => `sample ${m.sample}, output ${m.output}: ${m.actual}, wanted ${m.expected}`),
      notes: hasEqualLayers(layers, t.target)
        ? ['The program that hands out its layers computes all of them right: the C compiler made something else of the header here.']
        : [],
    }));
  const differing = [
    ...failures.flatMap(({ diagnostics }) => diagnostics),
    ...wrong,
    ...(layers === null ? [] : layerProblems(layers)),
    ...(runtimeLayers === null ? [] : runtimeLayerProblems(runtimeLayers)),
  ];
  if (runtime === null || runtime.equalPredictions === samples) return differing;
  return [
    ...differing,
    {
      code: 'BNN4003',
      severity: 'error',
      message: `${samples - runtime.equalPredictions} of ${samples} predictions differ from onnxruntime's`,
      details: runtime.differing.flatMap((d) => [`sample ${d.sample}: ${d.actual}, onnxruntime says ${d.expected}`, `  ${reasonText(d)}`]),
      notes: ['The compiled network equals its exact definition; onnxruntime sums real inputs in float32, where rounding can turn a sign.'],
    },
  ];
}

async function run(args: Arguments, context: CommandContext): Promise<void> {
  const { io } = context;
  const limit = wholeNumber('limit', args.limit, 'a number of samples', 1);
  const source = readModel(args.model ?? '', io.cwd, args.topology);
  const targets = [...new Set(args.target)].map((name) => loadTarget(name, ownTargets(args, io.cwd)));
  const progress = createProgress(io);
  try {
    const report = await verifyModel(
      source,
      (target) => compileOptions(args, target, bannerCommand('compile', args, [`--target ${target.name}`])),
      {
        targets,
        data: { bytes: readData(args.data, io.cwd), file: args.data },
        labels: args.labels === undefined ? null : { bytes: readData(args.labels, io.cwd), file: args.labels },
        limit,
        layers: args.layers,
        onnxruntime: args.reference === 'onnxruntime' ? resolve(io.cwd, args.model ?? '') : null,
      },
      progress.update,
    );
    progress.end();
    context.warn(report.warnings);
    if (args.json === '') io.stdout(toJson(report));
    else {
      if (args.json !== undefined) writeResult(args.json, toJson(report), io.cwd);
      io.stdout(reportText(report));
    }
    const found = problems(report);
    if (args.junit !== undefined) {
      const failed = report.failures.map((f) => ({ name: f.target, failure: f.diagnostics.map((d) => d.message).join('; ') }));
      const run = report.targets.map((t) => ({
        name: t.target,
        failure: t.equal < t.samples ? `${t.samples - t.equal} of ${t.samples} samples differ` : null,
      }));
      const layers = report.layers === null ? [] : layerCases(report.layers);
      writeResult(args.junit, junitReport(`bnnc verify ${source.file}`, [...run, ...layers, ...failed]), io.cwd);
    }
    if (found.length > 0) {
      context.warn(found);
      context.exit(1);
    }
  } finally {
    progress.end();
  }
}

export const VERIFY_OPTIONS = {
  ...MODEL_OPTIONS,
  data: { type: 'string', demandOption: true, requiresArg: true, describe: 'samples: idx (.gz), .npy or .npz' },
  labels: { type: 'string', requiresArg: true, describe: 'class numbers: idx (.gz), .npy or .npz' },
  target: { ...TARGET_LIST, default: ['host'] as readonly string[], describe: 'targets, comma list or repeated; see bnnc targets' },
  ...TARGETS_DIR,
  limit: { type: 'string', requiresArg: true, describe: 'use only the first N samples' },
  reference: {
    choices: ['interpreter', 'onnxruntime'],
    default: 'interpreter',
    describe: 'onnxruntime also compares the predictions with those of onnxruntime-node',
  },
  layers: {
    type: 'boolean',
    default: false,
    describe: 'also compare every value that the programs store, and with onnxruntime every tensor; name the first that differs',
  },
  json: JSON_OPTION,
  junit: { type: 'string', requiresArg: true, describe: 'JUnit XML file for CI' },
} as const;

export function verifyCommand<T>(yargs: Argv<T>, context: CommandContext): Argv<T> {
  return yargs.command(
    'verify <model>',
    'compile, cross-compile, run on the host and in emulators, compare every output with the reference',
    (verb) => verb.positional('model', { type: 'string', describe: 'model file' }).options(VERIFY_OPTIONS),
    (args) => run(args, context),
  );
}
