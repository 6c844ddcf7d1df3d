/**
 * Objects as torch.save writes them (torch7/File.lua): a type, and behind it a value. Tables, objects and functions carry a number, and
 * where one occurs again there is only its number. Read with a stack of its own, so that no nesting is too deep.
 */
import { fail, UserError } from '../../support/diagnostics.ts';
import type { Source } from './source.ts';
import { storedClass, type Compound, type FunctionObject, type Instance, type Table, type TensorObject, type Value } from './values.ts';

/** Values of one file, so that a damaged one cannot exhaust memory. */
const MOST_VALUES = 2 ** 21;
/** Torch's own limit is that of memory; no network has more. */
const MOST_DIMENSIONS = 16;
const LONGEST_CLASS = 256;

const CLASS_NAME = /^[A-Za-z_]\w*(?:\.\w+)*$/;

/** What waits for a value. */
type Waiting =
  | { readonly kind: 'table'; readonly table: Table; left: number; key: Value | undefined }
  | { readonly kind: 'instance'; readonly instance: Instance; left: number }
  | { readonly kind: 'tensor'; readonly tensor: TensorObject }
  | { readonly kind: 'function'; readonly made: FunctionObject };

export class ObjectReader {
  readonly #source: Source;
  readonly #known = new Map<number, Compound>();
  readonly #stack: Waiting[] = [];
  #values = 0;
  #root: Value | undefined;

  constructor(source: Source) {
    this.#source = source;
  }

  /** The first object of the file, once it is whole. */
  get root(): Value | undefined {
    return this.#root;
  }

  /** Has an object of a named class begun? */
  get hasClass(): boolean {
    return [...this.#known.values()].some(({ kind }) => kind !== 'table' && kind !== 'function');
  }

  /** @throws UserError BNN1003 */
  readAll(): Value {
    while (this.#root === undefined) this.step();
    return this.#root;
  }

  /** Reads up to the beginning of the next value. @throws UserError BNN1003 */
  step(): void {
    try {
      this.#values += 1;
      if (this.#values > MOST_VALUES) this.#source.fail(`the file has more than ${MOST_VALUES} values; no network has as many`);
      let made = this.#begin();
      while (made !== undefined) {
        const waiting = this.#stack.at(-1);
        if (waiting === undefined) {
          this.#root = made;
          return;
        }
        made = this.#give(waiting, made);
        if (made !== undefined) this.#stack.pop();
      }
    } catch (error) {
      throw error instanceof UserError ? this.#placed(error) : error;
    }
  }

  /** Says in which object the reader stands. */
  #placed(error: UserError): UserError {
    const inside = this.#stack.flatMap((waiting) => (waiting.kind === 'instance' ? [waiting.instance] : [])).at(-1);
    const details = [
      `read as  ${this.#source.encoding}`,
      ...(inside === undefined ? [] : [`inside   ${inside.className}, from byte ${inside.at}`]),
    ];
    return new UserError(error.diagnostics.map((problem) => ({ ...problem, details: [...(problem.details ?? []), ...details] })));
  }

  /** Hands a value to what waits for it; the result is that, if it is whole now. */
  #give(waiting: Waiting, value: Value): Value | undefined {
    switch (waiting.kind) {
      case 'function':
        return waiting.made;
      case 'tensor':
        return this.#giveStorage(waiting.tensor, value);
      case 'instance':
        waiting.instance.fields = value;
        waiting.left -= 1;
        return waiting.left === 0 ? waiting.instance : undefined;
      case 'table': {
        if (waiting.key === undefined) {
          if (value === null) this.#source.fail('a key of a table is nil');
          waiting.key = value;
          return undefined;
        }
        const { key } = waiting;
        if (typeof key === 'string' || typeof key === 'number') waiting.table.entries.set(key, value);
        waiting.key = undefined;
        waiting.left -= 1;
        return waiting.left === 0 ? waiting.table : undefined;
      }
    }
  }

  #giveStorage(tensor: TensorObject, value: Value): TensorObject {
    if (value !== null && (typeof value !== 'object' || value.kind !== 'storage'))
      return this.#source.fail(`the tensor at byte ${tensor.at} has no storage`);
    tensor.storage = value;
    return tensor;
  }

  /** A whole value, or undefined where one has begun and waits for others. */
  #begin(): Value | undefined {
    const source = this.#source;
    const at = source.offset;
    const type = source.integer('the type of a value');
    switch (type) {
      case 0:
        return null;
      case 1:
        return source.double('a number');
      case 2:
        return source.text(this.#length('a text'), 'a text');
      case 3:
        return this.#beginTable(at);
      case 4:
        return this.#beginObject(at);
      case 5:
        return source.integer('a truth value') !== 0;
      case 6:
        return this.#beginFunction({ kind: 'function', at });
      case 7:
      case 8: {
        const { index, known } = this.#index('a function');
        if (known !== undefined) return known;
        const made: FunctionObject = { kind: 'function', at };
        this.#known.set(index, made);
        return this.#beginFunction(made);
      }
      default:
        return source.fail(`a value has the type ${type}; Torch7 has types 0 to 8`, at);
    }
  }

