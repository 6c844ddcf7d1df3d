/**
 * The instructions of every fixture on every target that counts are those of bench/instructions.json, to the last one, under the
 * compiler that is recorded there. `npm run bench` writes that file and its table.
 */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { benchModel } from '../../compiler/driver/bench.ts';
import { canCount } from '../../compiler/runner/emulator.ts';
import { listTargets, loadTarget } from '../../compiler/targets/load.ts';
import type { Target } from '../../compiler/targets/target.ts';
import { requireTools } from '../run-support/tools.ts';
import { INSTRUCTION_RECORD, type InstructionEntry } from './instruction-record.ts';
import { OWN, VECTORS, optionsFor, sourceOf, type TrainedModel } from './models.ts';

const SAMPLES = 4;
const UPDATE = process.env['UPDATE_BENCH'] === '1';
const TARGETS = listTargets().filter((name) => canCount(loadTarget(name)));

const data = { bytes: readFileSync(VECTORS.images), file: VECTORS.images };
const measured: InstructionEntry[] = [];
const compilers = new Map<string, string>();

async function measure(model: TrainedModel, target: Target): Promise<InstructionEntry> {
  const request = { targets: [target], data, index: null, limit: SAMPLES, optimization: '-Os' } as const;
  const { report, problems } = await benchModel(
    sourceOf(model),
    (each) => optionsFor(model, each),
    request,
    () => undefined,
  );
  expect(problems).toEqual([]);
  const [result] = report.targets;
  if (result?.counts === undefined || result.counts === null) throw new Error(`${target.name} was not counted`);
  const { sum, least, most } = result.counts.instructions;
  const { board, flash, tables, workspace, stack } = result;
  compilers.set(target.name, result.compiler);
  return {
    model: model.name,
    sha256: report.model.sha256,
    target: target.name,
    board,
    samples: report.samples.count,
    instructions: sum,
    least,
    most,
    flash,
    tables,
    workspace,
    stack,
  };
}

describe.each(OWN.map((model) => [model.name, model] as const))('%s', (_name, model) => {
  it.for(TARGETS)('on %s executes the recorded instructions', async (name, context) => {
    const target = loadTarget(name);
    requireTools(context, target);
    const entry = await measure(model, target);
    const record = INSTRUCTION_RECORD.read();
    const recorded = record.entries.find((e) => e.model === entry.model && e.target === entry.target);
    const comparable = recorded?.sha256 === entry.sha256 && record.compilers[name] === compilers.get(name);
    if (UPDATE) {
      if (recorded !== undefined && comparable) expect(INSTRUCTION_RECORD.unexplained(recorded, entry)).toEqual([]);
      measured.push(entry);
      return;
    }
    expect(recorded?.sha256, `${entry.model} on ${name} is not in the record: npm run bench`).toBe(entry.sha256);
    if (recorded !== undefined && comparable) expect(INSTRUCTION_RECORD.changes(recorded, entry)).toEqual([]);
  });
});

afterAll(() => {
  if (!UPDATE) return;
  expect(measured, 'nothing is written when a target is missing').toHaveLength(OWN.length * TARGETS.length);
  INSTRUCTION_RECORD.write({ compilers: Object.fromEntries([...compilers].sort()), entries: measured });
});
