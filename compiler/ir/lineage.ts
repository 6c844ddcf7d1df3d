/** Which value of a rewritten graph means what a value of an earlier graph means. */
import type { Graph, ValueId } from './types.ts';

/** One rewrite. Holds names only, so that earlier graphs need not be kept. */
interface Lineage {
  readonly before: Lineage | null;
  readonly renamed: ReadonlyMap<ValueId, ValueId>;
}

const LINEAGES = new WeakMap<Graph, Lineage>();

function lineageOf(graph: Graph): Lineage {
  const known = LINEAGES.get(graph);
  if (known !== undefined) return known;
  const root: Lineage = { before: null, renamed: new Map() };
  LINEAGES.set(graph, root);
  return root;
}

/** @param renamed the values of `after` that take the place of values of `before` */
export function recordRewrite(before: Graph, after: Graph, renamed: ReadonlyMap<ValueId, ValueId>): void {
  LINEAGES.set(after, { before: lineageOf(before), renamed });
}

/**
 * For each value of `from` the value of `to` that took its place, where there still is one. Bits may have been inverted
 * together with everything that reads them.
 */
export function successorsOf(from: Graph, to: Graph): ReadonlyMap<ValueId, ValueId> {
  const start = lineageOf(from);
  const rewrites: Lineage[] = [];
  for (let at: Lineage | null = lineageOf(to); at !== start; at = at.before) {
    if (at === null) throw new Error(`graph ${to.name} is no rewrite of ${from.name}`);
    rewrites.unshift(at);
  }
  const successors = new Map<ValueId, ValueId>();
  for (const id of from.values.keys()) {
    let current: ValueId | undefined = id;
    for (const { renamed } of rewrites) current = current && renamed.get(current);
    if (current !== undefined) successors.set(id, current);
  }
  return successors;
}
