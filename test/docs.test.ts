/**
 * The documentation is true: generated pages are up to date, links lead somewhere, every option and code exists, and every code
 * block works. The convention, by the language of a block:
 *
 *   ```sh   lines that start with `bnnc` or `npx bnnc` are run in a folder with fixtures/ and bench/; all must succeed. `bash FILE` and
 *           `npm run NAME` must exist. Other lines are for a reader. Blocks of one page share a folder, in order.
 *   ```c    must compile without warnings as C99 and as C++; digits_cnn.h and digits_mlp.h exist
 *   ```ts   must type-check; 'bnnc' is the public API, digits_cnn.ts exists. `ts run`: is run too, and must print what its comments
 *           `// prints X` say
 *   ```json must parse; a model (with "format": "bnnc") must follow the published schema, and compile without a warning
 *   ```text and blocks without a language are not checked
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { execa } from 'execa';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { run } from '../compiler/cli/index.ts';
import { isCode } from '../compiler/support/codes.ts';
import { loadTarget } from '../compiler/targets/load.ts';
import { generatedDocs } from '../scripts/generate-docs.ts';
import { anchors, codeBlocks, commands, pages, relativeLinks, words } from './docs/markdown.ts';
import { requireTools } from './run-support/tools.ts';

const ROOT = join(import.meta.dirname, '..');
const PAGES = pages(ROOT);
const MINUTES = 60_000;

/** Options of other programs that the pages mention. */
const FOREIGN_OPTIONS = new Set([
  '--help',
  '--version',
  '--project',
  '--no-install-recommends',
  '--ignore-scripts',
  '--reader',
  '--cases',
  '--case',
  '--seed',
  '--record',
  '--spread',
  '--outfile',
]);

let headers = '';

