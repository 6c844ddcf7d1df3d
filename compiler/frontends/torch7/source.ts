/**
 * The two encodings of Torch7's files (lib/TH/THDiskFile.c): numbers as the processor has them, or as text, each list of them on a line
 * of its own.
 */
import { ByteReader, type Place } from '../../support/byte-reader.ts';
import { decodeElements, elementBytes, type ElementData, type ElementType } from '../../support/elements.ts';
import { fail } from '../../support/diagnostics.ts';

/** Elements of a storage, decoded when they are asked for. */
export interface StoredElements {
  /** Elements [start, start + count), of which there are enough. */
  readonly read: (start: number, count: number) => ElementData;
}

/** A file that is read front to back. What it does not hold is a diagnostic that names the byte (BNN1003). */
export interface Source {
  /** The next byte that is read. */
  readonly offset: number;
  readonly remaining: number;
  /** Says in words how the file is written. */
  readonly encoding: string;
  /** Bytes of an entry of a table at the least. */
  readonly leastEntry: number;
  readonly integer: (what: string) => number;
  /** A number of C's type double. */
  readonly double: (what: string) => number;
  /** Numbers of C's type long, whose size is that of the processor on which the file was written. */
  readonly longs: (count: number, what: string) => readonly number[];
  /** Text of `count` bytes; of a long one the beginning. */
  readonly text: (count: number, what: string) => string;
  readonly skipBytes: (count: number, what: string) => void;
  readonly elements: (type: ElementType, onCard: boolean, count: number, what: string) => StoredElements;
  readonly fail: (message: string, byte?: number) => never;
}

/** Of longer texts the beginning is kept: no name and no path is as long. */
const LONGEST_TEXT = 65_536;

const HELP = 'Compare its size with the original: it may have been cut off, or transferred as text.';

/** @param longBytes size of C's type long on the computer that wrote the file */
export function binarySource(bytes: Uint8Array, place: Place, longBytes: 4 | 8): Source {
  const reader = new ByteReader(bytes, place);
  const long = (what: string): number => (longBytes === 8 ? reader.i64(what) : reader.i32(what));
  return {
    get offset() {
      return reader.offset;
    },
    get remaining() {
      return reader.remaining;
    },
    encoding: `binary, longs of ${longBytes} bytes`,
    leastEntry: 8,
    integer: (what) => reader.i32(what),
    double: (what) => reader.f64(what),
    longs: (count, what) => {
      reader.expect(count, longBytes, what);
      return Array.from({ length: count }, () => long(what));
    },
    text: (count, what) => {
      const text = new TextDecoder().decode(reader.take(Math.min(count, LONGEST_TEXT), what));
      if (count > LONGEST_TEXT) reader.skip(count - LONGEST_TEXT, what);
      return text;
    },
    skipBytes: (count, what) => {
      reader.skip(count, what);
    },
    elements: (type, onCard, count, what) => {
      const stored = type === 'int64' && longBytes === 4 && !onCard ? 'int32' : type;
      const size = elementBytes(stored);
      reader.expect(count, size, what);
      const all = reader.take(count * size, what);
      return { read: (start, length) => decodeElements(all.subarray(start * size, (start + length) * size), stored) };
    },
    fail: (message, byte) => reader.fail(message, HELP, byte),
  };
}

/** Elements of a storage that is written as text; more are read from the binary form only. */
const MOST_TEXT_ELEMENTS = 2 ** 22;

const NEWLINE = 0x0a;
const isSpace = (byte: number | undefined): boolean => byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);

/** A number as C's printf writes it; undefined for what is none. */
function numberOf(word: string): number | undefined {
  const [, sign, special] = /^([+-]?)(nan|inf|infinity)(?:\(.*\))?$/i.exec(word) ?? [];
  if (special !== undefined) return special.toLowerCase() === 'nan' ? Number.NaN : sign === '-' ? -Infinity : Infinity;
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(word) ? Number(word) : undefined;
}

export function textSource(bytes: Uint8Array, place: Place): Source {
  const reader = new ByteReader(bytes, place);
  let offset = 0;
  const failAt = (message: string, byte = offset): never => reader.fail(message, HELP, byte);
  const word = (what: string): string => {
    while (isSpace(bytes[offset])) offset += 1;
    const start = offset;
    while (offset < bytes.length && !isSpace(bytes[offset]) && offset - start < 40) offset += 1;
    if (offset === start) failAt(`the file ends where ${what} should be`);
    return String.fromCharCode(...bytes.subarray(start, offset));
  };
  const endLine = (): void => {
    if (bytes[offset] === NEWLINE) offset += 1;
  };
  const whole = (what: string): number => {
    const text = word(what);
    const value = /^[+-]?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    return Number.isSafeInteger(value) ? value : failAt(`${what} is "${text}", which is no whole number`, offset - text.length);
  };
  const take = (count: number, what: string): Uint8Array => {
    if (!(count >= 0)) failAt(`${what} is said to have ${count} bytes`);
    if (count > bytes.length - offset) failAt(`the file ends inside ${what}: ${count} bytes are needed, ${bytes.length - offset} follow`);
    const taken = bytes.subarray(offset, offset + count);
    offset += count;
    if (count > 0) endLine();
    return taken;
  };
  const numbersFrom = (line: Uint8Array, at: number, count: number, what: string): Float64Array => {
    const words = new TextDecoder('latin1').decode(line).trim().split(/\s+/);
    if (words.length !== count) failAt(`${what} has ${words.length} elements on its line; ${count} are announced`, at);
    return Float64Array.from(words, (text) => numberOf(text) ?? failAt(`${what} holds "${text}", which is no number`, at));
  };
  return {
    get offset() {
      return offset;
    },
    get remaining() {
      return bytes.length - offset;
    },
    encoding: 'text',
    leastEntry: 4,
    integer: (what) => {
      const value = whole(what);
      endLine();
      return value;
    },
    double: (what) => {
      const text = word(what);
      endLine();
      return numberOf(text) ?? failAt(`${what} is "${text}", which is no number`);
    },
    longs: (count, what) => {
      const values = Array.from({ length: count }, () => whole(what));
      if (count > 0) endLine();
      return values;
    },
    text: (count, what) => new TextDecoder().decode(take(count, what).subarray(0, LONGEST_TEXT)),
    skipBytes: (count, what) => {
      take(count, what);
    },
    elements: (type, _onCard, count, what) => {
      const at = offset;
      // Characters are written as they are, other numbers as words.
      if (type === 'uint8' || type === 'int8') {
        const all = take(count, what);
        return { read: (start, length) => decodeElements(all.subarray(start, start + length), type) };
      }
      if (!(count >= 0) || 2 * count > bytes.length - at + 1) failAt(`${what} is said to have ${count} elements`);
      if (count === 0) return { read: () => new Float64Array(0) };
      const newline = bytes.indexOf(NEWLINE, at);
      const end = newline < 0 ? bytes.length : newline;
      offset = end;
      endLine();
      let numbers: Float64Array | undefined;
      return {
        read: (start, length) => {
          if (count > MOST_TEXT_ELEMENTS)
            return fail({
              code: 'BNN1009',
              message: `${what} has ${count} elements, written as text; up to ${MOST_TEXT_ELEMENTS} work.`,
              origin: reader.origin(at),
              help: 'Save the model in binary form: torch.save(file, model).',
            });
          numbers ??= numbersFrom(bytes.subarray(at, end), at, count, what);
          return numbers.subarray(start, start + length);
        },
      };
    },
    fail: failAt,
  };
}
