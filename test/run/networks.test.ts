/**
 * The small networks of bench/networks.json execute the recorded instructions on Cortex-M4, to the last one, under the compiler that
 * is recorded. `npm run bench:networks` counts all of them and writes the record.
 */
import { expect, it } from 'vitest';
import { loadTarget } from '../../compiler/targets/load.ts';
import { measureRow } from '../networks/measure.ts';
import { NETWORK_RECORD, isSameRow } from '../networks/record.ts';
import { rowsWith } from '../networks/rows.ts';
import { requireTools } from '../run-support/tools.ts';

const ROWS = ['ebnn-simple-mnist', 'ebnn-binary-mnist', 'mlp-1024'].flatMap((name) => rowsWith([name, 'cortex-m4']));

it.for(ROWS.map((row) => [row.network.name, row] as const))('%s executes the recorded instructions', async ([, row], context) => {
  requireTools(context, loadTarget(row.target));
  const { entry, compiler } = await measureRow(row);
  const { compilers, entries } = NETWORK_RECORD.read();
  const recorded = entries.find((other) => isSameRow(other, entry));
  expect(recorded?.sha256, 'not in the record: npm run bench:networks').toBe(entry.sha256);
  if (recorded === undefined || compilers[row.target] !== compiler) return;
  expect(NETWORK_RECORD.changes(recorded, entry)).toEqual([]);
  expect(entry).toEqual(recorded);
});
