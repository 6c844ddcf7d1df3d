/**
 * Finds where compiled code and interpreter part: a program hands out every value that it stores, and each is compared with
 * the value of the lowered graph, which is compared with the reference in turn.
 */
import { emitObserver, headerFile } from '../emit/programs.ts';
import { valueOf } from '../ir/graph.ts';
import { interpretAll } from '../ir/interpret.ts';
import { printType } from '../ir/print.ts';
import type { Graph, Tensor, ValueId } from '../ir/types.ts';
import type { Plan, StoredValue } from '../plan/plan.ts';
import { runProgram } from '../runner/emulator.ts';
import { buildProgram, disposeProgram, type BuiltProgram } from '../runner/toolchain.ts';
import { UserError, type Diagnostic, type Origin } from '../support/diagnostics.ts';
import { canRun, type Target } from '../targets/target.ts';
import { headerOf, type Compiled, type Lowered } from './compile.ts';
import { lowering, type LoweringCheck } from './lowering.ts';
import type { Samples } from './samples.ts';
import { compareElements, expectedElements, positionOf, storedElements, worthOf, type Position } from './stored-elements.ts';
import { inputFile, timeoutSeconds, type Progress } from './verify.ts';

/** A sample in which a value is the first that differs. */
export interface LayerDifference extends Position {
  readonly sample: number;
  /** The first element that differs, as it is stored and as the real number that it is worth. */
  readonly expected: number;
  readonly actual: number;
  readonly expectedReal: number;
  readonly actualReal: number;
  /** How many of its elements differ. */
  readonly differing: number;
  readonly elements: number;
}

/** A value that the program stores. */
export interface LayerCheck {
  /** The node that makes it, by its name in the model file. */
  readonly layer: string;
  /** Where that stands in the file. */
  readonly origin: Origin;
  /** All that the step computes. */
  readonly step: string;
  readonly type: string;
  readonly layout: string;
  /** Samples in which it and everything before it is equal. */
  readonly equal: number;
  /** Samples in which it differs, and nothing before it. */
  readonly different: number;
  /** In the first of them. */
  readonly difference: LayerDifference | null;
}

export interface TargetLayers {
  readonly target: string;
  readonly board: string;
  readonly samples: number;
  /** In the order in which they are made. */
  readonly layers: readonly LayerCheck[];
}

export interface LayersReport {
  readonly targets: readonly TargetLayers[];
  /** The lowered graph against the reference. */
  readonly lowering: LoweringCheck;
  readonly failures: readonly { readonly target: string; readonly diagnostics: readonly Diagnostic[] }[];
}

/** One program that hands out what it stores. */
interface Observer {
  readonly target: Target;
  readonly plan: Plan;
  readonly program: BuiltProgram;
  readonly counts: readonly { equal: number; different: number; difference: LayerDifference | null }[];
  samples: number;
}

/** What programs may write before it is compared. */
const MOST_BYTES = 1 << 26;

/** What `header` text becomes before it is compiled: tests plant faults in it. */
export type HeaderChange = (header: string) => string;

/** Builds an observing program for each target that runs, and compares sample by sample. */
export async function verifyLayers(
  model: Lowered,
  planned: readonly { readonly target: Target; readonly compiled: Compiled }[],
  samples: Samples,
  count: number,
  progress: Progress,
  change: HeaderChange = (header) => header,
): Promise<LayersReport> {
  const check = lowering(model);
  const failures: { target: string; diagnostics: readonly Diagnostic[] }[] = [];
  const observers: Observer[] = [];
  const attempt = async <T>(target: Target, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      failures.push({ target: target.name, diagnostics: error.diagnostics });
      return undefined;
    }
  };
  try {
    for (const { target, compiled } of planned.filter((entry) => canRun(entry.target))) {
      const observer = await attempt(target, () => observerOf(compiled, target, change));
      if (observer !== undefined) observers.push(observer);
    }
    const largest = Math.max(1, ...observers.map(({ plan }) => bytesOf(plan)));
    const size = Math.max(1, Math.floor(MOST_BYTES / (largest * Math.max(1, observers.length))));
    for (let from = 0; from < count; from += size) {
      const part = partOf(samples, from, Math.min(size, count - from));
      const streams = new Map<Observer, Uint8Array>();
      for (const observer of observers.filter(({ target }) => !failures.some((f) => f.target === target.name))) {
        progress(`observing ${observer.target.name}`, from, count);
        const output = await attempt(observer.target, () => observe(model, observer, part));
        if (output !== undefined) streams.set(observer, output);
      }
      for (let s = 0; s < part.count; s += 1) {
        const sample = from + s;
        const tensors = interpretAll(model.lowered, part.at(s));
        check.compare(sample, part.at(s), tensors);
        for (const [observer, stream] of streams) compareSample(model.lowered, observer, stream, s, sample, tensors);
        progress('comparing layers', sample + 1, count);
      }
    }
  } finally {
    await Promise.all(observers.map(({ program }) => disposeProgram(program)));
  }
  const targets = observers.filter(({ target }) => !failures.some((f) => f.target === target.name));
  return { targets: targets.map((observer) => resultOf(model.lowered, observer)), lowering: check.result(), failures };
}

