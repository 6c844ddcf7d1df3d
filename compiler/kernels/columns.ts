/** Straight-line code that counts the products that are -1 of one output: K words of inputs against K words of weights. */
import type { Target } from '../targets/target.ts';
import { slownessOf } from './cores.ts';
import type { GeneratedFunction } from './kernel.ts';
import { codeFor, type Code } from './sliced/adders.ts';
import { WORD } from './sliced/word.ts';

/** Straight-line code is longer than this for no row: longer rows go in parts of equal length through one loop. */
const MOST_STRAIGHT = 144;
const FEWEST_STRAIGHT = 24;

/** How a row of `words` is counted: `parts` times `part` words in a loop, then `rest` words. */
export function partsOf(words: number): { readonly part: number; readonly parts: number; readonly rest: number } {
  if (words <= MOST_STRAIGHT) return { part: words, parts: 1, rest: 0 };
  for (let part = MOST_STRAIGHT; part >= FEWEST_STRAIGHT; part -= 1) if (words % part === 0) return { part, parts: words / part, rest: 0 };
  return { part: MOST_STRAIGHT, parts: Math.floor(words / MOST_STRAIGHT), rest: words % MOST_STRAIGHT };
}

/** Words of one weight after another: words of weight 2^j, or sums of nibbles or bytes that count in units of 2^j. */
interface Counted {
  readonly name: string;
  readonly column: number;
}

/**
 * Carry-save compression of the words a[i] ^ w[i] (Harley and Seal; Warren, Hacker's Delight, section 5-2).
 *
 * A full adder takes three words of weight 2^j and gives one of weight 2^j (the bitwise sum) and one of weight 2^(j+1)
 * (the carries), so that pop(x) + pop(y) + pop(z) = pop(sum) + 2 pop(carry) for every bit position. It is applied as soon as a
 * column has three words, so few words wait at any time. A half adder does the same for the last two of a column, lowest
 * first, until every column has at most one word c_j:
 *     distance = sum over j of 2^j pop(c_j),      j <= log2 K.
 */
function columnWordsByThrees(code: Code, words: number): readonly Counted[] {
  const columns: string[][] = [[]];
  const push = (column: number, name: string): void => {
    const held = (columns[column] ??= []);
    held.push(name);
    if (held.length < 3) return;
    const [x = '', y = '', z = ''] = held.splice(0, 3);
    const half = code.define(`${x} ^ ${y}`);
    const sum = code.define(`${half} ^ ${z}`);
    const carry = code.define(`(${x} & ${y}) | (${half} & ${z})`);
    push(column, sum);
    push(column + 1, carry);
  };
  for (let i = 0; i < words; i += 1) push(0, code.define(`a[${i}] ^ bnn1_rom_u32(w + ${i})`));
  for (let j = 0; j < columns.length; j += 1) {
    const held = columns[j] ?? [];
    if (held.length < 2) continue;
    const [x = '', y = ''] = held.splice(0, 2);
    const carry = code.define(`${x} & ${y}`);
    push(j, code.define(`${x} ^ ${y}`));
    push(j + 1, carry);
  }
  return columns.flatMap((held, column) => held.map((name) => ({ name, column })));
}

/** What waits in a column: its sum z, a word, and two words as (x, x ^ y). */
interface Column {
  sum?: string;
  word?: string;
  pair?: readonly [x: string, differ: string];
}

/**
 * The same with two full adders of a column together, with words in pairs (x, x ^ y): 8 operations instead of 10, and their carries
 * are a pair again (see sliced/adders.ts). More words wait, which pays where every operation overwrites an operand: on Thumb-1.
 */
