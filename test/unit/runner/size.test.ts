import { describe, expect, it } from 'vitest';
import { measureAddedFlash, sumSections } from '../../../compiler/runner/size.ts';
import { listTargets, loadTarget } from '../../../compiler/targets/load.ts';
import { requireTools } from '../../run-support/tools.ts';

const EMPTY = { 'main.c': 'int main(void) {\n  return 0;\n}\n' };
const TABLE = Array.from({ length: 1000 }, (_, index) => index % 251).join(',');

/** A table of 1000 bytes, a small function, 40 bytes of zeroed memory. */
const WITH_TABLE = {
  'model.h': `static const unsigned char table[1000] = {${TABLE}};\nstatic const unsigned char unused[500] = {1};\n`,
  'main.c': `#include "model.h"
static volatile unsigned char workspace[40];
int main(void) {
  unsigned int i;
  for (i = 0u; i < 1000u; i++) workspace[i & 31u] = table[i];
  return 0;
}
`,
};

describe('what a model adds', { timeout: 60_000 }, () => {
  it.for(listTargets())('is measured for %s without the startup code and without unused tables', async (name, context) => {
    const target = loadTarget(name);
    requireTools(context, target);
    const { flash, bss, text, rodata, data } = await measureAddedFlash({ target, withModel: WITH_TABLE, withoutModel: EMPTY });
    expect(flash).toBe(text + rodata + data);
    // A loop of a few instructions; AVR also has to copy its data and clear its variables at the start.
    expect(flash).toBeGreaterThan(1000);
    expect(flash).toBeLessThan(1150);
    expect(bss).toBeGreaterThanOrEqual(40);
    expect(bss).toBeLessThan(80);
  });

  it('is nothing for the same program', async (context) => {
    const target = loadTarget('cortex-m0');
    requireTools(context, target);
    expect(await measureAddedFlash({ target, withModel: EMPTY, withoutModel: EMPTY })).toEqual({
      text: 0,
      rodata: 0,
      data: 0,
      bss: 0,
      flash: 0,
    });
  });
});

it('sections are summed by what they are, and those that stay on the computer are left out', () => {
  const table = `program.elf  :
section           size        addr
.vectors            64           0
.text             1308        1024
.rodata            158        2332
.ARM.exidx           8        2490
.data               12   536870912
.bss              4896   536870924
.comment            38           0
.ARM.attributes     43           0
.debug_line        621           0
Total             7148
`;
  expect(sumSections(table)).toEqual({ text: 1372, rodata: 166, data: 12, bss: 4896, flash: 1550 });
});
