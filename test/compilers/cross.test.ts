/** The same headers for microcontrollers: no warning from the cross compilers, 16-bit int included. */
import { describe, expect, it } from 'vitest';
import { emitHeader } from '../../compiler/emit/c.ts';
import { emitSizeProgram, headerFile } from '../../compiler/emit/programs.ts';
import { disposeProgram } from '../../compiler/runner/toolchain.ts';
import { loadTarget } from '../../compiler/targets/load.ts';
import { requireTools, STRICT_WARNINGS } from '../run-support/tools.ts';
import { buildOrExplain } from '../support/build.ts';
import { coveringModels } from '../support/covering-models.ts';

const models = coveringModels();
const options = { linkage: 'static', runtime: 'inline' } as const;

describe.each(['cortex-m0', 'cortex-m4f', 'cortex-m55', 'rv32imac', 'avr'])('%s', (name) => {
  it.for(['gnu99', 'gnu++11'] as const)('-std=%s compiles and links every model without a warning', async (language, context) => {
    const target = loadTarget(name);
    requireTools(context, target);
    let built = 0;
    for (const { compiled } of models) {
      const files = { [headerFile(compiled.plan)]: emitHeader(compiled.plan, options), 'main.c': emitSizeProgram(compiled.plan, true) };
      await disposeProgram(await buildOrExplain({ target, files, language, optimization: '-Os', extraFlags: STRICT_WARNINGS }));
      built += 1;
    }
    expect(built).toBe(models.length);
  });
});
