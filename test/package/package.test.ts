/**
 * The package as a stranger gets it: packed, installed into an empty folder without what only development needs, and used from
 * there. The TypeScript blocks of all pages are type-checked against the types that are shipped, and run.
 */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { codeBlocks, pages } from '../docs/markdown.ts';

const ROOT = join(import.meta.dirname, '../..');
const PIXELS = ['--input', 'u8', '--input-scale', '1/255'];

/** Bytes. What a user downloads and what it takes on disk; dependencies are counted by nobody. */
const LARGEST_PACKED = 800_000;
const LARGEST_UNPACKED = 2_900_000;

const packSchema = z.tuple([
  z.object({ filename: z.string(), size: z.int(), unpackedSize: z.int(), files: z.array(z.object({ path: z.string(), mode: z.int() })) }),
]);
type Packed = z.infer<typeof packSchema>[0];

let work = '';
/** The folder of a stranger. */
let place = '';
let packed: Packed | undefined;

function files(): readonly string[] {
  return (packed?.files ?? []).map(({ path }) => path);
}

async function bnnc(...args: readonly string[]) {
  // Where CI is set, colours are on.
  return execa(join(place, 'node_modules/.bin/bnnc'), args, { cwd: place, reject: false, stdin: 'ignore', env: { NO_COLOR: '1' } });
}

/** Every file below a folder of the repository, as paths from its root. */
function below(folder: string): readonly string[] {
  const entries = readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1));
}

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'bnnc-package-'));
  // Builds first (prepack; .npmrc turns scripts off for the sake of others), as publishing does.
  const { stdout } = await execa('npm', ['pack', '--json', '--ignore-scripts=false', '--pack-destination', work], { cwd: ROOT });
  [packed] = packSchema.parse(JSON.parse(stdout.slice(stdout.search(/^\[/m))));
  place = join(work, 'stranger');
  mkdirSync(place);
  writeFileSync(join(place, 'package.json'), JSON.stringify({ name: 'stranger', version: '1.0.0', private: true, type: 'module' }));
  const install = ['install', join(work, packed.filename), '--omit=dev', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];
  await execa('npm', install, { cwd: place });
  symlinkSync(join(ROOT, 'fixtures'), join(place, 'fixtures'));
  mkdirSync(join(place, 'build'));
});

afterAll(() => rmSync(work, { recursive: true, force: true }));

describe('the tarball', () => {
  it('has everything that is read at run time', () => {
    const needed = [...below('templates'), ...below('runtime-c'), ...below('targets'), ...below('LICENSES')];
    expect(needed.filter((path) => !files().includes(path))).toEqual([]);
    expect(files()).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'CHANGELOG.md', 'package.json']));
  });

  it('has one module and one declaration for each source of the compiler, and nothing that is left over', () => {
    const sources = below('compiler').filter((path) => path.endsWith('.ts'));
    const wanted = sources.flatMap((path) => ['.js', '.d.ts'].map((ending) => `dist/${path.replace(/\.ts$/, ending)}`));
    expect(
      files()
        .filter((path) => path.startsWith('dist/'))
        .sort(),
    ).toEqual(wanted.sort());
  });

  it('has nothing else', () => {
    const expected =
      /^(?:dist\/compiler|templates|runtime-c|schema|targets|LICENSES)\/|^(?:LICENSE|README\.md|CHANGELOG\.md|package\.json)$/;
    expect(files().filter((path) => !expected.test(path))).toEqual([]);
    expect(files().filter((path) => /test|fixtures|\.(?:map|proto|onnx)$/.test(path))).toEqual([]);
    // The evaluator is what --emit ts writes into modules.
    expect(files().filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))).toEqual(['templates/evaluator.ts']);
  });

  it('stays small', () => {
    expect(packed?.size).toBeLessThan(LARGEST_PACKED);
    expect(packed?.unpackedSize).toBeLessThan(LARGEST_UNPACKED);
  });

  it('is in order for publint', async () => {
    const manifest = JSON.parse(readFileSync(join(place, 'node_modules/bnnc/package.json'), 'utf8')) as Record<string, unknown>;
    const { messages } = await publint({ pkgDir: join(place, 'node_modules/bnnc'), level: 'suggestion', pack: false });
    expect(messages.map((message) => formatMessage(message, manifest))).toEqual([]);
  });

  it('depends on what its modules import, and on nothing else', () => {
    const manifest = z
      .object({ dependencies: z.record(z.string(), z.string()), peerDependencies: z.record(z.string(), z.string()) })
      .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));
    const modules = files()
      .filter((path) => path.endsWith('.js'))
      .map((path) => readFileSync(join(place, 'node_modules/bnnc', path), 'utf8'));
    const literal = /^(?:(?:import|export)\b[^';]*? from |import )'([^']+)'|\bimport\('([^']+)'\)/gm;
    const imported = modules.flatMap((text) => [...text.matchAll(literal)].map(([, fixed, dynamic]) => fixed ?? dynamic ?? ''));
    const packages = [...new Set(imported)]
      .filter((name) => !/^(?:node:|\.)/.test(name))
      .map((name) => /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? '');
    const declared = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)];
    expect(packages.filter((name) => !declared.includes(name))).toEqual([]);
    expect(declared.filter((name) => !packages.includes(name))).toEqual([]);
  });
});

