import { isLinear, type LinearNode } from '../ir/accumulator.ts';
import { flipOutputs } from '../ir/flip.ts';
import { rewrite, type Replacement } from '../ir/builder.ts';
import { consumersOf, inputOf, producerOf } from '../ir/graph.ts';
import { perChannel } from '../ir/encoding.ts';
import type { Graph, NodeOf } from '../ir/types.ts';
import type { Pass } from './pass.ts';

/**
 * A channel that fires at acc <= T fires at -acc >= -T, and -acc is the sum with the weight row flipped: every channel
 * then uses the one comparison acc >= threshold.
 */
function fused(node: LinearNode, threshold: NodeOf<'threshold'>): Replacement {
  const { outputs } = node.attrs.weights;
  const { thresholds, directions } = threshold.attrs;
  const each = Array.from({ length: outputs }, (_, o) => o);
  const falling = Uint8Array.from(each, (o) => (perChannel(directions, o) < 0 ? 1 : 0));
  const rising = Int32Array.from(each, (o) => (falling[o] === 1 ? -perChannel(thresholds, o) : perChannel(thresholds, o)));
  return { ...flipOutputs(node, falling, rising), name: node.name, origin: node.origin };
}

/**
 * Sums that several thresholds read are computed once for each: 32 bits an element would cost more than the layer's work. Sums that
 * anything else reads are stored, and their thresholds read them.
 */
function run(graph: Graph): Graph {
  return rewrite(graph, (node, to) => {
    if (node.kind !== 'threshold') return undefined;
    const layer = producerOf(graph, inputOf(node));
    if (consumersOf(graph, inputOf(node)).some(({ kind }) => kind !== 'threshold')) return undefined;
    if (!isLinear(layer) || layer.attrs.sum !== 'exact' || layer.attrs.threshold !== null) return undefined;
    return to.add(fused(layer, node), to.value(inputOf(layer)));
  });
}

export const fuseThreshold: Pass = {
  name: 'fuse-threshold',
  doc: 'A threshold moves into the linear layer before it; rows of decreasing channels are flipped so that every channel compares acc >= threshold.',
  run,
};
