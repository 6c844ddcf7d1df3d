/** The committed record of the 10,000 MNIST test images, bench/mnist-10000.json. */
import { z } from 'zod';
import { ENTRY, compilerLines, grouped, recordFile, type BenchRecord } from './record.ts';

const UPDATE = 'UPDATE_BENCH=1 npm run test:full';

const entry = z.strictObject({
  model: ENTRY.model,
  sha256: ENTRY.sha256,
  target: ENTRY.target,
  samples: z.int(),
  /** Samples whose outputs all equal the interpreter's, bit for bit. */
  equal: z.int(),
  /** Predictions that are the label. */
  correct: z.int(),
  accuracy: z.string(),
  /** Predictions that are onnxruntime's. */
  onnxruntime: z.int(),
  flash: ENTRY.flash,
  tables: ENTRY.tables,
  workspace: ENTRY.workspace,
  stack: ENTRY.stack,
  /** Of all outputs, in order, little-endian. */
  outputs: z.string().length(64),
});

export type MnistEntry = z.infer<typeof entry>;

function printTable(record: BenchRecord<MnistEntry>): string {
  const rows = record.entries.map((e) => {
    const all = e.stack === null ? null : e.flash + e.workspace + e.stack;
    const cells = [
      e.model,
      e.target,
      `${grouped(e.equal)} of ${grouped(e.samples)}`,
      `${grouped(e.onnxruntime)} of ${grouped(e.samples)}`,
      e.accuracy,
      ...[e.flash, e.tables, e.workspace, e.stack, all].map(grouped),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '# All 10,000 MNIST test images',
    '',
    `Written by \`${UPDATE}\` from what it measured; do not edit. Sizes in bytes, counted as README.md`,
    'says. "Outputs equal" compares every output with the interpreter, bit for bit; "as onnxruntime" counts equal predictions.',
    '',
    '| model | target | outputs equal | as onnxruntime | accuracy | flash | of it tables | workspace | stack | flash + RAM |',
    '| --- | --- | --- | --- | --- | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
    ...compilerLines(record),
  ].join('\n');
}

export const MNIST_RECORD = recordFile({
  name: 'mnist-10000',
  entry,
  numbers: ['flash', 'tables', 'workspace', 'stack'],
  update: UPDATE,
  table: printTable,
});
