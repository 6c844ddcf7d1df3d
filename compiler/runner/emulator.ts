/** Runs a built program on this computer or in the emulator of its board. */
import { statSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { execa } from 'execa';
import { fail } from '../support/diagnostics.ts';
import type { Target } from '../targets/target.ts';
import type { Chip } from './avr/machine.ts';
import { runAvr } from './avr/run.ts';
import { counterPlugin } from './count/plugin.ts';
import { parseProfile, type Profile } from './count/profile.ts';
import type { BuiltProgram } from './toolchain.ts';
import { findTool } from './tools.ts';

export interface RunRequest {
  /** What the program finds in input.bin: the bytes, or the path of a file with them. Default: no bytes. */
  readonly input?: Uint8Array | string;
  /** After so many seconds the program is killed and BNN5004 raised. Default 120. */
  readonly timeoutSeconds?: number;
  /** Exit codes that are a normal end. Default: only 0. */
  readonly exitCodes?: readonly number[];
  /** Called a few times a second while the program runs, with the number of bytes in output.bin so far. */
  readonly onProgress?: (outputBytes: number) => void;
  /** Also counts the instructions between marks (targets/shared/count/markers.h); only where `canCount` says so. */
  readonly count?: boolean;
}

export interface RunResult {
  /** 0 to 255. */
  readonly exitCode: number;
  /** What the program wrote with `board_write`. */
  readonly output: Uint8Array;
  /** What it printed on standard output. */
  readonly text: string;
  /** What ran between marks; null unless it was counted. */
  readonly profile: Profile | null;
}

/** Whether the instructions of programs for this target can be counted exactly. */
export function canCount({ boards }: Target): boolean {
  return boards.every(({ run }) => run.kind === 'emulator' || run.kind === 'avr8js');
}

/** File with the counts, in the folder of the run. */
const COUNTS = 'counts.txt';

const PROGRESS_MILLISECONDS = 200;
/** Lines of the program's text that go into a message. */
const SHOWN_LINES = 10;

/**
 * Runs a program to its end. Several runs of one program may go on at the same time.
 *
 * @throws UserError BNN5002 if the emulator is missing, BNN5004 if the program faults, takes too long or ends with an
 *   exit code that `exitCodes` does not list, BNN5006 if it is to be counted and the emulator cannot
 */
export async function runProgram(program: BuiltProgram, request: RunRequest = {}): Promise<RunResult> {
  if (program.board.run.kind === 'avr8js') return runInside(program, program.board.run, request);
  const { input = new Uint8Array(), timeoutSeconds = 120, exitCodes = [0], onProgress, count = false } = request;
  const { command, args } = commandOf(program);
  const counting = count ? ['-plugin', `file=${(await counterPlugin(command)).replaceAll(',', ',,')},out=${COUNTS}`] : [];
  // A folder for each run, because input.bin and output.bin have fixed names.
  const directory = await mkdtemp(join(program.directory, 'run-'));
  const output = join(directory, 'output.bin');
  try {
    await provideInput(input, join(directory, 'input.bin'));
    const timer = onProgress && setInterval(() => onProgress(sizeOf(output)), PROGRESS_MILLISECONDS);
    const result = await execa(command, [...args, ...counting], {
      cwd: directory,
      stdin: 'ignore',
      all: true,
      reject: false,
      timeout: timeoutSeconds * 1000,
      forceKillAfterDelay: 500,
      stripFinalNewline: false,
    }).finally(() => clearInterval(timer));
    const { exitCode } = result;
    if (count && exitCode !== 0 && NO_PLUGINS.test(result.all)) refuseToCount(command, result.all);
    if (result.timedOut) refuse(program, `did not end within ${timeoutSeconds} s`, result.all);
    if (exitCode === undefined)
      refuse(program, result.signal ? `was ended by ${result.signal}` : 'did not start', result.all || (result.message ?? ''));
    if (!exitCodes.includes(exitCode)) refuse(program, meaningOf(exitCode), result.all);
    const profile = count ? parseProfile(await readFile(join(directory, COUNTS), 'utf8')) : null;
    if (profile === undefined) refuse(program, 'did not leave whole counts', result.all);
    return { exitCode, output: await readOutput(output), text: result.stdout, profile };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The emulator for AVR is a library: nothing is started, and the two files are in memory. */
async function runInside(program: BuiltProgram, chip: Chip, request: RunRequest): Promise<RunResult> {
  const { input = new Uint8Array(), timeoutSeconds = 120, exitCodes = [0], onProgress = () => undefined, count = false } = request;
  const bytes = typeof input === 'string' ? await readFile(input) : input;
  const { exitCode, output, text, profile } = await runAvr(program.elf, chip, { input: bytes, timeoutSeconds, onProgress, count });
  if (exitCode === null) refuse(program, `did not end within ${timeoutSeconds} s`, text);
  if (!exitCodes.includes(exitCode)) refuse(program, meaningOf(exitCode), text);
  if (profile === undefined) refuse(program, 'did not leave whole counts', text);
  return { exitCode, output, text, profile };
}

function commandOf(program: BuiltProgram): { readonly command: string; readonly args: readonly string[] } {
  const { run } = program.board;
  switch (run.kind) {
    case 'process':
      return { command: program.elf, args: [] };
    case 'emulator':
      return {
        command: findTool({ role: 'emulator', command: run.command, packages: run.packages }),
        args: run.args.map((arg) => arg.replace('{elf}', () => program.elf)),
      };
    case 'avr8js':
    case 'none':
      throw new Error(`programs for ${program.target.name} are not run by a command; ask canRun first`);
  }
}

async function provideInput(input: Uint8Array | string, path: string): Promise<void> {
  if (typeof input !== 'string') return writeFile(path, input);
  // Windows gives symbolic links only to administrators.
  return process.platform === 'win32' ? copyFile(input, path) : symlink(resolve(input), path);
}

/** 0 as long as the program has not written anything. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

async function readOutput(path: string): Promise<Uint8Array> {
  // A copy with a buffer of its own, so that callers may look at it as floats or words.
  return sizeOf(path) === 0 ? new Uint8Array() : new Uint8Array(await readFile(path));
}

/** The codes above 96 are those of targets/shared/board.h. */
function meaningOf(exitCode: number): string {
  if (exitCode === 97) return 'could not write its output';
  if (exitCode === 98) return 'used more stack than the board has';
  if (exitCode === 99) return 'raised a processor fault';
  return `ended with exit code ${exitCode}`;
}

/** What QEMU says when it was built without plugins, or for another version of their interface. */
const NO_PLUGINS = /-plugin: invalid option|[Pp]lugin support|[Cc]ould not load plugin|plugin_install|API version/;

function refuseToCount(emulator: string, text: string): never {
  fail({
    code: 'BNN5006',
    message: `${basename(emulator)} cannot load the plugin that counts instructions`,
    details: text.trimEnd().split('\n').slice(0, SHOWN_LINES),
    help: 'Use a QEMU built with plugins (configure --enable-plugins), such as the packages of Debian and Ubuntu.',
  });
}

function refuse(program: BuiltProgram, what: string, text: string): never {
  const lines = text.trimEnd().split('\n').slice(-SHOWN_LINES);
  fail({
    code: 'BNN5004',
    message: `the program ${what} on ${program.board.name} (target ${program.target.name})`,
    details: lines.filter((line) => line !== ''),
  });
}
