/**
 * Counts what one inference executes: exactly, by running it. The total comes from the code that a user gets; for the layers a
 * second build has marks between the steps of an inference.
 */
import { markedParts, type MarkedPart } from '../emit/c.ts';
import { emitCountProgram, headerFile } from '../emit/programs.ts';
import { isLinear, tapsOf } from '../ir/accumulator.ts';
import { elementCount } from '../ir/encoding.ts';
import { typeOf } from '../ir/graph.ts';
import type { BenchReport, Counts, PartCount, Spread, TargetBench } from '../report/bench.ts';
import type { Profile, Region } from '../runner/count/profile.ts';
import { tallier } from '../runner/count/tally.ts';
import { canCount, runProgram } from '../runner/emulator.ts';
import { buildProgram, disposeProgram, type Optimization } from '../runner/toolchain.ts';
import { inspectTools } from '../runner/tools.ts';
import { UserError, fail, type Diagnostic } from '../support/diagnostics.ts';
import { sha256 } from '../support/hash.ts';
import { VERSION } from '../support/version.ts';
import type { Target } from '../targets/target.ts';
import { headerOf, lowerModel, type CompileOptions, type Compiled, type Lowered, type ModelSource } from './compile.ts';
import { readDataset } from './dataset.ts';
import { SEED, randomSamples } from './random-samples.ts';
import { readSamples, type Samples } from './samples.ts';
import { planAll, type NamedBytes } from './verify-model.ts';
import { compareOutputs, inputFile, interpretSamples, timeoutSeconds, verifyTarget, type Progress, type Reference } from './verify.ts';

export interface BenchRequest {
  readonly targets: readonly Target[];
  /** Null takes pseudo-random samples. */
  readonly data: NamedBytes | null;
  /** The only sample of the data to take; null takes the first ones. */
  readonly index: number | null;
  /** Number of samples; null takes `DEFAULT_SAMPLES`, or as many as there are. */
  readonly limit: number | null;
  readonly optimization: Optimization;
}

export const DEFAULT_SAMPLES = 10;

export interface BenchOutcome {
  readonly report: BenchReport;
  readonly warnings: readonly Diagnostic[];
  /** Of targets that could not be built, run or counted, or whose outputs are wrong (BNN4003); the others are in the report. */
  readonly problems: readonly Diagnostic[];
}

/** @throws UserError with the problems of all targets that cannot be compiled, before anything runs */
export async function benchModel(
  source: ModelSource,
  optionsFor: (target: Target) => CompileOptions,
  request: BenchRequest,
  progress: Progress,
): Promise<BenchOutcome> {
  const [first] = request.targets;
  if (first === undefined) throw new Error('bench without a target');
  const model = lowerModel(source, optionsFor(first));
  const planned = planAll(source, model, optionsFor, request.targets);
  const { samples, count, text } = chooseSamples(model, request);
  const reference = await interpretSamples(model, samples, count, progress);
  const input = inputFile(model, samples, count);
  const targets: TargetBench[] = [];
  const problems: Diagnostic[] = [];
  for (const [at, { target, compiled }] of planned.entries()) {
    progress('counting on targets', at, planned.length);
    try {
      targets.push(await benchTarget({ compiled, target, input, reference, optimization: request.optimization }, progress));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      problems.push(...error.diagnostics);
    }
  }
  const report: BenchReport = {
    bnnc: VERSION,
    model: { file: source.file, sha256: sha256(source.bytes) },
    optimization: request.optimization,
    samples: { count, source: text, sha256: sha256(input) },
    targets,
  };
  return { report, warnings: model.warnings, problems };
}

function chooseSamples(
  { reference, imported }: Lowered,
  { data, index, limit }: BenchRequest,
): { readonly samples: Samples; readonly count: number; readonly text: string } {
  const type = typeOf(reference, reference.input);
  if (data === null) {
    const count = limit ?? DEFAULT_SAMPLES;
    return { samples: randomSamples(type, count), count, text: `pseudo-random with seed ${SEED}` };
  }
  const order = { type, fileShape: imported.inputShape, order: imported.inputOrder };
  const samples = readSamples(readDataset(data.bytes, data.file), data.file, order);
  if (index === null) return { samples, count: Math.min(samples.count, limit ?? DEFAULT_SAMPLES), text: `the first of ${data.file}` };
  if (index >= samples.count) {
    fail({
      code: 'BNN0001',
      message: `--index ${index} is not a sample of "${data.file}"`,
      details: [`samples  ${samples.count}, counted from 0`],
    });
  }
  return { samples: { count: 1, at: () => samples.at(index) }, count: 1, text: `number ${index} of ${data.file}, counted from 0` };
}

