/** The items that have a key, for every key of any; each once, in their order. With the inputs of nodes as keys: the readers of tensors. */
export function indexBy<Item, Key>(items: Iterable<Item>, keysOf: (item: Item) => Iterable<Key>): ReadonlyMap<Key, readonly Item[]> {
  const found = new Map<Key, Item[]>();
  for (const item of items) {
    for (const key of new Set(keysOf(item))) {
      const others = found.get(key);
      if (others === undefined) found.set(key, [item]);
      else others.push(item);
    }
  }
  return found;
}
