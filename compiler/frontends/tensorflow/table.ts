/**
 * The sorted table in which TensorFlow stores what a checkpoint holds: LevelDB's format (doc/table_format.md there), as
 * tensorflow/core/lib/io writes it.
 *
 *     block…  index block  footer
 *     block   entries, u32 restarts[], u32 count of them; then u8 compression (0 none, 1 Snappy), u32 masked CRC-32C of both
 *     entry   varint bytes of the key before that are kept, varint bytes that follow, varint size of the value; these bytes, the value
 *     footer  varint offset and size of the block of metadata, then of the index block; 0 up to byte 40; u64 magic number
 *
 * The value of an entry of the index block is offset and size of a block.
 */
import { ByteReader, type Place } from '../../support/byte-reader.ts';
import { checksumText, maskedCrc32c } from './crc32c.ts';
import { decompressSnappy } from './snappy.ts';

const FOOTER = 48;
/** 0xdb4775248b80fb57, least significant byte first. */
const MAGIC = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb];
const TRAILER = 5;

/** Limits of a file that holds names, shapes and places: a few hundred thousand of each. */
const MOST_ENTRIES = 2 ** 18;
const MOST_KEY_BYTES = 2 ** 24;
const MOST_DECOMPRESSED = 2 ** 26;

export interface TableEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** Byte of the file where the value stands, or where its block begins if that is compressed. */
  readonly byte: number;
}

/** What all blocks of a file may still take. */
interface Budget {
  entries: number;
  keyBytes: number;
  decompressed: number;
}

/** Does the file end like a table? */
export function isTable(bytes: Uint8Array): boolean {
  return bytes.length >= FOOTER && MAGIC.every((byte, i) => bytes[bytes.length - MAGIC.length + i] === byte);
}

/**
 * All entries, sorted by key.
 * @throws UserError BNN1003 with the byte that contradicts the format or its checksum
 */
export function readTable(bytes: Uint8Array, file: string): readonly TableEntry[] {
  const place: Place = { file, path: 'footer' };
  const end = new ByteReader(bytes, place);
  if (bytes.length < FOOTER)
    end.fail(`"${file}" has ${bytes.length} bytes, and the footer of a checkpoint's index alone has ${FOOTER}`, AGAIN, bytes.length);
  const footer = new ByteReader(bytes, place, { start: bytes.length - FOOTER });
  if (!isTable(bytes))
    footer.fail(`"${file}" does not end with the bytes that end a checkpoint's index`, AGAIN, bytes.length - MAGIC.length);
  readHandle(footer);
  const budget: Budget = { entries: MOST_ENTRIES, keyBytes: MOST_KEY_BYTES, decompressed: MOST_DECOMPRESSED };
  const index = readBlock(bytes, readHandle(footer), { file, path: 'index block' }, budget);
  const entries: TableEntry[] = [];
  index.forEach(({ value, byte }, i) => {
    const handle = readHandle(new ByteReader(value, { file, path: `index block, entry at byte ${byte}` }));
    for (const entry of readBlock(bytes, handle, { file, path: `block ${i}` }, budget)) {
      const before = entries.at(-1);
      if (before !== undefined && Buffer.compare(before.key, entry.key) >= 0)
        end.fail('the names in a checkpoint stand in order, and one stands behind a later one', AGAIN, entry.byte);
      entries.push(entry);
    }
  });
  return entries;
}

const AGAIN = 'Copy the file again: it is damaged, or it is no index of a checkpoint.';

interface Handle {
  readonly offset: number;
  readonly size: number;
}

function readHandle(reader: ByteReader): Handle {
  return { offset: reader.varint('the offset of a block'), size: reader.varint('the size of a block') };
}

function readBlock(file: Uint8Array, { offset, size }: Handle, place: Place, budget: Budget): readonly TableEntry[] {
  const reader = new ByteReader(file, place, { end: file.length - FOOTER });
  reader.seek(offset, 'a block');
  const stored = reader.take(size, 'a block');
  const type = reader.take(1, 'the kind of a block');
  const wanted = reader.u32('the checksum of a block');
  const crc = maskedCrc32c(stored, type);
  if (crc !== wanted) {
    reader.fail(
      `the block at bytes ${offset} to ${offset + size + TRAILER} has the checksum ${checksumText(crc)}, and ${checksumText(wanted)} is stored with it`,
      AGAIN,
      offset,
    );
  }
  if (type[0] === 0) return readEntries(new ByteReader(file, place, { start: offset, end: offset + size }), offset, null, budget);
  if (type[0] !== 1)
    return reader.fail(`the block at byte ${offset} is compressed in the way ${type[0]}; 0 and 1 are known`, undefined, offset + size);
  const text = decompressSnappy(file, offset, offset + size, place, budget.decompressed);
  budget.decompressed -= text.length;
  const inside = { ...place, path: `${place.path}, decompressed from byte ${offset} on` };
  return readEntries(new ByteReader(text, inside), 0, offset, budget);
}

/** @param compressed the byte of the file where the block begins, null where the reader reads the file itself */
function readEntries(reader: ByteReader, start: number, compressed: number | null, budget: Budget): readonly TableEntry[] {
  const end = start + reader.remaining;
  reader.seek(Math.max(start, end - 4), 'the number of restarts');
  const restarts = reader.u32('the number of restarts');
  const entriesEnd = end - 4 - 4 * restarts;
  if (entriesEnd < start) reader.fail(`a block of ${end - start} bytes is said to have ${restarts} restarts`, undefined, end - 4);
  reader.seek(start, 'an entry');
  const entries: TableEntry[] = [];
  let key: Uint8Array = new Uint8Array(0);
  while (reader.offset < entriesEnd) {
    const at = reader.offset;
    const [shared, fresh, size] = [reader.varint('an entry'), reader.varint('an entry'), reader.varint('an entry')];
    if (shared > key.length) reader.fail(`an entry keeps ${shared} bytes of the name before it, which has ${key.length}`, undefined, at);
    if (reader.offset + fresh + size > entriesEnd)
      reader.fail(`an entry of ${fresh} and ${size} bytes reaches over its block`, undefined, at);
    budget.entries -= 1;
    budget.keyBytes -= shared + fresh;
    if (budget.entries < 0 || budget.keyBytes < 0)
      reader.fail(`the index has more than ${MOST_ENTRIES} names, or more than ${MOST_KEY_BYTES} bytes of them`, undefined, at);
    const next = new Uint8Array(shared + fresh);
    next.set(key.subarray(0, shared));
    next.set(reader.take(fresh, 'a name'), shared);
    key = next;
    const byte = compressed ?? reader.offset;
    entries.push({ key, value: reader.take(size, 'a value'), byte });
  }
  return entries;
}