function columnWordsInPairs(code: Code, words: number): readonly Counted[] {
  const columns: Column[] = [];
  const define = (expression: string): string => code.define(expression);
  const columnAt = (at: number): Column => (columns[at] ??= {});
  const addWord = (at: number, word: string): void => {
    const column = columnAt(at);
    if (column.sum === undefined) column.sum = word;
    else if (column.word === undefined) column.word = word;
    else {
      const first = column.word;
      delete column.word;
      addPair(at, [first, define(`${first} ^ ${word}`)]);
    }
  };
  const addPair = (at: number, [x, differ]: readonly [string, string]): void => {
    const column = columnAt(at);
    const { sum: z, pair } = column;
    if (z === undefined) {
      column.sum = define(`${x} ^ ${differ}`);
      addWord(at, x);
    } else if (pair === undefined) column.pair = [x, differ];
    else {
      const [first, firstDiffer] = pair;
      delete column.pair;
      const q = define(`${firstDiffer} | (${first} ^ ${z})`);
      const middle = define(`${z} ^ ${firstDiffer}`);
      const carry = define(`${middle} ^ ${q}`);
      const other = define(`${q} ^ ((${x} ^ ${middle}) & ~${differ})`);
      column.sum = define(`${middle} ^ ${differ}`);
      addPair(at + 1, [carry, other]);
    }
  };
  for (let i = 0; i < words; i += 1) addWord(0, define(`a[${i}] ^ bnn1_rom_u32(w + ${i})`));
  for (let at = 0; at < columns.length; at += 1) {
    const column = columnAt(at);
    if (column.pair !== undefined) {
      const [x, differ] = column.pair;
      const carry = define(`${x} ^ (${differ} & (${x} ^ ${column.sum ?? ''}))`);
      column.sum = define(`${column.sum ?? ''} ^ ${differ}`);
      addWord(at + 1, carry);
    }
    if (column.word !== undefined) {
      const carry = define(`${column.sum ?? ''} & ${column.word}`);
      column.sum = define(`${column.sum ?? ''} ^ ${column.word}`);
      addWord(at + 1, carry);
    }
  }
  return columns.flatMap(({ sum }, column) => (sum === undefined ? [] : [{ name: sum, column }]));
}

/**
 * The number of bits of words of several weights. Pairs and nibbles of each word are added in parallel as in bnn1_popcount; a nibble
 * then holds at most 4. Words of neighbouring columns share one word of nibbles, at most 4 + 2 * 4 = 12, and of bytes, at most
 * 24. Two such words, of columns j and j + 2, make bytes of at most 24 + 4 * 24 = 120, whose sum is at most 480.
 */
function countedBits(code: Code, words: readonly Counted[]): string {
  const nibbles = (name: string): string => {
    const twos = code.define(`${name} - ((${name} >> 1) & pairs)`);
    return code.define(`(${twos} & nibbles) + ((${twos} >> 2) & nibbles)`);
  };
  const inPairs = <T extends Counted>(list: readonly T[], distance: number): readonly (readonly [T, T?])[] => {
    const [first, ...rest] = list;
    if (first === undefined) return [];
    const [second, ...others] = rest;
    return second !== undefined && second.column === first.column + distance
      ? [[first, second], ...inPairs(others, distance)]
      : [[first], ...inPairs(rest, distance)];
  };
  const bytes = inPairs(words, 1).map(([low, high]): Counted => {
    const fours = nibbles(low.name);
    if (high === undefined) return { name: code.define(`(${fours} + (${fours} >> 4)) & bytes`), column: low.column };
    const both = code.define(`${fours} + (${nibbles(high.name)} << 1)`);
    return { name: code.define(`(${both} & bytes) + ((${both} >> 4) & bytes)`), column: low.column };
  });
  return inPairs(bytes, 2)
    .map(([low, high]) => {
      const sum = high === undefined ? low.name : code.define(`${low.name} + (${high.name} << 2)`);
      return `(bnn1_sum_of_bytes(${sum}) << ${low.column})`;
    })
    .join(' + ');
}

function straight(words: number, paired: boolean): { readonly lines: readonly string[]; readonly count: string } {
  const code = codeFor(WORD, 't');
  const count = countedBits(code, (paired ? columnWordsInPairs : columnWordsByThrees)(code, words));
  return { lines: code.lines, count };
}

/** The outputs of a dense layer on rows of so many words: bit o is 1 where its distance is within its limit. */
export function columnsFunction(words: number, target: Target): GeneratedFunction {
  const paired = target.features.includes('thumb1');
  const { part, parts, rest } = partsOf(words);
  return {
    symbol: `bnn1_dense_b1_b1_${words}`,
    template: 'dense-b1-b1-columns',
    view: {
      words,
      taps: Array.from({ length: part }, (_, i) => i),
      part,
      parts,
      isLoop: parts > 1,
      rest,
      hasRest: rest > 0,
      straight: straight(part, paired),
      last: rest > 0 ? straight(rest, paired) : null,
    },
  };
}

/** Instructions for one output on this target, as counted. */
export function columnsInstructions(words: number, target: Target): number {
  const { parts, rest } = partsOf(words);
  if (target.features.includes('zbb')) return words * 5 + 15;
  const counted = words * 7.9 + (parts + (rest > 0 ? 1 : 0)) * 40 + 15;
  return counted * slownessOf(target, { thumb1: 1.42, riscv: 1.05, avr: 10 });
}

export function columnsCodeBytes(words: number): number {
  const { part, rest } = partsOf(words);
  return (part + rest) * 25 + 250;
}
