import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { UserError } from '../../../compiler/support/diagnostics.ts';
import { describedFile, targetsFolder } from '../../../compiler/targets/description.ts';
import { listTargets, loadTarget } from '../../../compiler/targets/load.ts';
import { canRun } from '../../../compiler/targets/target.ts';

const folders: string[] = [];

function targetsWith(json: string): string {
  const root = mkdtempSync(join(tmpdir(), 'bnnc-targets-'));
  folders.push(root);
  mkdirSync(join(root, 'mine'));
  mkdirSync(join(root, 'shared'));
  writeFileSync(join(root, 'mine', 'target.json'), json);
  return root;
}

function diagnosticOf(action: () => unknown): { readonly code: string; readonly text: string } {
  try {
    action();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const [first] = error.diagnostics;
    return { code: first?.code ?? '', text: [first?.message, ...(first?.details ?? []), first?.help].join('\n') };
  }
  throw new Error('no diagnostic was raised');
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describe('every target', () => {
  it('is a folder with a target.json, and shared is none', () => {
    expect(listTargets()).toEqual(expect.arrayContaining(['avr', 'cortex-m0', 'cortex-m3', 'cortex-m4', 'cortex-m4f', 'host']));
    expect(listTargets()).not.toContain('shared');
  });

  it.each(listTargets())('%s has a valid description whose files exist', (name) => {
    const target = loadTarget(name);
    expect(target.name).toBe(name);
    for (const board of target.boards) {
      for (const file of [...board.sources, ...(board.linkerScript === null ? [] : [board.linkerScript])]) {
        expect(existsSync(describedFile(target.folder, file)), file).toBe(true);
      }
    }
  });

  it.each(listTargets())('%s says nothing that depends on this computer', (name) => {
    expect(readFileSync(join(targetsFolder(), name, 'target.json'), 'utf8')).not.toMatch(/"\/|\\\\|[A-Z]:\\/);
  });

  it.each(listTargets())('%s names its boards once each', (name) => {
    const names = loadTarget(name).boards.map((board) => board.name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('can be run', () => {
    expect(listTargets().filter((name) => !canRun(loadTarget(name)))).toEqual([]);
  });
});

describe('loading a target', () => {
  it('suggests the nearest name for a misspelt one and lists all', () => {
    const { code, text } = diagnosticOf(() => loadTarget('cortexm4'));
    expect(code).toBe('BNN3004');
    expect(text).toContain('there is no target "cortexm4"');
    expect(text).toContain('Did you mean cortex-m4?');
    expect(text).toContain('cortex-m0, cortex-m3');
  });

  it('suggests nothing for a name that is far from all', () => {
    expect(diagnosticOf(() => loadTarget('z80')).text).not.toContain('Did you mean');
  });

  it('does not follow a path out of the folder of targets', () => {
    expect(diagnosticOf(() => loadTarget('../targets/host')).code).toBe('BNN3004');
  });

  it('finds a new target in a new folder, without an edit', () => {
    const root = targetsWith(readFileSync(join(targetsFolder(), 'host', 'target.json'), 'utf8'));
    expect(listTargets(root)).toEqual([...listTargets(), 'mine'].sort());
    expect(loadTarget('mine', root)).toEqual({ ...loadTarget('host'), name: 'mine', folder: join(root, 'mine') });
  });

  it('can be written in a few lines on top of one of bnnc', () => {
    const root = targetsWith('{ "extends": "cortex-m4f", "memory": { "flashBytes": 131072, "ramBytes": 20480 } }');
    const memory = { flashBytes: 131072, ramBytes: 20480 };
    expect(loadTarget('mine', root)).toEqual({ ...loadTarget('cortex-m4f'), name: 'mine', folder: join(root, 'mine'), memory });
  });

  it('refuses a target that has the name of one of bnnc, and a folder that is none', () => {
    const root = targetsWith('{ "extends": "host" }');
    renameSync(join(root, 'mine'), join(root, 'host'));
    expect(diagnosticOf(() => listTargets(root))).toMatchObject({
      code: 'BNN3004',
      text: expect.stringContaining('two targets "host"') as string,
    });
    const nowhere = diagnosticOf(() => listTargets(join(root, 'nowhere')));
    expect(nowhere).toMatchObject({ code: 'BNN3004', text: expect.stringContaining('the folder of targets cannot be read') as string });
  });

  it('names the place of every mistake in a description', () => {
    const description = JSON.parse(readFileSync(join(targetsFolder(), 'cortex-m3', 'target.json'), 'utf8')) as Record<string, unknown>;
    const { code, text } = diagnosticOf(() =>
      loadTarget('mine', targetsWith(JSON.stringify({ ...description, intBits: 24, boards: [], flsh: 1 }))),
    );
    expect(code).toBe('BNN3004');
    expect(text).toContain('intBits');
    expect(text).toContain('boards');
    expect(text).toContain('flsh');
  });

  it('puts the members of a description on top of what it extends, object by object', () => {
    const board = { extends: 'shared/boards/mps2-an386.json', doc: 'Mine.', symbols: { ram_bytes: 4096 } };
    const m4 = readFileSync(join(targetsFolder(), 'cortex-m4', 'target.json'), 'utf8');
    const [made] = loadTarget('mine', targetsWith(JSON.stringify({ ...(JSON.parse(m4) as object), boards: [board] }))).boards;
    const [original] = loadTarget('cortex-m4').boards;
    expect(made).toEqual({ ...original, doc: 'Mine.', symbols: { ...original?.symbols, ram_bytes: 4096 } });
    expect(made?.run).toMatchObject({ args: expect.arrayContaining(['-M', 'mps2-an386']) as unknown });
  });

  it.each([
    ['does not exist', 'shared/boards/no-such-board.json', 'ENOENT'],
    ['is the description itself', 'target.json', 'this file extends itself'],
  ])('says so when what a description extends %s', (_what, file, reason) => {
    const { code, text } = diagnosticOf(() => loadTarget('mine', targetsWith(JSON.stringify({ extends: file }))));
    expect(code).toBe('BNN3004');
    expect(text).toContain(reason);
    expect(text).toContain('extended by');
  });

  it('refuses an emulator that lacks the machine its arguments ask for', () => {
    const board = { extends: 'shared/boards/cortex-m.json', name: 'a', doc: 'b' };
    const m4 = readFileSync(join(targetsFolder(), 'cortex-m4', 'target.json'), 'utf8');
    const root = targetsWith(JSON.stringify({ ...(JSON.parse(m4) as object), boards: [board] }));
    expect(diagnosticOf(() => loadTarget('mine', root)).text).toContain('it needs "machine"');
  });

  it('says so when a description is not JSON', () => {
    const { code, text } = diagnosticOf(() => loadTarget('mine', targetsWith('{ "title": ')));
    expect(code).toBe('BNN3004');
    expect(text).toContain('cannot be read');
  });
});