/** What must be built and run to count one target. */
interface Job {
  readonly compiled: Compiled;
  readonly target: Target;
  readonly input: Uint8Array;
  readonly reference: Reference;
  readonly optimization: Optimization;
}

/** Sizes and, where something counts, instructions. Every program's outputs are compared with the interpreter's. */
async function benchTarget(job: Job, progress: Progress): Promise<TargetBench> {
  const { compiled, target, input, reference, optimization } = job;
  const sizes = await verifyTarget(compiled, target, input, reference, null, progress, optimization);
  if (sizes.samples > 0) refuseDifference(target, sizes.samples - sizes.equal);
  const tools = await inspectTools(target);
  return {
    target: target.name,
    board: sizes.board,
    compiler: tools.find(({ role }) => role === 'compiler')?.version ?? 'unknown',
    counts: canCount(target) ? await countTarget(job) : null,
    flash: sizes.flash,
    tables: sizes.tableBytes,
    workspace: sizes.workspaceBytes,
    stack: sizes.stack,
  };
}

function refuseDifference(target: Target, wrong: number): void {
  if (wrong === 0) return;
  fail({
    code: 'BNN4003',
    message: `${target.name}: the outputs of ${wrong} samples differ from the interpreter's, so there is nothing to count`,
    help: '`bnnc verify` shows which outputs differ.',
  });
}

async function countTarget(job: Job): Promise<Counts> {
  const { compiled, target } = job;
  const plain = await runCounted(job, false);
  const marked = await runCounted(job, true);
  const tally = tallier(plain.architecture, target.toolchain.flags);
  const parts = markedParts(compiled.plan);
  const groups = marked.inferences.map((regions) => sumByPart(parts, regions, (region) => tally([region]).instructions));
  const { classes, cycles } = tally(plain.inferences.flat());
  return {
    instructions: spreadOf(plain.inferences.map((regions) => tally(regions).instructions)),
    markedInstructions: groups.flatMap((group) => [...group.values()]).reduce((a, b) => a + b, 0),
    parts: [...(groups[0]?.keys() ?? [])].map((key) => partCount(compiled, key, spreadOf(groups.map((group) => group.get(key) ?? 0)))),
    classes,
    cycles,
  };
}

async function runCounted({ compiled, target, input, reference, optimization }: Job, marked: boolean): Promise<Profile> {
  const { plan } = compiled;
  const files = {
    [headerFile(plan)]: headerOf(compiled, { linkage: 'static', runtime: 'inline', marked }),
    'main.c': emitCountProgram(plan),
  };
  const program = await buildProgram({ target, files, optimization });
  try {
    const { output, profile } = await runProgram(program, {
      input,
      count: true,
      timeoutSeconds: timeoutSeconds(reference.samples, program.board.run),
    });
    const { equal } = compareOutputs(output, reference, null, plan.output.ctype === 'float');
    refuseDifference(target, reference.samples - equal);
    if (profile?.inferences.length !== reference.samples) throw new Error('not every inference was counted');
    return profile;
  } finally {
    await disposeProgram(program);
  }
}

/** Number of a layer, or the words for what belongs to none. */
type PartKey = number | string;

/** What ran in each part of one inference; parts that run again and again are added up. */
function sumByPart(
  parts: readonly MarkedPart[],
  regions: readonly Region[],
  count: (region: Region) => number,
): ReadonlyMap<PartKey, number> {
  if (regions.length !== parts.length) throw new Error(`${regions.length} regions ran where the plan has ${parts.length} parts`);
  const sums = new Map<PartKey, number>();
  parts.forEach(({ layer, title }, i) => {
    const key = layer ?? title;
    sums.set(key, (sums.get(key) ?? 0) + count(regions[i] ?? []));
  });
  return sums;
}

function spreadOf(counts: readonly number[]): Spread {
  return { sum: counts.reduce((a, b) => a + b, 0), least: Math.min(...counts), most: Math.max(...counts) };
}

function partCount({ plan, lowered }: Compiled, key: PartKey, instructions: Spread): PartCount {
  const row = typeof key === 'number' ? plan.layers[key] : undefined;
  if (row === undefined) return { name: String(key), kernel: null, instructions, estimate: null, words: null };
  const node = lowered.nodes.find(({ name, kind }) => name === row.name && kind === row.op);
  const macs = node !== undefined && isLinear(node) ? elementCount(typeOf(lowered, node.output).shape) * tapsOf(node) : 0;
  return { name: row.name, kernel: row.kernel, instructions, estimate: row.instructions, words: macs === 0 ? null : Math.ceil(macs / 32) };
}
