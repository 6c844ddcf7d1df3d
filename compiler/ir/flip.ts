/** Flipping weight rows and columns: how negative γ and inverted activations disappear at compile time. */
import type { LinearNode } from './accumulator.ts';
import type { Replacement } from './builder.ts';
import type { Weights } from './attributes.ts';

type BinaryWeights = Extract<Weights, { kind: 'binary' }>;

function binary(node: LinearNode): BinaryWeights {
  if (node.attrs.weights.kind !== 'binary') throw new Error(`"${node.name}" has no signs to flip`);
  return node.attrs.weights;
}

function withWeights(node: LinearNode, weights: BinaryWeights, threshold: Int32Array | null): Replacement {
  return node.kind === 'conv2d'
    ? { kind: 'conv2d', attrs: { ...node.attrs, weights, threshold } }
    : { kind: 'dense', attrs: { ...node.attrs, weights, threshold } };
}

/** The layer with the rows of the flagged outputs negated and these thresholds on the new accumulators. */
export function flipOutputs(node: LinearNode, flagged: Uint8Array, threshold: Int32Array): Replacement {
  const weights = binary(node);
  const perOutput = weights.signs.length / weights.outputs;
  const signs = weights.signs.slice();
  for (let output = 0; output < weights.outputs; output += 1) {
    if (flagged[output] !== 1) continue;
    for (let i = output * perOutput; i < (output + 1) * perOutput; i += 1) signs[i] = -(signs[i] as number);
  }
  return withWeights(node, { ...weights, signs }, threshold);
}

/** The layer with the weights of the flagged input channels negated. `channels` is the period of the flags in the input. */
export function flipInputs(node: LinearNode, flagged: Uint8Array): Replacement {
  const weights = binary(node);
  const perOutput = weights.signs.length / weights.outputs;
  const groups = node.kind === 'conv2d' ? node.attrs.groups : 1;
  const perGroup = flagged.length / groups;
  const factors = Int8Array.from(flagged, (flag) => (flag === 1 ? -1 : 1));
  const signs = new Int8Array(weights.signs.length);
  for (let start = 0; start < signs.length; start += perGroup) {
    const group = Math.floor(start / perOutput / (weights.outputs / groups));
    for (let i = 0; i < perGroup; i += 1)
      signs[start + i] = (weights.signs[start + i] as number) * (factors[group * perGroup + i] as number);
  }
  return withWeights(node, { ...weights, signs }, node.attrs.threshold);
}
