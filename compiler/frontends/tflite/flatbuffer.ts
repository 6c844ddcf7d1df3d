/** Tables of FlatBuffers, of which only the fields that are asked for are read; every offset is checked against the file. */
import { fail, type Origin } from '../../support/diagnostics.ts';

/** Bytes of names and lists in one file: many tables may point at the same long one. */
const MOST_STRUCTURE = 2 ** 24;
const LONGEST_NAME = 4096;

/** The file, read at any byte. */
export class FlatFile {
  readonly file: string;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #structure = 0;

  constructor(bytes: Uint8Array, file: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.file = file;
  }

  origin(byte: number, path: string): Origin {
    return { file: this.file, path, position: { byte } };
  }

  /** Damage (BNN1003); `message` is a sentence without its full stop. */
  fail(message: string, byte: number, path: string): never {
    return fail({
      code: 'BNN1003',
      message: `${message}.`,
      origin: this.origin(byte, path),
      help: 'The file is damaged or cut off; export or download it again.',
    });
  }

  /** @throws UserError BNN1003 unless the file has these bytes */
  check(at: number, count: number, path: string): number {
    if (!(at >= 0 && at + count <= this.#bytes.length))
      this.fail(`${path} should be ${count} bytes at byte ${at}, and the file has ${this.#bytes.length}`, Math.max(0, at), path);
    return at;
  }

  /** Counts bytes of names and lists. */
  spend(count: number, at: number, path: string): void {
    this.#structure += count;
    if (this.#structure > MOST_STRUCTURE) this.fail(`names and lists have more than ${MOST_STRUCTURE} bytes`, at, path);
  }

  u8(at: number, path: string): number {
    return this.#view.getUint8(this.check(at, 1, path));
  }

  u16(at: number, path: string): number {
    return this.#view.getUint16(this.check(at, 2, path), true);
  }

  u32(at: number, path: string): number {
    return this.#view.getUint32(this.check(at, 4, path), true);
  }

  i32(at: number, path: string): number {
    return this.#view.getInt32(this.check(at, 4, path), true);
  }

  f32(at: number, path: string): number {
    return this.#view.getFloat32(this.check(at, 4, path), true);
  }

  /** The bytes themselves, not a copy. */
  take(at: number, count: number, path: string): Uint8Array {
    this.check(at, count, path);
    return this.#bytes.subarray(at, at + count);
  }

  root(path: string): Table {
    return new Table(this, this.u32(0, path), path);
  }
}

/** A table, whose fields are known by their number in the schema. */
export class Table {
  readonly file: FlatFile;
  readonly at: number;
  readonly path: string;
  readonly #vtable: number;
  readonly #slots: number;

  constructor(file: FlatFile, at: number, path: string) {
    this.file = file;
    this.at = at;
    this.path = path;
    this.#vtable = at - file.i32(at, path);
    this.#slots = file.u16(this.#vtable, path);
  }

  get origin(): Origin {
    return this.file.origin(this.at, this.path);
  }

  fail(message: string): never {
    return this.file.fail(message, this.at, this.path);
  }

  #field(field: number): number | null {
    const slot = 4 + 2 * field;
    if (slot + 2 > this.#slots) return null;
    const offset = this.file.u16(this.#vtable + slot, this.path);
    return offset === 0 ? null : this.at + offset;
  }

  u8(field: number, absent = 0): number {
    const at = this.#field(field);
    return at === null ? absent : this.file.u8(at, this.path);
  }

  u32(field: number, absent = 0): number {
    const at = this.#field(field);
    return at === null ? absent : this.file.u32(at, this.path);
  }

  i32(field: number, absent = 0): number {
    const at = this.#field(field);
    return at === null ? absent : this.file.i32(at, this.path);
  }

  f32(field: number, absent = 0): number {
    const at = this.#field(field);
    return at === null ? absent : this.file.f32(at, this.path);
  }

  table(field: number, name: string): Table | null {
    const at = this.#field(field);
    return at === null ? null : new Table(this.file, at + this.file.u32(at, this.path), `${this.path} ${name}`);
  }

  #vector(field: number, bytes: number): { readonly start: number; readonly count: number } | null {
    const at = this.#field(field);
    if (at === null) return null;
    const start = at + this.file.u32(at, this.path);
    const count = this.file.u32(start, this.path);
    this.file.check(start + 4, count * bytes, this.path);
    return { start: start + 4, count };
  }

  /** The bytes of a vector of bytes and where they are; null without the field. */
  bytes(field: number): { readonly start: number; readonly data: Uint8Array } | null {
    const vector = this.#vector(field, 1);
    return vector === null ? null : { start: vector.start, data: this.file.take(vector.start, vector.count, this.path) };
  }

  ints(field: number): readonly number[] | null {
    const vector = this.#vector(field, 4);
    if (vector === null) return null;
    this.file.spend(4 * vector.count, vector.start, this.path);
    return Array.from({ length: vector.count }, (_, i) => this.file.i32(vector.start + 4 * i, this.path));
  }

  /** '' without the field. */
  text(field: number): string {
    const vector = this.#vector(field, 1);
    if (vector === null) return '';
    const count = Math.min(vector.count, LONGEST_NAME);
    this.file.spend(count, vector.start, this.path);
    return new TextDecoder().decode(this.file.take(vector.start, count, this.path));
  }

  /** `name` is what the tables are called in messages. */
  tables(field: number, name: string): readonly Table[] {
    const vector = this.#vector(field, 4);
    if (vector === null) return [];
    this.file.spend(4 * vector.count, vector.start, this.path);
    return Array.from({ length: vector.count }, (_, i) => {
      const at = vector.start + 4 * i;
      return new Table(this.file, at + this.file.u32(at, this.path), `${name}[${i}]`);
    });
  }
}
