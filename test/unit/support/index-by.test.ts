import { expect, it } from 'vitest';
import { indexBy } from '../../../compiler/support/index-by.ts';

it('an item is found under each of its keys, once, behind the items before it', () => {
  const found = indexBy(['ab', 'bb', 'c', ''], (text) => text);
  expect([...found]).toEqual([
    ['a', ['ab']],
    ['b', ['ab', 'bb']],
    ['c', ['c']],
  ]);
});
