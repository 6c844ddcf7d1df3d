/**
 * Every folder in cases/ is one run of the command line in a new folder that holds the case's model.onnx and an empty
 * folder out/. Compared exactly: the exit code (args.json), stderr.txt and stdout.txt (absent means nothing is printed)
 * and every file that the run leaves in out/ (expected/). UPDATE_GOLDEN=1 writes what a run gives; read the diff.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { run } from '../../compiler/cli/index.ts';
import { MODELS } from './make-models.ts';

const CASES = fileURLToPath(new URL('cases', import.meta.url));
const UPDATE = process.env['UPDATE_GOLDEN'] === '1';

/** `{model}` is the model's file, `{out}` the header to write. */
const PLACEHOLDERS: readonly (readonly [string, string])[] = [
  ['{model}', 'model.onnx'],
  ['{out}', 'out/model.h'],
];

const argsSchema = z.strictObject({ argv: z.array(z.string()), exit: z.int() });

type Files = Readonly<Record<string, string>>;

interface Outcome {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
  /** All files below the folder, by path; a file that the runner put there itself is not in it unless it changed. */
  readonly files: Files;
}

/** Text files by their path below `folder`. */
function filesIn(folder: string): Files {
  const names = existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [];
  const paths = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  return Object.fromEntries(paths.sort().map((path) => [path, readFileSync(join(folder, path), 'utf8')]));
}

/** Runs in a new folder; `before` are files that are there already. */
async function runCase(argv: readonly string[], model: Uint8Array | undefined, before: Files = {}): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'bnnc-golden-'));
  try {
    mkdirSync(join(folder, 'out'));
    if (model !== undefined) writeFileSync(join(folder, 'model.onnx'), model);
    for (const [path, content] of Object.entries(before)) writeFileSync(join(folder, path), content);
    const untouched = Object.entries(filesIn(folder));
    let [stdout, stderr] = ['', ''];
    const words = argv.map((word) => PLACEHOLDERS.reduce((text, [name, value]) => text.replace(name, value), word));
    const exit = await run(words, {
      stdout: (printed) => void (stdout += printed),
      stderr: (printed) => void (stderr += printed),
      isTerminal: false,
      cwd: folder,
    });
    const after = filesIn(folder);
    for (const [path] of untouched) expect(Object.keys(after), `${path} was removed`).toContain(path);
    const changed = Object.entries(after).filter(([path, content]) => untouched.every(([p, c]) => p !== path || c !== content));
    return { exit, stdout, stderr, files: Object.fromEntries(changed) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readIfThere(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function writeOrRemove(path: string, text: string): void {
  if (text === '') rmSync(path, { force: true });
  else writeFileSync(path, text);
}

/** Makes the folder of a case say what the run gave. */
function update(folder: string, { exit, stdout, stderr, files }: Outcome): void {
  const args = join(folder, 'args.json');
  writeFileSync(args, readFileSync(args, 'utf8').replace(/"exit": \d+/, `"exit": ${exit}`));
  writeOrRemove(join(folder, 'stderr.txt'), stderr);
  writeOrRemove(join(folder, 'stdout.txt'), stdout);
  rmSync(join(folder, 'expected'), { recursive: true, force: true });
  if (exit !== 0) return;
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, 'expected'), { recursive: true });
    writeFileSync(join(folder, 'expected', path.replace(/^out\//, '')), content);
  }
}

const names = readdirSync(CASES).sort();

describe('the models of the golden cases', () => {
  it('belong to cases', () => {
    expect(Object.keys(MODELS).filter((name) => !names.includes(name))).toEqual([]);
  });

  it.each(names)('%s: making the model again gives the committed bytes', (name) => {
    const path = join(CASES, name, 'model.onnx');
    const made = MODELS[name]?.();
    if (UPDATE && made !== undefined) writeFileSync(path, made);
    if (UPDATE && made === undefined) rmSync(path, { force: true });
    const committed = existsSync(path) ? readFileSync(path).toString('hex') : undefined;
    expect(committed).toBe(made && Buffer.from(made).toString('hex'));
  });
});

describe.each(names)('%s', (name) => {
  const folder = join(CASES, name);
  const { argv, exit } = argsSchema.parse(JSON.parse(readFileSync(join(folder, 'args.json'), 'utf8')));
  const model = MODELS[name]?.();

  it('gives the expected exit code, messages and files', async () => {
    const outcome = await runCase(argv, model);
    if (UPDATE) update(folder, outcome);
    expect(outcome.stderr).toBe(readIfThere(join(folder, 'stderr.txt')));
    expect(outcome.stdout).toBe(readIfThere(join(folder, 'stdout.txt')));
    if (!UPDATE) expect(outcome.exit).toBe(exit);
    // Also: a failing run leaves nothing behind, and every expected file is one that the run wrote.
    const expected = Object.entries(filesIn(join(folder, 'expected'))).map(([path, content]) => [`out/${path}`, content]);
    expect(outcome.files).toEqual(Object.fromEntries(expected));
  });

  it('holds nothing but what is compared', () => {
    const known = ['args.json', 'expected', 'model.onnx', 'stderr.txt', 'stdout.txt'];
    expect(readdirSync(folder).filter((entry) => !known.includes(entry))).toEqual([]);
  });

  if (exit === 0) return;
  it('leaves an older header as it was', async () => {
    const { files } = await runCase(argv, model, { 'out/model.h': 'an older header\n' });
    expect(files).toEqual({});
  });
});
