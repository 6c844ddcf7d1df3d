import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../../../compiler/runner/emulator.ts';
import { buildProgram, disposeProgram } from '../../../compiler/runner/toolchain.ts';
import { inspectTools, missingTools, toolsOf } from '../../../compiler/runner/tools.ts';
import { listTargets, loadTarget } from '../../../compiler/targets/load.ts';
import type { Target } from '../../../compiler/targets/target.ts';
import { ADD_ONE, mainWith } from '../../run-support/programs.ts';
import { requireTools, STRICT_WARNINGS } from '../../run-support/tools.ts';

const host = loadTarget('host');
const WITHOUT_BOARD = { 'main.c': 'int main(void) {\n  return 0;\n}\n' };

function withToolchain(target: Target, changes: Partial<Target['toolchain']>): Target {
  return { ...target, toolchain: { ...target.toolchain, ...changes } };
}

describe('building a program', { timeout: 60_000 }, () => {
  it.for(listTargets())('works for %s, for the first of its boards', async (name, context) => {
    const target = loadTarget(name);
    requireTools(context, target);
    const program = await buildProgram({ target, files: WITHOUT_BOARD });
    expect(program.board.name).toBe(target.boards[0]?.name);
    expect(existsSync(program.elf)).toBe(true);
    await disposeProgram(program);
    expect(existsSync(program.directory)).toBe(false);
  });

  it.for(listTargets())('compiles the board of %s without a warning', async (name, context) => {
    const target = loadTarget(name);
    requireTools(context, target);
    const strict = withToolchain(target, { flags: [...target.toolchain.flags, ...STRICT_WARNINGS] });
    for (const board of target.boards) {
      await disposeProgram(await buildProgram({ target: strict, files: WITHOUT_BOARD, board: board.name }));
    }
  });

  it('compiles several files that share a header', async (context) => {
    requireTools(context, host);
    const files = {
      'src/two.h': 'int two(void);\n',
      'src/two.c': '#include "two.h"\nint two(void) {\n  return 2;\n}\n',
      'main.c': '#include "src/two.h"\nint main(void) {\n  return two();\n}\n',
    };
    const program = await buildProgram({ target: host, files, extraFlags: STRICT_WARNINGS });
    expect((await runProgram(program, { exitCodes: [2] })).exitCode).toBe(2);
    await disposeProgram(program);
  });

  it('takes another compiler when asked', async (context) => {
    const clang = withToolchain(host, { compiler: 'clang', packages: { ...host.toolchain.packages, apt: 'clang' } });
    requireTools(context, clang);
    await disposeProgram(
      await buildProgram({ target: host, compiler: 'clang', files: { 'main.c': ADD_ONE }, extraFlags: STRICT_WARNINGS }),
    );
  });

  it('shows the first lines of the compiler when C is wrong, and leaves no folder', async (context) => {
    requireTools(context, host);
    const lines = Array.from({ length: 30 }, (_, line) => `int wrong${line} = nothing${line};`).join('\n');
    const build = buildProgram({ target: host, files: { 'model.c': lines } });
    const error: unknown = await build.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ diagnostics: [{ code: 'BNN5003', message: 'gcc cannot compile model.c for host' }] });
    const { details = [] } = (error as { diagnostics: readonly { details?: readonly string[] }[] }).diagnostics[0] ?? {};
    expect(details[0]).toContain('model.c:1');
    expect(details.at(-1)).toMatch(/^\(\d+ more lines\)$/);
    expect(details.length).toBe(16);
  });

  it('says what does not link', async (context) => {
    requireTools(context, host);
    const build = buildProgram({
      target: host,
      files: { 'main.c': mainWith('  return missing_function();', 'int missing_function(void);') },
    });
    await expect(build).rejects.toMatchObject({ diagnostics: [{ code: 'BNN5003', message: 'gcc cannot link the program for host' }] });
  });

  it('says so when no board has room', async (context) => {
    const target = loadTarget('cortex-m3');
    requireTools(context, target);
    const huge = mainWith('  room[0] = 1u;', `static volatile unsigned char room[${8 << 20}];`);
    await expect(buildProgram({ target, files: { 'main.c': huge } })).rejects.toMatchObject({
      diagnostics: [{ code: 'BNN3001', message: 'the program is too large for mps2-an385, mps2-an385-psram (target cortex-m3)' }],
    });
  });
});

describe('a missing tool', () => {
  const packages = { apt: 'gcc-none', brew: 'none', winget: 'No.None' };

  it('is named with the packages to install: a compiler', async () => {
    const target = withToolchain(host, { compiler: 'no-such-gcc', packages });
    expect(missingTools(target).map((tool) => tool.command)).toEqual(['no-such-gcc']);
    await expect(buildProgram({ target, files: WITHOUT_BOARD })).rejects.toMatchObject({
      diagnostics: [
        {
          code: 'BNN5001',
          message: 'the compiler no-such-gcc is not installed, or not on the PATH',
          help: 'Install it with: apt install gcc-none (Debian, Ubuntu); brew install none (macOS); winget install No.None (Windows).',
        },
      ],
    });
  });

  it('is named with the packages to install: an emulator', async (context) => {
    requireTools(context, host);
    const program = await buildProgram({ target: host, files: WITHOUT_BOARD });
    const board = { ...program.board, run: { kind: 'emulator', command: 'no-such-qemu', args: ['{elf}'], packages } } as const;
    await expect(runProgram({ ...program, board })).rejects.toMatchObject({
      diagnostics: [{ code: 'BNN5002', message: 'the emulator no-such-qemu is not installed, or not on the PATH' }],
    });
    await disposeProgram(program);
  });

  it('is a C library too', async (context) => {
    requireTools(context, host);
    const target = withToolchain(host, { linkFlags: ['--specs=no-such-library.specs'], packages });
    await expect(buildProgram({ target, files: WITHOUT_BOARD })).rejects.toMatchObject({
      diagnostics: [
        {
          code: 'BNN5001',
          message: 'the C library of gcc is not installed',
          help: expect.stringContaining('apt install gcc-none') as string,
        },
      ],
    });
  });

  it('has no path and no version, and one that is there has both', async () => {
    const found = await inspectTools(withToolchain(host, { size: 'no-such-size' }));
    expect(found.map(({ command, path, version }) => [command, path !== undefined, version !== undefined])).toEqual([
      ['gcc', true, true],
      ['no-such-size', false, false],
    ]);
  });

  it('is looked for once, however many boards use it', () => {
    expect(toolsOf(loadTarget('cortex-m0')).map((tool) => tool.command)).toEqual([
      'arm-none-eabi-gcc',
      'arm-none-eabi-size',
      'qemu-system-arm',
    ]);
  });
});