async function observerOf(compiled: Compiled, target: Target, change: HeaderChange): Promise<Observer> {
  const { plan } = compiled;
  const header = change(headerOf(compiled, { linkage: 'static', runtime: 'inline', observed: true }));
  const files = { [headerFile(plan)]: header, 'main.c': emitObserver(plan) };
  const program = await buildProgram({ target, files, optimization: '-Os' });
  const counts = plan.stored.map(() => ({ equal: 0, different: 0, difference: null }));
  return { target, plan, program, counts, samples: 0 };
}

function bytesOf({ stored }: Plan): number {
  return stored.reduce((sum, { bytes }) => sum + bytes, 0);
}

function partOf(samples: Samples, from: number, count: number): Samples {
  return { count, at: (index) => samples.at(from + index) };
}

async function observe(model: Lowered, { program, plan }: Observer, part: Samples): Promise<Uint8Array> {
  const input = inputFile(model, part, part.count);
  const { output } = await runProgram(program, { input, timeoutSeconds: timeoutSeconds(part.count, program.board.run) });
  if (output.length !== part.count * bytesOf(plan)) throw new Error(`${output.length} bytes observed, not ${part.count * bytesOf(plan)}`);
  return output;
}

/** Goes along the stored values of one sample, up to the first that differs. */
function compareSample(
  graph: Graph,
  observer: Observer,
  stream: Uint8Array,
  index: number,
  sample: number,
  tensors: ReadonlyMap<ValueId, Tensor>,
): void {
  observer.samples += 1;
  let at = index * bytesOf(observer.plan);
  for (const [i, stored] of observer.plan.stored.entries()) {
    const count = observer.counts[i];
    if (count === undefined) return;
    const difference = differenceOf(graph, stored, stream.subarray(at, at + stored.bytes), sample, tensors);
    at += stored.bytes;
    if (difference !== undefined) {
      count.different += 1;
      count.difference ??= difference;
      return;
    }
    count.equal += 1;
  }
}

function differenceOf(
  graph: Graph,
  { value, layout }: StoredValue,
  bytes: Uint8Array,
  sample: number,
  tensors: ReadonlyMap<ValueId, Tensor>,
): LayerDifference | undefined {
  const { id } = valueOf(graph, value as ValueId);
  const tensor = tensors.get(id);
  if (tensor === undefined) throw new Error(`%${id} was not interpreted`);
  const expected = expectedElements(tensor, layout);
  const actual = storedElements(bytes, layout, tensor.type);
  const found = compareElements(expected, actual);
  if (found === undefined) return undefined;
  const position = positionOf(tensor.type.shape, found.first);
  const [wanted, seen] = [expected[found.first] ?? NaN, actual[found.first] ?? NaN];
  return {
    sample,
    ...position,
    expected: wanted,
    actual: seen,
    expectedReal: worthOf(tensor.type, layout, wanted, position.channel),
    actualReal: worthOf(tensor.type, layout, seen, position.channel),
    differing: found.count,
    elements: expected.length,
  };
}

function resultOf(graph: Graph, { target, plan, program, counts, samples }: Observer): TargetLayers {
  const layers = plan.stored.map(({ step, value, layout }, i): LayerCheck => {
    const { name, type, origin } = valueOf(graph, value as ValueId);
    return {
      layer: name,
      origin,
      step: plan.steps[step]?.comment ?? '',
      type: printType(type),
      layout: layout.kind === 'bit-runs' ? `bit-runs of ${layout.run}` : layout.kind,
      ...(counts[i] ?? { equal: 0, different: 0, difference: null }),
    };
  });
  return { target: target.name, board: program.board.name, samples, layers };
}
