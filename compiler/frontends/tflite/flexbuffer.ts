/** Maps of FlexBuffers, the schemaless sister of FlatBuffers, with numbers and texts as values: what custom operators are described in. */
import type { FlatFile } from './flatbuffer.ts';

const MOST_ENTRIES = 256;
const LONGEST_TEXT = 256;
const MAP = 9;
const TEXT = 5;
const BOOL = 26;
const SIGNED = 1;
const UNSIGNED = 2;

/** Reads the map in bytes [start, end) of the file. Values that are neither whole numbers nor texts are left out. */
export function readFlexMap(file: FlatFile, start: number, end: number, path: string): ReadonlyMap<string, number | string> {
  const found = new Map<string, number | string>();
  const at = (byte: number, count: number): number =>
    byte >= start && byte + count <= end ? byte : file.fail('the custom options point outside themselves', start, path);
  const number = (byte: number, width: number, signed = false): number => {
    at(byte, width);
    const bytes = file.take(byte, width, path);
    const view = new DataView(bytes.buffer, bytes.byteOffset, width);
    if (width === 1) return signed ? view.getInt8(0) : view.getUint8(0);
    if (width === 2) return signed ? view.getInt16(0, true) : view.getUint16(0, true);
    if (width === 4) return signed ? view.getInt32(0, true) : view.getUint32(0, true);
    return Number(signed ? view.getBigInt64(0, true) : view.getBigUint64(0, true));
  };
  const behind = (byte: number, width: number): number => byte - number(byte, width);
  const text = (byte: number, length: number): string =>
    new TextDecoder().decode(file.take(at(byte, length), Math.min(length, LONGEST_TEXT), path));
  const key = (byte: number): string => {
    let length = 0;
    while (length < LONGEST_TEXT && file.u8(at(byte + length, 1), path) !== 0) length += 1;
    return text(byte, length);
  };

  const rootWidth = file.u8(at(end - 1, 1), path);
  const rootType = file.u8(at(end - 2, 1), path);
  if (![1, 2, 4, 8].includes(rootWidth) || rootType >> 2 !== MAP)
    return file.fail('the custom options are not a map of FlexBuffers', start, path);
  const width = 2 ** (rootType & 3);
  const values = behind(end - 2 - rootWidth, rootWidth);
  const count = number(values - width, width);
  const keyWidth = number(values - 2 * width, width);
  if (count > MOST_ENTRIES || ![1, 2, 4, 8].includes(keyWidth))
    return file.fail(`the custom options are a map of ${count} entries with keys of ${keyWidth} bytes`, start, path);
  const keys = behind(values - 3 * width, width);
  for (let i = 0; i < count; i += 1) {
    const name = key(behind(keys + i * keyWidth, keyWidth));
    const packed = file.u8(at(values + count * width + i, 1), path);
    const value = values + i * width;
    const type = packed >> 2;
    if (type === SIGNED || type === UNSIGNED || type === BOOL) found.set(name, number(value, width, type === SIGNED));
    if (type === TEXT) {
      const content = behind(value, width);
      const size = 2 ** (packed & 3);
      found.set(name, text(content, number(content - size, size)));
    }
  }
  return found;
}
