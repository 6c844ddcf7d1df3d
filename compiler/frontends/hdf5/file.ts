/** What every part of an HDF5 reader needs: the bytes, the widths of addresses and lengths, and a limit on the work. */
import { ByteReader } from '../../support/byte-reader.ts';
import { fail } from '../../support/diagnostics.ts';

/** Messages, nodes, entries and chunks that are looked at in one file, so that no structure of pointers can take for ever. */
const MOST_STEPS = 400_000;
/** Bytes that all datasets of a file decode to. */
const MOST_DECODED = 2 ** 28;

export type Width = 2 | 4 | 8;

export interface Layout {
  /** Byte of the file that addresses count from. */
  readonly base: number;
  readonly addressWidth: Width;
  readonly lengthWidth: Width;
}

export class Hdf5Source {
  readonly bytes: Uint8Array;
  readonly file: string;
  readonly layout: Layout;
  #steps = 0;
  #decoded = 0;

  constructor(bytes: Uint8Array, file: string, layout: Layout) {
    this.bytes = bytes;
    this.file = file;
    this.layout = layout;
  }

  /** A reader of `length` bytes (to the end of the file if left out) at an address of the file. `path` names the object that is read. */
  at(address: number, path: string, length?: number): ByteReader {
    const start = this.layout.base + address;
    const reader = new ByteReader(this.bytes, { file: this.file, path });
    reader.seek(start, 'the next part of the file');
    if (length === undefined) return reader;
    reader.expect(length, 1, 'this part of the file');
    return new ByteReader(this.bytes, { file: this.file, path }, { start, end: start + length });
  }

  /** Counts work. @throws UserError BNN1003 when a file asks for more than any model needs */
  step(count = 1): void {
    this.#steps += count;
    if (this.#steps > MOST_STEPS) this.refuse(`"${this.file}" has more than ${MOST_STEPS} objects, or points at some again and again`);
  }

  /** Counts bytes that are made of the file's. */
  decode(bytes: number, path: string): void {
    this.#decoded += bytes;
    if (this.#decoded > MOST_DECODED)
      fail({
        code: 'BNN1009',
        message: `the datasets of "${this.file}" decode to more than ${MOST_DECODED} bytes.`,
        origin: { file: this.file, path },
      });
  }

  refuse(message: string): never {
    return fail({ code: 'BNN1003', message: `${message}.`, origin: { file: this.file, path: 'the file' } });
  }
}

/** An unsigned number of 1 to 8 bytes. @throws UserError BNN1003 beyond 2^53 */
export function unsigned(reader: ByteReader, width: number, what: string): number {
  if (width === 8) return reader.u64(what);
  let value = 0;
  for (let i = 0; i < width; i += 1) value += reader.u8(what) * 2 ** (8 * i);
  return Number.isSafeInteger(value) ? value : reader.fail(`${what} is ${value}, which nothing in a model file is`);
}

/** An address; undefined where all its bits are set, which is how the format says that there is none. */
export function address(reader: ByteReader, { addressWidth }: Layout, what: string): number | undefined {
  const at = reader.offset;
  const bytes = reader.take(addressWidth, what);
  if (bytes.every((byte) => byte === 255)) return undefined;
  reader.seek(at, what);
  return unsigned(reader, addressWidth, what);
}

/** Four letters at the start of a structure. @throws UserError BNN1003 when others stand there */
export function signature(reader: ByteReader, wanted: string, what: string): void {
  const at = reader.offset;
  const seen = reader.take(4, what);
  const text = String.fromCharCode(...seen);
  if (text !== wanted) reader.fail(`${what} begins with ${JSON.stringify(text)}, not with ${wanted}`, undefined, at);
}
