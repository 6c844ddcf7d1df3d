import { expect, it } from 'vitest';
import { listAtMost } from '../../../compiler/support/list-at-most.ts';

const shown = (most: number): readonly string[] => listAtMost(most, [1, 2, 3], (item) => `item ${item}`);

it('lists every item when there are no more than the most', () => {
  expect(shown(3)).toEqual(['item 1', 'item 2', 'item 3']);
  expect(shown(9)).toEqual(shown(3));
  expect(listAtMost(3, [], String)).toEqual([]);
});

it('says how many items it leaves out, and describes none of them', () => {
  const described: number[] = [];
  expect(listAtMost(2, [1, 2, 3, 4, 5], (item) => `item ${described.push(item)}`)).toEqual(['item 1', 'item 2', 'and 3 more']);
  expect(described).toEqual([1, 2]);
});