  #length(what: string): number {
    const at = this.#source.offset;
    const length = this.#source.integer(`the length of ${what}`);
    return length >= 0 ? length : this.#source.fail(`${what} is said to have ${length} bytes`, at);
  }

  #index(what: string): { readonly index: number; readonly known: Compound | undefined } {
    const index = this.#source.integer(`the number of ${what}`);
    return { index, known: this.#known.get(index) };
  }

  #beginTable(at: number): Value | undefined {
    const { index, known } = this.#index('a table');
    if (known !== undefined) return known;
    const counted = this.#source.offset;
    const count = this.#source.integer('the number of entries of a table');
    if (count < 0 || count * this.#source.leastEntry > this.#source.remaining + 1)
      this.#source.fail(`a table is said to have ${count} entries, and ${this.#source.remaining} bytes follow`, counted);
    const table: Table = { kind: 'table', at, entries: new Map() };
    this.#known.set(index, table);
    if (count === 0) return table;
    this.#stack.push({ kind: 'table', table, left: count, key: undefined });
    return undefined;
  }

  #beginFunction(made: FunctionObject): undefined {
    this.#source.skipBytes(this.#length('a function'), 'a function');
    this.#stack.push({ kind: 'function', made });
    return undefined;
  }

  #beginObject(at: number): Value | undefined {
    const { index, known } = this.#index('an object');
    if (known !== undefined) return known;
    const { className, version } = this.#readClass();
    const stored = storedClass(className);
    if (stored?.kind === 'storage') {
      const counted = this.#source.offset;
      const [count = 0] = this.#source.longs(1, 'the size of a storage');
      if (count < 0) this.#source.fail(`a ${className} is said to have ${count} elements`, counted);
      const elements = this.#source.elements(stored.element, className.startsWith('torch.Cuda'), count, `a ${className}`);
      const storage = { kind: 'storage', at, className, element: stored.element, count, read: elements.read } as const;
      this.#known.set(index, storage);
      return storage;
    }
    if (stored?.kind === 'tensor') {
      const tensor: TensorObject = { kind: 'tensor', at, className, element: stored.element, ...this.#readView(), storage: null };
      this.#known.set(index, tensor);
      this.#stack.push({ kind: 'tensor', tensor });
      return undefined;
    }
    const instance: Instance = { kind: 'instance', at, className, version, fields: null };
    this.#known.set(index, instance);
    // Since its version 2 it writes the graphics cards that it uses before its fields (cunn/DataParallelTable.lua).
    this.#stack.push({ kind: 'instance', instance, left: className === 'nn.DataParallelTable' && version >= 2 ? 2 : 1 });
    return undefined;
  }

  /** "V 1" and the name of the class; files from before versions have the name alone. */
  #readClass(): { readonly className: string; readonly version: number } {
    const at = this.#source.offset;
    const readName = (): string => {
      const length = this.#length('the name of a class');
      return length <= LONGEST_CLASS
        ? this.#source.text(length, 'the name of a class')
        : this.#source.fail(`the name of a class is said to have ${length} bytes`, at);
    };
    const first = readName();
    const version = /^V (\d{1,9})$/.exec(first)?.[1];
    const className = version === undefined ? first : readName();
    if (!CLASS_NAME.test(className)) this.#source.fail(`an object is said to be of class "${className}", which is no name of a class`, at);
    return { className, version: Number(version ?? 0) };
  }

  /** Sizes, strides and offset of a tensor. */
  #readView(): { readonly sizes: readonly number[]; readonly strides: readonly number[]; readonly offset: number } {
    const at = this.#source.offset;
    const rank = this.#source.integer('the number of dimensions of a tensor');
    if (rank < 0 || rank > MOST_DIMENSIONS) this.#source.fail(`a tensor is said to have ${rank} dimensions`, at);
    const sizes = this.#source.longs(rank, 'the sizes of a tensor');
    const strides = this.#source.longs(rank, 'the strides of a tensor');
    const [first = 1] = this.#source.longs(1, 'the offset of a tensor');
    if (![...sizes, ...strides].every((number) => number >= 0 && number < 2 ** 31) || !(first >= 0 && first < 2 ** 40))
      this.#source.fail(`a tensor is said to have sizes ${sizes.join('x')}, strides ${strides.join(', ')} and the offset ${first}`, at);
    return { sizes, strides, offset: first - 1 };
  }
}

/** What follows the first object is never read by torch.load either. */
export interface ReadFile {
  readonly root: Value;
  readonly encoding: string;
  readonly rest: number;
}

/**
 * The first of the sources that reads the whole object.
 * @throws UserError BNN1003 of the source that came furthest
 */
export function readFirst(sources: readonly (() => Source)[]): ReadFile {
  let furthest: { readonly error: UserError; readonly byte: number } | undefined;
  for (const open of sources) {
    const source = open();
    try {
      const root = new ObjectReader(source).readAll();
      return { root, encoding: source.encoding, rest: source.remaining };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (furthest === undefined || source.offset > furthest.byte) furthest = { error, byte: source.offset };
    }
  }
  if (furthest !== undefined) throw furthest.error;
  return fail({ code: 'BNN1003', message: 'there is nothing to read.' });
}
