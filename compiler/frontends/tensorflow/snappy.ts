/**
 * Snappy's raw format (google/snappy, format_description.txt): the size of the text as a varint, then literals and copies of what has
 * been decompressed before. The two low bits of an element's first byte say which it is.
 */
import { ByteReader, type Place } from '../../support/byte-reader.ts';

/**
 * Decompresses bytes [start, end) of a file.
 * @param most how large the text may be
 * @throws UserError BNN1003 for what no compressor writes, and for more than `most` bytes
 */
export function decompressSnappy(bytes: Uint8Array, start: number, end: number, place: Place, most: number): Uint8Array {
  const reader = new ByteReader(bytes, place, { start, end });
  const size = reader.varint('the size of a compressed block');
  if (size > most) reader.fail(`a compressed block is said to have ${size} bytes; up to ${most} are read`, undefined, start);
  // An element of three bytes stands for at most 64.
  if (size > 64 * reader.remaining)
    reader.fail(`a block of ${reader.remaining} compressed bytes is said to have ${size}`, undefined, start);
  const text = new Uint8Array(size);
  let filled = 0;
  const room = (length: number, at: number): void => {
    if (length > size - filled) reader.fail(`a compressed block holds more than the ${size} bytes that it states`, undefined, at);
  };
  while (reader.remaining > 0) {
    const at = reader.offset;
    const tag = reader.u8('an element');
    const high = tag >> 2;
    if ((tag & 3) === 0) {
      const length = (high < 60 ? high : littleEndian(reader, high - 59)) + 1;
      room(length, at);
      text.set(reader.take(length, 'a literal'), filled);
      filled += length;
      continue;
    }
    const [length, distance] =
      (tag & 3) === 1
        ? [(high & 7) + 4, ((tag >> 5) << 8) + reader.u8('a distance')]
        : [high + 1, littleEndian(reader, (tag & 3) === 2 ? 2 : 4)];
    if (distance === 0 || distance > filled)
      reader.fail(`a compressed block copies from ${distance} bytes back, behind ${filled} bytes`, undefined, at);
    room(length, at);
    // Byte by byte: a copy may read what it has just written.
    for (let i = 0; i < length; i += 1, filled += 1) text[filled] = text[filled - distance] ?? 0;
  }
  if (filled !== size) reader.fail(`a compressed block ends after ${filled} of the ${size} bytes that it states`);
  return text;
}

function littleEndian(reader: ByteReader, count: number): number {
  let value = 0;
  for (let i = 0; i < count; i += 1) value += reader.u8('a length') * 2 ** (8 * i);
  return value;
}
