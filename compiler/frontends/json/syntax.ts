/**
 * JSON text with places: where a syntax error is, which key stands twice, and on which line a field begins. The values
 * themselves come from JSON.parse.
 */
import { fail } from '../../support/diagnostics.ts';

export type Path = readonly (string | number)[];

export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface JsonText {
  readonly value: unknown;
  /** Where the value at `path` begins, or the innermost value around it that exists. */
  readonly locate: (path: Path) => Position;
}

/** Of text. What JSON.parse makes of it can be twenty times as large. */
const MOST_BYTES = 2 ** 25;
/** Deeper nesting than any model has; the scanner calls itself. */
const DEEPEST = 64;

class Fault extends Error {
  readonly at: number;
  constructor(at: number, what: string) {
    super(what);
    this.at = at;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /[A-Za-z_]\w*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** Walks over one JSON text and calls `begin` where each value begins. */
class Scanner {
  readonly #text: string;
  readonly #begin: (path: Path, at: number) => void;
  readonly #path: (string | number)[];
  #at: number;

  /** @param at where the value at `path` begins */
  constructor(text: string, begin: (path: Path, at: number) => void, path: Path = [], at = 0) {
    this.#text = text;
    this.#begin = begin;
    this.#path = [...path];
    this.#at = at;
  }

  document(): void {
    this.value();
    this.#space();
    if (this.#at < this.#text.length) throw this.#fault('the text should end here');
  }

  #fault(wanted: string): Fault {
    const seen = this.#text[this.#at];
    return new Fault(this.#at, seen === undefined ? `the text ends here; ${wanted}` : wanted);
  }

  #space(): void {
    while (' \t\n\r'.includes(this.#text[this.#at] ?? '.')) this.#at += 1;
  }

  #next(character: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #match(expression: RegExp): string | undefined {
    expression.lastIndex = this.#at;
    const found = expression.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  value(): void {
    this.#space();
    if (this.#path.length > DEEPEST) throw this.#fault(`values are nested more than ${DEEPEST} deep`);
    this.#begin(this.#path, this.#at);
    const first = this.#text[this.#at];
    if (first === '{') return this.#object();
    if (first === '[') return this.#array();
    if (first === '"') return void this.#string();
    if (this.#match(NUMBER) !== undefined) return;
    const start = this.#at;
    const word = this.#match(WORD);
    if (word === 'true' || word === 'false' || word === 'null') return;
    this.#at = start;
    throw this.#fault(
      word === 'NaN' || word === 'Infinity' ? `${word} is no JSON number; write "${word}" as text` : 'a value should stand here',
    );
  }

  #object(): void {
    this.#at += 1;
    const keys = new Set<string>();
    if (this.#next('}')) return;
    do {
      this.#space();
      const start = this.#at;
      if (this.#text[this.#at] !== '"') throw this.#fault('a key in double quotes should stand here');
      const key = this.#string();
      if (keys.has(key)) throw new Fault(start, `the key "${key}" stands twice in one object`);
      keys.add(key);
      if (!this.#next(':')) throw this.#fault('a colon should stand here');
      this.#path.push(key);
      this.value();
      this.#path.pop();
    } while (this.#next(','));
    if (!this.#next('}')) throw this.#fault('a comma or } should stand here');
  }

  #array(): void {
    this.#at += 1;
    if (this.#next(']')) return;
    let index = 0;
    do {
      this.#path.push(index);
      this.value();
      this.#path.pop();
      index += 1;
    } while (this.#next(','));
    if (!this.#next(']')) throw this.#fault('a comma or ] should stand here');
  }

  /** @returns the string as JSON.parse reads it */
  #string(): string {
    const start = this.#at;
    this.#at += 1;
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === QUOTE) break;
      if (code === BACKSLASH) {
        if (this.#match(ESCAPE) === undefined) throw this.#fault('this is no escape that JSON has');
      } else if (code >= 0x20) this.#at += 1;
      else if (Number.isNaN(code)) throw new Fault(start, 'this text has no closing quote');
      else throw this.#fault('a line break or control character cannot stand in a text');
    }
    this.#at += 1;
    return JSON.parse(this.#text.slice(start, this.#at)) as string;
  }
}

/** Lines and columns of a text. Places are mostly asked for from its beginning to its end, and then every line is counted once. */
function positionsIn(text: string): (at: number) => Position {
  let line = 1;
  let start = 0;
  return (at) => {
    if (at < start) [line, start] = [1, 0];
    for (let next = text.indexOf('\n', start); next >= 0 && next < at; next = text.indexOf('\n', start)) {
      line += 1;
      start = next + 1;
    }
    return { line, column: at - start + 1 };
  };
}

const SHOWN = 72;

/** The line at `at` with a mark below the place; of a long line the part around it. */
function excerpt(text: string, at: number): readonly string[] {
  const start = text.lastIndexOf('\n', at - 1) + 1;
  const end = text.indexOf('\n', at);
  const line = text.slice(start, end < 0 ? undefined : end).replace(/[\t\r]/g, ' ');
  const from = Math.max(0, Math.min(at - start - SHOWN / 2, line.length - SHOWN));
  return [line.slice(from, from + SHOWN), `${' '.repeat(at - start - from)}^`];
}

/** @throws UserError BNN1020 for text that is no JSON, with line and column */
export function parseJson(bytes: Uint8Array, file: string): JsonText {
  if (bytes.length > MOST_BYTES) {
    return fail({
      code: 'BNN1020',
      message: `"${file}" has ${bytes.length} bytes; JSON models of up to ${MOST_BYTES} are read`,
      origin: { file, path: '' },
      help: 'Keep large arrays in a .npz file beside the model, or as base64 instead of numbers.',
    });
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return fail({
      code: 'BNN1020',
      message: `"${file}" is not text in UTF-8`,
      origin: { file, path: '' },
      help: 'Save it as UTF-8; a file that was text before is damaged.',
    });
  }
  const positionAt = positionsIn(text);
  const nodes: number[] = []; // every node has an origin, so their places are kept
  try {
    new Scanner(text, (path, at) => {
      if (path.length === 2 && path[0] === 'nodes' && path[1] === nodes.length) nodes.push(at);
    }).document();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return fail({
      code: 'BNN1020',
      message: `"${file}" is not valid JSON: ${error.message}`,
      origin: { file, path: '', position: positionAt(error.at) },
      details: excerpt(text, error.at),
      ...(error.at >= text.length ? { help: 'The file ends too early: copy or write it again.' } : {}),
    });
  }
  const locate = (wanted: Path): Position => {
    const [first, second] = wanted;
    const node = first === 'nodes' && typeof second === 'number' ? nodes[second] : undefined;
    let found = node ?? 0;
    const begin = (path: Path, at: number): void => {
      if (path.length <= wanted.length && path.every((key, i) => key === wanted[i])) found = at;
    };
    if (node === undefined) new Scanner(text, begin).document();
    else if (wanted.length > 2) new Scanner(text, begin, wanted.slice(0, 2), node).value();
    return positionAt(found);
  };
  return { value: JSON.parse(text) as unknown, locate };
}
