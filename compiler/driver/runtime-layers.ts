/**
 * Where onnxruntime and the reference part, tensor by tensor of the file. Bits and plain integers must be equal; real numbers
 * up to what float32 sums in another order leave. A sample is followed up to its first difference.
 */
import { exposeTensors } from '../frontends/onnx/expose.ts';
import { elementCount, isPlain, realValues } from '../ir/encoding.ts';
import { producerOf, typeOf, valueOf } from '../ir/graph.ts';
import { interpretAll } from '../ir/interpret.ts';
import { successorsOf } from '../ir/lineage.ts';
import type { Graph, Tensor, TensorType, ValueId } from '../ir/types.ts';
import { runOnnxRuntimeTensors } from '../runner/onnxruntime-tensors.ts';
import type { Origin } from '../support/diagnostics.ts';
import type { Lowered, ModelSource } from './compile.ts';
import { runtimeInput } from './runtime-input.ts';
import type { Samples } from './samples.ts';
import { positionOf, type Position } from './stored-elements.ts';
import type { Progress } from './verify.ts';

/** Of a real number, in units of the largest one of its tensor. */
export const RUNTIME_TOLERANCE = 1e-5;

export interface RuntimeDifference extends Position {
  readonly sample: number;
  /** The real numbers of both. */
  readonly bnnc: number;
  readonly onnxruntime: number;
  readonly differing: number;
  readonly elements: number;
  /** Of a sign: the last tensor before it, at the same place. */
  readonly before: { readonly tensor: string; readonly bnnc: number; readonly onnxruntime: number } | null;
}

export interface RuntimeTensor {
  /** Its name in the file. */
  readonly tensor: string;
  /** Where the node stands that makes it. */
  readonly origin: Origin;
  readonly kind: 'signs' | 'integers' | 'reals';
  /** Samples in which it and everything before it agree, and those in which it is the first that does not. */
  readonly equal: number;
  readonly different: number;
  /** In units of the largest number of the tensor, in the samples that were followed so far. */
  readonly largestDifference: number;
  readonly difference: RuntimeDifference | null;
}

export interface RuntimeLayers {
  readonly samples: number;
  readonly tolerance: number;
  /** In the order of the file. */
  readonly tensors: readonly RuntimeTensor[];
}

interface Tracked {
  readonly name: string;
  readonly id: ValueId;
  /** Element i of the tensor is element order[i] of the value. */
  readonly order: Int32Array | null;
  readonly kind: RuntimeTensor['kind'];
  equal: number;
  different: number;
  largest: number;
  difference: RuntimeDifference | null;
}

/** @throws UserError when onnxruntime cannot run the file */
export async function compareRuntimeLayers(
  model: Lowered,
  source: ModelSource,
  modelPath: string,
  samples: Samples,
  count: number,
  progress: Progress,
): Promise<RuntimeLayers> {
  const { reference, imported } = model;
  const exposed = exposeTensors(
    source.bytes,
    source.file,
    (imported.tensors ?? []).map(({ name }) => name),
  );
  const tracked = trackedIn(model, new Set(exposed.names));
  const request = { model: exposed.bytes, modelPath, names: tracked.map(({ name }) => name), count };
  const sampleAt = runtimeInput(model, samples);
  await runOnnxRuntimeTensors({ ...request, sampleAt, inputShape: [1, ...imported.inputShape] }, (sample, tensors) => {
    compareSample(reference, tracked, sample, interpretAll(reference, samples.at(sample)), tensors);
    progress('comparing layers with onnxruntime', sample + 1, count);
  });
  return {
    samples: count,
    tolerance: RUNTIME_TOLERANCE,
    tensors: tracked.map(({ name, id, kind, equal, different, largest, difference }) => ({
      tensor: name,
      origin: valueOf(reference, id).origin,
      kind,
      equal,
      different,
      largestDifference: largest,
      difference,
    })),
  };
}

