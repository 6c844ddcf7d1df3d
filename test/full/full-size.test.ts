/**
 * The networks of scripts/full-size-models.ts at full size: compiled by a process of its own, whose time and memory are limited,
 * and run once. UPDATE_BENCH=1 writes bench/full-size.md.
 */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { FULL_SIZE_MODELS } from '../../scripts/full-size-models.ts';
import { HOST, compiledModel, inputOf } from '../support/full-size.ts';
import { runModels } from '../support/model-program.ts';

const ROOT = join(import.meta.dirname, '../..');
const FOLDER = join(ROOT, 'build/full-size');
const RECORD = join(ROOT, 'bench/full-size.md');
const UPDATE = process.env['UPDATE_BENCH'] === '1';

const MOST_SECONDS = 60;
const MOST_BYTES = 2 * 2 ** 30;

const planSchema = z.object({ tableBytes: z.int(), workspaceBytes: z.int() });

interface Measured extends z.infer<typeof planSchema> {
  readonly seconds: number;
  readonly peakBytes: number;
  readonly modelBytes: number;
  readonly headerBytes: number;
}

const PRINT_PEAK = "process.on('exit', () => process.stderr.write('peak ' + process.resourceUsage().maxRSS + ' KiB\\n'))";

/** The command line in a process of its own. Its modules are transpiled once and kept: see test/fuzz/typescript.js. */
async function bnnc(...args: readonly string[]) {
  const imports = ['--import', './test/fuzz/typescript.js', '--import', `data:text/javascript,${encodeURIComponent(PRINT_PEAK)}`];
  const started = performance.now();
  const { stdout, stderr } = await execa('node', [...imports, 'compiler/main.ts', ...args], { cwd: ROOT });
  const peak = Number(/^peak (\d+) KiB$/m.exec(stderr)?.[1]);
  return { stdout, seconds: (performance.now() - started) / 1000, peakBytes: peak * 1024 };
}

const measured = new Map<string, Measured>();

/** The lines of the record. Seconds depend on the machine; the other columns on bnnc and Node.js. */
function recordText(): string {
  const [cpu] = cpus();
  const grouped = (value: number): string => value.toLocaleString('en-US');
  const rows = [...measured].map(([name, m]) =>
    [
      name,
      grouped(m.modelBytes),
      m.seconds.toFixed(0),
      grouped(Math.round(m.peakBytes / 2 ** 20)),
      grouped(m.headerBytes),
      grouped(m.tableBytes),
      grouped(m.workspaceBytes),
    ].join(' | '),
  );
  return [
    '# Networks of full size',
    '',
    'Written by `UPDATE_BENCH=1 npm run test:full -- test/full/full-size.test.ts` from what it measured; do not edit. The networks are those',
    'of `scripts/full-size-models.ts`: published topologies with pseudo-random weights. Each was compiled to C for `host`, ran once, and',
    "gave the interpreter's output, bit for bit. Sizes in bytes; seconds and peak memory of the whole `bnnc compile`, start included.",
    '',
    '| model | model file | seconds | peak memory, MiB | header | tables | workspace |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows.map((row) => `| ${row} |`),
    '',
    `Seconds are of one machine, shared with other work: ${cpus().length} cores of ${cpu?.model.trim() ?? 'an unknown processor'}, Node.js ${process.version}.`,
    '',
  ].join('\n');
}

/** Tables and workspace of a model as they are recorded. */
function recorded(name: string): readonly string[] {
  const row = readFileSync(RECORD, 'utf8')
    .split('\n')
    .find((line) => line.startsWith(`| ${name} |`));
  return (row ?? '').split('|').slice(6, 8);
}

describe.each(FULL_SIZE_MODELS.map((model) => [model.name, model] as const))('%s', (name, model) => {
  it(`compiles in less than ${MOST_SECONDS} seconds and 2 GiB`, async () => {
    mkdirSync(FOLDER, { recursive: true });
    const file = join(FOLDER, `${name}.json`);
    const header = join(FOLDER, `${name}.h`);
    writeFileSync(file, model.json());
    await bnnc('--version');
    const { stdout, seconds, peakBytes } = await bnnc('compile', file, '--target', 'host', '-o', header, '--json');
    const plan = planSchema.parse(JSON.parse(stdout));
    measured.set(name, { ...plan, seconds, peakBytes, modelBytes: statSync(file).size, headerBytes: statSync(header).size });
    expect(seconds).toBeLessThan(MOST_SECONDS);
    expect(peakBytes).toBeLessThan(MOST_BYTES);
    if (!UPDATE) expect([plan.tableBytes, plan.workspaceBytes].map((n) => ` ${n.toLocaleString('en-US')} `)).toEqual(recorded(name));
  });

  it('computes in C what the interpreter computes', async () => {
    const compiled = compiledModel(model, 1);
    expect(await runModels(HOST, [{ compiled, inputs: [inputOf(compiled)] }], { optimization: '-O1' })).toEqual([]);
  });
});

afterAll(() => {
  if (UPDATE && measured.size === FULL_SIZE_MODELS.length) writeFileSync(RECORD, recordText());
});
