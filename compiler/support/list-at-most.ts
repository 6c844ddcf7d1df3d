/** One line each for the first `most` items, then how many are left out: a long list in a message says that it is cut. */
export function listAtMost<Item>(most: number, items: readonly Item[], show: (item: Item) => string): readonly string[] {
  const lines = items.slice(0, most).map(show);
  return items.length <= most ? lines : [...lines, `and ${items.length - most} more`];
}
