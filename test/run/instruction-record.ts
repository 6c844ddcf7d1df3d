/** The committed record of counted instructions, bench/instructions.json. */
import { z } from 'zod';
import { ENTRY, compilerLines, grouped, recordFile, type BenchRecord } from './record.ts';

const entry = z.strictObject({
  model: ENTRY.model,
  sha256: ENTRY.sha256,
  target: ENTRY.target,
  /** Where it ran. */
  board: z.string(),
  samples: z.int(),
  /** Of all samples together, and of the samples with the fewest and the most. */
  instructions: z.int(),
  least: z.int(),
  most: z.int(),
  flash: ENTRY.flash,
  tables: ENTRY.tables,
  workspace: ENTRY.workspace,
  stack: ENTRY.stack,
});

export type InstructionEntry = z.infer<typeof entry>;

function printTable(record: BenchRecord<InstructionEntry>): string {
  const rows = record.entries.map((e) => {
    const mean = Math.round(e.instructions / e.samples);
    const numbers = [e.instructions, mean, e.least, e.most, e.flash, e.tables, e.workspace, e.stack];
    return `| ${[e.model, e.target, e.board, ...numbers.map(grouped)].join(' | ')} |`;
  });
  const [first] = record.entries;
  return [
    '# Counted instructions',
    '',
    'Written by `npm run bench` from what it counted; do not edit. `-Os`; sizes in bytes; what is counted, and how, is in README.md.',
    `"All" is the exact sum over the first ${first?.samples ?? 0} MNIST test images; "one inference" is its mean, rounded.`,
    '',
    '| model | target | ran on | all | one inference | least | most | flash | of it tables | workspace | stack |',
    '| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
    ...compilerLines(record),
  ].join('\n');
}

export const INSTRUCTION_RECORD = recordFile({
  name: 'instructions',
  entry,
  numbers: ['instructions', 'least', 'most', 'flash', 'tables', 'workspace', 'stack'],
  update: 'npm run bench',
  table: printTable,
});
