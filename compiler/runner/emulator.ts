/** Runs a built program on this computer or in the emulator of its board. */
import { statSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { fail } from '../support/diagnostics.ts';
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
}

export interface RunResult {
  /** 0 to 255. */
  readonly exitCode: number;
  /** What the program wrote with `board_write`. */
  readonly output: Uint8Array;
  /** What it printed on standard output. */
  readonly text: string;
}

const PROGRESS_MILLISECONDS = 200;
/** Lines of the program's text that go into a message. */
const SHOWN_LINES = 10;

/**
 * Runs a program to its end. Several runs of one program may go on at the same time.
 *
 * @throws UserError BNN5002 if the emulator is missing, BNN5004 if the program faults, takes too long or ends with an
 *   exit code that `exitCodes` does not list
 */
export async function runProgram(program: BuiltProgram, request: RunRequest = {}): Promise<RunResult> {
  const { command, args } = commandOf(program);
  const { input = new Uint8Array(), timeoutSeconds = 120, exitCodes = [0], onProgress } = request;
  // A folder for each run, because input.bin and output.bin have fixed names.
  const directory = await mkdtemp(join(program.directory, 'run-'));
  const output = join(directory, 'output.bin');
  try {
    await provideInput(input, join(directory, 'input.bin'));
    const timer = onProgress && setInterval(() => onProgress(sizeOf(output)), PROGRESS_MILLISECONDS);
    const result = await execa(command, args, {
      cwd: directory,
      stdin: 'ignore',
      all: true,
      reject: false,
      timeout: timeoutSeconds * 1000,
      forceKillAfterDelay: 500,
      stripFinalNewline: false,
    }).finally(() => clearInterval(timer));
    const { exitCode } = result;
    if (result.timedOut) refuse(program, `did not end within ${timeoutSeconds} s`, result.all);
    if (exitCode === undefined)
      refuse(program, result.signal ? `was ended by ${result.signal}` : 'did not start', result.all || (result.message ?? ''));
    if (!exitCodes.includes(exitCode)) refuse(program, meaningOf(exitCode), result.all);
    return { exitCode, output: await readOutput(output), text: result.stdout };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
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
    case 'none':
      throw new Error(`programs for ${program.target.name} cannot be run; ask canRun first`);
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

function refuse(program: BuiltProgram, what: string, text: string): never {
  const lines = text.trimEnd().split('\n').slice(-SHOWN_LINES);
  fail({
    code: 'BNN5004',
    message: `the program ${what} on ${program.board.name} (target ${program.target.name})`,
    details: lines.filter((line) => line !== ''),
  });
}
