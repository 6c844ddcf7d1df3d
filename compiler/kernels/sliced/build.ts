/** The functions that build the tables of one kernel row at one word of positions. */
import { planeWords, wordsFor, type GeneratedFunction } from '../kernel.ts';
import { rowsOf, type SlicedShape } from './shape.ts';
import { VECTOR, type Word } from './word.ts';

/** Does padding take part in the tables? Only where it is 0: then it is worth half a product. */
function isMasked({ pad }: SlicedShape): boolean {
  return pad.value === 0;
}

/** In padded lanes half of the groups of a tap count 1 and half 0; with 4 n + 2 channels the last group counts 0 and the sum 1. */
function isEven({ input }: SlicedShape): boolean {
  return input.map[2] % 4 === 0 || input.map[2] % 2 === 1;
}

/** One table of a group: `ones` where padded lanes count 1. */
function groupLines(word: Word, masked: boolean, ones: boolean, at: number, sum: string): readonly string[] {
  const input = (i: number): string => word.load(at + i === 0 ? 'x' : `x + ${(at + i) * word.words}`);
  const table = at === 0 ? 0 : 8;
  const put = (index: number, value: string): string => word.store(`table + ${(table + index) * word.words}`, value);
  const direct = (name: string): string => (masked && ones ? `${name} | ~valid` : name);
  const turned = (name: string): string => (masked && !ones ? `valid & ~${name}` : `~${name}`);
  return [
    `const ${word.ctype} a = ${input(0)};`,
    `const ${word.ctype} b = ${input(1)};`,
    `const ${word.ctype} c = ${input(2)};`,
    `const ${word.ctype} u = a ^ b;`,
    `const ${word.ctype} both = a & b;`,
    `const ${word.ctype} only = c & ~u;`,
    `const ${word.ctype} m0 = both | (u & c);`,
    `const ${word.ctype} m1 = (b & ~a) | only;`,
    `const ${word.ctype} m2 = (a & ~b) | only;`,
    `const ${word.ctype} m4 = both | (u & ~c);`,
    word.store(sum, 'u ^ c'),
    put(0, direct('m0')),
    put(1, direct('m1')),
    put(2, direct('m2')),
    put(3, turned('m4')),
    put(4, direct('m4')),
    put(5, turned('m2')),
    put(6, turned('m1')),
    put(7, turned('m0')),
  ];
}

/** Majority tables of one block of channels; gives its sum word. */
export function groupsFunction(symbol: string, shape: SlicedShape, keepsLast: boolean, word: Word): GeneratedFunction {
  const masked = isMasked(shape);
  const even = isEven(shape);
  const { block } = shape;
  const step = word.words;
  return {
    symbol,
    template: 'conv2d-sliced-groups',
    view: {
      word: word.ctype,
      masked,
      block,
      pairs: (block / 2 - 2) / 2,
      hasPairs: block > 4,
      keepsLast,
      firstSums: (keepsLast ? 30 : block) * step,
      lastFirstSum: 40 * step,
      kept: 2 * step,
      first: groupLines(word, masked, false, 0, 'sum'),
      second: groupLines(word, masked, true, 3, `sum + ${step}`),
      inputStep: 6 * step,
      sumStep: 2 * step,
      tableStep: 16 * step,
      afterThird: { table: 8 * step, inputs: 3 * step },
      half: halfLines(word, masked, even),
    },
  };
}

function halfLines(word: Word, masked: boolean, ones: boolean): readonly string[] {
  const direct = (value: string): string => (masked && ones ? `(${value}) | ~valid` : value);
  const last = masked && !ones ? 'valid & ~(a | b)' : '~(a | b)';
  return [
    `const ${word.ctype} a = ${word.load('x')};`,
    `const ${word.ctype} b = ${word.load(`x + ${word.words}`)};`,
    word.store('table', direct('a & b')),
    word.store(`table + ${word.words}`, direct('b & ~a')),
    word.store(`table + ${2 * word.words}`, direct('a & ~b')),
    word.store(`table + ${3 * word.words}`, last),
    'return a ^ b;',
  ];
}

/** Eight pairs of majority and sum of three sum words, for both signs of each. */
export function crossFunction(symbol: string, word: Word): GeneratedFunction {
  const lines: string[] = [];
  for (let pattern = 0; pattern < 4; pattern += 1) {
    const [a, b] = [`a${pattern & 1}`, `b${pattern >> 1}`];
    lines.push(`{ const ${word.ctype} u = ${a} ^ ${b}; const ${word.ctype} both = ${a} & ${b};`);
    for (let c = 0; c < 2; c += 1) {
      const at = 2 * (pattern + 4 * c) * word.words;
      lines.push(word.store(`table + ${at}`, `both | (u & c${c})`), word.store(`table + ${at + word.words}`, `u ^ c${c}`));
    }
    lines.push('}');
  }
  return { symbol, template: 'conv2d-sliced-cross', view: { word: word.ctype, lines } };
}

