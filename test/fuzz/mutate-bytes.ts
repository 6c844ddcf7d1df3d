/** Damages any file, without knowing what it is. */
import type { Random } from '../support/random.ts';
import type { Mutator, Seed } from './reader.ts';

/** A copy with `removed` bytes from `at` on replaced. */
export function replaced(bytes: Uint8Array, at: number, removed: number, inserted: ArrayLike<number>): Uint8Array {
  const rest = bytes.subarray(Math.min(bytes.length, at + removed));
  const result = new Uint8Array(at + inserted.length + rest.length);
  result.set(bytes.subarray(0, at));
  result.set(inserted, at);
  result.set(rest, at + inserted.length);
  return result;
}

/** Most places are near the beginning, where the structure of a file with large tables is. */
function place(bytes: Uint8Array, random: Random): number {
  const end = random.chance(0.3) ? Math.min(bytes.length, 512) : bytes.length;
  return random.integer(0, Math.max(0, end - 1));
}

function piece(bytes: Uint8Array, random: Random): Uint8Array {
  const at = place(bytes, random);
  return bytes.subarray(at, at + random.integer(1, random.chance(0.8) ? 32 : 4096));
}

function randomBytes(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.integer(0, 255));
}

/** A protobuf varint; more than ten bytes are too many. */
function varint(random: Random): readonly number[] {
  const length = random.integer(1, 11);
  return Array.from({ length }, (_, i) => (i === length - 1 ? random.integer(0, 127) : 128 | random.integer(0, 127)));
}

const WORDS = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x7f80_0000, 0x7fc0_0000, 0x0000_0001, 0x8000_0001];

export const MUTATE_BYTES: readonly Mutator[] = [
  {
    name: 'flip-bits',
    apply: (bytes, random) => {
      const copy = bytes.slice();
      const flips = random.integer(1, 4);
      for (let i = 0; i < flips && copy.length > 0; i += 1) {
        const at = place(copy, random);
        copy[at] = (copy[at] as number) ^ (1 << random.integer(0, 7));
      }
      return copy;
    },
  },
  {
    name: 'set-bytes',
    apply: (bytes, random) => {
      const at = place(bytes, random);
      const count = random.integer(1, 8);
      return replaced(
        bytes,
        at,
        count,
        random.chance(0.5) ? randomBytes(random, count) : new Uint8Array(count).fill(random.pick([0, 255])),
      );
    },
  },
  { name: 'truncate', apply: (bytes, random) => bytes.slice(0, place(bytes, random)) },
  { name: 'drop-beginning', apply: (bytes, random) => bytes.slice(random.integer(0, Math.min(64, bytes.length))) },
  { name: 'insert', apply: (bytes, random) => replaced(bytes, place(bytes, random), 0, randomBytes(random, random.integer(1, 16))) },
  { name: 'delete', apply: (bytes, random) => replaced(bytes, place(bytes, random), piece(bytes, random).length, []) },
  {
    name: 'duplicate',
    apply: (bytes, random) => {
      const chunk = piece(bytes, random);
      const times = random.chance(0.9) ? 1 : random.integer(2, 200);
      return replaced(
        bytes,
        place(bytes, random),
        0,
        new Uint8Array(chunk.length * times).map((_, i) => chunk[i % chunk.length] as number),
      );
    },
  },
  {
    name: 'move',
    apply: (bytes, random) => {
      const chunk = piece(bytes, random).slice();
      return replaced(bytes, place(bytes, random), chunk.length, chunk);
    },
  },
  {
    name: 'splice',
    apply: (bytes, random, corpus: readonly Seed[]) => {
      const other = random.pick(corpus).bytes;
      return replaced(bytes.slice(0, place(bytes, random)), bytes.length, 0, other.subarray(place(other, random)));
    },
  },
  { name: 'varint', apply: (bytes, random) => replaced(bytes, place(bytes, random), random.integer(0, 2), varint(random)) },
  {
    name: 'huge-length',
    apply: (bytes, random) =>
      replaced(
        bytes,
        place(bytes, random),
        1,
        random.pick([
          [0xff, 0xff, 0xff, 0xff, 0x07],
          [0xff, 0xff, 0xff, 0xff, 0x0f],
          [0x80, 0x80, 0x80, 0x40],
        ]),
      ),
  },
  {
    name: 'word',
    apply: (bytes, random) => {
      const word = new DataView(new ArrayBuffer(8));
      word.setUint32(0, random.pick(WORDS), random.chance(0.5));
      return replaced(bytes, place(bytes, random), random.pick([4, 8]), new Uint8Array(word.buffer, 0, random.pick([4, 8])));
    },
  },
];
