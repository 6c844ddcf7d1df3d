/** Small C programs that try out boards, and a helper that builds, runs and removes one. */
import type { RunRequest, RunResult } from '../../compiler/runner/emulator.ts';
import { runProgram } from '../../compiler/runner/emulator.ts';
import type { BuildRequest } from '../../compiler/runner/toolchain.ts';
import { buildProgram, disposeProgram } from '../../compiler/runner/toolchain.ts';
import type { Target } from '../../compiler/targets/target.ts';

/** Builds one C file (default options: -O2, C99), runs it and removes it. Also tells which board it was linked for. */
export async function runSource(
  target: Target,
  source: string,
  run: RunRequest = {},
  build: Partial<BuildRequest> = {},
): Promise<RunResult & { readonly board: string }> {
  const program = await buildProgram({ target, files: { 'main.c': source }, ...build });
  try {
    return { ...(await runProgram(program, run)), board: program.board.name };
  } finally {
    await disposeProgram(program);
  }
}

/** Adds 1 to every byte of the input, in blocks of 784. */
export const ADD_ONE = `
#include "board.h"

static unsigned char block[784];

int main(void) {
  uint32_t count;
  uint32_t i;
  while ((count = board_read(block, (uint32_t)sizeof block)) > 0u) {
    for (i = 0u; i < count; i++) block[i] = (unsigned char)(block[i] + 1u);
    board_write(block, count);
  }
  board_print("done\\n");
  return 0;
}
`;

/** Adds the three numbers of a table to the byte that it reads, and writes the sum and how often it was counted. */
export const TABLE_SUM = `
#include "board.h"

static const volatile unsigned char table[3] = {1u, 2u, 3u};
static volatile unsigned char runs;
static unsigned char sum = 0u;

int main(void) {
  unsigned char written[2];
  uint32_t i;
  (void)board_read(&sum, 1u);
  for (i = 0u; i < 3u; i++) sum = (unsigned char)(sum + table[i]);
  runs = (unsigned char)(runs + 1u);
  written[0] = sum;
  written[1] = runs;
  board_write(written, 2u);
  return 0;
}
`;

/** Writes how much stack a function with a 512-byte buffer uses, as four bytes. */
export const STACK_OF_512 = `
#include "board.h"

__attribute__((noinline)) static void use_buffer(void) {
  volatile unsigned char buffer[512];
  uint32_t i;
  for (i = 0u; i < 512u; i++) buffer[i] = (unsigned char)i;
}

int main(void) {
  uint32_t used;
  (void)board_stack_paint();
  use_buffer();
  used = board_stack_used();
  board_write(&used, 4u);
  return 0;
}
`;

/** A program with the given statements in main. */
export function mainWith(statements: string, declarations = ''): string {
  return `#include "board.h"\n${declarations}\nint main(void) {\n${statements}\n  return 0;\n}\n`;
}
