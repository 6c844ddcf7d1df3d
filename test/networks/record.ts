/** The committed record of counted networks, bench/networks.json. */
import { z } from 'zod';
import { ENTRY, compilerLines, grouped, recordFile, type BenchRecord } from '../run/record.ts';

const entry = z.strictObject({
  model: ENTRY.model,
  sha256: ENTRY.sha256,
  target: ENTRY.target,
  optimize: z.enum(['speed', 'ram', 'size']),
  /** The kernel that was taken wherever it can be; null for the cheapest. */
  forcedKernel: z.string().nullable(),
  /** Where it ran. */
  board: z.string(),
  samples: z.int(),
  /** Of all samples together, at -Os, -O2 and -O3. */
  instructions: z.int(),
  instructionsO2: z.int().nullable(),
  instructionsO3: z.int().nullable(),
  /** Instructions of one inference that it shall need at most; null where nothing is aimed at. */
  aim: z.int().nullable(),
  /** Of 32 multiply-accumulates, in one inference. */
  words: z.int(),
  flash: ENTRY.flash,
  tables: ENTRY.tables,
  workspace: ENTRY.workspace,
  stack: ENTRY.stack,
  kernels: z.array(z.string()),
});

export type NetworkEntry = z.infer<typeof entry>;

/** The entry of the same row. */
export function isSameRow(a: NetworkEntry, b: NetworkEntry): boolean {
  return a.model === b.model && a.target === b.target && a.optimize === b.optimize && a.forcedKernel === b.forcedKernel;
}

function perWord(instructions: number, { words }: NetworkEntry): string {
  return words === 0 ? '–' : (instructions / words).toFixed(2);
}

function cells(e: NetworkEntry): readonly string[] {
  const one = (sum: number | null): number | null => (sum === null ? null : Math.round(sum / e.samples));
  const least = one(e.instructions) ?? 0;
  const aim = e.aim === null ? '–' : `${grouped(e.aim)}${least <= e.aim ? ' reached' : ` (${(least / e.aim).toFixed(1)} times)`}`;
  return [
    ...[e.model, e.target, e.forcedKernel === null ? e.optimize : `${e.optimize}, ${e.forcedKernel}`],
    ...[grouped(least), aim, grouped(e.words), perWord(least, e)],
    ...[one(e.instructionsO2), one(e.instructionsO3), e.flash, e.tables, e.workspace, e.stack].map(grouped),
    e.kernels.join(', '),
  ];
}

const HEAD = [
  ...['network', 'target', '--optimize', 'instructions', 'aim', 'words', 'instr./word'],
  ...['at -O2', 'at -O3', 'flash', 'of it tables', 'workspace', 'stack', 'kernels'],
];

function printTable(record: BenchRecord<NetworkEntry>): string {
  return [
    '# Counted networks',
    '',
    'Written by `npm run bench:networks` from what it counted; do not edit. What the networks are, what is counted and how is in README.md.',
    'Instructions of one inference at `-Os`; sizes in bytes; a word is 32 multiply-accumulates. A kernel behind `--optimize` was forced.',
    '',
    `| ${HEAD.join(' | ')} |`,
    `| ${HEAD.map((_, column) => (column < 3 || column === HEAD.length - 1 ? '---' : '---:')).join(' | ')} |`,
    ...record.entries.map((each) => `| ${cells(each).join(' | ')} |`),
    ...compilerLines(record),
  ].join('\n');
}

export const NETWORK_RECORD = recordFile({
  name: 'networks',
  entry,
  numbers: ['instructions', 'flash', 'tables', 'workspace', 'stack'],
  update: 'npm run bench:networks -- --record',
  table: printTable,
  title: ({ model, target, optimize, forcedKernel }) =>
    [model, target, ...(optimize === 'speed' ? [] : [optimize]), ...(forcedKernel === null ? [] : [forcedKernel])].join(' '),
});
