/** Writes files as Torch7's torch.save does (torch7/File.lua), for tests. */

type Type = 'Byte' | 'Char' | 'Short' | 'Int' | 'Long' | 'Float' | 'Double' | 'Cuda';

export interface T7Storage {
  readonly kind: 'storage';
  readonly type: Type;
  readonly values: readonly number[];
}

export interface T7Tensor {
  readonly kind: 'tensor';
  readonly type: Type;
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
  /** From 0. */
  readonly offset: number;
  readonly storage: T7Storage | null;
}

export interface T7Object {
  readonly kind: 'object';
  readonly className: string;
  /** null for files from before versions. */
  readonly version: number | null;
  fields: T7Value | readonly T7Value[];
}

export interface T7Table {
  readonly kind: 'table';
  readonly entries: (readonly [T7Value, T7Value])[];
}

export interface T7Function {
  readonly kind: 'function';
  readonly type: 6 | 7 | 8;
  readonly code: string;
}

export type T7Value = null | number | boolean | string | T7Storage | T7Tensor | T7Object | T7Table | T7Function;

export const storage = (values: readonly number[], type: Type = 'Long'): T7Storage => ({ kind: 'storage', type, values });

export function tensor(sizes: readonly number[], values: readonly number[] | T7Storage, more: Partial<T7Tensor> = {}): T7Tensor {
  const strides = sizes.map((_, axis) => sizes.slice(axis + 1).reduce((a, b) => a * b, 1));
  const type = more.type ?? 'Float';
  const held = 'kind' in values ? values : storage(values, type);
  return { kind: 'tensor', type: held.type, sizes, strides, offset: 0, storage: held, ...more };
}

export const table = (fields: Readonly<Record<string, T7Value>>): T7Table => ({ kind: 'table', entries: Object.entries(fields) });
export const list = (...values: T7Value[]): T7Table => ({ kind: 'table', entries: values.map((value, i) => [i + 1, value]) });
export const object = (className: string, fields: Readonly<Record<string, T7Value>> = {}, version: number | null = 1): T7Object => ({
  kind: 'object',
  className,
  version,
  fields: table(fields),
});
export const sequential = (...modules: T7Value[]): T7Object => object('nn.Sequential', { modules: list(...modules) });

export type T7Mode = 'long8' | 'long4' | 'text';

const SIZES: Readonly<Record<Type, number>> = { Byte: 1, Char: 1, Short: 2, Int: 4, Long: 8, Float: 4, Double: 8, Cuda: 4 };

class Writer {
  readonly #parts: Buffer[] = [];
  readonly #known = new Map<object, number>();
  readonly #mode: T7Mode;

  constructor(mode: T7Mode) {
    this.#mode = mode;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }

  numbers(type: Type, values: readonly number[]): void {
    if (this.#mode === 'text') {
      if (values.length > 0)
        this.#parts.push(Buffer.from(`${values.map((v) => (Object.is(v, -Infinity) ? '-inf' : String(v).toLowerCase())).join(' ')}\n`));
      return;
    }
    const size = type === 'Long' && this.#mode === 'long4' ? 4 : SIZES[type];
    const part = Buffer.alloc(size * values.length);
    values.forEach((value, i) => {
      if (type === 'Float' || type === 'Cuda') part.writeFloatLE(value, i * size);
      else if (type === 'Double') part.writeDoubleLE(value, i * size);
      else if (size === 8) part.writeBigInt64LE(BigInt.asIntN(64, BigInt(Math.trunc(value))), i * size);
      else part.writeIntLE(Number(BigInt.asIntN(8 * size, BigInt(Math.trunc(value)))), i * size, size);
    });
    this.#parts.push(part);
  }

  text(text: string): void {
    const bytes = Buffer.from(text);
    this.numbers('Int', [bytes.length]);
    this.#parts.push(bytes, Buffer.from(this.#mode === 'text' && bytes.length > 0 ? '\n' : ''));
  }

  /** False where only the number of an object that was written before is to be written. */
  #begin(type: number, value: object): boolean {
    const before = this.#known.get(value);
    const index = before ?? this.#known.size + 1;
    this.#known.set(value, index);
    this.numbers('Int', [type]);
    this.numbers('Int', [index]);
    return before === undefined;
  }

  #class(name: string, version: number | null): void {
    if (version !== null) this.text(`V ${version}`);
    this.text(name);
  }

  value(value: T7Value): void {
    if (value === null) this.numbers('Int', [0]);
    else if (typeof value === 'number') {
      this.numbers('Int', [1]);
      this.numbers('Double', [value]);
    } else if (typeof value === 'string') {
      this.numbers('Int', [2]);
      this.text(value);
    } else if (typeof value === 'boolean') {
      this.numbers('Int', [5]);
      this.numbers('Int', [value ? 1 : 0]);
    } else this.#compound(value);
  }

  #compound(value: Exclude<T7Value, null | number | boolean | string>): void {
    if (value.kind === 'table') {
      if (!this.#begin(3, value)) return;
      this.numbers('Int', [value.entries.length]);
      value.entries.flat().forEach((entry) => {
        this.value(entry);
      });
    } else if (value.kind === 'function') {
      if (value.type === 6) this.numbers('Int', [6]);
      else if (!this.#begin(value.type, value)) return;
      this.text(value.code);
      this.value(list());
    } else if (this.#begin(4, value)) this.#body(value);
  }

  #body(value: T7Object | T7Storage | T7Tensor): void {
    switch (value.kind) {
      case 'object':
        this.#class(value.className, value.version);
        [value.fields].flat().forEach((field) => {
          this.value(field);
        });
        break;
      case 'storage':
        this.#class(`torch.${value.type}Storage`, 1);
        this.numbers('Long', [value.values.length]);
        if (this.#mode === 'text' && SIZES[value.type] === 1) this.#parts.push(Buffer.from(value.values), Buffer.from('\n'));
        else this.numbers(value.type, value.values);
        break;
      case 'tensor':
        this.#class(`torch.${value.type}Tensor`, 1);
        this.numbers('Int', [value.sizes.length]);
        this.numbers('Long', value.sizes);
        this.numbers('Long', value.strides);
        this.numbers('Long', [value.offset + 1]);
        this.value(value.storage);
        break;
    }
  }
}

export function writeTorch7(value: T7Value, mode: T7Mode = 'long8'): Buffer {
  const writer = new Writer(mode);
  writer.value(value);
  return writer.bytes;
}
