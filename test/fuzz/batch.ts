/** Runs in a process of its own: a range of cases of one reader. What it found is a JSON file; how far it is, another. */
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { z } from 'zod';
import { makeCase, prepare, runCase } from './case.ts';
import type { Reader } from './reader.ts';
import { createSandbox } from './sandbox.ts';

export const batchSchema = z.object({
  /** URL of a module with READERS. */
  readers: z.string(),
  reader: z.string(),
  seed: z.int(),
  from: z.int(),
  /** The case behind the last one. */
  to: z.int(),
  memoryLimit: z.number(),
  progressFile: z.string(),
  resultFile: z.string(),
});
export type Batch = z.infer<typeof batchSchema>;

export const resultSchema = z.object({
  cases: z.int(),
  outcomes: z.record(z.string(), z.int()),
  /** In how many refused cases each code was reported. */
  codes: z.record(z.string(), z.int()),
  slowest: z.object({ case: z.int(), milliseconds: z.number() }),
  /** Of the whole process, array buffers included. */
  peakBytes: z.number(),
  findings: z.array(z.object({ case: z.int(), kind: z.string(), text: z.string() })),
  /** The case behind the last one that was run: smaller than `to` when the memory limit was passed. */
  stoppedAt: z.int(),
});
export type Result = z.infer<typeof resultSchema>;

function peakBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}

export async function runBatch(batch: Batch): Promise<Result> {
  const { READERS } = (await import(batch.readers)) as { READERS: Readonly<Record<string, Reader>> };
  const reader = READERS[batch.reader];
  if (reader === undefined) throw new Error(`there is no reader ${batch.reader}`);
  const prepared = prepare(reader);
  const sandbox = createSandbox();
  const progress = openSync(batch.progressFile, 'w');
  const outcomes: Record<string, number> = {};
  const codes: Record<string, number> = {};
  const findings: Result['findings'] = [];
  let slowest = { case: batch.from, milliseconds: 0 };
  let index = batch.from;
  try {
    while (index < batch.to && peakBytes() <= batch.memoryLimit) {
      writeSync(progress, String(index).padStart(12), 0); // at once, so that it is true when this process is killed
      const started = performance.now();
      const outcome = runCase(prepared, makeCase(prepared, batch.seed, index), sandbox);
      const milliseconds = performance.now() - started;
      if (milliseconds > slowest.milliseconds) slowest = { case: index, milliseconds };
      outcomes[outcome.kind] = (outcomes[outcome.kind] ?? 0) + 1;
      if (outcome.kind === 'refused') for (const code of outcome.codes) codes[code] = (codes[code] ?? 0) + 1;
      else if ('text' in outcome) findings.push({ case: index, kind: outcome.kind, text: outcome.text });
      index += 1;
    }
  } finally {
    sandbox.remove();
    closeSync(progress);
  }
  return { cases: index - batch.from, outcomes, codes, slowest, peakBytes: peakBytes(), findings, stoppedAt: index };
}

const [argument] = process.argv.slice(2);
if (argument !== undefined && import.meta.filename === process.argv[1]) {
  const batch = batchSchema.parse(JSON.parse(argument));
  writeFileSync(batch.resultFile, JSON.stringify(await runBatch(batch)));
}
