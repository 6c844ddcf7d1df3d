/** Writes zip files field by field (PKWARE's APPNOTE 6.3), so that any field can be what no program would write. */
import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipEntry {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly deflated?: boolean;
  /** What the directory says in the place of the truth. */
  readonly says?: {
    readonly size?: number;
    readonly packed?: number;
    readonly checksum?: number;
    readonly method?: number;
    readonly flags?: number;
  };
  /** Sizes and place in an extra field of 64 bits. */
  readonly wide?: boolean;
  /** The local header that the directory points to: of the entry with this index. */
  readonly header?: number;
}

export interface ZipEnd {
  /** Number of members and place of the directory in a record of 64 bits. */
  readonly wide?: boolean;
  readonly says?: { readonly members?: number; readonly directory?: number };
  readonly comment?: string;
}

const FULL = 0xffff_ffff;

/** Numbers of 2, 4 and 8 bytes, little-endian. */
function fields(...values: readonly (readonly [bytes: 2 | 4 | 8, value: number])[]): Uint8Array {
  return Buffer.concat(
    values.map(([bytes, value]) => Uint8Array.from({ length: bytes }, (_, i) => Number((BigInt(value) >> BigInt(8 * i)) & 255n))),
  );
}

export function zipFile(entries: readonly ZipEntry[], end: ZipEnd = {}): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  const headers: number[] = [];
  let offset = 0;
  for (const { name, bytes, deflated = false, says = {}, wide = false, header } of entries) {
    const content = deflated ? deflateRawSync(bytes) : bytes;
    const { size = bytes.length, packed = content.length, checksum = crc32(bytes), method = deflated ? 8 : 0, flags = 0 } = says;
    headers.push(offset);
    const place = headers[header ?? headers.length - 1] ?? offset;
    const label = Buffer.from(name);
    const [packed32, size32, place32] = wide ? [FULL, FULL, FULL] : [packed, size, place];
    const extra = wide ? fields([2, 0x7777], [2, 2], [2, 0], [2, 1], [2, 24], [8, size], [8, packed], [8, place]) : new Uint8Array(0);
    const common = fields([2, 20], [2, flags], [2, method], [4, 0], [4, checksum], [4, packed32], [4, size32], [2, label.length]);
    const local = Buffer.concat([fields([4, 0x04034b50]), common, fields([2, 0]), label, content]);
    parts.push(local);
    offset += local.length;
    const more = fields([2, extra.length], [2, 0], [2, 0], [2, 0], [4, 0], [4, place32]);
    directory.push(fields([4, 0x02014b50], [2, 20]), common, more, label, extra);
  }
  const listed = Buffer.concat(directory);
  const { members = entries.length, directory: start = offset } = end.says ?? {};
  const comment = Buffer.from(end.comment ?? '');
  const record = fields(
    [4, 0x06064b50],
    [8, 44],
    [2, 45],
    [2, 45],
    [4, 0],
    [4, 0],
    [8, members],
    [8, members],
    [8, listed.length],
    [8, start],
  );
  const locator = fields([4, 0x07064b50], [4, 0], [8, offset + listed.length], [4, 1]);
  const [members16, start32] = end.wide === true ? [0xffff, FULL] : [members, start];
  const last = fields(
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, members16],
    [2, members16],
    [4, listed.length],
    [4, start32],
    [2, comment.length],
  );
  return new Uint8Array(Buffer.concat([...parts, listed, ...(end.wide === true ? [record, locator] : []), last, comment]));
}
