/**
 * Zip containers, as torch.save, numpy.savez and Keras write them (PKWARE's APPNOTE 6.3, with ZIP64): members that are stored or deflated.
 * Names are data: they are never paths here, and two members of one name are refused.
 */
import { crc32, inflateRawSync } from 'node:zlib';
import { ByteReader, type Place } from './byte-reader.ts';
import { UserError } from './diagnostics.ts';

export interface ZipMember {
  readonly name: string;
  /** Byte of the file where its entry in the directory begins. */
  readonly entry: number;
  /** Byte of the file where its local header begins. */
  readonly header: number;
  /** Bytes in the file, and once it is decompressed. */
  readonly packed: number;
  readonly size: number;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly checksum: number;
}

export interface ZipContent {
  readonly bytes: Uint8Array;
  /** Byte of the file where the content begins; null where it was compressed. */
  readonly byte: number | null;
}

const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const ENTRY = 0x02014b50;
const HEADER = 0x04034b50;
const END_BYTES = 22;
const LONGEST_COMMENT = 65_535;
const MOST_MEMBERS = 65_536;
const MOST_INFLATED = 2 ** 28;
const STORED = 0;
const DEFLATED = 8;

export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && ((bytes[2] === 3 && bytes[3] === 4) || (bytes[2] === 5 && bytes[3] === 6));
}

/** Byte of the record that ends the file; undefined if there is none. */
function findEnd(bytes: Uint8Array): number | undefined {
  const first = Math.max(0, bytes.length - END_BYTES - LONGEST_COMMENT);
  for (let at = bytes.length - END_BYTES; at >= first; at -= 1) {
    if (bytes[at] === 0x50 && bytes[at + 1] === 0x4b && bytes[at + 2] === 5 && bytes[at + 3] === 6) return at;
  }
  return undefined;
}

/** Where the directory begins and how many members it has; leaves the reader anywhere. */
function readEnd(reader: ByteReader, end: number): { readonly members: number; readonly directory: number } {
  reader.seek(end, 'the end of the zip directory');
  reader.skip(10, 'the end of the zip directory');
  const members = reader.u16('the number of members');
  reader.skip(4, 'the size of the zip directory');
  const directory = reader.u32('the place of the zip directory');
  if ((members !== 0xffff && directory !== 0xffff_ffff) || end < 20) return { members, directory };
  reader.seek(end - 20, 'the ZIP64 locator');
  if (reader.u32('the ZIP64 locator') !== LOCATOR_64) return { members, directory };
  reader.skip(4, 'the ZIP64 locator');
  reader.seek(reader.u64('the place of the ZIP64 record'), 'the ZIP64 record');
  if (reader.u32('the ZIP64 record') !== END_64) reader.fail('there is no ZIP64 record where the locator points');
  reader.skip(28, 'the ZIP64 record');
  const many = reader.u64('the number of members');
  reader.skip(8, 'the size of the zip directory');
  return { members: many, directory: reader.u64('the place of the zip directory') };
}

/** Size, packed size and place that did not fit into 32 bits, from the extra field; in this order, each only where it is 2^32 − 1. */
function readWide(reader: ByteReader, end: number, values: readonly number[]): readonly number[] {
  while (reader.offset + 4 <= end) {
    const tag = reader.u16('an extra field');
    const next = reader.u16('an extra field') + reader.offset;
    if (tag === 1) return values.map((value) => (value === 0xffff_ffff ? reader.u64('a size of 64 bits') : value));
    reader.seek(Math.min(next, end), 'an extra field');
  }
  return values;
}

function readEntry(reader: ByteReader): ZipMember {
  const entry = reader.offset;
  if (reader.u32('an entry of the zip directory') !== ENTRY) reader.fail('the zip directory is damaged', undefined, entry);
  reader.skip(4, 'versions');
  const flags = reader.u16('flags');
  const method = reader.u16('the compression');
  reader.skip(4, 'a date');
  const checksum = reader.u32('a checksum');
  const [packed32, size32] = [reader.u32('a packed size'), reader.u32('a size')];
  const lengths = [reader.u16('the length of a name'), reader.u16('the length of an extra field'), reader.u16('the length of a comment')];
  const [nameLength = 0, extraLength = 0, commentLength = 0] = lengths;
  reader.skip(8, 'attributes');
  const place = reader.u32('the place of a member');
  const name = reader.text(nameLength, 'the name of a member');
  const extraEnd = reader.offset + extraLength;
  const [size = 0, packed = 0, header = 0] = readWide(reader, extraEnd, [size32, packed32, place]);
  reader.seek(extraEnd, 'the end of an entry');
  reader.skip(commentLength, 'a comment');
  if ((flags & 1) !== 0) reader.fail(`"${name}" is encrypted`, 'Save the model without a password.', entry);
  return { name, entry, header, packed, size, method, checksum };
}

