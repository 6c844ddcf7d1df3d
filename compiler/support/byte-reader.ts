/** Binary files, read front to back. What the file does not hold is a diagnostic that names the byte. */
import { fail, type Origin } from './diagnostics.ts';

/** The file and, in words, the part of it that is read. */
export interface Place {
  readonly file: string;
  readonly path: string;
}

export interface ReaderOptions {
  /** Byte order of numbers; little-endian by default. */
  readonly littleEndian?: boolean;
  /** Where reading starts and, not included, ends; offsets stay those of the whole file. */
  readonly start?: number;
  readonly end?: number;
}

/** Text of this many bytes is a name, not data. */
const LONGEST_TEXT = 65_536;

export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #place: Place;
  readonly #littleEndian: boolean;
  readonly #end: number;
  #offset: number;

  constructor(bytes: Uint8Array, place: Place, { littleEndian = true, start = 0, end = bytes.length }: ReaderOptions = {}) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#place = place;
    this.#littleEndian = littleEndian;
    this.#end = Math.min(end, bytes.length);
    this.#offset = start;
  }

  /** The next byte that is read. */
  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#end - this.#offset;
  }

  /** Goes to a byte of the file; `what` says what should be there. @throws UserError BNN1003 outside the part that is read */
  seek(offset: number, what: string): void {
    if (!Number.isSafeInteger(offset) || offset < 0 || offset > this.#end)
      this.fail(`${what} should be at byte ${offset}, and the file has ${this.#end}`);
    this.#offset = offset;
  }

  origin(byte: number = this.#offset): Origin {
    return { ...this.#place, position: { byte } };
  }

  /** Damage (BNN1003) at the next byte, or at another; `message` is a sentence without its full stop. */
  fail(message: string, help?: string, byte: number = this.#offset): never {
    return fail({ code: 'BNN1003', message: `${message}.`, origin: this.origin(byte), ...(help === undefined ? {} : { help }) });
  }

  /** The bytes themselves, not a copy. */
  take(count: number, what: string): Uint8Array {
    const at = this.#advance(count, what);
    return this.#bytes.subarray(at, at + count);
  }

  skip(count: number, what: string): void {
    this.#advance(count, what);
  }

  u8(what: string): number {
    return this.#view.getUint8(this.#advance(1, what));
  }

  u16(what: string): number {
    return this.#view.getUint16(this.#advance(2, what), this.#littleEndian);
  }

  u32(what: string): number {
    return this.#view.getUint32(this.#advance(4, what), this.#littleEndian);
  }

  i32(what: string): number {
    return this.#view.getInt32(this.#advance(4, what), this.#littleEndian);
  }

  /** @throws UserError BNN1003 beyond 2^53 */
  u64(what: string): number {
    const at = this.#advance(8, what);
    return this.#exact(this.#view.getBigUint64(at, this.#littleEndian), at, what);
  }

  /** @throws UserError BNN1003 beyond 2^53 */
  i64(what: string): number {
    const at = this.#advance(8, what);
    return this.#exact(this.#view.getBigInt64(at, this.#littleEndian), at, what);
  }

  f32(what: string): number {
    return this.#view.getFloat32(this.#advance(4, what), this.#littleEndian);
  }

  f64(what: string): number {
    return this.#view.getFloat64(this.#advance(8, what), this.#littleEndian);
  }

  /** A base-128 number as protobuf and LevelDB write it. @throws UserError BNN1003 beyond 2^53 */
  varint(what: string): number {
    const at = this.#offset;
    let value = 0n;
    for (let shift = 0n; shift < 64n; shift += 7n) {
      const byte = this.u8(what);
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return this.#exact(value, at, what);
    }
    return this.fail(`${what} does not end within ten bytes`, undefined, at);
  }

  /** UTF-8 text of `count` bytes; what is no UTF-8 becomes U+FFFD. */
  text(count: number, what: string): string {
    if (count > LONGEST_TEXT) return this.fail(`${what} is said to have ${count} bytes`);
    return new TextDecoder().decode(this.take(count, what));
  }

  /** Checks that `count` elements of `size` bytes can follow, before room is made for them. */
  expect(count: number, size: number, what: string): void {
    if (!Number.isSafeInteger(count) || count < 0) this.fail(`${what} is said to have ${count} elements`);
    if (count * size > this.remaining)
      this.fail(`the file ends inside ${what}: ${count * size} bytes are needed, ${this.remaining} follow`);
  }

  #exact(value: bigint, at: number, what: string): number {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : this.fail(`${what} is ${value}, which nothing in a model file is`, undefined, at);
  }

  #advance(count: number, what: string): number {
    if (!Number.isSafeInteger(count) || count < 0) this.fail(`${what} is said to have ${count} bytes`);
    if (count > this.remaining) this.fail(`the file ends inside ${what}: ${count} bytes are needed, ${Math.max(0, this.remaining)} follow`);
    const at = this.#offset;
    this.#offset += count;
    return at;
  }
}
