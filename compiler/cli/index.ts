/** The command line: words to verbs, problems to paragraphs, results to exit codes. */
import yargs from 'yargs';
import { UserError, type Diagnostic } from '../support/diagnostics.ts';
import { VERSION } from '../support/version.ts';
import type { CommandContext } from './command.ts';
import { BENCH_OPTIONS, benchCommand } from './commands/bench.ts';
import { COMPILE_OPTIONS, compileCommand } from './commands/compile.ts';
import { COMPLETION_OPTIONS, completionCommand, type OptionTables } from './commands/completion.ts';
import { DOCTOR_OPTIONS, doctorCommand } from './commands/doctor.ts';
import { EXPLAIN_OPTIONS, explainCommand } from './commands/explain.ts';
import { INSPECT_OPTIONS, inspectCommand } from './commands/inspect.ts';
import { TARGETS_OPTIONS, targetsCommand } from './commands/targets.ts';
import { VERIFY_OPTIONS, verifyCommand } from './commands/verify.ts';
import { readConfig } from './config.ts';
import type { Io } from './io.ts';
import { renderDiagnostics } from './render.ts';
import { checkSingle, explainUsage, joinDashedValues, verbOf, type Verbs } from './usage.ts';

/** 0 success · 1 a problem with the user's files · 2 wrong usage · 70 a bug of bnnc. */
const EXIT = { success: 0, user: 1, usage: 2, bug: 70 } as const;

const TABLES: OptionTables = {
  compile: COMPILE_OPTIONS,
  inspect: INSPECT_OPTIONS,
  verify: VERIFY_OPTIONS,
  bench: BENCH_OPTIONS,
  targets: TARGETS_OPTIONS,
  explain: EXPLAIN_OPTIONS,
  doctor: DOCTOR_OPTIONS,
  completion: COMPLETION_OPTIONS,
};

const VERBS: Verbs = Object.fromEntries(Object.entries(TABLES).map(([verb, options]) => [verb, Object.keys(options)]));

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
    io.stderr(`bug in bnnc ${VERSION}: ${error instanceof Error ? error.message : String(error)}\n`);
    io.stderr('Nothing was written. Please report this with the model and the command; BNNC_DEBUG=1 adds the place.\n');
    if (process.env['BNNC_DEBUG'] === '1' && error instanceof Error) io.stderr(`${error.stack ?? ''}\n`);
    return EXIT.bug;
  }
}

async function parse(argv: readonly string[], context: CommandContext): Promise<void> {
  const { io } = context;
  const verb = verbOf(argv, VERBS);
  const lists = verb === 'verify' || verb === 'bench' || verb === 'doctor' ? ['target'] : [];
  const verbs = [compileCommand, inspectCommand, verifyCommand, benchCommand, targetsCommand, explainCommand, doctorCommand];
  const options = yargs()
    .scriptName('bnnc')
    .usage('$0 <verb>\n\nCompiles trained binarized neural networks to C headers for microcontrollers.')
    .locale('en') // explainUsage reads the messages
    .config(verb === undefined ? {} : readConfig(io.cwd, verb, VERBS))
    .demandCommand(1)
    .strict()
    .version(VERSION)
    .help()
    .middleware((args) => (verb === undefined ? undefined : checkSingle(args, lists)), true)
    .wrap(Math.min(110, process.stdout.isTTY ? process.stdout.columns : 100))
    .exitProcess(false)
    .fail((message: string | null, error: Error | undefined) => {
      if (error !== undefined && error.name !== 'YError') throw error;
      explainUsage(message ?? error?.message ?? 'wrong usage', argv, verb, VERBS[verb ?? ''] ?? []);
    });
  const parser = completionCommand(
    verbs.reduce((parsed, add) => add(parsed, context), options),
    context,
    TABLES,
  );
  let printed = '';
  await parser.parseAsync([...joinDashedValues(argv)], {}, (_error, _args, output) => {
    printed = output;
  });
  if (printed !== '') io.stdout(`${printed}\n`);
}
