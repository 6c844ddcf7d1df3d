import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arenaWords, assignOffsets, lowerBound, type Request } from '../../../compiler/plan/memory.ts';

fc.configureGlobal({ seed: 20240501 });

const requests = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 500 }), fc.nat(12), fc.nat(5)), { minLength: 1, maxLength: 14 })
  .map((list) => list.map(([words, from, life], i): Request => ({ name: `b${i}`, words, from, to: from + life })));

/** Each buffer lives while it is made and while the next one is made from it: what a chain of layers needs. */
const chains = fc
  .array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 14 })
  .map((sizes) => sizes.map((words, i): Request => ({ name: `b${i}`, words, from: i, to: i + 1 })));

describe('the arena', () => {
  it('never gives two buffers that live at the same time the same words', () => {
    fc.assert(
      fc.property(requests, (list) => {
        const slots = assignOffsets(list);
        expect(slots.map(({ name, words, from, to }) => ({ name, words, from, to }))).toEqual(list);
        for (const [i, a] of slots.entries()) {
          expect(a.offset).toBeGreaterThanOrEqual(0);
          for (const b of slots.slice(i + 1)) {
            const together = a.from <= b.to && b.from <= a.to;
            const apart = a.offset + a.words <= b.offset || b.offset + b.words <= a.offset;
            expect(together && !apart).toBe(false);
          }
        }
        expect(arenaWords(slots)).toBeGreaterThanOrEqual(lowerBound(list));
      }),
      { numRuns: 300 },
    );
  });

  it('of a chain of layers has exactly the size that its two largest neighbours need', () => {
    fc.assert(
      fc.property(chains, (list) => {
        const neighbours = list.map(({ words }, i) => words + (list[i + 1]?.words ?? 0));
        expect(lowerBound(list)).toBe(Math.max(...neighbours));
        expect(arenaWords(assignOffsets(list))).toBe(lowerBound(list));
      }),
      { numRuns: 300 },
    );
  });

  it('of no buffers is empty', () => {
    expect(assignOffsets([])).toEqual([]);
    expect(lowerBound([])).toBe(0);
    expect(arenaWords([])).toBe(0);
  });
});
