import { rewriteAll, type Rewriting } from '../ir/builder.ts';
import { channelCount } from '../ir/encoding.ts';
import { inputOf, producerOf, typeOf } from '../ir/graph.ts';
import type { Graph, Node, ValueId } from '../ir/types.ts';
import type { Pass } from './pass.ts';

/** The join of pooled parts; undefined for anything but a pool of a join. */
function poolOfParts(graph: Graph, pool: Node, to: Rewriting): ValueId | undefined {
  if (pool.kind !== 'max-pool') return undefined;
  const concat = producerOf(graph, inputOf(pool));
  if (concat?.kind !== 'concat') return undefined;
  const { minimum } = pool.attrs;
  let first = 0;
  const parts = concat.inputs.map((id) => {
    const count = channelCount(typeOf(graph, id).shape);
    const own = minimum?.slice(first, first + count) ?? null;
    first += count;
    return to.add({ kind: 'max-pool', attrs: { ...pool.attrs, minimum: own?.includes(1) ? own : null } }, to.value(id));
  });
  return to.add({ kind: 'concat', name: concat.name, origin: concat.origin, attrs: {} }, ...parts);
}

export const moveConcatAfterPool: Pass = {
  name: 'move-concat-after-pool',
  doc: 'Channels are pooled each on its own: a pool of joined maps becomes the join of pooled maps, which are smaller and can be pooled row by row.',
  run: (graph) => rewriteAll(graph, poolOfParts),
};
