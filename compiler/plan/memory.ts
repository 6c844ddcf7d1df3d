/**
 * Offsets of buffers in one arena. Two buffers that live at the same step must not overlap.
 *
 * Lower bound: the largest sum of sizes alive at one step. A chain of layers always reaches it: its buffers go to the two
 * ends of the arena in turn, and what lives for one step only goes between them. For other lives, which branches make, try a
 * few orders, each buffer at the lowest free offset; if none reaches the bound, search all orders while there are few
 * buffers, and otherwise let the buffer that lies highest be placed first, again and again.
 */
import type { Slot } from './plan.ts';

export type Request = Omit<Slot, 'offset'>;

const MOST_SEARCHED = 8;
const MOST_PROMOTIONS = 200;

function overlaps(a: Request, b: Request): boolean {
  return a.from <= b.to && b.from <= a.to;
}

export function lowerBound(requests: readonly Request[]): number {
  const steps = requests.flatMap((r) => [r.from, r.to]);
  return Math.max(0, ...steps.map((step) => requests.reduce((sum, r) => sum + (r.from <= step && step <= r.to ? r.words : 0), 0)));
}

/** Places each request at the lowest offset that is free during its life. */
function placeInOrder(order: readonly Request[], before: readonly Slot[] = []): readonly Slot[] {
  const placed: Slot[] = [...before];
  for (const request of order) {
    const busy = placed.filter((slot) => overlaps(slot, request)).sort((a, b) => a.offset - b.offset);
    let offset = 0;
    for (const slot of busy) {
      if (slot.offset - offset >= request.words) break;
      offset = Math.max(offset, slot.offset + slot.words);
    }
    placed.push({ ...request, offset });
  }
  return placed;
}

/** Buffers that outlive a step alternate between the start and the end of `bound` words, the others fill the gaps. */
function placeAtEnds(requests: readonly Request[], bound: number): readonly Slot[] {
  const lasting = [...requests].filter((r) => r.to > r.from).sort((a, b) => a.from - b.from);
  const ends = lasting.map((r, i) => ({ ...r, offset: i % 2 === 0 ? 0 : bound - r.words }));
  const clash = ends.some((a, i) =>
    ends.some((b, j) => i < j && overlaps(a, b) && a.offset < b.offset + b.words && b.offset < a.offset + a.words),
  );
  const passing = requests.filter((r) => r.to === r.from);
  return clash ? placeInOrder(requests) : placeInOrder(passing, ends);
}

export function arenaWords(slots: readonly Slot[]): number {
  return Math.max(0, ...slots.map((s) => s.offset + s.words));
}

function* permutations<T>(items: readonly T[]): Generator<readonly T[]> {
  if (items.length <= 1) {
    yield items;
    return;
  }
  for (const [i, item] of items.entries()) {
    for (const rest of permutations(items.filter((_, j) => j !== i))) yield [item, ...rest];
  }
}

/** Orders in which the buffer that reached the top of the arena comes first; each buffer once in 16 rounds, so that all get their turn. */
function* promotions(requests: readonly Request[]): Generator<readonly Request[]> {
  let order = requests;
  const seen = new Set<string>();
  for (let round = 0; round < MOST_PROMOTIONS; round += 1) {
    const slots = placeInOrder(order);
    const top = arenaWords(slots);
    const at = slots.findIndex((slot, i) => slot.offset + slot.words === top && !seen.has(`${round >> 4} ${order[i]?.name}`));
    const promoted = order[Math.max(0, at)];
    if (promoted === undefined) return;
    seen.add(`${round >> 4} ${promoted.name}`);
    order = [promoted, ...order.filter((request) => request !== promoted)];
    yield order;
  }
}

function* orders(requests: readonly Request[]): Generator<readonly Request[]> {
  if (requests.length <= MOST_SEARCHED) yield* permutations(requests);
  else {
    yield requests;
    yield* promotions(requests);
    yield* promotions([...requests].reverse());
  }
}

/** Slots in the order of the requests. */
export function assignOffsets(requests: readonly Request[]): readonly Slot[] {
  const bound = lowerBound(requests);
  const bySize = [...requests].sort((a, b) => b.words - a.words || a.from - b.from);
  const byLife = [...requests].sort((a, b) => b.to - b.from - (a.to - a.from) || b.words - a.words);
  let best = placeAtEnds(requests, bound);
  const consider = (order: readonly Request[]): boolean => {
    const slots = placeInOrder(order);
    if (arenaWords(slots) < arenaWords(best)) best = slots;
    return arenaWords(best) === bound;
  };
  if (arenaWords(best) > bound && !consider(bySize) && !consider(byLife)) {
    for (const order of orders(requests)) if (consider(order)) break;
  }
  return requests.map((request) => best.find((slot) => slot.name === request.name) ?? { ...request, offset: 0 });
}
