import { rewriteAll, type Rewriting } from '../ir/builder.ts';
import { channelCount } from '../ir/encoding.ts';
import { inputOf, onlyConsumerOf, producerOf, typeOf } from '../ir/graph.ts';
import { direction, isMonotone, isPerElement } from '../ir/steps.ts';
import type { Graph, Node, ValueId } from '../ir/types.ts';
import type { Pass } from './pass.ts';

/** The steps on the pooled integers; undefined where the pool stays behind them. */
function moved(graph: Graph, pool: Node, to: Rewriting): ValueId | undefined {
  if (pool.kind !== 'max-pool') return undefined;
  const before = producerOf(graph, inputOf(pool));
  if (before?.kind !== 'elementwise' || onlyConsumerOf(graph, before.output) !== pool) return undefined;
  const { steps } = before.attrs;
  const x = inputOf(before);
  const type = typeOf(graph, x);
  const channels = channelCount(type.shape);
  if (type.encoding === undefined || isPerElement(steps, channels)) return undefined;
  const each = Array.from({ length: channels }, (_, c) => c);
  if (!each.every((c) => isMonotone(steps, c))) return undefined;
  const minimum = Uint8Array.from(each, (c) => (direction(steps, c) === -1 ? 1 : 0) ^ (pool.attrs.minimum?.[c] ?? 0));
  const attrs = { ...pool.attrs, minimum: minimum.includes(1) ? minimum : null };
  const pooled = to.add({ kind: 'max-pool', attrs }, to.value(x));
  return to.add({ kind: 'elementwise', name: before.name, origin: before.origin, attrs: { steps } }, pooled);
}

export const movePoolToSums: Pass = {
  name: 'move-pool-to-sums',
  doc: 'max f(x) = f(max x) for a nondecreasing f, and f(min x) for a nonincreasing one: a pool compares integers, and the float32 steps run once per window.',
  run: (graph) => rewriteAll(graph, moved),
};