function trackedIn({ imported, reference }: Lowered, exposed: ReadonlySet<string>): Tracked[] {
  const successors = successorsOf(imported.graph, reference);
  return (imported.tensors ?? []).flatMap(({ name, value, order }) => {
    const id = successors.get(value);
    if (id === undefined || !exposed.has(name)) return [];
    const kind = kindOf(typeOf(reference, id));
    return kind === undefined ? [] : [{ name, id, order, kind, equal: 0, different: 0, largest: 0, difference: null }];
  });
}

/** Undefined for truth values and torch's three signs: as a meaning that is fixed they are something else. */
function kindOf({ dtype, encoding }: TensorType): RuntimeTensor['kind'] | undefined {
  if (dtype === 'bool' || dtype === 't2') return undefined;
  if (dtype === 'b1') return 'signs';
  return encoding !== undefined && isPlain(encoding) ? 'integers' : 'reals';
}

function compareSample(
  graph: Graph,
  tracked: readonly Tracked[],
  sample: number,
  values: ReadonlyMap<ValueId, Tensor>,
  tensors: ReadonlyMap<string, Float32Array>,
): void {
  for (const entry of tracked) {
    const [own, other] = [ownValues(values, entry.id), inValueOrder(tensors.get(entry.name), entry.order)];
    if (other.length !== own.length) continue;
    const unit = own.reduce((largest, v) => Math.max(largest, Math.abs(v)), 0) || 1;
    const limit = entry.kind === 'integers' ? 0 : RUNTIME_TOLERANCE * unit;
    const wrong: number[] = [];
    own.forEach((value, i) => {
      const difference = Math.abs(value - (other[i] as number));
      if (!(difference <= limit)) wrong.push(i);
      if (entry.kind !== 'signs') entry.largest = Math.max(entry.largest, difference / unit);
    });
    const [first] = wrong;
    if (first === undefined) {
      entry.equal += 1;
      continue;
    }
    entry.different += 1;
    entry.difference ??= {
      sample,
      ...positionOf(typeOf(graph, entry.id).shape, first),
      bnnc: own[first] ?? NaN,
      onnxruntime: other[first] ?? NaN,
      differing: wrong.length,
      elements: own.length,
      before: entry.kind === 'signs' ? valueBefore(graph, tracked, entry.id, first, values, tensors) : null,
    };
    return;
  }
}

function ownValues(values: ReadonlyMap<ValueId, Tensor>, id: ValueId): Float32Array {
  const tensor = values.get(id);
  if (tensor === undefined) throw new Error(`%${id} was not interpreted`);
  return realValues(tensor);
}

function inValueOrder(tensor: Float32Array = new Float32Array(), order: Int32Array | null): Float32Array {
  if (order === null || order.length !== tensor.length) return tensor;
  const ordered = new Float32Array(tensor.length);
  order.forEach((to, from) => {
    ordered[to] = tensor[from] as number;
  });
  return ordered;
}

/** Back from a sign through operations that keep the places of elements, to the first tensor of the file that is no sign. */
function valueBefore(
  graph: Graph,
  tracked: readonly Tracked[],
  sign: ValueId,
  index: number,
  values: ReadonlyMap<ValueId, Tensor>,
  tensors: ReadonlyMap<string, Float32Array>,
): RuntimeDifference['before'] {
  const elements = elementCount(typeOf(graph, sign).shape);
  let at = sign;
  for (;;) {
    const [id] = producerOf(graph, at)?.inputs ?? [];
    if (id === undefined || elementCount(typeOf(graph, id).shape) !== elements) return null;
    at = id;
    const found = tracked.find((entry) => entry.id === id && entry.kind !== 'signs');
    if (found === undefined) continue;
    const other = inValueOrder(tensors.get(found.name), found.order);
    return { tensor: found.name, bnnc: ownValues(values, id)[index] ?? NaN, onnxruntime: other[index] ?? NaN };
  }
}
