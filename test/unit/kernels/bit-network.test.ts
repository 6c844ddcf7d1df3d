/** Logic on words, tried with every input: the words are columns of a truth table. */
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { BitNetwork, ONE_BIT, ZERO_BIT, atLeast, not, type Literal } from '../../../compiler/kernels/baked/bit-network.ts';

const LENGTH = 5;
const ROWS = 2 ** LENGTH;

/** Bit r of column i is bit i of r. */
const COLUMNS = Array.from({ length: LENGTH }, (_, i) =>
  Array.from({ length: ROWS }, (_row, r) => (r >> i) & 1).reduce((word, bit, r) => (word | (bit << r)) >>> 0, 0),
);

/** What the printed statements compute, as JavaScript. */
function run(network: BitNetwork, literals: readonly Literal[]): readonly number[] {
  const { statements, expressions } = network.print(literals);
  const body = [...statements, `[${expressions.join(', ')}];`].join('\n').replaceAll('uint32_t ', '').replaceAll('UINT32_C', '');
  return (runInNewContext(body, { x: COLUMNS }) as readonly number[]).map((word) => word >>> 0);
}

function tableOf(holds: (ones: number) => boolean): number {
  let word = 0;
  for (let r = 0; r < ROWS; r += 1) if (holds(r)) word |= 1 << r;
  return word >>> 0;
}

const ones = (r: number): number => [...r.toString(2)].filter((digit) => digit === '1').length;

describe('a network of bits', () => {
  it('counts any number of literals, complements among them, against any threshold', () => {
    for (let length = 1; length <= LENGTH; length += 1) {
      for (const complement of [0, 0b10101 % 2 ** length, 2 ** length - 1]) {
        const network = new BitNetwork();
        const words = COLUMNS.slice(0, length).map((_, i) => network.input(`x[${i}]`));
        const literals = words.map((word, i) => (((complement >> i) & 1) === 1 ? not(word) : word));
        const limits = Array.from({ length: length + 2 }, (_, wanted) => wanted);
        const found = run(
          network,
          limits.map((wanted) => atLeast(network, literals, wanted)),
        );
        expect(found).toEqual(limits.map((wanted) => tableOf((r) => ones((r % 2 ** length) ^ complement) >= wanted)));
      }
    }
  });

  it('computes what two outputs share once, also where their weights have opposite signs', () => {
    const network = new BitNetwork();
    const words = COLUMNS.slice(0, 3).map((_, i) => network.input(`x[${i}]`));
    const one = network.print([atLeast(network, words, 2)]).statements.length;
    const both = network.print([atLeast(network, words, 2), atLeast(network, words.map(not), 2)]).statements.length;
    expect(both).toBe(one);
  });

  it('folds constants', () => {
    const network = new BitNetwork();
    const x = network.input('x[0]');
    expect(network.and(x, ZERO_BIT)).toEqual(ZERO_BIT);
    expect(network.or(ONE_BIT, x)).toEqual(ONE_BIT);
    expect(network.xor(x, x)).toEqual(ZERO_BIT);
    expect(network.majority(x, not(x), ONE_BIT)).toEqual(ONE_BIT);
    expect(network.print([]).statements).toEqual([]);
  });
});