function read(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

function blocksOf(page: string, language: string) {
  return codeBlocks(read(page)).filter((block) => block.language === language);
}

const WITH = {
  sh: PAGES.filter((page) => blocksOf(page, 'sh').length > 0),
  c: PAGES.filter((page) => blocksOf(page, 'c').length > 0),
  ts: PAGES.filter((page) => blocksOf(page, 'ts').length > 0),
};

/** A folder that looks like the root of the repository to a command. */
function sandbox(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bnnc-docs-'));
  for (const name of ['fixtures', 'bench', 'runtime-c'])
    if (existsSync(join(ROOT, name))) symlinkSync(join(ROOT, name), join(folder, name));
  mkdirSync(join(folder, 'build'));
  return folder;
}

async function bnnc(line: string, cwd: string) {
  let [stdout, stderr] = ['', ''];
  const argv = words(line.replace(/^(?:npx )?bnnc\s*/, ''));
  const io = { stdout: (text: string) => void (stdout += text), stderr: (text: string) => void (stderr += text), isTerminal: false, cwd };
  const code = await run(argv, io);
  return { code, stdout, stderr };
}

beforeAll(async () => {
  headers = sandbox();
  const cnn = await bnnc(
    'bnnc compile fixtures/digits-cnn/model.onnx --name digits_cnn --input u8 --input-scale 1/255 -o digits_cnn.h',
    headers,
  );
  const mlp = await bnnc('bnnc compile fixtures/digits-mlp/model.onnx --name digits_mlp -o digits_mlp.h', headers);
  const ts = await bnnc('bnnc compile fixtures/digits-cnn/model.onnx --name digits_cnn --input u8 --input-scale 1/255 --emit ts', headers);
  expect([cnn.stderr, mlp.stderr, ts.stderr]).toEqual(['', '', '']);
}, MINUTES);

afterAll(() => {
  rmSync(headers, { recursive: true, force: true });
});

describe('generated pages', () => {
  it.each(Object.keys(generatedDocs()))('%s is up to date', async (page) => {
    const text = generatedDocs()[page] ?? '';
    await expect(text, `${page} is not what the code says; run: npm run gen`).toMatchFileSnapshot(join(ROOT, page));
  });
});

describe('pages', () => {
  it.each(PAGES)('%s links to what exists', (page) => {
    const broken = relativeLinks(read(page)).filter((link) => {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : normalize(join(dirname(page), path));
      if (!existsSync(join(ROOT, target))) return true;
      return anchor !== undefined && !anchors(read(target)).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it.each(PAGES)('%s names only codes that exist', (page) => {
    const unknown = [...read(page).matchAll(/\bBNN\d{4}\b/g)].map(([code]) => code).filter((code) => !isCode(code));
    expect(unknown).toEqual([]);
  });

  it('name only options that --help shows', async () => {
    const help = await Promise.all(
      ['compile', 'inspect', 'verify', 'bench', 'targets', 'explain', 'doctor', 'completion'].map((verb) =>
        bnnc(`bnnc ${verb} --help`, headers),
      ),
    );
    const known = help.map(({ stdout }) => stdout).join('\n');
    const unknown = PAGES.flatMap((page) =>
      [...read(page).matchAll(/(?<![\w-])--[a-z][a-z-]*/g)]
        .map(([option]) => option)
        .filter((option) => !FOREIGN_OPTIONS.has(option) && !new RegExp(`${option}\\b(?!-)`).test(known))
        .map((option) => `${page}: ${option}`),
    );
    expect(unknown).toEqual([]);
  });

  it('have code blocks that end', () => {
    for (const page of PAGES) expect([page, (read(page).match(/^\s*```/gm) ?? []).length % 2]).toEqual([page, 0]);
  });
});

describe('shell blocks', () => {
  const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts);
  it.for(WITH.sh)('%s', { timeout: 5 * MINUTES }, async (page, context) => {
    const text = blocksOf(page, 'sh')
      .map((block) => block.text)
      .join('');
    for (const [, target = ''] of text.matchAll(/--target ([a-z][\w-]*)/g)) requireTools(context, loadTarget(target));
    const folder = sandbox();
    try {
      for (const command of commands(text)) {
        const [program = '', first = '', second = ''] = words(command);
        if (program === 'bash') expect(existsSync(join(ROOT, first)), command).toBe(true);
        if (program === 'npm' && first === 'run') expect(scripts).toContain(second);
        if (program !== 'bnnc' && !(program === 'npx' && first === 'bnnc')) continue;
        const { code, stderr } = await bnnc(command, folder);
        expect(code, `${page}: ${command}\n${stderr}`).toBe(0);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('JSON models', () => {
  const text = generatedDocs()['schema/bnnc-model-1.schema.json'] ?? '';
  const schema = z.fromJSONSchema(JSON.parse(text) as Parameters<typeof z.fromJSONSchema>[0]);
  const fixtures = readdirSync(join(ROOT, 'fixtures/hand-written')).filter((name) => name.endsWith('.json'));
  const models = [
    ...PAGES.flatMap((page) => blocksOf(page, 'json').map((block) => [`${page}:${block.line}`, block.text] as const)),
    ...fixtures.map((name) => [name, read(`fixtures/hand-written/${name}`)] as const),
  ].filter(([, text]) => text.includes('"format": "bnnc"'));

  it.each(models)('%s follows the schema and compiles', async (_where, text) => {
    expect(schema.safeParse(JSON.parse(text)).error).toBeUndefined();
    const folder = sandbox();
    writeFileSync(join(folder, 'net.json'), text);
    expect(await bnnc('bnnc compile net.json --strict', folder)).toMatchObject({ code: 0, stderr: '' });
    rmSync(folder, { recursive: true, force: true });
  });

  it('that bnnc writes follow it too', async () => {
    const { stdout } = await bnnc('bnnc compile fixtures/digits-cnn/model.onnx --input u8 --emit json -o -', headers);
    const model = JSON.parse(stdout) as { nodes: { op: string; padding?: unknown }[] };
    expect(schema.safeParse(model).error).toBeUndefined();
    const [first] = model.nodes;
    if (first !== undefined) first.padding = -1;
    expect(schema.safeParse(model).success).toBe(false);
  });

  it('exist in a page and in fixtures', () => {
    expect(models.length).toBeGreaterThanOrEqual(4);
  });
});

describe('C blocks', () => {
  const cases = WITH.c.flatMap((page) => blocksOf(page, 'c').map((block) => [`${page}:${block.line}`, block.text] as const));
  it.each(cases.flatMap(([where, text]) => (['c99', 'c++11'] as const).map((standard) => [where, standard, text] as const)))(
    '%s as %s',
    async (where, standard, text) => {
      const file = join(headers, 'block.c');
      writeFileSync(file, text);
      const warnings = ['-Wall', '-Wextra', '-Wpedantic', '-Werror', '-Wno-unused-function'];
      const args = ['-x', standard === 'c99' ? 'c' : 'c++', `-std=${standard}`, ...warnings, '-fsyntax-only', '-I', headers, file];
      const { all, exitCode } = await execa('gcc', args, { all: true, reject: false });
      expect(all, where).toBe('');
      expect(exitCode).toBe(0);
    },
    MINUTES,
  );
});

describe('TypeScript blocks', () => {
  it.each(WITH.ts.flatMap((page) => blocksOf(page, 'ts').map((block) => [`${page}:${block.line}`, block.text] as const)))(
    '%s',
    (_where, text) => {
      const file = join(ROOT, 'test', 'docs', `block.${process.pid}.ts`);
      const options: ts.CompilerOptions = {
        target: ts.ScriptTarget.ES2023,
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
        types: ['node'],
        typeRoots: [join(ROOT, 'node_modules/@types')],
        noEmit: true,
        strict: true,
        allowImportingTsExtensions: true,
        skipLibCheck: true,
        paths: { bnnc: [join(ROOT, 'compiler/index.ts')] },
      };
      const beside = join(dirname(file), 'digits_cnn.ts');
      const given = new Map([
        [file, text],
        [beside, readFileSync(join(headers, 'digits_cnn.ts'), 'utf8')],
      ]);
      const host = ts.createCompilerHost(options);
      const original = { readFile: host.readFile.bind(host), fileExists: host.fileExists.bind(host) };
      host.readFile = (name) => given.get(name) ?? original.readFile(name);
      host.fileExists = (name) => given.has(name) || original.fileExists(name);
      const getSourceFile = host.getSourceFile.bind(host);
      host.getSourceFile = (name, version) => {
        const content = given.get(name);
        return content === undefined ? getSourceFile(name, version) : ts.createSourceFile(name, content, version);
      };
      const program = ts.createProgram([file], options, host);
      const problems = ts.getPreEmitDiagnostics(program, program.getSourceFile(file));
      expect(problems.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
    },
    MINUTES,
  );
});

describe('TypeScript blocks that run', () => {
  const cases = WITH.ts.flatMap((page) =>
    blocksOf(page, 'ts').flatMap(({ run, line, text }) => (run ? [[`${page}:${line}`, text] as const] : [])),
  );
  it.each(cases)(
    '%s',
    async (_where, text) => {
      const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, rewriteRelativeImportExtensions: true };
      const transpile = (content: string): string => ts.transpileModule(content, { compilerOptions }).outputText;
      writeFileSync(join(headers, 'package.json'), '{ "type": "module" }');
      writeFileSync(join(headers, 'digits_cnn.js'), transpile(readFileSync(join(headers, 'digits_cnn.ts'), 'utf8')));
      writeFileSync(join(headers, 'block.js'), transpile(text));
      const { stdout } = await execa('node', ['block.js'], { cwd: headers });
      const promised = [...text.matchAll(/\/\/ prints (.*)$/gm)].map(([, printed]) => printed);
      expect(promised.length).toBeGreaterThan(0);
      expect(stdout.split('\n')).toEqual(promised);
    },
    MINUTES,
  );
});

describe('reading of pages', () => {
  it('finds blocks, commands and words', () => {
    const [block] = codeBlocks('x\n```sh\n# no\n$ bnnc compile a.onnx \\\n  -o "b c.h" # why\nls\n```\n');
    expect(block).toMatchObject({ language: 'sh', line: 2 });
    expect(commands(block?.text ?? '')).toEqual(['bnnc compile a.onnx -o "b c.h"', 'ls']);
    expect(words('bnnc x -o "b c.h"')).toEqual(['bnnc', 'x', '-o', 'b c.h']);
  });
});
