/**
 * How the sign patterns of the groups lie in flash. A pattern is three bits, the signs of the inputs of a group. The more bits a
 * pattern takes, the less work it is to find its table entry:
 *
 *     8bit    16 bits a group: byte offset of the entry
 *     4bit    8 bits: index of the entry within the chunk of tables
 *     2bit    4 bits: index within a pair of tables
 *     1.5bit  3 bits: the pattern
 *     1bit    2 bits: the weights alone, 32 of a tap in a word; patterns of sums are parities of them
 */
import type { Code } from './adders.ts';
import type { Word } from './word.ts';

export interface Encoding {
  /** Of the name of the kernel. */
  readonly name: string;
  readonly bitsPerWeight: number;
  readonly ctype: 'uint32_t' | 'uint16_t';
  /** Channels of a tap that are reduced together; null for all. */
  readonly block: 32 | null;
  readonly chunk: 16 | null;
  /** Elements of the table for the patterns of one kernel row of one filter. */
  readonly length: (groups: number) => number;
  /** @param patterns of one kernel row; @param chunk groups that are added at once; @param words uint32_t words of an entry */
  readonly pack: (patterns: ArrayLike<number>, chunk: number, words: number) => readonly number[];
  /** Statements that read the entry of group `index` of a chunk; gives its name. Reads `pattern`, moves `pattern` and `table` along. */
  readonly load: (code: Code, word: Word, index: number, chunk: number) => string;
  /** Statements behind a chunk. */
  readonly next: (word: Word, chunk: number) => readonly string[];
}

function packFields(values: readonly number[], bits: number, perWord: number): number[] {
  const packed: number[] = [];
  for (let start = 0; start < values.length; start += perWord) {
    let element = 0;
    for (let i = 0; i < perWord; i += 1) element += (values[start + i] ?? 0) * 2 ** (bits * i);
    packed.push(element);
  }
  return packed;
}

function entry(code: Code, word: Word, index: string): string {
  return code.define(word.load(word.words === 1 ? `table + (${index})` : `table + ${word.words}u * (${index})`));
}

/** Field `at` of a word of `bits` wide fields. */
function field(bits: number, at: number, mask: number): string {
  const shifted = at === 0 ? 'fields' : `(fields >> ${bits * at})`;
  return bits * (at + 1) === 32 ? shifted.replace(/^\((.*)\)$/, '$1') : `${shifted} & ${mask}u`;
}

function readWord(code: Code): void {
  code.lines.push('fields = bnn1_rom_u32(pattern);', 'pattern++;');
}

const EIGHT: Encoding = {
  name: '8bit',
  bitsPerWeight: 8,
  ctype: 'uint16_t',
  block: null,
  chunk: null,
  length: (groups) => groups,
  pack: (patterns, _chunk, words) => Array.from(patterns, (pattern, i) => (8 * i + pattern) * 4 * words),
  load: (code, word, index) => {
    const offset = `bnn1_rom_u16(pattern${index === 0 ? '' : ` + ${index}`})`;
    return code.define(word.load(`(const uint32_t *)(const void *)((const char *)table + ${offset})`));
  },
  next: (_word, chunk) => [`pattern += ${chunk};`],
};

const FOUR: Encoding = {
  name: '4bit',
  bitsPerWeight: 4,
  ctype: 'uint32_t',
  block: null,
  chunk: null,
  length: (groups) => groups / 4,
  pack: (patterns, chunk) =>
    packFields(
      Array.from(patterns, (pattern, i) => (i % chunk) * 8 + pattern),
      8,
      4,
    ),
  load: (code, word, index) => {
    if (index % 4 === 0) readWord(code);
    return entry(code, word, field(8, index % 4, 255));
  },
  next: (word, chunk) => [`table += ${8 * chunk * word.words};`],
};

const TWO: Encoding = {
  name: '2bit',
  bitsPerWeight: 2,
  ctype: 'uint32_t',
  block: null,
  chunk: null,
  length: (groups) => groups / 8,
  pack: (patterns) =>
    packFields(
      Array.from(patterns, (pattern, i) => (i % 2) * 8 + pattern),
      4,
      8,
    ),
  load: (code, word, index) => {
    if (index % 8 === 0) readWord(code);
    const read = entry(code, word, field(4, index % 8, 15));
    if (index % 2 === 1) code.lines.push(`table += ${16 * word.words};`);
    return read;
  },
  next: () => [],
};

