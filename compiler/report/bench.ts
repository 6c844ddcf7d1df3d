/** Counted instructions: what a benchmark is, and its text. */
import { grouped, table } from './text.ts';

/** A number for each of several samples: exact sum, smallest and largest. */
export interface Spread {
  readonly sum: number;
  readonly least: number;
  readonly most: number;
}

/** A part of an inference, counted in a build with marks between the parts. */
export interface PartCount {
  /** Name of the layer, or words for what belongs to none. */
  readonly name: string;
  readonly kernel: string | null;
  readonly instructions: Spread;
  /** Of one inference, by the kernel's cost model. */
  readonly estimate: number | null;
  /** Words of 32 multiply-accumulates of one inference; null for what has none. */
  readonly words: number | null;
}

export interface Counts {
  /** Of the code as a user gets it. */
  readonly instructions: Spread;
  /** Of the build with marks, all samples together. It differs: compilers move less across a mark, and choose other registers. */
  readonly markedInstructions: number;
  readonly parts: readonly PartCount[];
  /** Instructions of each class, of all samples. */
  readonly classes: Readonly<Record<string, number>>;
  /** Models, not measurements; of all samples. */
  readonly cycles: readonly { readonly model: string; readonly least: number; readonly most: number }[];
}

export interface TargetBench {
  readonly target: string;
  readonly board: string;
  /** First line of what the compiler says about its version. */
  readonly compiler: string;
  /** Null where nothing counts exactly. */
  readonly counts: Counts | null;
  /** Bytes; see bench/README.md. */
  readonly flash: number;
  readonly tables: number;
  readonly workspace: number;
  readonly stack: number | null;
}

export interface BenchReport {
  readonly bnnc: string;
  readonly model: { readonly file: string; readonly sha256: string };
  readonly optimization: string;
  readonly samples: {
    readonly count: number;
    /** Where they come from, in words. */
    readonly source: string;
    /** Of all of them, as the C program reads them. */
    readonly sha256: string;
  };
  readonly targets: readonly TargetBench[];
}

/** Per sample: whole where the sum divides, otherwise with one decimal. */
export function mean(sum: number, samples: number): string {
  if (sum % samples === 0) return grouped(sum / samples);
  const [whole = '', decimal = ''] = (sum / samples).toFixed(1).split('.');
  return `${grouped(Number(whole))}.${decimal}`;
}

function ratio(a: number, b: number | null): string {
  return b === null || b === 0 ? '–' : (a / b).toFixed(2);
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;
}

function optional(value: number | null): string {
  return value === null ? '–' : grouped(value);
}

function partsTable({ parts, markedInstructions }: Counts, samples: number): string {
  const rows = parts.map(({ name, kernel, instructions, estimate, words }) => {
    const each = instructions.sum / samples;
    const shown = mean(instructions.sum, samples);
    return [
      ...[name, kernel ?? '–', shown, percent(instructions.sum, markedInstructions)],
      ...[optional(estimate), ratio(each, estimate), optional(words), ratio(each, words)],
    ];
  });
  const head = ['layer', 'kernel', 'instructions', 'share', '≈estimate', 'counted/≈', 'words', 'instr./word'];
  return table([head, ...rows]);
}

/** By how much the build with marks differs, in words. */
function difference(counts: Counts, samples: number): string {
  const more = counts.markedInstructions - counts.instructions.sum;
  const text = `${more < 0 ? '−' : '+'}${mean(Math.abs(more), samples)} (${percent(Math.abs(more), counts.instructions.sum)})`;
  return more === 0 ? 'the marks change nothing' : `${text} in the build with marks that layers are counted in`;
}

function spread({ least, most }: Spread): string {
  return least === most ? 'the same for every sample' : `${grouped(least)} to ${grouped(most)}`;
}

function countsText(counts: Counts, samples: number): string {
  const { instructions, classes, cycles } = counts;
  const mix = Object.entries(classes)
    .filter(([, n]) => n > 0)
    .map(([name, n]) => `${name} ${percent(n, instructions.sum)}`);
  const models = cycles.map(({ model, least, most }) => {
    const range = least === most ? mean(least, samples) : `${mean(least, samples)} to ${mean(most, samples)}`;
    return `cycles        ${range} by a model of ${model} without wait states; not measured\n`;
  });
  return (
    `${partsTable(counts, samples)}\n` +
    `instructions  ${mean(instructions.sum, samples)}, ${spread(instructions)}; ${difference(counts, samples)}\n` +
    `mix           ${mix.join(', ')}\n${models.join('')}`
  );
}

function targetText({ target, board, compiler, counts }: TargetBench, samples: number): string {
  const title = `${target} (${board}), ${compiler}`;
  return counts === null ? `${title}\nnot counted: nothing counts exactly here\n` : `${title}\n\n${countsText(counts, samples)}`;
}

/** Everything for a person: the layers of each target, then one line per target. */
export function benchText({ model, optimization, samples, targets }: BenchReport): string {
  const count = `${grouped(samples.count)} ${samples.count === 1 ? 'sample' : 'samples'}`;
  const bytes = (value: number | null): string => (value === null ? '–' : `${grouped(value)} B`);
  const rows = targets.map(({ target, counts, flash, tables, workspace, stack }) => [
    target,
    counts === null ? '–' : mean(counts.instructions.sum, samples.count),
    ...[flash, tables, workspace, stack].map(bytes),
  ]);
  return (
    `${model.file}, ${optimization}, instructions of one inference: mean of ${count}, ${samples.source}\n\n` +
    targets.map((target) => `${targetText(target, samples.count)}\n`).join('') +
    table([['target', 'instructions', 'flash', 'of it tables', 'workspace', 'stack'], ...rows])
  );
}
