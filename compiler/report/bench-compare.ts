/** Two benchmarks of one model: what changed. */
import { fail } from '../support/diagnostics.ts';
import type { BenchReport, TargetBench } from './bench.ts';
import { grouped, table } from './text.ts';

export interface Change {
  readonly target: string;
  /** `instructions`, `flash` and so on, or the name of a layer. */
  readonly what: string;
  readonly before: number;
  readonly now: number;
}

export interface Comparison {
  /** Only what differs, target by target: totals and sizes first, then layers. Instructions are of all samples together. */
  readonly changes: readonly Change[];
  /** What could not be compared, and what else is different, in sentences. */
  readonly notes: readonly string[];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A list whose every entry is an object with these numbers. */
function isListOf(value: unknown, check: (entry: Readonly<Record<string, unknown>>) => boolean): boolean {
  return Array.isArray(value) && value.every((entry) => isRecord(entry) && check(entry));
}

function isSpread(value: unknown): boolean {
  return isRecord(value) && typeof value['sum'] === 'number';
}

function isCounts(value: unknown): boolean {
  if (value === null) return true;
  if (!isRecord(value) || !isSpread(value['instructions'])) return false;
  return isListOf(value['parts'], (part) => typeof part['name'] === 'string' && isSpread(part['instructions']));
}

function isTarget(value: Readonly<Record<string, unknown>>): boolean {
  const { target, compiler, counts, stack } = value;
  const sizes = ['flash', 'tables', 'workspace'].every((name) => typeof value[name] === 'number');
  const words = typeof target === 'string' && typeof compiler === 'string';
  return words && sizes && (stack === null || typeof stack === 'number') && isCounts(counts);
}

function isReport(value: unknown): value is BenchReport {
  if (!isRecord(value) || typeof value['optimization'] !== 'string') return false;
  const { samples, model, targets } = value;
  const hashes = isRecord(samples) && isRecord(model) && typeof samples['sha256'] === 'string' && typeof model['sha256'] === 'string';
  return hashes && isListOf(targets, isTarget);
}

/** An earlier report from its file. @throws UserError BNN4004 if it is none */
export function readBench(bytes: Uint8Array, file: string): BenchReport {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    value = undefined;
  }
  if (isReport(value)) return value;
  return fail({
    code: 'BNN4004',
    message: `"${file}" is not a benchmark that can be compared`,
    origin: { file, path: 'earlier benchmark' },
    help: 'Write one with `bnnc bench MODEL --json FILE` and this version of bnnc.',
  });
}

function changesOf(before: TargetBench, now: TargetBench): readonly Change[] {
  const { target } = now;
  const change = (what: string, a: number | null | undefined, b: number | null | undefined): readonly Change[] =>
    a === b || typeof a !== 'number' || typeof b !== 'number' ? [] : [{ target, what, before: a, now: b }];
  const old = new Map(before.counts?.parts.map(({ name, instructions }) => [name, instructions.sum]));
  return [
    ...change('instructions', before.counts?.instructions.sum, now.counts?.instructions.sum),
    ...change('flash', before.flash, now.flash),
    ...change('tables', before.tables, now.tables),
    ...change('workspace', before.workspace, now.workspace),
    ...change('stack', before.stack, now.stack),
    ...(now.counts?.parts ?? []).flatMap(({ name, instructions }) => change(`layer ${name}`, old.get(name), instructions.sum)),
  ];
}

/** @param file of the earlier benchmark, for messages @throws UserError BNN4004 when the two counted different samples */
export function compareBench(before: BenchReport, now: BenchReport, file: string): Comparison {
  if (before.samples.sha256 !== now.samples.sha256 || before.optimization !== now.optimization) {
    const of = ({ samples, optimization }: BenchReport): string =>
      `${samples.count} samples, ${samples.source}, sha256 ${samples.sha256.slice(0, 16)}, ${optimization}`;
    fail({
      code: 'BNN4004',
      message: `"${file}" counted something else: other samples, or another optimization`,
      origin: { file, path: 'earlier benchmark' },
      details: [`before  ${of(before)}`, `now     ${of(now)}`],
      help: 'Run with the same --data, --index, --limit and --optimization as before.',
    });
  }
  const changes: Change[] = [];
  const notes: string[] = before.model.sha256 === now.model.sha256 ? [] : ['the model file is another one'];
  for (const target of now.targets) {
    const old = before.targets.find((other) => other.target === target.target);
    if (old === undefined) notes.push(`${target.target} is not in the earlier benchmark`);
    else {
      if (old.compiler !== target.compiler) notes.push(`${target.target} was compiled by ${old.compiler}`);
      changes.push(...changesOf(old, target));
    }
  }
  return { changes, notes };
}

/** Every change with its sign. */
export function comparisonText({ changes, notes }: Comparison): string {
  const sign = (value: number): string => `${value < 0 ? '−' : '+'}${grouped(Math.abs(value))}`;
  const rows = changes.map(({ target, what, before, now }) => [
    ...[target, what, grouped(before), grouped(now), sign(now - before)],
    before === 0 ? '–' : `${now < before ? '−' : '+'}${((100 * Math.abs(now - before)) / before).toFixed(2)} %`,
  ]);
  const text =
    rows.length === 0
      ? 'nothing changed\n'
      : `changes, instructions of all samples together:\n\n${table([['target', 'what', 'before', 'now', 'change', 'in %'], ...rows])}`;
  return `${text}${notes.map((note) => `note: ${note}\n`).join('')}`;
}
