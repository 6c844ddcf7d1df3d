/**
 * Proves by running: the header is compiled for each target, every sample goes through the host program or the emulator,
 * and every output is compared with the interpreter's, bit for bit.
 */
import { elementCount } from '../ir/encoding.ts';
import { emitHarness, emitSizeProgram, headerFile } from '../emit/programs.ts';
import { interpret } from '../ir/interpret.ts';
import { typeOf } from '../ir/graph.ts';
import { runProgram } from '../runner/emulator.ts';
import { measureAddedFlash } from '../runner/size.ts';
import { buildProgram, disposeProgram, type Optimization } from '../runner/toolchain.ts';
import { canRun, type Run, type Target } from '../targets/target.ts';
import { headerOf, type Compiled } from './compile.ts';
import { sampleBytes, type Samples } from './samples.ts';

/** Told how far a long job is: done of total units of one activity. */
export type Progress = (activity: string, done: number, total: number) => void;

/** Outputs of the reference for every sample, [samples][outputs], and their first-maximum predictions. */
export interface Reference {
  readonly samples: number;
  readonly outputs: Float32Array | Int32Array;
  readonly perSample: number;
  readonly predictions: readonly number[];
}

export interface Mismatch {
  readonly sample: number;
  readonly output: number;
  readonly expected: number;
  readonly actual: number;
}

export interface TargetResult {
  readonly target: string;
  /** Board or process it ran on. */
  readonly board: string;
  readonly samples: number;
  /** Samples whose outputs all equal the reference's. */
  readonly equal: number;
  /** The first few differences. */
  readonly mismatches: readonly Mismatch[];
  /** Correct predictions; null without labels. */
  readonly correct: number | null;
  /** Bytes added to an empty program, at -Os unless another optimization was asked for. */
  readonly flash: number;
  readonly tableBytes: number;
  readonly workspaceBytes: number;
  /** Stack of one inference in bytes, painted; null where it cannot be measured. */
  readonly stack: number | null;
}

/** First maximum wins, as in the C code. */
export function argmax(scores: ArrayLike<number>, start: number, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i += 1) if ((scores[start + i] as number) > (scores[start + best] as number)) best = i;
  return best;
}

export function predictionsOf(outputs: ArrayLike<number>, perSample: number): readonly number[] {
  return Array.from({ length: outputs.length / perSample }, (_, s) => argmax(outputs, s * perSample, perSample));
}

/** Interprets the reference graph on every sample. Gives way to the event loop now and then, so progress can be drawn. */
export async function interpretSamples(
  { reference }: Pick<Compiled, 'reference'>,
  samples: Samples,
  count: number,
  progress: Progress,
): Promise<Reference> {
  const type = typeOf(reference, reference.output);
  const perSample = elementCount(type.shape);
  const outputs = type.dtype === 'f32' ? new Float32Array(count * perSample) : new Int32Array(count * perSample);
  let pause = Date.now();
  for (let sample = 0; sample < count; sample += 1) {
    outputs.set(interpret(reference, samples.at(sample)).data, sample * perSample);
    if (Date.now() - pause > 100) {
      progress('interpreting', sample + 1, count);
      await new Promise((resolve) => setImmediate(resolve));
      pause = Date.now();
    }
  }
  progress('interpreting', count, count);
  return { samples: count, outputs, perSample, predictions: predictionsOf(outputs, perSample) };
}

/** All samples as one file for the C program. */
export function inputFile({ reference }: Pick<Compiled, 'reference'>, samples: Samples, count: number): Uint8Array {
  const type = typeOf(reference, reference.input);
  const parts = Array.from({ length: count }, (_, s) => sampleBytes(type, samples.at(s)));
  const bytes = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

const SHOWN_MISMATCHES = 5;
/** Far more than any network that fits needs: avr8js interprets about five million instructions a second. */
const SECONDS_PER_SAMPLE = { process: 2, emulator: 2, avr8js: 60, none: 0 } as const;

/** How long so many samples may take on a board. */
export function timeoutSeconds(samples: number, { kind }: Run): number {
  return 120 + samples * SECONDS_PER_SAMPLE[kind];
}

/** Builds, runs and compares for one target. `compiled` must have been planned for it. */
export async function verifyTarget(
  compiled: Compiled,
  target: Target,
  input: Uint8Array,
  reference: Reference,
  labels: readonly number[] | null,
  progress: Progress,
  optimization: Optimization = '-Os',
): Promise<TargetResult> {
  const { plan } = compiled;
  const header = headerOf(compiled, { linkage: 'static', runtime: 'inline' });
  const files = { [headerFile(plan)]: header, 'main.c': emitHarness(plan) };
  const sizes = await measureAddedFlash({
    target,
    withModel: { [headerFile(plan)]: header, 'main.c': emitSizeProgram(plan, true) },
    withoutModel: { 'main.c': emitSizeProgram(plan, false) },
    optimization,
  });
  const base = {
    target: target.name,
    flash: sizes.flash,
    tableBytes: plan.tableBytes,
    workspaceBytes: plan.workspaceWords * 4,
  };
  if (!canRun(target)) return { ...base, board: 'compiled only', samples: 0, equal: 0, mismatches: [], correct: null, stack: null };
  const program = await buildProgram({ target, files, optimization });
  try {
    const bytesPerSample = reference.perSample * 4;
    const { output } = await runProgram(program, {
      input,
      timeoutSeconds: timeoutSeconds(reference.samples, program.board.run),
      onProgress: (bytes) =>
        progress(`running on ${target.name}`, Math.min(reference.samples, Math.floor(bytes / bytesPerSample)), reference.samples),
    });
    const measured = compareOutputs(output, reference, labels, plan.output.ctype === 'float');
    return { ...base, board: program.board.name, ...measured };
  } finally {
    await disposeProgram(program);
  }
}

/** Compares the outputs of all samples, and the stack behind them if it is there, with the reference. */
export function compareOutputs(
  output: Uint8Array,
  reference: Reference,
  labels: readonly number[] | null,
  isFloat: boolean,
): Pick<TargetResult, 'samples' | 'equal' | 'mismatches' | 'correct' | 'stack'> {
  const total = reference.samples * reference.perSample;
  const { buffer } = output.slice(0, total * 4);
  const view = new DataView(output.buffer, output.byteOffset, output.byteLength);
  const stack = output.byteLength >= total * 4 + 4 ? view.getUint32(total * 4, true) : 0;
  const values = isFloat ? new Float32Array(buffer) : new Int32Array(buffer);
  const bits = new Int32Array(buffer);
  const expectedBits = new Int32Array(reference.outputs.buffer);
  const mismatches: Mismatch[] = [];
  let equal = 0;
  for (let sample = 0; sample < reference.samples; sample += 1) {
    let same = true;
    for (let i = sample * reference.perSample; i < (sample + 1) * reference.perSample; i += 1) {
      if (bits[i] === expectedBits[i]) continue;
      same = false;
      if (mismatches.length < SHOWN_MISMATCHES) {
        mismatches.push({
          sample,
          output: i % reference.perSample,
          expected: reference.outputs[i] as number,
          actual: values[i] ?? Number.NaN,
        });
      }
    }
    if (same) equal += 1;
  }
  const predictions = predictionsOf(values, reference.perSample);
  const correct = labels === null ? null : predictions.reduce((n, p, s) => n + (p === labels[s] ? 1 : 0), 0);
  return { samples: reference.samples, equal, mismatches, correct, stack: stack === 0 ? null : stack };
}
