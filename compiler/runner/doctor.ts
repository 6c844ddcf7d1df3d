/** Tries out what targets need, for `bnnc doctor`: a program is compiled, linked, measured and run. */
import { UserError, type Diagnostic } from '../support/diagnostics.ts';
import { canRun, type Packages, type Target } from '../targets/target.ts';
import { runProgram } from './emulator.ts';
import { measureSizes } from './size.ts';
import { buildProgram, disposeProgram, type BuiltProgram } from './toolchain.ts';
import { inspectTools, type ToolStatus } from './tools.ts';

/** What works for one target. */
export interface TargetHealth {
  readonly target: string;
  readonly tools: readonly ToolStatus[];
  /** A program that uses the C library compiles, links and can be measured. */
  readonly builds: boolean;
  /** The program computes what it should; null where programs for the target are only compiled and measured. */
  readonly runs: boolean | null;
  /** What was in the way. */
  readonly problems: readonly Diagnostic[];
  /** What to install, if something is missing; without repetition. */
  readonly packages: readonly Packages[];
}

const BYTES = 16;
const SECONDS = 30;

/** Reads bytes, adds 1 to each and writes them: what every verification asks of a board, and the C library. */
const ECHO = `
#include <string.h>
#include "board.h"

int main(void) {
  unsigned char bytes[${BYTES}];
  unsigned char sums[${BYTES}];
  uint32_t i;
  uint32_t count = board_read(bytes, ${BYTES}u);
  memset(sums, 1, sizeof sums);
  for (i = 0u; i < count; i++) sums[i] = (unsigned char)(sums[i] + bytes[i]);
  memcpy(bytes, sums, count);
  board_write(bytes, count);
  return 0;
}
`;

/** For targets without a board that reads and writes. */
const SILENT = `
#include <stdint.h>
#include <string.h>

int main(void) {
  volatile unsigned char bytes[4];
  unsigned char copy[4];
  memset(copy, 1, sizeof copy);
  bytes[0] = copy[3];
  return bytes[0] - 1;
}
`;

/** Whether everything works that the target is for. */
export function isHealthy({ builds, runs }: TargetHealth): boolean {
  return builds && runs !== false;
}

/** Never throws for what is missing on this computer. */
export async function examineTarget(target: Target): Promise<TargetHealth> {
  const tools = await inspectTools(target);
  const problems: Diagnostic[] = [];
  const runnable = canRun(target);
  const program = await attempt(problems, () => buildProgram({ target, files: { 'main.c': runnable ? ECHO : SILENT } }));
  const measured = program !== undefined && (await attempt(problems, () => measureSizes(program))) !== undefined;
  const runs = program !== undefined && runnable && (await echoes(program, problems));
  if (program !== undefined) await disposeProgram(program);
  const missing = tools.filter(({ path }) => path === undefined).map(({ packages }) => packages);
  const broken = measured ? [] : [target.toolchain.packages];
  return {
    target: target.name,
    tools,
    builds: measured,
    runs: runnable ? runs : null,
    problems,
    packages: [...missing, ...broken].filter((one, i, all) => all.findIndex(({ apt }) => apt === one.apt) === i),
  };
}

async function echoes(program: BuiltProgram, problems: Diagnostic[]): Promise<boolean> {
  const input = Uint8Array.from({ length: BYTES }, (_, i) => 16 * i);
  const result = await attempt(problems, () => runProgram(program, { input, timeoutSeconds: SECONDS }));
  if (result === undefined) return false;
  const right = result.output.length === BYTES && result.output.every((byte, i) => byte === 16 * i + 1);
  if (!right) {
    problems.push({
      code: 'BNN5004',
      severity: 'error',
      message: `a program of ten lines computes something wrong on ${program.board.name} (target ${program.target.name})`,
      details: [`output  ${[...result.output].join(' ')}`],
      help: 'Install another version of the emulator or of the compiler.',
    });
  }
  return right;
}

/** The result of `work`, or undefined with its problems collected. */
async function attempt<T>(problems: Diagnostic[], work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    problems.push(...error.diagnostics);
    return undefined;
  }
}
