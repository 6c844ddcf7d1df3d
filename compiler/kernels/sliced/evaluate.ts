/** The function that computes all filters of one word of output positions from the tables of the kernel rows. */
import type { GeneratedFunction } from '../kernel.ts';
import { addAll, codeFor, counterOf, reaches } from './adders.ts';
import { localsOf, type Encoding } from './encodings.ts';
import type { SlicedShape } from './shape.ts';
import { VECTOR, maskOf, type Word } from './word.ts';

function names(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i}`);
}

/** Statements of one chunk of groups, into the columns; the carry is stored behind `to`. */
function chunkLines(shape: SlicedShape, encoding: Encoding, word: Word, paired: boolean): readonly string[] {
  const code = codeFor(word, 't');
  let index = 0;
  const load = (): string => {
    index += 1;
    return encoding.load(code, word, index - 1, shape.chunk);
  };
  const carry = addAll(code, names('column', shape.columns), load, paired);
  return [...code.lines, `*to++ = ${carry};`, ...encoding.next(word, shape.chunk)];
}

/** The cross groups of all kernel rows: sum words into column `sums`, majorities into the columns above. */
function crossLines(shape: SlicedShape, word: Word): { readonly lines: readonly string[]; readonly carries: readonly string[] } {
  const code = codeFor(word, 'c');
  const counter = counterOf(code, ['sums', ...names('column', shape.columns)]);
  for (let row = 0; row < shape.kernel[0]; row += 1) {
    for (let group = 0; group < shape.crossGroups; group += 1) {
      const at = row * shape.crossGroups + group;
      const bit = shape.sharesWord ? 3 * at : 3 * (at % 10);
      const signs = shape.sharesWord ? 'signs0' : `signs${Math.floor(at / 10)}`;
      const entry = code.name();
      const first = `slots[${row}] + ${16 * group * word.words}`;
      code.lines.push(
        `const uint32_t *const ${entry} = ${first} + ${2 * word.words}u * (${bit === 0 ? signs : `(${signs} >> ${bit})`} & 7u);`,
      );
      const majority = code.define(word.load(entry));
      counter.push(0, code.define(word.load(`${entry} + ${word.words}`)));
      counter.push(1, majority);
    }
  }
  const carries = counter.flush();
  return { lines: code.lines, carries };
}

/** @param paired full adders in pairs: fewer operations, more registers */
export function evaluateFunction(symbol: string, shape: SlicedShape, encoding: Encoding, word: Word, paired: boolean): GeneratedFunction {
  const { kernel, columns, planes, startWords, sharesWord } = shape;
  const chunksOfRow = shape.groups / shape.chunk;
  const cross = crossLines(shape, word);
  const compare = codeFor(word, 'p');
  const carries = names('carries[', chunksOfRow * kernel[0]).map((name) => `${name}]`);
  const reached = reaches(compare, [...carries, ...cross.carries], names('plane', planes), word.zero);
  return {
    symbol,
    template: 'conv2d-sliced-evaluate',
    view: {
      word: word.ctype,
      zero: word.zero,
      patternType: encoding.ctype,
      rows: kernel[0],
      carryCount: carries.length,
      rowLength: encoding.length(shape.groups),
      chunksOfRow,
      startWords,
      signs: sharesWord
        ? [{ name: 'signs0', value: 'start >> 16' }]
        : names('signs', startWords - 1).map((name, i) => ({ name, value: `bnn1_rom_u32(starts + ${i + 1})` })),
      startBits: sharesWord ? '0xFFFFu' : '0x7FFFFFFFu',
      sums: maskOf(word, 'start', 31),
      columns: names('column', columns).map((name, i) => ({ name, value: maskOf(word, 'start', i) })),
      planes: names('plane', planes).map((name, i) => ({ name, value: maskOf(word, 'start', columns + i) })),
      top: maskOf(word, 'start', columns + planes),
      cross: cross.lines,
      tableAt: 16 * shape.crossGroups * word.words,
      locals: localsOf(encoding),
      chunk: chunkLines(shape, encoding, word, paired),
      compare: compare.lines,
      reached,
      vector: word === VECTOR,
    },
  };
}
