/**
 * The C that eBNN generates (kunglab/ebnn, ebnn/links), read as data: arrays of numbers, one function a layer with one call in it, and
 * `ebnn_compute`, which calls them in order. Nothing of it is compiled, and other C is refused.
 */
import { fail, type Origin } from '../../support/diagnostics.ts';

export interface SourceArray {
  readonly name: string;
  readonly type: 'float' | 'uint8_t';
  readonly values: Float32Array | Uint8Array;
  readonly origin: Origin;
}

/** `NAME(arguments);` */
export interface Call {
  readonly name: string;
  readonly arguments: readonly string[];
  readonly origin: Origin;
}

export interface SourceFunction {
  readonly name: string;
  readonly parameters: string;
  readonly calls: readonly Call[];
  readonly origin: Origin;
}

export interface EbnnSource {
  readonly arrays: ReadonlyMap<string, SourceArray>;
  readonly functions: ReadonlyMap<string, SourceFunction>;
}

const MOST_BYTES = 2 ** 25;
const ENTRY = /\bvoid\s+ebnn_compute\s*\(/;

export function isEbnnSource(text: string): boolean {
  return ENTRY.test(text);
}

const ARRAY = /(?:static\s+|const\s+)*(float|uint8_t)\s+(?:const\s+)?(\w+)\s*\[\s*(\d*)\s*\]\s*=\s*\{([^{}]*)\}\s*;/y;
const FUNCTION = /(?:static\s+|inline\s+)*void\s+(\w+)\s*\(([^()]*)\)\s*\{([^{}]*)\}/y;
const CALL = /(\w+)\s*\(([^()]*)\)\s*;/y;
const SPACE = /(?:\s+|#[^\n]*|;)+/y;
const NUMBER = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?[fFuU]?$/;

/** Comments become spaces, so that every place keeps its line and column. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[^]*?\*\/|\/\/[^\n]*/g, (comment) => comment.replace(/[^\n]/g, ' '));
}

class Reader {
  readonly #text: string;
  readonly #file: string;
  readonly #lines: readonly number[];
  at = 0;

  constructor(text: string, file: string) {
    this.#text = withoutComments(text);
    this.#file = file;
    this.#lines = [0, ...Array.from(this.#text.matchAll(/\n/g), ({ index }) => index + 1)];
  }

  get atEnd(): boolean {
    this.match(SPACE);
    return this.at >= this.#text.length;
  }

  match(expression: RegExp): RegExpExecArray | null {
    expression.lastIndex = this.at;
    const found = expression.exec(this.#text);
    if (found !== null) this.at = expression.lastIndex;
    return found;
  }

  origin(at: number, path: string): Origin {
    let [low, high] = [0, this.#lines.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#lines[middle] ?? 0) <= at) low = middle;
      else high = middle;
    }
    return { file: this.#file, path, position: { line: low + 1, column: at - (this.#lines[low] ?? 0) + 1 } };
  }

  fail(at: number, path: string, message: string, help?: string): never {
    return fail({ code: 'BNN1003', message: `${message}.`, origin: this.origin(at, path), ...(help === undefined ? {} : { help }) });
  }
}

function readArray(reader: Reader, at: number, [, type, name = '', size = '', body = '']: RegExpExecArray): SourceArray {
  const words = body.split(',').map((word) => word.trim());
  if (words.at(-1) === '') words.pop();
  const bad = words.findIndex((word) => !NUMBER.test(word));
  if (bad >= 0) reader.fail(at, name, `the array ${name} has "${(words[bad] ?? '').slice(0, 40)}" at element ${bad}, which is no number`);
  const numbers = words.map((word) => Number.parseFloat(word));
  // An array of C may state more elements than it lists: the others are 0.
  const count = size === '' ? numbers.length : Number(size);
  if (numbers.length > count || count > MOST_BYTES)
    reader.fail(at, name, `the array ${name} is said to have ${count} elements and lists ${numbers.length}`);
  const origin = reader.origin(at, `${type} ${name}[${count}]`);
  if (type === 'uint8_t') {
    const wrong = numbers.find((value) => !Number.isInteger(value) || value < 0 || value > 255);
    if (wrong !== undefined) reader.fail(at, name, `the array ${name} holds ${wrong}, which is no uint8_t`);
    const values = new Uint8Array(count);
    values.set(numbers);
    return { name, type, values, origin };
  }
  const values = new Float32Array(count);
  values.set(numbers);
  return { name, type: 'float', values, origin };
}

function readFunction(reader: Reader, at: number, match: RegExpExecArray): SourceFunction {
  const [whole, name = '', parameters = '', body = ''] = match;
  const start = at + whole.length - 1 - body.length;
  const calls: Call[] = [];
  const end = reader.at;
  reader.at = start;
  while (reader.at < end - 1) {
    reader.match(SPACE);
    if (reader.at >= end - 1) break;
    const place = reader.at;
    const found = reader.match(CALL);
    if (found === null)
      return reader.fail(
        place,
        name,
        `the function ${name} holds something else than calls`,
        'Only the C that eBNN generates is read; it is never compiled.',
      );
    const [, called = '', list = ''] = found;
    const words = list.split(',').map((word) => word.trim());
    calls.push({ name: called, arguments: words, origin: reader.origin(place, `${name}: ${called}`) });
  }
  reader.at = end;
  return { name, parameters, calls, origin: reader.origin(at, `void ${name}`) };
}

/** @throws UserError BNN1003 for anything that eBNN does not generate, with its line */
export function readSource(bytes: Uint8Array, file: string): EbnnSource {
  if (bytes.length > MOST_BYTES)
    return fail({
      code: 'BNN1003',
      message: `"${file}" has ${bytes.length} bytes; up to ${MOST_BYTES} are read as eBNN's C.`,
      origin: { file, path: 'file' },
    });
  const reader = new Reader(new TextDecoder().decode(bytes), file);
  const arrays = new Map<string, SourceArray>();
  const functions = new Map<string, SourceFunction>();
  while (!reader.atEnd) {
    const at = reader.at;
    const array = reader.match(ARRAY);
    if (array !== null) {
      const read = readArray(reader, at, array);
      arrays.set(read.name, read);
      continue;
    }
    const made = reader.match(FUNCTION);
    if (made === null)
      return reader.fail(
        at,
        'text',
        'neither an array of numbers nor a function of eBNN begins here',
        'Only the C that eBNN generates is read; it is never compiled.',
      );
    const read = readFunction(reader, at, made);
    functions.set(read.name, read);
  }
  return { arrays, functions };
}
