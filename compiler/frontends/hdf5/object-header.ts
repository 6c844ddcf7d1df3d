/** Object headers (HDF5 File Format Specification 3.0, IV.A): the list of messages that describe one group or dataset. */
import type { ByteReader } from '../../support/byte-reader.ts';
import { address, signature, unsigned, type Hdf5Source } from './file.ts';

/** Numbers of the messages that are read. */
export const MESSAGE = {
  dataspace: 1,
  linkInfo: 2,
  datatype: 3,
  fillValue: 5,
  link: 6,
  layout: 8,
  filters: 11,
  attribute: 12,
  continuation: 16,
  symbolTable: 17,
  attributeInfo: 21,
} as const;

export interface Message {
  readonly type: number;
  /** Its contents stand elsewhere, and it holds where. */
  readonly shared: boolean;
  /** A reader of the contents alone. */
  readonly open: () => ByteReader;
}

interface Block {
  readonly start: number;
  readonly length: number;
}

/** @param path of the object, for messages */
export function readMessages(source: Hdf5Source, at: number, path: string): readonly Message[] {
  const reader = source.at(at, path);
  const first = reader.u8('the version of an object header');
  if (first === 1) return readVersion1(source, reader, path);
  reader.seek(reader.offset - 1, 'an object header');
  if (first === 'O'.charCodeAt(0)) return readVersion2(source, reader, path);
  return reader.fail(`an object header begins with byte ${first}; 1 or OHDR is possible`);
}

function readVersion1(source: Hdf5Source, reader: ByteReader, path: string): readonly Message[] {
  reader.skip(1, 'an object header');
  const count = reader.u16('the number of messages');
  reader.skip(4, 'the number of links to an object');
  const length = reader.u32('the size of an object header');
  reader.skip(4, 'an object header');
  const messages: Message[] = [];
  // The number of messages counts those of all blocks.
  collect(source, [{ start: reader.offset - source.layout.base, length }], path, count, messages, {
    open: (start, size) => source.at(start, path, size),
    size: 8,
    prefix: (block) => {
      const type = block.u16('the type of a message');
      const size = block.u16('the size of a message');
      const flags = block.u8('the flags of a message');
      block.skip(3, 'a message');
      return { type, size, flags };
    },
  });
  return messages;
}

function readVersion2(source: Hdf5Source, reader: ByteReader, path: string): readonly Message[] {
  signature(reader, 'OHDR', 'an object header');
  const version = reader.u8('the version of an object header');
  if (version !== 2) return reader.fail(`an object header has version ${version}; 1 and 2 are possible`);
  const flags = reader.u8('the flags of an object header');
  if ((flags & 0x20) !== 0) reader.skip(16, 'the times of an object');
  if ((flags & 0x10) !== 0) reader.skip(4, 'the limits of attributes');
  const length = unsigned(reader, 1 << (flags & 3), 'the size of an object header');
  const messages: Message[] = [];
  const first = { start: reader.offset - source.layout.base, length };
  const hasOrder = (flags & 4) !== 0;
  collect(source, [first], path, Infinity, messages, {
    open: (start, size) => {
      if (start === first.start) return source.at(start, path, size);
      signature(source.at(start, path, size), 'OCHK', 'the rest of an object header');
      // A checksum ends it.
      const rest = source.at(start, path, Math.max(4, size - 4));
      rest.skip(4, 'the rest of an object header');
      return rest;
    },
    size: hasOrder ? 6 : 4,
    prefix: (block) => {
      const type = block.u8('the type of a message');
      const size = block.u16('the size of a message');
      const flagsOfMessage = block.u8('the flags of a message');
      if (hasOrder) block.skip(2, 'the order of a message');
      return { type, size, flags: flagsOfMessage };
    },
  });
  return messages;
}

interface Prefix {
  readonly type: number;
  readonly size: number;
  readonly flags: number;
}

/** What differs between the versions. */
interface Form {
  /** A reader of the messages of a block. */
  readonly open: (start: number, length: number) => ByteReader;
  /** Bytes before each message; fewer at the end of a block are a gap. */
  readonly size: number;
  readonly prefix: (block: ByteReader) => Prefix;
}

function collect(
  source: Hdf5Source,
  blocks: Block[],
  path: string,
  count: number,
  messages: Message[],
  { open, size: prefixSize, prefix }: Form,
): void {
  const seen = new Set<number>();
  let read = 0;
  for (let next = blocks.shift(); next !== undefined; next = blocks.shift()) {
    const block = open(next.start, next.length);
    if (seen.has(next.start)) block.fail('an object header continues where it has been before');
    seen.add(next.start);
    while (block.remaining >= prefixSize && read < count) {
      source.step();
      read += 1;
      const { type, size, flags } = prefix(block);
      const start = block.offset - source.layout.base;
      block.skip(size, 'a message of an object header');
      if (type === MESSAGE.continuation) {
        const message = source.at(start, path, size);
        const to = address(message, source.layout, 'the address of the rest of an object header');
        const length = unsigned(message, source.layout.lengthWidth, 'its size');
        if (to !== undefined) blocks.push({ start: to, length });
      } else if (type !== 0) messages.push({ type, shared: (flags & 2) !== 0, open: () => source.at(start, path, size) });
    }
  }
}
