import type { Argv } from 'yargs';
import { grouped, table } from '../../report/text.ts';
import { listTargets, loadTarget } from '../../targets/load.ts';
import { canRun } from '../../targets/target.ts';
import { JSON_OPTION, toJson, type CommandContext } from '../command.ts';
import { writeResult } from '../files.ts';
import { TARGETS_DIR, ownTargets } from '../options.ts';

interface Arguments {
  readonly json: string | undefined;
  readonly targetsDir: string | undefined;
}

function memory(bytes: number | null): string {
  return bytes === null ? 'no limit' : `${grouped(bytes)} B`;
}

function run({ json, targetsDir }: Arguments, { io }: CommandContext): void {
  const folder = ownTargets({ targetsDir }, io.cwd);
  const targets = listTargets(folder).map((name) => loadTarget(name, folder));
  if (json !== undefined) {
    const text = toJson(targets.map(({ folder: _folder, ...target }) => target));
    if (json === '') io.stdout(text);
    else writeResult(json, text, io.cwd);
    return;
  }
  const rows = targets.map((t) => [
    t.name,
    t.title,
    memory(t.memory.flashBytes),
    memory(t.memory.ramBytes),
    t.toolchain.compiler,
    canRun(t) ? (t.boards[0]?.name ?? '') : 'compile only',
  ]);
  io.stdout(table([['target', 'what', 'flash', 'RAM', 'compiler', 'runs on'], ...rows]));
}

export const TARGETS_OPTIONS = { ...TARGETS_DIR, json: JSON_OPTION } as const;

export function targetsCommand<T>(yargs: Argv<T>, context: CommandContext): Argv<T> {
  return yargs.command(
    'targets',
    'list the targets',
    (verb) => verb.options(TARGETS_OPTIONS),
    (args) => run(args, context),
  );
}
