import { rebuild, type Replacement } from '../ir/builder.ts';
import { onlyConsumerOf, typeOf } from '../ir/graph.ts';
import type { Step } from '../ir/attributes.ts';
import { direction } from '../ir/steps.ts';
import type { Graph, Node, NodeOf } from '../ir/types.ts';
import type { Pass } from './pass.ts';

interface Match {
  readonly pool: NodeOf<'max-pool'>;
  readonly steps: NodeOf<'elementwise'> | undefined;
  readonly sign: NodeOf<'sign'>;
}

function matchAt(graph: Graph, pool: Node): Match | undefined {
  if (pool.kind !== 'max-pool') return undefined;
  const next = onlyConsumerOf(graph, pool.output);
  if (next?.kind === 'sign') return { pool, steps: undefined, sign: next };
  if (next?.kind !== 'elementwise') return undefined;
  const last = onlyConsumerOf(graph, next.output);
  return last?.kind === 'sign' ? { pool, steps: next, sign: last } : undefined;
}

/** 1 for the channels in which the maximum before the steps is the minimum after them. */
function minimumChannels(steps: readonly Step[], previous: Uint8Array | null, channels: number): Uint8Array | null {
  const flags = Uint8Array.from({ length: channels }, (_, c) => (direction(steps, c) === -1 ? 1 : 0) ^ (previous?.[c] ?? 0));
  return flags.some((f) => f === 1) ? flags : null;
}

function rewrite(graph: Graph): Graph {
  const replaced = new Map<Node, readonly Replacement[]>();
  for (const node of graph.nodes) {
    const match = matchAt(graph, node);
    if (match === undefined) continue;
    const { pool, steps, sign } = match;
    const chain = steps?.attrs.steps ?? [];
    const channels = typeOf(graph, pool.output).shape.at(-1) ?? 1;
    replaced.set(pool, []);
    if (steps !== undefined) replaced.set(steps, []);
    replaced.set(sign, [
      ...(steps === undefined ? [] : [{ kind: 'elementwise', name: steps.name, attrs: steps.attrs } as const]),
      { kind: 'sign', name: sign.name, attrs: sign.attrs },
      { kind: 'max-pool', name: pool.name, attrs: { ...pool.attrs, minimum: minimumChannels(chain, pool.attrs.minimum, channels) } },
    ]);
  }
  return replaced.size === 0 ? graph : rebuild(graph, (node) => replaced.get(node));
}

/** Repeats until nothing matches: several pools may stand before one sign. */
function run(graph: Graph): Graph {
  const next = rewrite(graph);
  return next === graph ? graph : run(next);
}

export const movePoolAfterSign: Pass = {
  name: 'move-pool-after-sign',
  doc: 'sign(f(max x)) = max sign(f(x)) for nondecreasing f, and min for decreasing f: f is float32 steps and rounding keeps order, so bits can be pooled.',
  run,
};