/** One input word of a tap: shifted by its column, padding put in. */
function shiftedInput(word: Word, shape: SlicedShape, kx: number, wide: boolean): string {
  const by = kx - shape.pad.left;
  const own = word.load('from');
  const move = (): string => {
    if (by === 0) return own;
    if (by < 0) return wide ? `(${own} << ${-by}) | (*left >> ${32 + by})` : `${own} << ${-by}`;
    return wide ? `(${own} >> ${by}) | (*right << ${32 - by})` : `${own} >> ${by}`;
  };
  const { value } = shape.pad;
  if (value === null) return move();
  return value > 0 ? `(${move()}) | ~inside` : `(${move()}) & inside`;
}

export interface BuildSymbols {
  readonly groups: string;
  readonly cross: string;
}

/** Statements for one block of channels of one tap. */
function blockLines(shape: SlicedShape, word: Word, kx: number, b: number, wide: boolean, use: BuildSymbols): readonly string[] {
  const { channels, block, crossGroups, input } = shape;
  const step = word.words;
  const start = b * block;
  const real = Math.min(block, Math.max(0, input.map[2] - start));
  const by = kx - shape.pad.left;
  const side = wide && by !== 0 ? (by < 0 ? 'left' : 'right') : null;
  const masked = isMasked(shape);
  const table = `slot + ${(16 * crossGroups + ((kx * channels) / 2 + start / 2) * 8) * step}`;
  const index = kx * (channels / block) + b;
  const lines = [
    `from = queue + ${start * step};`,
    'to = inputs;',
    ...(side === null ? [] : [`${side} = planes_${side} + ${start * planeWords(input)};`]),
    `for (i = ${real}u; i != 0u; i--) {`,
    `    ${word.store('to', shiftedInput(word, shape, kx, wide))}`,
    `    from += ${step};`,
    `    to += ${step};`,
    ...(side === null ? [] : [`    ${side} += ${planeWords(input)};`]),
    '}',
  ];
  if (real < block)
    lines.push(`for (i = ${block - real}u; i != 0u; i--) {`, `    ${word.store('to', word.zero)}`, `    to += ${step};`, '}');
  lines.push(`sum = ${use.groups}(inputs, ${table}${masked ? ', inside' : ''});`);
  const last = b === channels / block - 1;
  if (!masked) lines.push(`plain[${index}] = sum;`, `turned[${index}] = ~sum;`);
  else if (last && !isEven(shape)) lines.push(`plain[${index}] = sum | ~inside;`, `turned[${index}] = ~sum;`);
  else lines.push(`plain[${index}] = sum;`, `turned[${index}] = inside & ~sum;`);
  return lines;
}

/** Tables of one kernel row. */
export function tablesFunction(symbol: string, shape: SlicedShape, word: Word, use: BuildSymbols): GeneratedFunction {
  const { kernel, channels, block, crossGroups, input } = shape;
  const blocks = channels / block;
  const across = wordsFor(input.map[1]);
  const wide = Math.max(across, rowsOf(shape, word).across) > 1;
  const step = word.words;
  const sums = kernel[1] * blocks;
  const sumOf = (i: number): readonly [string, string] => (i < sums ? [`plain[${i}]`, `turned[${i}]`] : [word.zero, word.zero]);
  const used = (kernel[1] * channels) / 2;
  const rowsInWord = 32 / input.lanes;
  return {
    symbol,
    template: 'conv2d-sliced-tables',
    view: {
      word: word.ctype,
      vector: word === VECTOR,
      step,
      padded: shape.pad.value !== null,
      wide,
      rowsInWord,
      moved: 32768 / rowsInWord,
      isPacked: rowsInWord > 1,
      lanes: input.lanes,
      height: input.map[0],
      plane: planeWords(input),
      lastWord: Math.ceil(input.map[0] / rowsInWord) - 1,
      across,
      lastAcross: across - 1,
      left: kernel[1] > 1 && shape.pad.left > 0,
      right: kernel[1] - 1 > shape.pad.left,
      real: input.map[2],
      queue: ((3 * block) / 2) * step,
      sums,
      taps: Array.from({ length: kernel[1] }, (_, kx) => ({
        inside: `rows & ${word.every(kx === 0 ? 'bnn1_rom_u32(columns)' : `bnn1_rom_u32(columns + ${kx})`)}`,
        lines: Array.from({ length: blocks }, (_unused, b) => blockLines(shape, word, kx, b, wide, use)).flat(),
      })),
      crossCalls: Array.from(
        { length: crossGroups },
        (_, g) =>
          `${use.cross}(${[g === 0 ? 'slot' : `slot + ${16 * g * step}`, ...[0, 1, 2].flatMap((i) => sumOf(3 * g + i))].join(', ')});`,
      ),
      empty: Array.from({ length: shape.groups - used }, (_, i) =>
        word.store(`slot + ${(16 * crossGroups + (used + i) * 8) * step}`, word.zero),
      ),
    },
  };
}