describe('the installed command', () => {
  it('says its version and its verbs', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(await bnnc('--version')).toMatchObject({ exitCode: 0, stdout: version });
    expect((await bnnc('--help')).stdout).toContain('compile');
  });

  it('compiles a model, with the bytes that the sources give', async () => {
    copyFileSync(join(ROOT, 'fixtures/digits-cnn/model.onnx'), join(place, 'digits.onnx'));
    const { exitCode, stderr, stdout } = await bnnc('compile', 'digits.onnx', ...PIXELS);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toContain('wrote      digits.h');
    const { run } = await import('../../compiler/cli/index.ts');
    let header = '';
    const io = { stdout: (text: string) => void (header += text), stderr: () => undefined, isTerminal: false, cwd: place };
    expect(await run(['compile', 'digits.onnx', ...PIXELS, '-o', '-'], io)).toBe(0);
    expect(readFileSync(join(place, 'digits.h'), 'utf8')).toBe(header);
  });

  it.each([
    [['targets'], 'cortex-m4'],
    [['explain', 'BNN2004'], 'sign(0)'],
    [['inspect', 'fixtures/digits-cnn/model.onnx', ...PIXELS], 'Planned for cortex-m4'],
    [['doctor'], 'host'],
    [['completion', 'bash'], 'complete'],
  ])('%j works', async (args, text) => {
    const { exitCode, stdout, stderr } = await bnnc(...args);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toContain(text);
  });

  it('names the optional package that onnxruntime needs', async () => {
    const fixture = 'fixtures/digits-mlp';
    const { exitCode, stderr } = await bnnc(
      'verify',
      `${fixture}/model.onnx`,
      '--data',
      `${fixture}/vectors-images.idx3-ubyte.gz`,
      '--limit',
      '1',
      '--reference',
      'onnxruntime',
    );
    expect(exitCode).toBe(1);
    expect(stderr).toContain('error[BNN5005]: onnxruntime-node is not installed');
  });

  it('refuses what is no model with a diagnostic and no file', async () => {
    const { exitCode, stderr } = await bnnc('compile', 'package.json', '-o', 'refused.h');
    expect([exitCode, stderr.split(':')[0]]).toEqual([1, 'error[BNN1002]']);
    expect(readdirSync(place)).not.toContain('refused.h');
  });
});

describe('the installed API', () => {
  const blocks = pages(ROOT).flatMap((page) =>
    codeBlocks(readFileSync(join(ROOT, page), 'utf8'))
      // Blocks that import a compiled network are run by test/docs.test.ts.
      .filter(({ language, text }) => language === 'ts' && !text.includes("from './"))
      .map(({ line, text }) => [`${page}:${line}`, text] as const),
  );
  const options = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
  } as const;

  function problemsOf(file: string, more: ts.CompilerOptions): readonly string[] {
    return ts
      .getPreEmitDiagnostics(ts.createProgram([file], { ...options, ...more }))
      .filter(({ file: where }) => !/node_modules\/(?!bnnc\/)/.test(where?.fileName ?? '')) // zod's own types need those of Node.js
      .map(({ file: where, messageText }) => `${basename(where?.fileName ?? '')}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
  }

  it('has types that stand alone, under every check', () => {
    const file = join(place, 'alone.ts');
    writeFileSync(
      file,
      `import { compile, type Compilation } from 'bnnc';\nexport const make = (bytes: Uint8Array): Compilation => compile({ bytes, file: 'a' }, { input: 'u8' });\n`,
    );
    expect(problemsOf(file, { types: [], lib: ['lib.es2023.d.ts'], skipLibCheck: false })).toEqual([]);
    writeFileSync(file, `import { compile } from 'bnnc';\ncompile({ bytes: new Uint8Array(), file: 'a' }, { input: 'u7' });\n`);
    expect(problemsOf(file, { types: [], lib: ['lib.es2023.d.ts'] }).join()).toMatch(/"u7"/);
  });

  it.each(blocks)('%s is type-checked and runs', async (where, text) => {
    const name = where.replace(/\W+/g, '-');
    const file = join(place, `${name}.ts`);
    writeFileSync(file, text);
    expect(problemsOf(file, { types: ['node'], typeRoots: [join(ROOT, 'node_modules/@types')], skipLibCheck: true })).toEqual([]);
    writeFileSync(
      join(place, `${name}.js`),
      ts.transpileModule(text, { compilerOptions: { target: options.target, module: ts.ModuleKind.ESNext } }).outputText,
    );
    const { exitCode, stderr } = await execa(process.execPath, [`${name}.js`], { cwd: place, reject: false, stdin: 'ignore' });
    expect([exitCode, stderr]).toEqual([0, '']);
  });
});
