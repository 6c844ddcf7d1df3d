/** Counts of loops whose instructions are known: what the counter says must be exactly that. */
import { describe, expect, it } from 'vitest';
import { tallier } from '../../compiler/runner/count/tally.ts';
import { listTargets, loadTarget } from '../../compiler/targets/load.ts';
import { canCount } from '../../compiler/runner/emulator.ts';
import { mainWith, runSource } from '../run-support/programs.ts';
import { requireTools } from '../run-support/tools.ts';

const TARGETS = listTargets().filter((name) => canCount(loadTarget(name)));

/** Two instructions in each round, five on AVR, which subtracts byte by byte; straight code longer than a block of the emulator and than a page; nothing at all. */
const DECLARATIONS = `
#include "count/markers.h"
#if defined(__riscv)
#define LOOP(n) __asm__ volatile("1: addi %0, %0, -1\\n bnez %0, 1b" : "+r"(n))
#define RETURN "ret"
#elif defined(__AVR__)
#define LOOP(n) __asm__ volatile("1: subi %A0, 1\\n sbci %B0, 0\\n sbci %C0, 0\\n sbci %D0, 0\\n brne 1b" : "+d"(n))
#define RETURN "ret"
#else
#define LOOP(n) __asm__ volatile(".syntax unified\\n 1: subs %0, %0, 1\\n bne 1b" : "+l"(n) : : "cc")
#define RETURN "bx lr"
#endif
void straight(void);
__asm__(".text\\n .balign 4\\n .global straight\\n"
#if defined(__thumb__)
  ".thumb_func\\n"
#endif
  "straight:\\n .rept 3000\\n nop\\n .endr\\n " RETURN);
`;

const STATEMENTS = `
  static const uint32_t rounds[4] = {1u, 10u, 1000u, 1000000u};
  uint32_t i;
  for (i = 0; i < 4u; i++) {
    uint32_t n = rounds[i];
    __asm__ volatile("" : "+r"(n)); /* in its register before the mark */
    COUNT_MARK(BEGIN);
    LOOP(n);
    COUNT_MARK(END);
  }
  COUNT_MARK(BEGIN);
  __asm__ volatile("nop\\n nop");
  COUNT_MARK(STEP);
  COUNT_MARK(STEP);
  straight();
  COUNT_MARK(END);
`;

describe.each(TARGETS)('counting on %s', (name) => {
  const target = loadTarget(name);
  const count = async (): Promise<readonly (readonly number[])[]> => {
    const { profile } = await runSource(target, mainWith(STATEMENTS, DECLARATIONS), { count: true });
    if (profile === null) throw new Error('not counted');
    const tally = tallier(profile.architecture, target.toolchain.flags);
    return profile.inferences.map((regions) => regions.map((region) => tally([region]).instructions));
  };

  it('gives the known number of instructions, and again the same', async (context) => {
    requireTools(context, target);
    const counts = await count();
    const each = name === 'avr' ? 5 : 2;
    expect(counts).toEqual([[each], [10 * each], [1000 * each], [1_000_000 * each], [2, 0, 3002]]);
    expect(await count()).toEqual(counts);
  });
});
