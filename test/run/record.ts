/**
 * Committed records under bench/: what was measured for each model and target, under which compiler. Numbers that grow need a line
 * with the reason in bench/CHANGES.md.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { inspectTools } from '../../compiler/runner/tools.ts';
import type { Target } from '../../compiler/targets/target.ts';

const BENCH = join(import.meta.dirname, '../../bench');
const CHANGES_FILE = join(BENCH, 'CHANGES.md');

/** What every entry says. */
export const ENTRY = {
  model: z.string(),
  /** Of the model file. */
  sha256: z.string().length(64),
  target: z.string(),
  flash: z.int(),
  tables: z.int(),
  workspace: z.int(),
  stack: z.int().nullable(),
};

export interface Identity {
  readonly model: string;
  readonly sha256: string;
  readonly target: string;
}

export interface BenchRecord<E> {
  /** By target, the first line of what its compiler says about its version: the numbers depend on it. */
  readonly compilers: Readonly<Record<string, string>>;
  readonly entries: readonly E[];
}

export interface RecordKind<E extends Identity, N extends string> {
  /** Name of the JSON file and of its table in bench/, without extension. */
  readonly name: string;
  readonly entry: z.ZodType<E>;
  /** The numbers of an entry that are compared, smaller is better. */
  readonly numbers: readonly N[];
  /** Command that writes the record. */
  readonly update: string;
  readonly table: (record: BenchRecord<E>) => string;
  /** How a line of bench/CHANGES.md names an entry: model and target unless said otherwise. */
  readonly title?: (entry: E) => string;
}

/** The numbers of an entry that are compared. */
export type Numbers<N extends string> = Readonly<Record<N, number | null>>;

export interface RecordFile<E extends Identity, N extends string> {
  readonly file: string;
  readonly tableFile: string;
  readonly read: () => BenchRecord<E>;
  readonly print: (record: BenchRecord<E>) => string;
  readonly table: (record: BenchRecord<E>) => string;
  readonly write: (record: BenchRecord<E>) => void;
  /** A sentence for each number that is not the recorded one. */
  readonly changes: (recorded: E & Numbers<N>, actual: Numbers<N>) => readonly string[];
  /** Numbers that grew and that bench/CHANGES.md does not explain. */
  readonly unexplained: (recorded: E & Numbers<N>, actual: Numbers<N>) => readonly string[];
}

export function recordFile<E extends Identity, N extends string>(kind: RecordKind<E, N>): RecordFile<E, N> {
  const { name, entry, numbers, update, table, title = ({ model, target }: E) => `${model} ${target}` } = kind;
  const [file, tableFile] = [join(BENCH, `${name}.json`), join(BENCH, `${name}.md`)];
  const schema = z.strictObject({ compilers: z.record(z.string(), z.string()), entries: z.array(entry) });
  const print = (record: BenchRecord<E>): string => `${JSON.stringify(record, null, 2)}\n`;
  const line = (recorded: E & Numbers<N>, number: N, actual: Numbers<N>): string =>
    `${title(recorded)} ${number} ${recorded[number]} -> ${actual[number]}`;
  return {
    file,
    tableFile,
    print,
    table,
    read: () => (existsSync(file) ? schema.parse(JSON.parse(readFileSync(file, 'utf8'))) : { compilers: {}, entries: [] }),
    write: (record) => {
      writeFileSync(file, print(record));
      writeFileSync(tableFile, table(record));
    },
    changes: (recorded, actual) =>
      numbers.flatMap((number) => {
        const [before, now] = [recorded[number], actual[number]];
        if (before === now) return [];
        const change = line(recorded, number, actual);
        if (now === null || before === null || now < before) return [`${change}: record it with ${update}`];
        return [
          `${change}: it grew. Make it smaller, or say why in bench/CHANGES.md, in a line that begins with these words, and record it with ${update}`,
        ];
      }),
    unexplained: (recorded, actual) => {
      const explained = existsSync(CHANGES_FILE) ? readFileSync(CHANGES_FILE, 'utf8') : '';
      return numbers
        .filter((number) => (actual[number] ?? 0) > (recorded[number] ?? 0))
        .map((number) => line(recorded, number, actual))
        .filter((text) => !explained.includes(text));
    },
  };
}

export function grouped(value: number | null): string {
  return value === null ? '–' : String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** The end of every table: which compilers the numbers belong to. */
export function compilerLines({ compilers }: BenchRecord<unknown>): readonly string[] {
  return ['', 'Compilers:', '', ...Object.entries(compilers).map(([target, version]) => `- ${target}: ${version}`), ''];
}

/** What the target's compiler says about its version. */
export async function compilerOf(target: Target): Promise<string> {
  const tools = await inspectTools(target);
  return tools.find(({ role }) => role === 'compiler')?.version ?? 'unknown';
}
