import type { Argv } from 'yargs';
import { CODES, isCode } from '../../support/codes.ts';
import { fail } from '../../support/diagnostics.ts';
import { toJson, type CommandContext } from '../command.ts';
import { wrap } from '../render.ts';

interface Arguments {
  readonly code: string | undefined;
  readonly json: boolean;
}

function run({ code = '', json }: Arguments, { io }: CommandContext): void {
  const wanted = code.toUpperCase().replace(/^(?=\d{4}$)/, 'BNN');
  if (!isCode(wanted)) {
    fail({ code: 'BNN0001', message: `${code} is not a diagnostic code`, details: [`codes  ${Object.keys(CODES).join(' ')}`] });
  }
  const { title, explanation } = CODES[wanted];
  const paragraphs = explanation.map((paragraph) => wrap(paragraph, ''));
  io.stdout(json ? toJson({ code: wanted, title, explanation }) : `${wanted}: ${title}\n\n${paragraphs.join('\n\n')}\n`);
}

export const EXPLAIN_OPTIONS = { json: { type: 'boolean', default: false, describe: 'the result as JSON on stdout' } } as const;

export function explainCommand<T>(yargs: Argv<T>, context: CommandContext): Argv<T> {
  return yargs.command(
    'explain <code>',
    'explain a diagnostic code',
    (verb) => verb.positional('code', { type: 'string', describe: 'such as BNN2004' }).options(EXPLAIN_OPTIONS),
    (args) => run(args, context),
  );
}
