import type { Argv } from 'yargs';
import { CODES, isCode } from '../../support/codes.ts';
import { fail } from '../../support/diagnostics.ts';
import { toJson, type CommandContext } from '../command.ts';

interface Arguments {
  readonly code: string | undefined;
  readonly json: boolean;
}

function run({ code = '', json }: Arguments, { io }: CommandContext): void {
  const wanted = code.toUpperCase();
  if (!isCode(wanted)) {
    fail({ code: 'BNN0001', message: `${code} is not a diagnostic code`, details: [`codes  ${Object.keys(CODES).join(' ')}`] });
  }
  const { title, explanation } = CODES[wanted];
  io.stdout(json ? toJson({ code: wanted, title, explanation }) : `${wanted}: ${title}\n\n${explanation.join('\n\n')}\n`);
}

export function explainCommand<T>(yargs: Argv<T>, context: CommandContext): Argv<T> {
  return yargs.command(
    'explain <code>',
    'explain a diagnostic code',
    (verb) =>
      verb
        .positional('code', { type: 'string', describe: 'such as BNN2004' })
        .option('json', { type: 'boolean', default: false, describe: 'the result as JSON on stdout' }),
    (args) => run(args, context),
  );
}
