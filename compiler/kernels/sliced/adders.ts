/**
 * Counting in columns: C statements that add words of one bit per lane.
 *
 * A full adder takes words x, y, z of weight 2^j and leaves in each lane x + y + z = sum + 2 carry:
 *     sum = x ^ y ^ z,    carry = (x & y) | ((x ^ y) & z).
 * A column holds its sum in a variable; what is pushed twice into it goes in with it, and the carry goes on into the next column.
 *
 * Two full adders in a row, of a column z with (x1, y1) and then (x2, y2), take 8 operations instead of 10 when a pair is kept as
 * (x, g = x ^ y): with p = x1 ^ z, q = g1 | p, z' = z ^ g1, r = x2 ^ z', z'' = z' ^ g2,
 *     carry1 = g1 ? z : x1 = z' ^ q,        carry2 = g2 ? z' : x2,        carry1 ^ carry2 = q ^ (r & ~g2),
 * which is again a pair, of the next column (E. Dadda's counters; the pair code of "modified double full adders").
 */
import type { Word } from './word.ts';

export interface Code {
  readonly lines: string[];
  /** A new local name. */
  readonly name: () => string;
  /** Declares a word and gives its name. */
  readonly define: (expression: string) => string;
}

export function codeFor(word: Word, prefix: string): Code {
  const lines: string[] = [];
  let count = 0;
  const name = (): string => {
    count += 1;
    return `${prefix}${count}`;
  };
  return {
    lines,
    name,
    define: (expression) => {
      const made = name();
      lines.push(`const ${word.ctype} ${made} = ${expression};`);
      return made;
    },
  };
}

/** column += x + y; the carry. */
export function addTwo(code: Code, column: string, x: string, y: string): string {
  const half = code.define(`${x} ^ ${y}`);
  const carry = code.define(`(${x} & ${y}) | (${half} & ${column})`);
  code.lines.push(`${column} ^= ${half};`);
  return carry;
}

/** column += x; the carry. */
export function addOne(code: Code, column: string, x: string): string {
  const carry = code.define(`${x} & ${column}`);
  code.lines.push(`${column} ^= ${x};`);
  return carry;
}

interface Pair {
  readonly x: string;
  /** x ^ y */
  readonly differ: string;
}

function addPairs(code: Code, column: string, first: Pair, second: Pair): Pair {
  const p = code.define(`${first.x} ^ ${column}`);
  const q = code.define(`${first.differ} | ${p}`);
  code.lines.push(`${column} ^= ${first.differ};`);
  const x = code.define(`${column} ^ ${q}`);
  const r = code.define(`${second.x} ^ ${column}`);
  code.lines.push(`${column} ^= ${second.differ};`);
  return { x, differ: code.define(`${q} ^ (${r} & ~${second.differ})`) };
}

/**
 * Adds 2^columns.length words into the columns, first to last of weight 1, 2, 4, ...
 * @param load gives the next word, in order
 * @returns the carry out of the last column
 */
export function addAll(code: Code, columns: readonly string[], load: () => string, paired: boolean): string {
  if (!paired) {
    const sum = (level: number): string => {
      if (level === 0) return load();
      const x = sum(level - 1);
      const y = sum(level - 1);
      return addTwo(code, columns[level - 1] ?? '', x, y);
    };
    return sum(columns.length);
  }
  const pair = (level: number): Pair => {
    if (level === 0) {
      const x = load();
      const y = load();
      return { x, differ: code.define(`${x} ^ ${y}`) };
    }
    const first = pair(level - 1);
    const second = pair(level - 1);
    return addPairs(code, columns[level - 1] ?? '', first, second);
  };
  const last = columns.at(-1) ?? '';
  const { x, differ } = pair(columns.length - 1);
  const carry = code.define(`${x} ^ (${differ} & (${x} ^ ${last}))`);
  code.lines.push(`${last} ^= ${differ};`);
  return carry;
}

/** Columns of any height into which words are pushed one by one; what comes out of the last one is collected. */
export interface Counter {
  readonly push: (column: number, word: string) => void;
  /** Pushes out what waits alone. */
  readonly flush: () => readonly string[];
}

export function counterOf(code: Code, columns: readonly string[]): Counter {
  const waiting: (string | undefined)[] = columns.map(() => undefined);
  const out: string[] = [];
  const push = (column: number, word: string): void => {
    const name = columns[column];
    if (name === undefined) {
      out.push(word);
      return;
    }
    const other = waiting[column];
    waiting[column] = other === undefined ? word : undefined;
    if (other !== undefined) push(column + 1, addTwo(code, name, other, word));
  };
  const flush = (): readonly string[] => {
    for (const [column, name] of columns.entries()) {
      const word = waiting[column];
      waiting[column] = undefined;
      if (word !== undefined) push(column + 1, addOne(code, name, word));
    }
    return out;
  };
  return { push, flush };
}

/** An expression of the lanes in which sum(words) + bias >= 2^planes.length, if the sum stays below twice that. */
export function reaches(code: Code, words: readonly string[], planes: readonly string[], zero: string): string {
  const columns: string[][] = [[...words], ...planes.map(() => [])];
  planes.forEach((plane, at) => {
    const held = [...(columns[at] ?? []), plane];
    const carries = columns[at + 1] ?? [];
    while (held.length >= 3) {
      const [x = '', y = '', z = ''] = held.splice(0, 3);
      const half = code.define(`${x} ^ ${y}`);
      carries.push(code.define(`(${x} & ${y}) | (${half} & ${z})`));
      if (held.length > 0) held.push(code.define(`${half} ^ ${z}`)); // of the last sum only the carry matters
    }
    const [x = '', y] = held;
    if (y !== undefined) carries.push(code.define(`${x} & ${y}`));
  });
  const out = columns[planes.length] ?? [];
  return out.length === 0 ? zero : out.join(' | ');
}
