import { isLinear, type LinearNode } from '../ir/accumulator.ts';
import { flipOutputs } from '../ir/flip.ts';
import { rebuild, type Replacement } from '../ir/builder.ts';
import { onlyConsumerOf } from '../ir/graph.ts';
import { perChannel } from '../ir/encoding.ts';
import type { Graph, Node, NodeOf } from '../ir/types.ts';
import type { Pass } from './pass.ts';

/**
 * A channel that fires at acc <= T fires at -acc >= -T, and -acc is the sum with the weight row flipped: every channel
 * then uses the one comparison acc >= threshold.
 */
function fused(node: LinearNode, threshold: NodeOf<'threshold'>): readonly Replacement[] {
  const { outputs } = node.attrs.weights;
  const { thresholds, directions } = threshold.attrs;
  const each = Array.from({ length: outputs }, (_, o) => o);
  const falling = Uint8Array.from(each, (o) => (perChannel(directions, o) < 0 ? 1 : 0));
  const rising = Int32Array.from(each, (o) => (falling[o] === 1 ? -perChannel(thresholds, o) : perChannel(thresholds, o)));
  return [flipOutputs(node, falling, rising)];
}

function run(graph: Graph): Graph {
  const replaced = new Map<Node, readonly Replacement[]>();
  for (const node of graph.nodes) {
    if (!isLinear(node) || node.attrs.sum !== 'exact') continue;
    const next = onlyConsumerOf(graph, node.output);
    if (next?.kind !== 'threshold') continue;
    replaced.set(node, fused(node, next));
    replaced.set(next, []);
  }
  return rebuild(graph, (node) => replaced.get(node));
}

export const fuseThreshold: Pass = {
  name: 'fuse-threshold',
  doc: 'A threshold moves into the linear layer before it; rows of decreasing channels are flipped so that every channel compares acc >= threshold.',
  run,
};
