/** The command line: words to verbs, problems to paragraphs, results to exit codes. */
import yargs from 'yargs';
import { UserError, type Diagnostic } from '../support/diagnostics.ts';
import { VERSION } from '../support/version.ts';
import type { CommandContext } from './command.ts';
import { compileCommand } from './commands/compile.ts';
import { explainCommand } from './commands/explain.ts';
import { inspectCommand } from './commands/inspect.ts';
import { targetsCommand } from './commands/targets.ts';
import { verifyCommand } from './commands/verify.ts';
import { readConfig } from './config.ts';
import type { Io } from './io.ts';
import { renderDiagnostics } from './render.ts';

/** 0 success · 1 a problem with the user's files · 2 wrong usage · 70 a bug of bnnc. */
const EXIT = { success: 0, user: 1, usage: 2, bug: 70 } as const;

class UsageError extends Error {}

/** yargs counts arguments; people name them. */
function usageMessage(message: string): string {
  const text = message.startsWith('Not enough non-option arguments')
    ? 'The file (or the code) that the verb works on is missing.'
    : message;
  return `${text}\nTry bnnc --help, or --help behind a verb.`;
}

/** Runs one command line (without `node bnnc`) and returns the exit code. Never throws. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  let exitCode: number = EXIT.success;
  const show = (diagnostics: readonly Diagnostic[]): void => {
    if (diagnostics.length > 0) io.stderr(renderDiagnostics(diagnostics, io.isTerminal));
  };
  const context: CommandContext = {
    io,
    exit: (code) => {
      exitCode = code;
    },
    warn: show,
  };
  try {
    await parse(argv, context);
    return exitCode;
  } catch (error) {
    if (error instanceof UserError) {
      show(error.diagnostics);
      return error.diagnostics.every((d) => d.code.startsWith('BNN0')) ? EXIT.usage : EXIT.user;
    }
    if (error instanceof UsageError) {
      io.stderr(`${error.message}\n`);
      return EXIT.usage;
    }
    io.stderr(`bug in bnnc ${VERSION}: ${error instanceof Error ? error.message : String(error)}\n`);
    io.stderr('Nothing was written. Please report this with the model and the command; BNNC_DEBUG=1 adds the place.\n');
    if (process.env['BNNC_DEBUG'] === '1' && error instanceof Error) io.stderr(`${error.stack ?? ''}\n`);
    return EXIT.bug;
  }
}

async function parse(argv: readonly string[], context: CommandContext): Promise<void> {
  const { io } = context;
  const verbs = [compileCommand, inspectCommand, verifyCommand, targetsCommand, explainCommand];
  const options = yargs()
    .scriptName('bnnc')
    .usage('$0 <verb>\n\nCompiles trained binarized neural networks to C headers for microcontrollers.')
    .config(readConfig(io.cwd))
    .demandCommand(1, 'Name a verb: compile, inspect, verify, targets or explain.')
    .strict()
    .recommendCommands()
    .version(VERSION)
    .help()
    .wrap(Math.min(110, io.isTerminal ? (process.stdout.columns ?? 100) : 100))
    .exitProcess(false)
    .fail((message: string | null, error: Error | undefined) => {
      throw error ?? new UsageError(usageMessage(message ?? 'wrong usage'));
    });
  const parser = verbs.reduce((parsed, add) => add(parsed, context), options);
  let printed = '';
  await parser.parseAsync([...argv], {}, (_error, _args, output) => {
    printed = output;
  });
  if (printed !== '') io.stdout(`${printed}\n`);
}
