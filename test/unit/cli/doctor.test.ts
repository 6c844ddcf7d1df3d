/** What works on this computer: tried out, and described in words and as data. */
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { examine } from '../../../compiler/driver/doctor.ts';
import { examineTarget } from '../../../compiler/runner/doctor.ts';
import { installLines, managerOf } from '../../../compiler/runner/install.ts';
import { onnxRuntimeVersion } from '../../../compiler/runner/onnxruntime.ts';
import { findTool, toolsOf } from '../../../compiler/runner/tools.ts';
import { loadTarget } from '../../../compiler/targets/load.ts';
import { placeWith } from './run-cli.ts';

const host = loadTarget('host');
const m4 = loadTarget('cortex-m4');

const healthSchema = z.object({
  healthy: z.boolean(),
  targets: z.array(z.object({ target: z.string(), builds: z.boolean(), runs: z.boolean().nullable(), problems: z.array(z.unknown()) })),
  tools: z.array(z.object({ command: z.string(), path: z.string().nullable(), version: z.string().nullable() })),
  install: z.array(z.object({ manager: z.string(), lines: z.array(z.string()) })),
});

/** A PATH with the tools of the host, and with programs that end with a message and an exit code. */
function pathWith(programs: Readonly<Record<string, string>>): void {
  const folder = mkdtempSync(join(tmpdir(), 'bnnc-path-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const tool of toolsOf(host)) symlinkSync(findTool(tool), join(folder, tool.command));
  for (const command of ['as', 'ld'])
    symlinkSync(findTool({ role: 'compiler', command, packages: host.toolchain.packages }), join(folder, command));
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  vi.stubEnv('PATH', folder);
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('bnnc doctor', () => {
  it('builds and runs a program for this computer', async () => {
    const place = placeWith({});
    const { exit, stdout, stderr } = await place.run('doctor', '--target', 'host');
    expect([exit, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^host +yes +yes +verify builds, runs and measures$/m);
    expect(stdout).not.toContain('To install');
  });

  it('names what is missing for a target, what that prevents, and the line that installs it', async () => {
    pathWith({});
    const place = placeWith({});
    const { exit, stdout } = await place.run('doctor', '--target', 'cortex-m4,host');
    expect(exit).toBe(1);
    expect(stdout).toMatch(/^arm-none-eabi-gcc +missing +compiler of cortex-m4$/m);
    expect(stdout).toMatch(/^cortex-m4 +no +no +verify cannot build for it$/m);
    expect(stdout).toMatch(/^host +yes +yes /m);
    expect(stdout).toContain('error[BNN5001]: the compiler arm-none-eabi-gcc is not installed');
    expect(stdout).toContain('  sudo apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm\n');
    expect(stdout.indexOf('Debian')).toBeLessThan(stdout.indexOf('macOS'));
    expect(place.names()).toEqual([]);
  });

  it('ends with 0 for what only other verbs lack, and with 1 under --strict', async () => {
    pathWith({});
    const place = placeWith({});
    const plain = await place.run('doctor', '--json');
    const health = healthSchema.parse(JSON.parse(plain.stdout));
    expect([plain.exit, health.healthy]).toEqual([0, false]);
    expect(health.targets.find(({ target }) => target === 'host')).toMatchObject({ builds: true, runs: true, problems: [] });
    expect(health.install[0]?.lines).toHaveLength(1);
    expect((await place.run('doctor', '--strict')).exit).toBe(1);
  });

  it('finds a compiler whose C library is missing', async () => {
    pathWith({
      'arm-none-eabi-gcc': 'echo "main.c:2:10: fatal error: string.h: No such file or directory" >&2; exit 1',
      'arm-none-eabi-size': 'exit 0',
    });
    const { tools, builds, problems, packages } = await examineTarget(m4);
    expect(tools.find(({ role }) => role === 'compiler')?.path).toBeDefined();
    expect([builds, problems.map(({ message }) => message)]).toEqual([false, ['the C library of arm-none-eabi-gcc is not installed']]);
    expect(packages).toContainEqual(m4.toolchain.packages);
  });

  it('finds a machine that computes something wrong', async () => {
    const wrong = {
      ...host,
      boards: host.boards.map((board) => ({
        ...board,
        run: { kind: 'emulator' as const, command: 'wrong', args: ['{elf}'], packages: m4.toolchain.packages },
      })),
    };
    pathWith({ wrong: '[ "$1" = --version ] || printf "0123456789abcdef" > output.bin' });
    const { builds, runs, problems } = await examineTarget(wrong);
    expect([builds, runs]).toEqual([true, false]);
    expect(problems[0]?.message).toContain('computes something wrong');
  });

  it('refuses a target that does not exist', async () => {
    const { exit, stderr } = await placeWith({}).run('doctor', '--target', 'cortex-m9');
    expect([exit, stderr.split(':')[0]]).toEqual([1, 'error[BNN3004]']);
  });

  it('lists a tool once, with every target that needs it', async () => {
    const { tools } = await examine([m4, loadTarget('cortex-m3')], 'linux', 'v20.19.0');
    expect(tools.filter(({ command }) => command === 'arm-none-eabi-gcc')).toMatchObject([{ targets: ['cortex-m4', 'cortex-m3'] }]);
  });
});

describe('install lines', () => {
  const [a, b] = [
    { apt: 'x y', brew: '--cask x', winget: 'X.X' },
    { apt: 'y z', brew: 'z', winget: 'Z.Z' },
  ];

  it('are as few as the package manager allows', () => {
    expect(installLines([a, b, a], 'apt')).toEqual(['sudo apt-get install x y z']);
    expect(installLines([a, b, a], 'brew')).toEqual(['brew install z', 'brew install --cask x']);
    expect(installLines([a, b, a], 'winget')).toEqual(['winget install X.X', 'winget install Z.Z']);
    expect(installLines([], 'apt')).toEqual([]);
  });

  it.each([
    ['linux', 'apt'],
    ['darwin', 'brew'],
    ['win32', 'winget'],
  ])('of %s are those of %s', (platform, manager) => {
    expect(managerOf(platform)).toBe(manager);
  });
});

it('the version of onnxruntime-node is null where it is not installed', async () => {
  expect(await onnxRuntimeVersion()).toMatch(/^\d+\.\d+/);
  expect(await onnxRuntimeVersion(() => Promise.reject(new Error('Cannot find package')))).toBeNull();
});
