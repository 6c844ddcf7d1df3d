/** Where the elements of one channel come from: through what only rearranges, and through float32 operations with constants. */
import type { Step } from '../ir/attributes.ts';
import { channelCount } from '../ir/encoding.ts';
import { inputOf, producerOf, typeOf } from '../ir/graph.ts';
import { batchNormSteps } from '../ir/ops/batch-norm.ts';
import { elementOf } from '../ir/ops/slice.ts';
import { stepsOfChannels } from '../ir/steps.ts';
import type { Graph, NodeOf, ValueId } from '../ir/types.ts';

/** One channel of an operation with constants. */
export interface Link {
  readonly node: NodeOf<'elementwise'> | NodeOf<'batch-norm'>;
  readonly channel: number;
}

/** One channel of a value, and the operations in order that lead from it to the channel that was asked for. */
export interface Source {
  readonly id: ValueId;
  readonly channel: number;
  readonly links: readonly Link[];
}

/** The float32 steps of a source, one constant each. */
export function stepsOf({ links }: Source): readonly Step[] {
  return links.flatMap(({ node, channel }) =>
    stepsOfChannels(node.kind === 'batch-norm' ? batchNormSteps(node.attrs) : node.attrs.steps, [channel]),
  );
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Where the elements of one channel come from: one channel, except behind a reshape that mixes them. */
export function sourcesOf(graph: Graph, id: ValueId, channel: number, links: readonly Link[] = []): readonly Source[] {
  const node = producerOf(graph, id);
  switch (node?.kind) {
    case 'elementwise':
    case 'batch-norm':
      return sourcesOf(graph, inputOf(node), channel, [{ node, channel }, ...links]);
    case 'max-pool':
      return sourcesOf(graph, inputOf(node), channel, links);
    case 'slice': {
      const range = node.attrs.ranges.at(-1);
      return range === undefined ? [] : sourcesOf(graph, inputOf(node), elementOf(range, channel), links);
    }
    case 'reshape': {
      // Element e is in channel e % from before and e % to behind: they share what is left by the common divisor of both.
      const from = channelCount(typeOf(graph, inputOf(node)).shape);
      const common = greatestCommonDivisor(from, channelCount(node.attrs.shape));
      const before = Array.from({ length: from / common }, (_, i) => (channel % common) + i * common);
      return before.flatMap((c) => sourcesOf(graph, inputOf(node), c, links));
    }
    case 'concat': {
      let first = 0;
      for (const part of node.inputs) {
        const count = channelCount(typeOf(graph, part).shape);
        if (channel < first + count) return sourcesOf(graph, part, channel - first, links);
        first += count;
      }
      return [];
    }
    default:
      return [{ id, channel, links }];
  }
}
