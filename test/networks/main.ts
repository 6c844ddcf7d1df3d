/**
 * npm run bench:networks [-- WORDS... --record --spread]: counts the rows that hold all words, such as `small-cifar cortex-m4`, and
 * prints their layers. Without words all rows are counted and recorded; --record also records chosen ones. --spread compares
 * optimizations and compilers instead.
 */
import { loadTarget } from '../../compiler/targets/load.ts';
import { benchText } from '../../compiler/report/bench.ts';
import { table } from '../../compiler/report/text.ts';
import { UserError } from '../../compiler/support/diagnostics.ts';
import { grouped } from '../run/record.ts';
import { withClang } from './clang.ts';
import { benchRow, measureRow, missing, type MeasuredRow } from './measure.ts';
import { NETWORK_RECORD, isSameRow, type NetworkEntry } from './record.ts';
import { ROWS, rowsWith, wordsOf, type Row } from './rows.ts';

const print = (text: string): void => void process.stdout.write(`${text}\n`);

function reasonOf(error: unknown): string {
  if (error instanceof UserError) return error.diagnostics.map(({ message, details = [] }) => [message, ...details].join('\n')).join('\n');
  return error instanceof Error ? error.message : String(error);
}

/** Counts, or says why not. */
async function attempt<T>(row: Row, work: () => Promise<T>): Promise<T | null> {
  const reason = missing(row);
  if (reason !== null) {
    print(`${wordsOf(row).join(' ')}: left out, ${reason}`);
    return null;
  }
  try {
    return await work();
  } catch (error) {
    print(`${wordsOf(row).join(' ')}: not counted\n${reasonOf(error)}`);
    process.exitCode = 1;
    return null;
  }
}

async function spread(rows: readonly Row[]): Promise<void> {
  const lines: (readonly string[])[] = [];
  for (const row of rows) {
    const target = loadTarget(row.target);
    const clang = withClang(target);
    const cases = [
      ...(['-Os', '-O2', '-O3'] as const).map((optimization) => ({ name: `gcc ${optimization}`, optimization, built: target })),
      ...(clang === null ? [] : [{ name: 'clang -O2', optimization: '-O2' as const, built: clang }]),
    ];
    const counts: (readonly [string, number])[] = [];
    for (const { name, optimization, built } of cases) {
      const found = await attempt(row, () => benchRow(row, optimization, built));
      const counted = found?.result.counts;
      if (found !== null && counted !== null && counted !== undefined)
        counts.push([name, Math.round(counted.instructions.sum / found.report.samples.count)]);
    }
    const least = Math.min(...counts.map(([, count]) => count));
    lines.push(
      ...counts.map(([name, count]) => [wordsOf(row).join(' '), name, grouped(count), `+${(100 * (count / least - 1)).toFixed(1)} %`]),
    );
  }
  print(table([['row', 'built', 'instructions', 'above the least'], ...lines]));
}

/** Writes what was measured among what is recorded. Numbers that grew and are not explained stop it. */
function record(measured: readonly MeasuredRow[]): void {
  const { compilers, entries } = NETWORK_RECORD.read();
  const recordedFor = (entry: NetworkEntry): NetworkEntry | undefined => entries.find((other) => isSameRow(other, entry));
  const problems = measured.flatMap(({ entry, compiler }) => {
    const recorded = recordedFor(entry);
    const comparable = recorded?.sha256 === entry.sha256 && compilers[entry.target] === compiler;
    return recorded === undefined || !comparable ? [] : NETWORK_RECORD.unexplained(recorded, entry);
  });
  if (problems.length > 0) {
    print(`Not recorded. These grew; say why in bench/CHANGES.md, in lines that begin with:\n\n${problems.join('\n')}`);
    process.exitCode = 1;
    return;
  }
  const all = [...entries.filter((entry) => measured.every((row) => !isSameRow(row.entry, entry))), ...measured.map(({ entry }) => entry)];
  const place = (entry: NetworkEntry): number =>
    ROWS.findIndex(({ network, target, goal, forcedKernel }) =>
      isSameRow({ ...entry, model: network.name, target, optimize: goal, forcedKernel }, entry),
    );
  const names = new Map([...Object.entries(compilers), ...measured.map(({ entry, compiler }) => [entry.target, compiler] as const)]);
  const kept = all.filter((entry) => place(entry) >= 0).sort((a, b) => place(a) - place(b));
  NETWORK_RECORD.write({ compilers: Object.fromEntries([...names].sort()), entries: kept });
}

async function main(words: readonly string[]): Promise<void> {
  const filter = words.filter((word) => !word.startsWith('--'));
  const rows = rowsWith(filter);
  if (rows.length === 0) {
    print(`No row holds all of ${filter.join(' ')}. The words are: ${[...new Set(ROWS.flatMap(wordsOf))].join(' ')}`);
    process.exitCode = 2;
    return;
  }
  if (words.includes('--spread')) return spread(rows);
  const measured: MeasuredRow[] = [];
  for (const row of rows) {
    const found = await attempt(row, () => measureRow(row));
    if (found === null) continue;
    measured.push(found);
    const { instructions, samples, aim } = found.entry;
    print(`${wordsOf(row).join(' ')}: ${grouped(Math.round(instructions / samples))}${aim === null ? '' : `, aim ${grouped(aim)}`}`);
    if (filter.length > 0) print(`\n${benchText(found.report)}`);
  }
  if (filter.length === 0 || words.includes('--record')) record(measured);
}

await main(process.argv.slice(2));
