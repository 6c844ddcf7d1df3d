import type { Argv } from 'yargs';
import { DUMP_POINTS } from '../../driver/compile.ts';
import { CODES } from '../../support/codes.ts';
import { fail } from '../../support/diagnostics.ts';
import { listTargets } from '../../targets/load.ts';
import type { CommandContext } from '../command.ts';
import { SHELLS, completionScript, type CompletedOption, type CompletedVerb, type Shell } from '../completion.ts';

/** For each verb its options as yargs is told about them. */
export type OptionTables = Readonly<Record<string, Readonly<Record<string, CompletedOption>>>>;

/** What stands behind a verb without an option; files where nothing else is said. */
const WORDS: Readonly<Record<string, () => readonly string[]>> = {
  explain: () => Object.keys(CODES),
  completion: () => SHELLS,
  targets: () => [],
  doctor: () => [],
};

/** Options whose choices are found out when the script is made. */
const CHOICES: Readonly<Record<string, () => readonly string[]>> = { target: listTargets, 'dump-after': () => DUMP_POINTS };

function completed(verb: string, options: Readonly<Record<string, CompletedOption>>): CompletedVerb {
  const withChoices = Object.entries(options).map(([name, option]): readonly [string, CompletedOption] => {
    const choices = option.choices ?? CHOICES[name]?.();
    return [name, choices === undefined ? option : { ...option, choices }];
  });
  return { options: Object.fromEntries(withChoices), words: WORDS[verb]?.() ?? null };
}

function run(shell: string | undefined, tables: OptionTables, { io }: CommandContext): void {
  const known = SHELLS.find((name) => name === shell);
  if (known === undefined) {
    return fail({ code: 'BNN0001', message: `there is no completion for the shell ${shell}`, details: [`shells  ${SHELLS.join(', ')}`] });
  }
  const verbs = Object.entries(tables).map(([verb, options]) => [verb, completed(verb, options)] as const);
  io.stdout(completionScript(known satisfies Shell, Object.fromEntries(verbs)));
}

export const COMPLETION_OPTIONS = {} as const;

/** @param tables of every verb, this one included */
export function completionCommand<T>(yargs: Argv<T>, context: CommandContext, tables: OptionTables): Argv<T> {
  return yargs.command(
    'completion <shell>',
    'print a script that completes command lines in bash, zsh or fish',
    (verb) => verb.positional('shell', { type: 'string', describe: SHELLS.join(', ') }).options(COMPLETION_OPTIONS),
    (args) => run(args.shell, tables, context),
  );
}
