/** What chunks went through before they were written (HDF5 File Format Specification 3.0, IV.A.2.l), undone. */
import { inflateSync } from 'node:zlib';
import { fail, type Origin } from '../../support/diagnostics.ts';
import type { Hdf5Source } from './file.ts';
import type { Message } from './object-header.ts';

export interface Filter {
  readonly id: number;
  readonly name: string;
  readonly values: readonly number[];
}

const DEFLATE = 1;
const SHUFFLE = 2;
const CHECKSUM = 3;
/** Each takes as long as the chunk is. */
const MOST_FILTERS = 4;
const NAMES: Readonly<Record<number, string>> = { 4: 'szip', 5: 'nbit', 6: 'scaleoffset', 32_000: 'lzf', 32_001: 'blosc', 32_015: 'zstd' };

/** In the order in which they were applied. */
export function readFilters(source: Hdf5Source, message: Message | undefined): readonly Filter[] {
  if (message === undefined) return [];
  const reader = message.open();
  const version = reader.u8('the version of a filter pipeline');
  if (version !== 1 && version !== 2) return reader.fail(`a filter pipeline has version ${version}; 1 and 2 are possible`);
  const count = reader.u8('the number of filters');
  if (count > MOST_FILTERS) return reader.fail(`a dataset went through ${count} filters; up to ${MOST_FILTERS} are undone`);
  if (version === 1) reader.skip(6, 'a filter pipeline');
  return Array.from({ length: count }, () => {
    source.step();
    const id = reader.u16('a filter');
    const named = version === 1 || id >= 256;
    const nameLength = named ? reader.u16('the length of the name of a filter') : 0;
    reader.skip(2, 'the flags of a filter');
    const values = reader.u16('the number of values of a filter');
    const text = reader.text(version === 1 ? Math.ceil(nameLength / 8) * 8 : nameLength, 'the name of a filter').replace(/\0.*$/s, '');
    const list = Array.from({ length: values }, () => reader.u32('a value of a filter'));
    if (version === 1 && values % 2 === 1) reader.skip(4, 'a filter');
    return { id, name: NAMES[id] ?? (text === '' ? `filter ${id}` : text), values: list };
  });
}

/**
 * The chunk as it was, of `length` bytes at most.
 * @param mask bit i is set where filter i was left out for this chunk
 */
export function undoFilters(stored: Uint8Array, filters: readonly Filter[], mask: number, length: number, origin: Origin): Uint8Array {
  let bytes = stored;
  for (let i = filters.length - 1; i >= 0; i -= 1) {
    const filter = filters[i];
    if (filter === undefined || ((mask >>> i) & 1) !== 0) continue;
    if (filter.id === DEFLATE) bytes = inflate(bytes, length, origin);
    else if (filter.id === SHUFFLE) bytes = unshuffle(bytes, filter.values[0] ?? 1);
    else if (filter.id === CHECKSUM) bytes = bytes.subarray(0, Math.max(0, bytes.length - 4));
    else {
      fail({
        code: 'BNN1009',
        message: `${origin.path} is packed by ${filter.name}, which bnnc does not unpack.`,
        origin,
        help: 'Write it without compression, or with gzip.',
      });
    }
  }
  return bytes;
}

function inflate(bytes: Uint8Array, length: number, origin: Origin): Uint8Array {
  try {
    // A checksum of four bytes may follow inside.
    return inflateSync(bytes, { maxOutputLength: length + 4 });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return fail({ code: 'BNN1003', message: `${origin.path} cannot be unpacked: ${error.message}.`, origin });
  }
}

/** Byte b of element e stands at b·elements + e. */
function unshuffle(bytes: Uint8Array, size: number): Uint8Array {
  if (size < 2) return bytes;
  const elements = Math.floor(bytes.length / size);
  const result = Uint8Array.from(bytes);
  for (let b = 0; b < size; b += 1) for (let e = 0; e < elements; e += 1) result[e * size + b] = bytes[b * elements + e] ?? 0;
  return result;
}
