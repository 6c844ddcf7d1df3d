/** The committed record of sizes and results, bench/mnist-10000.json, and its rules. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { inspectTools } from '../../compiler/runner/tools.ts';
import type { Target } from '../../compiler/targets/target.ts';

const BENCH = join(import.meta.dirname, '../../bench');
export const RECORD_FILE = join(BENCH, 'mnist-10000.json');
export const TABLE_FILE = join(BENCH, 'mnist-10000.md');
export const CHANGES_FILE = join(BENCH, 'CHANGES.md');

const entrySchema = z.strictObject({
  model: z.string(),
  /** Of the model file. */
  sha256: z.string().length(64),
  target: z.string(),
  samples: z.int(),
  /** Samples whose outputs all equal the interpreter's, bit for bit. */
  equal: z.int(),
  /** Predictions that are the label. */
  correct: z.int(),
  accuracy: z.string(),
  /** Predictions that are onnxruntime's. */
  onnxruntime: z.int(),
  flash: z.int(),
  tables: z.int(),
  workspace: z.int(),
  stack: z.int().nullable(),
  /** Of all outputs, in order, little-endian. */
  outputs: z.string().length(64),
});

const recordSchema = z.strictObject({
  /** First line of what the compiler says about its version; flash and stack depend on it. */
  compilers: z.record(z.string(), z.string()),
  entries: z.array(entrySchema),
});

export type Entry = z.infer<typeof entrySchema>;
export type BenchRecord = z.infer<typeof recordSchema>;

export function readRecord(): BenchRecord {
  if (!existsSync(RECORD_FILE)) return { compilers: {}, entries: [] };
  return recordSchema.parse(JSON.parse(readFileSync(RECORD_FILE, 'utf8')));
}

export function printRecord(record: BenchRecord): string {
  return `${JSON.stringify(record, null, 2)}\n`;
}

function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

export function printTable({ compilers, entries }: BenchRecord): string {
  const bytes = (value: number | null): string => (value === null ? '–' : grouped(value));
  const rows = entries.map((e) => {
    const all = e.stack === null ? null : e.flash + e.workspace + e.stack;
    const cells = [
      e.model,
      e.target,
      `${grouped(e.equal)} of ${grouped(e.samples)}`,
      `${grouped(e.onnxruntime)} of ${grouped(e.samples)}`,
      e.accuracy,
      ...[e.flash, e.tables, e.workspace, e.stack, all].map(bytes),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '# All 10,000 MNIST test images',
    '',
    'Written by `UPDATE_BENCH=1 npm run test:full` from what it measured; do not edit. Sizes in bytes, counted as README.md',
    'says. "Outputs equal" compares every output with the interpreter, bit for bit; "as onnxruntime" counts equal predictions.',
    '',
    '| model | target | outputs equal | as onnxruntime | accuracy | flash | of it tables | workspace | stack | flash + RAM |',
    '| --- | --- | --- | --- | --- | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
    '',
    'Compilers:',
    '',
    ...Object.entries(compilers).map(([target, version]) => `- ${target}: ${version}`),
    '',
  ].join('\n');
}

/** What the target's compiler says about its version. */
export async function compilerOf(target: Target): Promise<string> {
  const tools = await inspectTools(target);
  return tools.find(({ role }) => role === 'compiler')?.version ?? 'unknown';
}

const SIZES = ['flash', 'tables', 'workspace', 'stack'] as const;

export type Sizes = Pick<Entry, (typeof SIZES)[number]>;

/** A sentence for each size that is not the recorded one. */
export function sizeChanges(recorded: Entry, actual: Sizes): readonly string[] {
  return SIZES.flatMap((size) => {
    const [before, now] = [recorded[size], actual[size]];
    if (before === now) return [];
    const line = changeLine(recorded, size, actual);
    if (now === null || before === null || now < before) return [`${line}: record it with UPDATE_BENCH=1 npm run test:full`];
    return [
      `${line}: it grew. Make it smaller, or say why in bench/CHANGES.md, in a line that begins with these words, and record it with UPDATE_BENCH=1 npm run test:full`,
    ];
  });
}

function changeLine({ model, target, ...recorded }: Entry, size: (typeof SIZES)[number], actual: Sizes): string {
  return `${model} ${target} ${size} ${recorded[size]} -> ${actual[size]}`;
}

/** Sizes that grew and that bench/CHANGES.md does not explain. */
export function unexplained(recorded: Entry, actual: Sizes): readonly string[] {
  const explained = existsSync(CHANGES_FILE) ? readFileSync(CHANGES_FILE, 'utf8') : '';
  return SIZES.filter((size) => (actual[size] ?? 0) > (recorded[size] ?? 0))
    .map((size) => changeLine(recorded, size, actual))
    .filter((line) => !explained.includes(line));
}

export function writeRecord(record: BenchRecord): void {
  writeFileSync(RECORD_FILE, printRecord(record));
  writeFileSync(TABLE_FILE, printTable(record));
}
