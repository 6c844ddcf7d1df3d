/** The checksum of TensorFlow's files: CRC-32C (Castagnoli), masked as LevelDB does so that checksums of checksums stay apart. */

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

/** CRC-32C of the parts, one behind the other. */
export function crc32c(...parts: readonly Uint8Array[]): number {
  let crc = 0xffff_ffff;
  for (const bytes of parts) for (const byte of bytes) crc = (TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffff_ffff) >>> 0;
}

/** Rotated right by 15 bits, plus a constant (leveldb/util/crc32c.h). */
export function maskedCrc32c(...parts: readonly Uint8Array[]): number {
  const crc = crc32c(...parts);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** As messages show it. */
export function checksumText(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
