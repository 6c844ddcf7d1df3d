import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../../../compiler/runner/emulator.ts';
import { buildProgram, disposeProgram } from '../../../compiler/runner/toolchain.ts';
import { UserError } from '../../../compiler/support/diagnostics.ts';
import { listTargets, loadTarget } from '../../../compiler/targets/load.ts';
import { canRun } from '../../../compiler/targets/target.ts';
import { ADD_ONE, mainWith, runSource, STACK_OF_512, TABLE_SUM } from '../../run-support/programs.ts';
import { requireTools } from '../../run-support/tools.ts';

const runnable = listTargets().filter((name) => canRun(loadTarget(name)));
const input = Uint8Array.from({ length: 10_000 }, (_, index) => (index * 7) % 256);
const inputPlusOne = input.map((byte) => byte + 1);

describe.each(runnable)('a program on %s', { timeout: 60_000 }, (name) => {
  const target = loadTarget(name);

  it('reads its input, writes its output and prints', async (context) => {
    requireTools(context, target);
    const result = await runSource(target, ADD_ONE, { input });
    expect(result).toMatchObject({ exitCode: 0, text: 'done\n', board: target.boards[0]?.name });
    expect(result.output).toEqual(inputPlusOne);
  });

  it('sees no input and leaves no output when there is none', async (context) => {
    requireTools(context, target);
    expect((await runSource(target, ADD_ONE)).output).toEqual(new Uint8Array());
  });

  it('hands on its exit code, from main and from board_exit, with its output complete', async (context) => {
    requireTools(context, target);
    const write = '  board_write("abc", 3u);\n';
    const returned = await runSource(target, mainWith(`${write}  return 3;`), { exitCodes: [3] });
    const exited = await runSource(target, mainWith(`${write}  board_exit(96);`), { exitCodes: [0, 96] });
    expect([returned.exitCode, exited.exitCode]).toEqual([3, 96]);
    expect([...returned.output, ...exited.output]).toEqual([...Buffer.from('abcabc')]);
  });

  it('is refused with its last words when the exit code is not expected', async (context) => {
    requireTools(context, target);
    const run = runSource(target, mainWith('  board_print("row 7 differs\\n");\n  return 3;'));
    await expect(run).rejects.toMatchObject({
      diagnostics: [{ code: 'BNN5004', message: expect.stringContaining('ended with exit code 3') as string, details: ['row 7 differs'] }],
    });
  });

  it('starts with its variables set and cleared', async (context) => {
    requireTools(context, target);
    const declarations = 'static volatile uint32_t set[3] = {1u, 2u, 3u};\nstatic volatile unsigned char cleared[1001];';
    const statements = `
  uint32_t i;
  for (i = 0u; i < 3u; i++) if (set[i] != i + 1u) return 1;
  for (i = 0u; i < 1001u; i++) if (cleared[i] != 0u) return 2;`;
    expect((await runSource(target, mainWith(statements, declarations))).exitCode).toBe(0);
  });

  it.for(['-O0', '-O2', '-Os'] as const)('built with %s computes with float', async (optimization, context) => {
    requireTools(context, target);
    const statements = '  volatile float third = 1.0f / 3.0f;\n  float sum = third + 0.25f;\n  board_write(&sum, 4u);';
    const { output } = await runSource(target, mainWith(statements), {}, { optimization });
    expect(new Float32Array(output.buffer)[0]).toBe(Math.fround(Math.fround(1 / 3) + 0.25));
  });

  it('can be C++', async (context) => {
    requireTools(context, target);
    const files = { 'main.cpp': mainWith('  const auto text = "c++\\n";\n  board_print(text);') };
    expect((await runSource(target, '', {}, { files, language: 'c++11' })).text).toBe('c++\n');
  });

  it('reports a fault instead of a result', async (context) => {
    requireTools(context, target);
    const run = runSource(target, mainWith('  board_print("before\\n");\n  __builtin_trap();'));
    await expect(run).rejects.toMatchObject({ diagnostics: [{ code: 'BNN5004' }] });
    if (name !== 'host') {
      await expect(run).rejects.toMatchObject({
        diagnostics: [
          {
            message: expect.stringContaining('raised a processor fault') as string,
            details: ['before', expect.stringMatching(/^fault: pc=[0-9a-f]{8} (?:lr|ra|sp)=[0-9a-f]{8} /) as string],
          },
        ],
      });
    }
  });

  it('is ended when it takes too long', async (context) => {
    requireTools(context, target);
    const run = runSource(target, mainWith('  volatile int forever = 1;\n  while (forever) {\n  }'), { timeoutSeconds: 0.5 });
    await expect(run).rejects.toMatchObject({
      diagnostics: [{ code: 'BNN5004', message: expect.stringContaining('did not end within 0.5 s') as string }],
    });
  });

  it('measures its stack', async (context) => {
    requireTools(context, target);
    const { output } = await runSource(target, STACK_OF_512);
    const used = new Uint32Array(output.buffer)[0] ?? 0;
    if (name === 'host') {
      expect(used).toBe(0);
    } else {
      expect(used).toBeGreaterThanOrEqual(512);
      expect(used).toBeLessThan(512 + 200);
    }
  });
});

