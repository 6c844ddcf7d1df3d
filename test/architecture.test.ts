/** The rules of the house. Each is first shown to fail on a planted breach, then applied to the real files. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Project } from 'ts-morph';
import { describe, expect, it } from 'vitest';
import { LISTS, defaultExportViolations, importTable, importViolations, listViolations } from './architecture/imports.ts';
import { repositoryTextViolations, textViolations } from './architecture/text.ts';
import { report } from './architecture/violation.ts';

const ROOT = join(import.meta.dirname, '..');

function compilerProject(): Project {
  const project = new Project({ skipAddingFilesFromTsConfig: true, skipFileDependencyResolution: true, compilerOptions: { noLib: true } });
  project.addSourceFilesAtPaths(`${ROOT}/compiler/**/*.ts`);
  return project;
}

/** A compiler that holds only these files. */
function planted(files: Readonly<Record<string, string>>): Project {
  const project = new Project({ useInMemoryFileSystem: true, skipFileDependencyResolution: true, compilerOptions: { noLib: true } });
  for (const [path, text] of Object.entries(files)) project.createSourceFile(`/compiler/${path}`, text);
  return project;
}

const PLANTED_ROOT = '/compiler/';
const real = compilerProject();
const REAL_ROOT = `${ROOT}/compiler/`;

describe('imports', () => {
  it.each([
    ['emit sees the graph', 'emit/c.ts', "import type { Graph } from '../ir/types.ts';", 'emit may import plan, support, not ir'],
    ['a re-export', 'ir/types.ts', "export { KERNELS } from '../kernels/index.ts';", 'ir may import support, not kernels'],
    ['a dynamic import', 'plan/build.ts', "const x = import('../emit/c.ts');", 'plan may import ir, kernels, targets, support, not emit'],
    ['an import type', 'report/text.ts', "type T = import('../ir/types.ts').Graph;", 'report may import plan, support, not ir'],
    ['a room imports an entry point', 'cli/index.ts', "import '../main.ts';", 'not top'],
    ['compiler imports a test', 'ir/types.ts', "import '../../test/x.ts';", 'outside compiler/'],
    ['a package away from home', 'driver/compile.ts', "import { execa } from 'execa';", 'imported only in runner'],
    ['a package without home', 'ir/types.ts', "import _ from 'lodash';", 'has no home yet'],
    ['protobuf in another frontend', 'frontends/json/index.ts', "import '@bufbuild/protobuf/wire';", 'imported only in frontends/onnx'],
    ['the file system in a pass', 'passes/x.ts', "import { readFileSync } from 'node:fs';", 'only cli, targets, emit, runner touch'],
    ['a network', 'runner/x.ts', "import 'node:https';", 'nothing talks to a network'],
    ['a builtin without node:', 'runner/x.ts', "import 'fs';", 'write node:fs'],
    ['a folder that is no room', 'utils/x.ts', 'export const x = 1;', 'no room of the house'],
  ])('refuses %s', (_what, path, text, rule) => {
    const violations = importViolations(planted({ [path]: `\n${text}\n` }), PLANTED_ROOT);
    expect(report(violations)).toContain(rule);
    expect(violations).toHaveLength(1);
  });

  it('gives file and line', () => {
    const project = planted({ 'emit/c.ts': "\n\nimport '../ir/types.ts';\n" });
    expect(report(importViolations(project, PLANTED_ROOT))).toMatch(/^compiler\/emit\/c\.ts:3: /);
  });

  it('follow the allow-list', () => {
    expect(report(importViolations(real, REAL_ROOT))).toBe('');
  });

  it('are shown in docs/architecture.md as they are', () => {
    expect(readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8')).toContain(importTable());
  });
});

describe('exports', () => {
  it.each(['export default function f() {}', 'const x = 1;\nexport { x as default };', 'export default { a: 1 };'])(
    'refuses %j',
    (text) => {
      expect(defaultExportViolations(planted({ 'ir/x.ts': text }), PLANTED_ROOT)).toHaveLength(1);
    },
  );

  it('have names', () => {
    expect(report(defaultExportViolations(real, REAL_ROOT))).toBe('');
  });
});

describe('lists', () => {
  const index = "import { foldTwo } from './fold-two.ts';\nexport const PIPELINE = { fold: [foldTwo] };";
  const [passes] = LISTS;
  if (passes === undefined) throw new Error('no lists');
  it.each([
    [
      'an entry that is not listed',
      'passes/fold-one.ts',
      "export const foldOne: Pass = { name: 'fold-one' };",
      'foldOne is not in PIPELINE',
    ],
    ['another export name', 'passes/fold-one.ts', "export const foldTwo: Pass = { name: 'fold-one' };", 'must export foldOne'],
    ['another name inside', 'passes/fold-two.ts', "export const foldTwo: Pass = { name: 'fold-to' };", "its name must be 'fold-two'"],
    ['a file without entry', 'passes/helpers.ts', 'export const x = 1;', 'exports one Pass'],
  ])('refuses %s', (_what, path, text, rule) => {
    const violations = listViolations(planted({ 'passes/index.ts': index, [path]: text }), PLANTED_ROOT, passes);
    expect(report(violations)).toContain(rule);
  });

  it.each(LISTS.map((list) => [list.list, list] as const))('%s is complete', (_name, list) => {
    expect(report(listViolations(real, REAL_ROOT, list))).toBe('');
  });
});

describe('text', () => {
  it.each(['// TODO: later', 'see /work/main', 'cp ../shared/models/x .', 'In this session we', 'fixes issue 12', 'see #12'])(
    'refuses %j',
    (line) => {
      expect(textViolations('docs/x.md', `fine\n${line}\n`)).toMatchObject([{ line: 2 }]);
    },
  );

  it('lets code and relative paths inside targets/ pass', () => {
    expect(textViolations('targets/a/target.json', '"../shared/host/board.c"')).toEqual([]);
    expect(textViolations('runtime-c/bnn.h', '#if 0\n#define X 1')).toEqual([]);
  });

  it('of the repository is about the compiler', () => {
    expect(report(repositoryTextViolations(ROOT))).toBe('');
  });
});
