/** Counts the rows of bench/networks.md. Models are written into build/networks. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { benchModel } from '../../compiler/driver/bench.ts';
import type { CompileOptions, ModelSource } from '../../compiler/driver/compile.ts';
import { KERNELS } from '../../compiler/kernels/index.ts';
import type { BenchReport, TargetBench } from '../../compiler/report/bench.ts';
import type { Optimization } from '../../compiler/runner/toolchain.ts';
import { listTargets, loadTarget } from '../../compiler/targets/load.ts';
import type { Target } from '../../compiler/targets/target.ts';
import { BENCH_MODELS } from '../../scripts/bench-models.ts';
import type { NetworkEntry } from './record.ts';
import type { BenchNetwork, Row } from './rows.ts';
import { compileOptions } from '../support/options.ts';

export const MODELS_FOLDER = join(import.meta.dirname, '../../build/networks');

export function sourceOf({ name, fixture }: BenchNetwork): ModelSource {
  const side = { list: () => [], read: () => undefined };
  if (fixture !== null) return { bytes: readFileSync(fixture), file: basename(fixture), side };
  const model = BENCH_MODELS.find((other) => other.name === name);
  if (model === undefined) throw new Error(`nobody makes ${name}`);
  const text = model.json();
  mkdirSync(MODELS_FOLDER, { recursive: true });
  writeFileSync(join(MODELS_FOLDER, `${name}.json`), text);
  return { bytes: new TextEncoder().encode(text), file: `${name}.json`, side };
}

/** No limit of flash or RAM is refused: the board has room or it has not. */
export function optionsFor({ network, goal, forcedKernel }: Row, target: Target): CompileOptions {
  return compileOptions(target, {
    ...(network.fixture === null ? {} : { input: 'u8', inputScale: '1/255' }),
    name: network.name.replaceAll('-', '_'),
    goal,
    flash: Number.MAX_SAFE_INTEGER,
    ram: Number.MAX_SAFE_INTEGER,
    forcedKernel,
    command: `bnnc bench ${network.name}`,
  });
}

/** Why a row cannot be counted, or null. */
export function missing({ target, forcedKernel }: Row): string | null {
  if (!listTargets().includes(target)) return `there is no target ${target}`;
  if (forcedKernel !== null && KERNELS.every(({ name }) => name !== forcedKernel)) return `there is no kernel ${forcedKernel}`;
  return null;
}

/** @throws Error with what went wrong on the target */
export async function benchRow(
  row: Row,
  optimization: Optimization,
  target: Target = loadTarget(row.target),
): Promise<{ readonly report: BenchReport; readonly result: TargetBench }> {
  const request = { targets: [target], data: null, index: null, limit: row.network.samples, optimization };
  const { report, problems } = await benchModel(
    sourceOf(row.network),
    (each) => optionsFor(row, each),
    request,
    () => undefined,
  );
  const [result] = report.targets;
  if (result === undefined) throw new Error(problems.map(({ message, details = [] }) => [message, ...details].join('\n')).join('\n'));
  return { report, result };
}

/** One kernel after the other as they first appear, with how often. */
function kernelsOf(names: readonly string[]): readonly string[] {
  return [...new Set(names)].map((name) => {
    const count = names.filter((other) => other === name).length;
    return count === 1 ? name : `${name} ×${count}`;
  });
}

export interface MeasuredRow {
  readonly entry: NetworkEntry;
  readonly compiler: string;
  readonly report: BenchReport;
}

/** The row at -Os and, where other optimizations are recorded, their totals. */
export async function measureRow(row: Row): Promise<MeasuredRow> {
  const { report, result } = await benchRow(row, '-Os');
  const { counts, board, flash, tables, workspace, stack } = result;
  if (counts === null) throw new Error(`${row.target} was not counted`);
  const others = row.target === 'cortex-m4' ? (['-O2', '-O3'] as const) : [];
  const totals = new Map<Optimization, number>();
  for (const each of others) totals.set(each, (await benchRow(row, each)).result.counts?.instructions.sum ?? 0);
  const words = counts.parts.reduce((sum, part) => sum + (part.words ?? 0), 0);
  const { aim } = row;
  return {
    report,
    compiler: result.compiler,
    entry: {
      model: row.network.name,
      sha256: report.model.sha256,
      target: row.target,
      optimize: row.goal,
      forcedKernel: row.forcedKernel,
      board,
      samples: report.samples.count,
      instructions: counts.instructions.sum,
      instructionsO2: totals.get('-O2') ?? null,
      instructionsO3: totals.get('-O3') ?? null,
      aim: aim === null ? null : 'instructions' in aim ? aim.instructions : Math.floor(aim.perWord * words),
      words,
      flash,
      tables,
      workspace,
      stack,
      kernels: [...kernelsOf(counts.parts.flatMap(({ kernel }) => kernel ?? []))],
    },
  };
}
