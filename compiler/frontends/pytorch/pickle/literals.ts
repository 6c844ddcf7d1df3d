/** Opcodes of a pickle that put one number, text or run of bytes on the stack. */
import { LONGEST_INTEGER, LONGEST_LINE } from './limits.ts';
import type { Machine } from './unpickle.ts';
import type { PickleValue } from './value.ts';

type Literal = (machine: Machine) => PickleValue;

/** Text up to the next line feed, without it; each byte is one character. */
export function line(machine: Machine): string {
  const chars: string[] = [];
  for (let byte = machine.reader.u8('a line of the pickle'); byte !== 10; byte = machine.reader.u8('a line of the pickle')) {
    if (chars.length === LONGEST_LINE) machine.fail(`a line of the pickle is longer than ${LONGEST_LINE} bytes`);
    chars.push(String.fromCharCode(byte));
  }
  return chars.join('');
}

/** A whole number, exactly; a bigint beyond 2^53. */
function integer(machine: Machine, text: string): number | bigint {
  if (!/^-?\d{1,400}$/.test(text)) return machine.fail('a number of the pickle is written in another way than Python writes it');
  const value = BigInt(text);
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

export function lineInteger(machine: Machine): number {
  const value = integer(machine, line(machine));
  return typeof value === 'number' ? value : machine.fail('a number of the pickle is too large');
}

/** I: 00 and 01 are False and True. */
function textInteger(machine: Machine): PickleValue {
  const text = line(machine);
  return text === '00' ? false : text === '01' ? true : integer(machine, text);
}

function textFloat(machine: Machine): PickleValue {
  const text = line(machine).trim();
  const named = new Map([
    ['nan', Number.NaN],
    ['inf', Infinity],
    ['-inf', -Infinity],
  ]).get(text);
  if (named !== undefined) return named;
  return /^[-+]?[\d.]+(?:e[-+]?\d+)?$/i.test(text)
    ? Number(text)
    : machine.fail('a number of the pickle is written in another way than Python writes it');
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

/** S: the text as repr() has it in Python 2. */
function quoted(machine: Machine): PickleValue {
  const text = /^(['"])([^]*)\1$/.exec(line(machine).trim())?.[2];
  if (text === undefined) return machine.fail('a text of the pickle has no quotes');
  return text.replace(/\\(x[0-9a-fA-F]{2}|[^])/g, (_, escape: string) =>
    escape.length === 3 ? String.fromCharCode(Number.parseInt(escape.slice(1), 16)) : (ESCAPES.get(escape) ?? escape),
  );
}

/** V: only \u and \U are escapes. */
function unicodeLine(machine: Machine): PickleValue {
  return line(machine).replace(/\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g, (whole, short?: string, long?: string) => {
    const point = Number.parseInt(short ?? long ?? '', 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
}

/** Two's complement, little-endian; none of bytes is 0. */
function longInteger(machine: Machine, count: number): PickleValue {
  if (count > LONGEST_INTEGER) machine.fail(`an integer of the pickle has ${count} bytes`);
  const bytes = machine.reader.take(count, 'an integer');
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).reverse();
  const value = count === 0 ? 0n : BigInt.asIntN(8 * count, BigInt(`0x${hex.join('')}`));
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function bytes(machine: Machine, count: number): Uint8Array {
  return machine.reader.take(count, 'bytes of the pickle');
}

function utf8(machine: Machine, count: number): string {
  return new TextDecoder().decode(bytes(machine, count));
}

/** Python 2's text: a character for each byte. */
function latin1(machine: Machine, count: number): string {
  return Buffer.from(bytes(machine, count)).toString('latin1');
}

/** G: big-endian, alone in the pickle. */
function double(machine: Machine): number {
  const data = machine.reader.take(8, 'a float');
  return new DataView(data.buffer, data.byteOffset, 8).getFloat64(0);
}

const READ: readonly (readonly [string | number, Literal])[] = [
  ['N', () => null],
  [0x88, () => true],
  [0x89, () => false],
  ['I', textInteger],
  ['J', ({ reader }) => reader.i32('an integer')],
  ['K', ({ reader }) => reader.u8('an integer')],
  ['M', ({ reader }) => reader.u16('an integer')],
  ['L', (machine) => integer(machine, line(machine).replace(/L$/, ''))],
  [0x8a, (machine) => longInteger(machine, machine.reader.u8('the length of an integer'))],
  [0x8b, (machine) => longInteger(machine, machine.reader.i32('the length of an integer'))],
  ['F', textFloat],
  ['G', double],
  ['S', quoted],
  ['T', (machine) => latin1(machine, machine.reader.i32('the length of a text'))],
  ['U', (machine) => latin1(machine, machine.reader.u8('the length of a text'))],
  ['V', unicodeLine],
  ['X', (machine) => utf8(machine, machine.reader.u32('the length of a text'))],
  [0x8c, (machine) => utf8(machine, machine.reader.u8('the length of a text'))],
  [0x8d, (machine) => utf8(machine, machine.reader.u64('the length of a text'))],
  ['B', (machine) => bytes(machine, machine.reader.u32('the length of bytes'))],
  ['C', (machine) => bytes(machine, machine.reader.u8('the length of bytes'))],
  [0x8e, (machine) => bytes(machine, machine.reader.u64('the length of bytes'))],
  [0x96, (machine) => bytes(machine, machine.reader.u64('the length of bytes'))],
];

export const LITERALS: readonly (readonly [number, (machine: Machine) => void])[] = READ.map(([key, read]) => [
  typeof key === 'number' ? key : key.charCodeAt(0),
  (machine) => machine.push(read(machine)),
]);
