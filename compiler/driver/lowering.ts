/**
 * Do the passes keep what the network means? Every value of the reference that still has a successor in the lowered graph
 * must have its elements. Bits may be inverted, a whole channel at a time: then the layers around are inverted too.
 */
import { channelCount, elementCount, realValues } from '../ir/encoding.ts';
import { typeOf, valueOf } from '../ir/graph.ts';
import { interpretAll } from '../ir/interpret.ts';
import { successorsOf } from '../ir/lineage.ts';
import type { Graph, Tensor, TensorData, ValueId } from '../ir/types.ts';
import type { Origin } from '../support/diagnostics.ts';
import type { Lowered } from './compile.ts';
import { positionOf, type Position } from './stored-elements.ts';

export interface LoweringDifference extends Position {
  readonly sample: number;
  /** The node of the reference, by its name in the model file, and where that stands. */
  readonly layer: string;
  readonly origin: Origin;
  /** Its node in the lowered graph. */
  readonly lowered: string;
  readonly expected: number;
  readonly actual: number;
}

export interface LoweringCheck {
  /** Values of the reference that were compared, and all that it has. */
  readonly compared: number;
  readonly values: number;
  /** The first difference of the first sample that has one. */
  readonly difference: LoweringDifference | null;
}

export interface Lowering {
  /** `tensors` are the values of the lowered graph for this sample. */
  readonly compare: (sample: number, input: TensorData, tensors: ReadonlyMap<ValueId, Tensor>) => void;
  readonly result: () => LoweringCheck;
}

interface Pair {
  readonly reference: ValueId;
  readonly lowered: ValueId;
  /** Of bits: for each channel 1 or -1 once that is known, else 0. */
  readonly polarity: Int8Array | null;
}

export function lowering({ reference, lowered }: Pick<Lowered, 'reference' | 'lowered'>): Lowering {
  const pairs = pairsOf(reference, lowered);
  let difference: LoweringDifference | null = null;
  return {
    compare: (sample, input, tensors) => {
      if (difference !== null) return;
      const expected = interpretAll(reference, input);
      for (const pair of pairs) {
        const [wanted, seen] = [expected.get(pair.reference), tensors.get(pair.lowered)];
        if (wanted === undefined || seen === undefined) throw new Error(`%${pair.reference} was not interpreted`);
        const index = differs(wanted, seen, pair.polarity);
        if (index === undefined) continue;
        const { name, origin } = valueOf(reference, pair.reference);
        difference = {
          sample,
          layer: name,
          origin,
          lowered: valueOf(lowered, pair.lowered).name,
          ...positionOf(wanted.type.shape, index),
          expected: realValues(wanted)[index] ?? NaN,
          actual: realValues(seen)[index] ?? NaN,
        };
        return;
      }
    },
    result: () => ({ compared: pairs.length, values: reference.nodes.length, difference }),
  };
}

/** In the order of the reference's nodes. Truth values and the three of torch's sign have other representations later. */
function pairsOf(reference: Graph, lowered: Graph): readonly Pair[] {
  const successors = successorsOf(reference, lowered);
  return reference.nodes.flatMap(({ output }): readonly Pair[] => {
    const successor = successors.get(output);
    if (successor === undefined) return [];
    const [a, b] = [typeOf(reference, output), typeOf(lowered, successor)];
    const comparable = a.dtype !== 'bool' && a.dtype !== 't2' && (a.dtype === 'b1') === (b.dtype === 'b1');
    if (!comparable || elementCount(a.shape) !== elementCount(b.shape)) return [];
    const isInverted = a.dtype === 'b1' && output !== reference.output;
    return [{ reference: output, lowered: successor, polarity: isInverted ? new Int8Array(channelCount(b.shape)) : null }];
  });
}

/** Index of the first element that differs. */
function differs(expected: Tensor, actual: Tensor, polarity: Int8Array | null): number | undefined {
  const [a, b] = polarity === null ? [realValues(expected), realValues(actual)] : [expected.data, actual.data];
  for (let i = 0; i < a.length; i += 1) {
    const [wanted, seen] = [a[i] as number, b[i] as number];
    if (polarity === null) {
      if (wanted !== seen && !(Number.isNaN(wanted) && Number.isNaN(seen))) return i;
      continue;
    }
    const channel = i % polarity.length;
    const sign = wanted * seen;
    if (polarity[channel] === 0) polarity[channel] = sign;
    else if (polarity[channel] !== sign) return i;
  }
  return undefined;
}