const boards = runnable.flatMap((name) => loadTarget(name).boards.map((board) => [name, board.name] as const));

describe.each(boards)('for %s the board %s', { timeout: 60_000 }, (name, board) => {
  it('runs a program with tables and variables', async (context) => {
    const target = loadTarget(name);
    requireTools(context, target);
    const result = await runSource(target, TABLE_SUM, { input: Uint8Array.of(4) }, { board });
    expect(result).toMatchObject({ exitCode: 0, board, output: Uint8Array.of(4 + 1 + 2 + 3, 1) });
  });
});

describe('a run', { timeout: 60_000 }, () => {
  const host = loadTarget('host');

  it('takes its input from a file as well', async (context) => {
    requireTools(context, host);
    const folder = mkdtempSync(join(tmpdir(), 'bnnc-test-'));
    try {
      writeFileSync(join(folder, 'images.bin'), input);
      expect((await runSource(host, ADD_ONE, { input: join(folder, 'images.bin') })).output).toEqual(inputPlusOne);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('can go on beside another of the same program', async (context) => {
    requireTools(context, host);
    const program = await buildProgram({ target: host, files: { 'main.c': ADD_ONE } });
    const results = await Promise.all([1, 2, 3].map((byte) => runProgram(program, { input: Uint8Array.of(byte) })));
    expect(results.map(({ output }) => [...output])).toEqual([[2], [3], [4]]);
    await disposeProgram(program);
  });

  it('tells how far the output has come', async (context) => {
    const target = loadTarget('cortex-m3');
    requireTools(context, target);
    const seen: number[] = [];
    const statements = `
  static unsigned char block[5000];
  volatile uint32_t i;
  board_write(block, 5000u);
  for (i = 0u; i < 200000000u; i++) {
  }`;
    await runSource(target, mainWith(statements), { onProgress: (bytes) => seen.push(bytes) });
    expect(seen.at(-1)).toBe(5000);
  });
});

describe('the 16 KiB of the micro:bit', { timeout: 60_000 }, () => {
  const target = loadTarget('cortex-m0');

  it('are protected against a stack that grows into the variables', async (context) => {
    requireTools(context, target);
    const declarations = `
static volatile unsigned char room[9000];
__attribute__((noinline)) static void fill(void) {
  volatile unsigned char buffer[7100];
  uint32_t i;
  for (i = 0u; i < 7100u; i++) buffer[i] = 1u;
}`;
    const run = runSource(target, mainWith('  room[0] = 1u;\n  fill();', declarations));
    await expect(run).rejects.toMatchObject({
      diagnostics: [{ code: 'BNN5004', message: expect.stringContaining('more stack than the board has') as string }],
    });
  });

  it('have a real Cortex-M0 beside them, which faults on unaligned access', async (context) => {
    requireTools(context, target);
    const statements = `
  static volatile uint32_t words[2];
  volatile uintptr_t address = (uintptr_t)words + 1u;
  return *(volatile uint32_t *)address == 0u ? 0 : 1;`;
    const run = runSource(target, mainWith(statements));
    await expect(run).rejects.toMatchObject({ diagnostics: [{ code: 'BNN5004', message: expect.stringContaining('fault') as string }] });
  });

  it('are left for a larger board when a program needs more', async (context) => {
    requireTools(context, target);
    const wide = mainWith('  room[0] = 1u;', 'static volatile unsigned char room[15000];');
    expect((await runSource(target, wide)).board).toBe('mps2-an385');
    const long = mainWith(
      '  volatile uint32_t index = 1u;\n  return table[index];',
      `static const unsigned char table[${5 << 20}] = {1u};`,
    );
    expect((await runSource(target, long)).board).toBe('mps2-an385-psram');
  });
});

describe('the 2 KiB of the ATmega328P', { timeout: 60_000 }, () => {
  const target = loadTarget('avr');

  async function fault(statements: string): Promise<string> {
    try {
      await runSource(target, mainWith(statements), {}, { board: 'atmega328p' });
    } catch (error) {
      if (error instanceof UserError) return error.diagnostics.flatMap(({ message, details = [] }) => [message, ...details]).join('\n');
      throw error;
    }
    return 'no fault';
  }

  it('are protected against a stack that grows into the variables', async (context) => {
    requireTools(context, target);
    const declarations = `
static volatile unsigned char room[1000];
__attribute__((noinline)) static void fill(void) {
  volatile unsigned char buffer[900];
  uint16_t i;
  for (i = 0u; i < 900u; i++) buffer[i] = 1u;
}`;
    const run = runSource(target, mainWith('  room[0] = 1u;\n  fill();', declarations), {}, { board: 'atmega328p' });
    await expect(run).rejects.toMatchObject({
      diagnostics: [{ code: 'BNN5004', message: expect.stringContaining('more stack than the board has') as string }],
    });
  });

  it.for([
    ['it reads address 00004000, where no memory is', '  return *(volatile uint8_t *)0x4000u;'],
    ['it writes address 00000900, where no memory is', '  *(volatile uint8_t *)0x900u = 1u;'],
    ['it left its code', '  ((void (*)(void))0x3000u)();'],
    ['it waits forever, with interrupts off', '  __asm__ volatile("cli\\n1: rjmp 1b");'],
    ['no such operation', '  *(volatile uint8_t *)0x4Au = 0u;\n  *(volatile uint8_t *)0x4Bu = 4u;\n  *(volatile uint8_t *)0x3Eu = 1u;'],
    [
      'outside the bounds',
      '  *(volatile uint8_t *)0x4Au = 255u;\n  *(volatile uint8_t *)0x4Bu = 255u;\n  *(volatile uint8_t *)0x3Eu = 1u;',
    ],
  ] as const)('have a fault around them: %s', async ([what, statements], context) => {
    requireTools(context, target);
    const text = await fault(statements);
    expect(text).toContain('raised a processor fault on atmega328p');
    expect(text).toMatch(/fault: pc=[0-9a-f]{8} sp=/);
    expect(text.toLowerCase()).toContain(what);
  });

  it('are left for a larger chip, with code of its own, when a program needs more', async (context) => {
    requireTools(context, target);
    const statements = '  room[0] = 1u;\n#if !defined(__AVR_ATmega2560__)\n  return 1;\n#endif';
    const wide = mainWith(statements, 'static volatile char room[1900];');
    expect(await runSource(target, wide)).toMatchObject({ board: 'atmega2560', exitCode: 0 });
  });

  it('are emulated without holding this process up', async (context) => {
    requireTools(context, target);
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 1);
    const statements = '  volatile uint32_t i;\n  for (i = 0u; i < 100000u; i++) {\n  }';
    await runSource(target, mainWith(statements)).finally(() => clearInterval(timer));
    expect(ticks).toBeGreaterThan(3);
  });
});
