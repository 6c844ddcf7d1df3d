/** Where the counter itself cannot be: emulators without plugins, folders that cannot be written. */
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { runProgram } from '../../compiler/runner/emulator.ts';
import { counterPlugin } from '../../compiler/runner/count/plugin.ts';
import { buildProgram, disposeProgram } from '../../compiler/runner/toolchain.ts';
import { loadTarget } from '../../compiler/targets/load.ts';
import { mainWith } from '../run-support/programs.ts';
import { requireTools } from '../run-support/tools.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bnnc-count-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** A program of that name which says this and fails when it gets a plugin. */
function fakeEmulator(name: string, says: string): string {
  const path = join(folder, name);
  writeFileSync(
    path,
    `#!/bin/sh\n[ "$1" = --version ] && echo "QEMU emulator version 7.2.0 of ${folder}" && exit 0\necho "${says}" >&2\nexit 1\n`,
  );
  chmodSync(path, 0o755);
  return path;
}

it.each([
  'qemu-system-arm: -plugin: invalid option',
  'qemu-system-arm: -plugin file=x: plugin interface not enabled in this build: rebuild with plugin support',
  'Could not load plugin x.so: undefined symbol: qemu_plugin_insn_vaddr',
])('an emulator that says "%s" cannot count', async (says) => {
  const target = loadTarget('host');
  const program = await buildProgram({ target, files: { 'main.c': mainWith('') } });
  try {
    const packages = { apt: 'a', brew: 'b', winget: 'c' };
    const run = { kind: 'emulator', command: fakeEmulator('qemu-system-arm', says), args: ['{elf}'], packages } as const;
    const counted = runProgram({ ...program, board: { ...program.board, run } }, { count: true });
    await expect(counted).rejects.toMatchObject({ diagnostics: [{ code: 'BNN5006', details: [says] }] });
  } finally {
    await disposeProgram(program);
  }
});

it('the plugin is kept in the cache folder, whole and once', async () => {
  vi.stubEnv('XDG_CACHE_HOME', folder);
  const first = await counterPlugin(fakeEmulator('qemu-one', ''));
  expect(first.startsWith(join(folder, 'bnnc'))).toBe(true);
  expect(await counterPlugin(fakeEmulator('qemu-two', ''))).toBe(first);
  expect(readdirSync(join(folder, 'bnnc'))).toHaveLength(1);
});

it('a cache folder that cannot be written is replaced by a temporary one', async (context) => {
  requireTools(context, loadTarget('cortex-m3'));
  const file = join(folder, 'file');
  writeFileSync(file, '');
  vi.stubEnv('XDG_CACHE_HOME', join(file, 'cache'));
  const plugin = await counterPlugin(fakeEmulator('qemu-three', ''));
  expect(plugin.startsWith(folder)).toBe(false);
  expect(plugin.startsWith(tmpdir())).toBe(true);
});
