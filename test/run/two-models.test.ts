/** Two models in one program: their headers share the runtime functions and disturb each other in nothing. */
import { expect, it } from 'vitest';
import { runProgram } from '../../compiler/runner/emulator.ts';
import { buildProgram, disposeProgram } from '../../compiler/runner/toolchain.ts';
import { loadTarget } from '../../compiler/targets/load.ts';
import { requireTools } from '../run-support/tools.ts';
import { OWN, VECTORS, headerFor, subjectOf } from './models.ts';

const COUNT = 16;

const MAIN = `
#include "first.h"
#include "second.h"
#include "board.h"

static first_workspace_t first_workspace;
static second_workspace_t second_workspace;
static uint8_t image[FIRST_INPUT_LEN];
static first_output_t first_output[FIRST_OUTPUT_LEN];
static second_output_t second_output[SECOND_OUTPUT_LEN];

int main(void) {
  while (board_read(image, (uint32_t)sizeof image) == sizeof image) {
    first_run(&first_workspace, image, first_output);
    second_run(&second_workspace, image, second_output);
    board_write(first_output, (uint32_t)sizeof first_output);
    board_write(second_output, (uint32_t)sizeof second_output);
  }
  return 0;
}
`;

it('two models in one program on a Cortex-M3 give what each gives alone', async (context) => {
  const target = loadTarget('cortex-m3');
  requireTools(context, target);
  const [cnn, mlp] = OWN;
  if (cnn === undefined || mlp === undefined) throw new Error('two fixtures are needed');
  const [first, second] = [await subjectOf(cnn, VECTORS, COUNT), await subjectOf(mlp, VECTORS, COUNT)];
  const program = await buildProgram({
    target,
    files: { 'main.c': MAIN, 'first.h': headerFor(cnn, target, 'first'), 'second.h': headerFor(mlp, target, 'second') },
    optimization: '-Os',
    extraFlags: ['-Wall', '-Wextra', '-Werror'],
  });
  try {
    const { output } = await runProgram(program, { input: first.input });
    const expected = Array.from({ length: COUNT }, (_, sample) =>
      [first, second].map(({ reference: { outputs, perSample } }) => {
        const scores = outputs.slice(sample * perSample, (sample + 1) * perSample);
        return Buffer.from(scores.buffer, scores.byteOffset, scores.byteLength);
      }),
    );
    expect(Buffer.from(output).equals(Buffer.concat(expected.flat()))).toBe(true);
  } finally {
    await disposeProgram(program);
  }
});