/**
 * Members by name, in the order of the directory.
 * @throws UserError BNN1003 when the directory is damaged, names a member twice or the same bytes for several, or what is compressed is
 * larger than 256 MiB
 */
export function readZip(bytes: Uint8Array, place: Place): ReadonlyMap<string, ZipMember> {
  const reader = new ByteReader(bytes, place);
  const end = findEnd(bytes);
  if (end === undefined)
    return reader.fail('the zip container has no directory at its end', 'Is the file whole? Copy or download it again.', bytes.length);
  const { members, directory } = readEnd(reader, end);
  if (members > MOST_MEMBERS) reader.fail(`the zip container is said to have ${members} members`, undefined, end);
  reader.seek(directory, 'the zip directory');
  const found = new Map<string, ZipMember>();
  let inflated = 0;
  let packed = 0;
  for (let i = 0; i < members; i += 1) {
    const member = readEntry(reader);
    if (found.has(member.name)) reader.fail(`the zip container has two members "${member.name}"`, undefined, member.entry);
    found.set(member.name, member);
    if (member.method !== STORED) inflated += member.size;
    packed += member.packed;
    // Otherwise a small file could have many members of its own size, each of them to be summed and unpacked.
    if (packed > bytes.length)
      reader.fail(`the members of the zip container overlap: they have more bytes than the file`, undefined, member.entry);
    if (inflated > MOST_INFLATED)
      reader.fail(`the zip container says that it holds more than ${MOST_INFLATED} bytes of compressed data`, undefined, member.entry);
  }
  return found;
}

/** Member names for a first look at a file; only the first member's where the directory cannot be read. */
export function zipNames(bytes: Uint8Array): readonly string[] {
  if (!isZip(bytes)) return [];
  try {
    return [...readZip(bytes, { file: '', path: '' }).keys()];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const length = (bytes[26] ?? 0) + 256 * (bytes[27] ?? 0);
    return [new TextDecoder().decode(bytes.subarray(30, 30 + length))];
  }
}

function inflate(packed: Uint8Array, { name, size }: ZipMember, reader: ByteReader, at: number): Uint8Array {
  try {
    const bytes = inflateRawSync(packed, { maxOutputLength: Math.max(1, size) });
    if (bytes.length === size) return bytes;
    return reader.fail(`"${name}" has ${bytes.length} bytes, and the zip directory says ${size}`, undefined, at);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    const larger = error.code === 'ERR_BUFFER_TOO_LARGE';
    return reader.fail(
      larger ? `"${name}" is larger than the ${size} bytes of the zip directory` : `"${name}" cannot be decompressed`,
      undefined,
      at,
    );
  }
}

/**
 * The content of a member, not copied where it is stored. A checksum of 0 is not looked at: torch.save can leave it out.
 * @throws UserError BNN1003 when it is damaged or not as large as the directory says
 */
export function readMember(bytes: Uint8Array, member: ZipMember, place: Place): ZipContent {
  const { name, header, packed, size, method, checksum } = member;
  const reader = new ByteReader(bytes, place);
  reader.seek(header, `the header of "${name}"`);
  if (reader.u32(`the header of "${name}"`) !== HEADER)
    reader.fail(`"${name}" has no header where the zip directory points`, undefined, header);
  reader.skip(22, `the header of "${name}"`);
  const [nameLength, extraLength] = [reader.u16('the length of a name'), reader.u16('the length of an extra field')];
  reader.skip(nameLength + extraLength, `the header of "${name}"`);
  const byte = reader.offset;
  const content = reader.take(packed, `"${name}"`);
  if (method !== STORED && method !== DEFLATED)
    reader.fail(`"${name}" is compressed by method ${method}`, 'Members may be stored or deflated.', member.entry);
  if (method === STORED && packed !== size) reader.fail(`"${name}" is stored in ${packed} bytes and has ${size}`, undefined, member.entry);
  const plain = method === STORED ? content : inflate(content, member, reader, byte);
  if (checksum !== 0 && crc32(plain) !== checksum)
    reader.fail(`the checksum of "${name}" is wrong: its bytes have changed`, 'Copy or download the file again.', byte);
  return { bytes: plain, byte: method === STORED ? byte : null };
}