const ONE_AND_A_HALF: Encoding = {
  name: '1.5bit',
  bitsPerWeight: 1.5,
  ctype: 'uint16_t',
  block: null,
  chunk: 16,
  length: (groups) => (groups / 16) * 3,
  pack: (patterns) => {
    const packed: number[] = [];
    for (let start = 0; start < patterns.length; start += 16) {
      let bits = 0n;
      for (let i = 0; i < 16; i += 1) bits |= BigInt(patterns[start + i] ?? 0) << BigInt(3 * i);
      packed.push(...[0n, 16n, 32n].map((shift) => Number((bits >> shift) & 0xffffn)));
    }
    return packed;
  },
  load: (code, word, index) => {
    if (index === 0) code.lines.push('fields = bnn1_rom_u16(pattern) | ((uint32_t)bnn1_rom_u16(pattern + 1) << 16);');
    if (index === 10) code.lines.push('fields = (fields >> 30) | ((uint32_t)bnn1_rom_u16(pattern + 2) << 2);');
    const read = entry(code, word, field(3, index < 10 ? index : index - 10, 7));
    code.lines.push(`table += ${8 * word.words};`);
    return read;
  },
  next: () => ['pattern += 3;'],
};

/**
 * Of 32 channels x0..x31 the groups are, in this order, with s_i the sum of group i:
 *     0-9: x0..x29    10: s0 s1 s2   11: s3 s4 s5   12: s6 s7 s8   13: s9 x30 x31    14: s10 s11 s12    15: s13 s14
 * The sign of s_i is the parity of the pattern of group i. Bit 3 i of `odd` is that of group i < 10; moved together, they are
 * the patterns of groups 10, 11, 12 at bits 0, 9, 18 of `later`, and s9, x30, x31 stand at bits 27, 28, 29.
 */
const ONE: Encoding = {
  name: '1bit',
  bitsPerWeight: 1,
  ctype: 'uint32_t',
  block: 32,
  chunk: 16,
  length: (groups) => groups / 16,
  pack: (patterns) => {
    const packed: number[] = [];
    for (let start = 0; start < patterns.length; start += 16) {
      const first = Array.from({ length: 10 }, (_, i) => patterns[start + i] ?? 0);
      packed.push((packFields(first, 3, 10)[0] ?? 0) + ((patterns[start + 13] ?? 0) >> 1) * 2 ** 30);
    }
    return packed;
  },
  load: (code, word, index) => {
    if (index === 0) readWord(code);
    if (index === 10) {
      code.lines.push(
        'odd = (fields ^ (fields >> 1) ^ (fields >> 2)) & 0x09249249u;',
        'later = odd | (odd >> 2) | (odd >> 4) | ((fields >> 2) & 0x30000000u);',
      );
    }
    if (index === 14) {
      code.lines.push(
        'odd = (later ^ (later >> 1) ^ (later >> 2)) & 0x08040201u;',
        'fields = odd >> 27;',
        'odd |= odd >> 8;',
        'odd |= odd >> 8;',
        'odd &= 7u;',
        'later = odd ^ (odd >> 1) ^ (odd >> 2);',
        'fields |= (later & 1u) << 1;',
      );
    }
    const at = index - 10;
    const which =
      index < 10
        ? field(3, index, 7)
        : index < 14
          ? `${at === 0 ? 'later' : `(later >> ${9 * at})`} & 7u`
          : index === 14
            ? 'odd'
            : 'fields';
    const read = entry(code, word, which);
    code.lines.push(`table += ${8 * word.words};`);
    return read;
  },
  next: () => [],
};

export const ENCODINGS: readonly Encoding[] = [EIGHT, FOUR, TWO, ONE_AND_A_HALF, ONE];

/** Local variables that `load` uses. */
export function localsOf({ name }: Encoding): readonly string[] {
  if (name === '8bit') return [];
  return name === '1bit' ? ['fields', 'odd', 'later'] : ['fields'];
}
