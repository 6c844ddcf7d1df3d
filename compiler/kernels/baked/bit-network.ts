/**
 * Logic on words of bits as straight-line C, each value computed once.
 *
 * A literal is a value or its complement. Complements move outwards, because they cost nothing there:
 *     ~a ^ b = ~(a ^ b),     majority(~a, ~b, ~c) = ~majority(a, b, c),
 * so that outputs whose weights differ in sign only share their sums, and most of their carries.
 */
export interface Literal {
  /** Its number among the values of the network; null for a constant. */
  readonly value: number | null;
  /** For a value: whether its complement is meant. For a constant: whether it is 1. */
  readonly inverted: boolean;
}

export const ZERO_BIT: Literal = { value: null, inverted: false };
export const ONE_BIT: Literal = { value: null, inverted: true };

export function not({ value, inverted }: Literal): Literal {
  return { value, inverted: !inverted };
}

interface Operation {
  /** Values that it reads. */
  readonly reads: readonly number[];
  readonly text: string;
}

export class BitNetwork {
  readonly #operations: Operation[] = [];
  readonly #known = new Map<string, number>();

  /** A word that exists already, by its C expression. */
  input(text: string): Literal {
    return { value: this.#value({ reads: [], text }), inverted: false };
  }

  xor(a: Literal, b: Literal): Literal {
    if (a.value === null) return a.inverted ? not(b) : b;
    if (b.value === null) return b.inverted ? not(a) : a;
    const inverted = a.inverted !== b.inverted;
    if (a.value === b.value) return { value: null, inverted };
    const [low, high] = [Math.min(a.value, b.value), Math.max(a.value, b.value)];
    return { value: this.#value({ reads: [low, high], text: `b${low} ^ b${high}` }), inverted };
  }

  and(a: Literal, b: Literal): Literal {
    if (a.value === null) return a.inverted ? b : a;
    if (b.value === null) return this.and(b, a);
    if (a.value === b.value) return a.inverted === b.inverted ? a : ZERO_BIT;
    if (a.inverted && b.inverted) return not(this.#gate(not(a), not(b), '|'));
    return this.#gate(a, b, '&');
  }

  or(a: Literal, b: Literal): Literal {
    return not(this.and(not(a), not(b)));
  }

  /** 1 where at least two of three are. */
  majority(a: Literal, b: Literal, c: Literal): Literal {
    const [first, second, third] = [a, b, c].sort((p, q) => (p.value ?? -1) - (q.value ?? -1)) as [Literal, Literal, Literal];
    if (first.value === null) return first.inverted ? this.or(second, third) : this.and(second, third);
    if (first.inverted) return not(this.majority(not(first), not(second), not(third)));
    // where first and second differ, the third decides
    const differ = this.xor(first, second);
    return this.or(this.and(first, second), this.and(differ, third));
  }

  /** Statements for all that these literals need, and the C expression of each. */
  print(literals: readonly Literal[]): { readonly statements: readonly string[]; readonly expressions: readonly string[] } {
    const needed = new Set<number>();
    const need = (value: number): void => {
      if (needed.has(value)) return;
      needed.add(value);
      this.#operations[value]?.reads.forEach(need);
    };
    const done = new Set<number>();
    const statements: string[] = [];
    const define = (value: number): void => {
      const operation = this.#operations[value];
      if (operation === undefined || done.has(value)) return;
      done.add(value);
      operation.reads.forEach(define);
      statements.push(`const uint32_t b${value} = ${operation.text};`);
    };
    const expressions = literals.map(({ value, inverted }) => {
      if (value === null) return inverted ? 'UINT32_C(0xFFFFFFFF)' : 'UINT32_C(0)';
      need(value);
      define(value);
      return `${inverted ? '~' : ''}b${value}`;
    });
    return { statements, expressions };
  }

  #gate(a: Literal, b: Literal, operator: '&' | '|'): Literal {
    const [first, second] = (a.value ?? 0) < (b.value ?? 0) ? [a, b] : [b, a];
    const text = [first, second].map(({ value, inverted }) => `${inverted ? '~' : ''}b${value ?? 0}`).join(` ${operator} `);
    return { value: this.#value({ reads: [first.value ?? 0, second.value ?? 0], text }), inverted: false };
  }

  #value(operation: Operation): number {
    const known = this.#known.get(operation.text);
    if (known !== undefined) return known;
    this.#operations.push(operation);
    this.#known.set(operation.text, this.#operations.length - 1);
    return this.#operations.length - 1;
  }
}

/**
 * Where at least `wanted` of the literals are 1, 0 <= wanted <= length + 1.
 *
 * With 2^m > length and bias = 2^m - wanted, count + bias < 2^(m+1), and count >= wanted exactly if count + bias has a carry out of
 * column m - 1. A column is reduced by full adders, three literals to one of its own weight and a carry, in the order in which they
 * came: the same for every output. The bit of the bias comes last, for it differs. Sums that nobody reads are not printed.
 */
export function atLeast(network: BitNetwork, literals: readonly Literal[], wanted: number): Literal {
  if (wanted <= 0) return ONE_BIT;
  if (wanted > literals.length) return ZERO_BIT;
  const columns = 32 - Math.clz32(literals.length);
  const bias = 2 ** columns - wanted;
  let column = [...literals];
  for (let j = 0; j < columns; j += 1) {
    const carries: Literal[] = [];
    while (column.length >= 3) {
      const [a = ZERO_BIT, b = ZERO_BIT, c = ZERO_BIT] = column.splice(0, 3);
      column.push(network.xor(network.xor(a, b), c));
      carries.push(network.majority(a, b, c));
    }
    const [a = ZERO_BIT, b = ZERO_BIT] = column;
    carries.push(network.majority(a, b, ((bias >> j) & 1) === 1 ? ONE_BIT : ZERO_BIT));
    column = carries;
  }
  return column.reduce((any, carry) => network.or(any, carry));
}
