/** Layers with some of the outputs of another. */
import type { LinearNode } from './accumulator.ts';
import type { Weights } from './attributes.ts';
import type { Replacement } from './builder.ts';
import { channelCount } from './encoding.ts';
import { wholeRange, type Range } from './ops/slice.ts';
import type { TensorType } from './types.ts';

/** The rows of these outputs, in this order. */
function selectRows(weights: Weights, outputs: readonly number[]): Weights {
  const count = weights.kind === 'binary' ? weights.signs.length : weights.values.length;
  const taps = count / weights.outputs;
  const pick = <T extends Int8Array | Float32Array>(from: T, into: T): T => {
    outputs.forEach((output, i) => into.set(from.subarray(output * taps, (output + 1) * taps), i * taps));
    return into;
  };
  if (weights.kind === 'real') {
    return { kind: 'real', outputs: outputs.length, values: pick(weights.values, new Float32Array(outputs.length * taps)) };
  }
  const { scale } = weights;
  return {
    kind: 'binary',
    outputs: outputs.length,
    signs: pick(weights.signs, new Int8Array(outputs.length * taps)),
    scale: scale.length === 1 ? scale : Float32Array.from(outputs, (output) => scale[output] ?? 0),
  };
}

export interface SelectedOutputs {
  readonly layer: Replacement;
  /** The input channels that it reads: those of the groups that are left. */
  readonly inputs: Range;
}

/**
 * The layer that makes only `outputs` (ascending), on the channels of their groups. Undefined where the groups that are left
 * have different numbers of outputs or do not follow each other.
 */
export function selectOutputs(node: LinearNode, outputs: readonly number[], input: TensorType): SelectedOutputs | undefined {
  const { weights, bias, threshold } = node.attrs;
  const changed = {
    weights: selectRows(weights, outputs),
    bias: bias && Float32Array.from(outputs, (output) => bias[output] ?? 0),
    threshold: threshold && Int32Array.from(outputs, (output) => threshold[output] ?? 0),
  };
  const channels = channelCount(input.shape);
  if (node.kind === 'dense') return { layer: { kind: 'dense', attrs: { ...node.attrs, ...changed } }, inputs: wholeRange(channels) };
  const { groups } = node.attrs;
  const counts = new Map<number, number>();
  for (const output of outputs) {
    const group = Math.floor(output / (weights.outputs / groups));
    counts.set(group, (counts.get(group) ?? 0) + 1);
  }
  const [first = 0] = counts.keys();
  const even = [...counts].every(([group, count], i) => group === first + i && count === counts.get(first));
  if (!even) return undefined;
  const perGroup = channels / groups;
  return {
    layer: { kind: 'conv2d', attrs: { ...node.attrs, ...changed, groups: counts.size } },
    inputs: { start: first * perGroup, size: counts.size * perGroup, step: 1 },
  };
}
