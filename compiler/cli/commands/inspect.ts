import type { Argv } from 'yargs';
import { importModel, lowerModel, planModel } from '../../driver/compile.ts';
import { inspectModel, sizesOn } from '../../driver/inspect.ts';
import { alternativesText, billText, grouped, layerTable, planData, table } from '../../report/text.ts';
import { printable } from '../../support/printable.ts';
import { listTargets, loadTarget } from '../../targets/load.ts';
import { JSON_OPTION, toJson, type CommandContext } from '../command.ts';
import { equivalenceText } from '../equivalence-text.ts';
import { readModel, writeResult } from '../files.ts';
import { MODEL_OPTIONS, TARGETS_DIR, bannerCommand, compileOptions, type ModelArguments, ownTargets } from '../options.ts';

interface Arguments extends ModelArguments {
  readonly model: string | undefined;
  readonly target: string;
  readonly targetsDir: string | undefined;
  readonly json: string | undefined;
}

function run(args: Arguments, { io, warn }: CommandContext): void {
  const source = readModel(args.model ?? '', io.cwd, args.topology);
  const folder = ownTargets(args, io.cwd);
  const target = loadTarget(args.target, folder);
  const command = bannerCommand('compile', args, [`--target ${target.name}`]);
  const own = compileOptions(args, target, command);
  const read = importModel(source, own);
  const found = inspectModel(read, own);
  const layers = found.nodes.map(({ name, op, output, binary }) => [name, op, output, binary]);
  if (args.json === undefined) {
    io.stdout(
      `${source.file}: ${found.format}, ${grouped(source.bytes.length)} bytes\n\n${table([['node', 'op', 'output', 'binary?'], ...layers])}\n`,
    );
    for (const note of found.notes) io.stdout(`note: ${printable(note)}\n`);
  }
  const lowered = lowerModel(source, own, {}, read);
  const compiled = planModel(source, lowered, own);
  warn(compiled.warnings);
  const sizes = listTargets(folder).map((name) => {
    const other = loadTarget(name, folder);
    return { target: name, ...sizesOn(other, source, lowered, compileOptions(args, other, command)) };
  });
  if (args.json !== undefined) {
    const text = toJson({
      format: found.format,
      nodes: found.nodes,
      equivalence: found.equivalence,
      plan: planData(compiled.plan),
      targets: sizes,
    });
    if (args.json === '') io.stdout(text);
    else writeResult(args.json, text, io.cwd);
    return;
  }
  io.stdout(
    `\nPlanned for ${target.name}, --optimize ${args.optimize}:\n\n${layerTable(compiled.plan.layers)}\n${billText(compiled.plan)}\n`,
  );
  io.stdout(alternativesText(compiled.plan.layers));
  const rows = sizes.map((s) => [s.target, `${grouped(s.tableBytes)} B`, `${grouped(s.workspaceBytes)} B`, s.fits ? 'yes' : 'no']);
  io.stdout(`\n${table([['target', 'tables', 'workspace', 'fits'], ...rows])}`);
  if (found.equivalence !== null) io.stdout(`\n${equivalenceText(found.equivalence)}`);
}

export const INSPECT_OPTIONS = {
  ...MODEL_OPTIONS,
  target: { type: 'string', default: 'cortex-m4', describe: 'what the plan is shown for', requiresArg: true },
  ...TARGETS_DIR,
  json: JSON_OPTION,
} as const;

export function inspectCommand<T>(yargs: Argv<T>, context: CommandContext): Argv<T> {
  return yargs.command(
    'inspect <model>',
    'show layers, shapes, what is binary and what is not and why, kernels, sizes per target',
    (verb) => verb.positional('model', { type: 'string', describe: 'model file' }).options(INSPECT_OPTIONS),
    (args) => run(args, context),
  );
}
