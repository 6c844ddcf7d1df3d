import type { Argv } from 'yargs';
import { examine, type Health } from '../../driver/doctor.ts';
import { table } from '../../report/text.ts';
import { listTargets, loadTarget } from '../../targets/load.ts';
import { JSON_OPTION, toJson, type CommandContext } from '../command.ts';
import { writeResult } from '../files.ts';
import { TARGETS_DIR, TARGET_LIST, ownTargets } from '../options.ts';
import { renderDiagnostics } from '../render.ts';

interface Arguments {
  readonly target: readonly string[] | undefined;
  readonly targetsDir: string | undefined;
  readonly strict: boolean;
  readonly json: string | undefined;
}

const PLACES = { apt: 'Debian, Ubuntu', brew: 'macOS', winget: 'Windows' } as const;

function consequence({ builds, runs }: Health['targets'][number]): string {
  if (!builds) return 'verify cannot build for it';
  if (runs === false) return 'verify builds and measures, but cannot run';
  return runs === null ? 'verify builds and measures' : 'verify builds, runs and measures';
}

function reportText(health: Health): string {
  const { version, node, onnxruntime, tools, targets, install } = health;
  const problems = targets.flatMap((target) => target.problems);
  const distinct = problems.filter((p, i) => problems.findIndex((other) => JSON.stringify(other) === JSON.stringify(p)) === i);
  const yes = (value: boolean | null): string => (value === null ? '-' : value ? 'yes' : 'no');
  const toolRows = [
    ...tools.map((t) => [t.command, t.path === null ? 'missing' : (t.version ?? 'there'), `${t.role} of ${t.targets.join(', ')}`]),
    [
      'onnxruntime-node',
      onnxruntime ?? 'missing',
      `verify --reference onnxruntime${onnxruntime === null ? '; npm install onnxruntime-node' : ''}`,
    ],
  ];
  return [
    `bnnc ${version}, Node.js ${node}: compile, inspect, targets and explain work and need nothing else.\n`,
    table([['tool', 'version', 'for'], ...toolRows]),
    table([['target', 'builds', 'runs', 'so that'], ...targets.map((t) => [t.target, yes(t.builds), yes(t.runs), consequence(t)])]),
    ...(distinct.length === 0 ? [] : [renderDiagnostics(distinct, false)]),
    ...install.map(
      ({ manager, lines }) => `To install what is missing (${PLACES[manager]}):\n${lines.map((line) => `  ${line}\n`).join('')}`,
    ),
  ].join('\n');
}

async function run(args: Arguments, { io, exit }: CommandContext): Promise<void> {
  const own = ownTargets(args, io.cwd);
  const targets = [...new Set(args.target ?? listTargets(own))].map((name) => loadTarget(name, own));
  const health = await examine(targets, process.platform, process.version);
  if (args.json === '') io.stdout(toJson(health));
  else {
    if (args.json !== undefined) writeResult(args.json, toJson(health), io.cwd);
    io.stdout(reportText(health));
  }
  if (!health.healthy && (args.strict || args.target !== undefined)) exit(1);
}

export const DOCTOR_OPTIONS = {
  target: { ...TARGET_LIST, describe: 'only these targets, comma list or repeated; 1 is the exit code if one lacks something' },
  ...TARGETS_DIR,
  strict: { type: 'boolean', default: false, describe: 'end with 1 if any target lacks something' },
  json: JSON_OPTION,
} as const;

export function doctorCommand<T>(yargs: Argv<T>, context: CommandContext): Argv<T> {
  return yargs.command(
    'doctor',
    'try out compilers and emulators; say what is missing and how to install it',
    (verb) => verb.options(DOCTOR_OPTIONS),
    (args) => run(args, context),
  );
}
