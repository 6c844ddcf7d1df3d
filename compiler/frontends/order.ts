/** Permutations that say where the elements of one tensor stand in another; null is the identity. */

export type Order = Int32Array | null;

/** Null for the identity, so that equal orders are easy to see. */
export function compactOrder(order: Int32Array): Order {
  return order.every((to, from) => to === from) ? null : order;
}

export function sameOrder(a: Order, b: Order): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((to, from) => to === b[from]);
}

/** For each entry, where it stands. */
export function inverseOrder(order: Order): Order {
  if (order === null) return null;
  const inverse = new Int32Array(order.length);
  order.forEach((to, from) => {
    inverse[to] = from;
  });
  return inverse;
}
