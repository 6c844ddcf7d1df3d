/** Attributes of groups and datasets (HDF5 File Format Specification 3.0, IV.A.2.m), and text in the global heap (III.E). */
import type { ByteReader } from '../../support/byte-reader.ts';
import { decodeElements } from '../../support/elements.ts';
import { readDataspace, readDatatype, type Datatype } from './datatype.ts';
import { address, signature, unsigned, type Hdf5Source } from './file.ts';
import type { Message } from './object-header.ts';

/** Text, numbers, or null for what is neither. A single element is a list of one. */
export type AttributeValue = readonly string[] | readonly number[] | null;

/** More entries than a list of layers or weights has. */
const MOST_ENTRIES = 65_536;

export interface Attribute {
  readonly name: string;
  readonly value: AttributeValue;
}

const padded = (length: number): number => Math.ceil(length / 8) * 8;

export function readAttribute(source: Hdf5Source, message: Message, path: string): Attribute {
  const reader = message.open();
  const version = reader.u8('the version of an attribute');
  if (version < 1 || version > 3) return reader.fail(`an attribute has version ${version}; 1 to 3 are possible`);
  const flags = reader.u8('the flags of an attribute');
  const sizes = [reader.u16('the length of a name'), reader.u16('the size of a datatype'), reader.u16('the size of a dataspace')] as const;
  if (version === 3) reader.skip(1, 'the encoding of a name');
  const part = (length: number, what: string): number => {
    const at = reader.offset;
    reader.skip(version === 1 ? padded(length) : length, what);
    return at - source.layout.base;
  };
  const at = reader.offset;
  const name = reader.text(sizes[0], 'the name of an attribute').replace(/\0.*$/s, '');
  reader.seek(at, 'the name of an attribute');
  part(sizes[0], 'the name of an attribute');
  const datatypeAt = part(sizes[1], 'the datatype of an attribute');
  const dataspaceAt = part(sizes[2], 'the dataspace of an attribute');
  // A datatype or dataspace that stands elsewhere is one that no model file uses for what is read here.
  if (version > 1 && (flags & 3) !== 0) return { name, value: null };
  const datatype = readDatatype(source.at(datatypeAt, path, sizes[1]));
  const shape = readDataspace(source.at(dataspaceAt, path, sizes[2]), source.layout);
  if (shape === null) return { name, value: null };
  const count = shape.reduce((product, size) => product * size, 1);
  if (count > MOST_ENTRIES) return { name, value: null };
  source.step(count);
  return { name, value: readValue(source, reader, datatype, count, path) };
}

function readValue(source: Hdf5Source, reader: ByteReader, datatype: Datatype, count: number, path: string): AttributeValue {
  switch (datatype.kind) {
    case 'number': {
      const { element, size, littleEndian } = datatype;
      return Array.from(decodeElements(reader.take(count * size, 'an attribute'), element, littleEndian));
    }
    case 'text':
      return Array.from({ length: count }, () => fixedText(reader.take(datatype.size, 'an attribute'), datatype.padding));
    case 'heap-text':
      return Array.from({ length: count }, () => heapText(source, reader, path));
    case 'other':
      return null;
  }
}

function fixedText(bytes: Uint8Array, padding: 'zeros' | 'spaces'): string {
  let end = padding === 'zeros' && bytes.includes(0) ? bytes.indexOf(0) : bytes.length;
  while (padding === 'spaces' && end > 0 && bytes[end - 1] === 32) end -= 1;
  return new TextDecoder().decode(bytes.subarray(0, end));
}

/** An entry of variable length: its length, and where the global heap keeps it. */
function heapText(source: Hdf5Source, reader: ByteReader, path: string): string {
  const length = reader.u32('the length of a text');
  const collection = address(reader, source.layout, 'the address of a text');
  const index = reader.u32('the place of a text');
  if (length === 0 || collection === undefined || collection === 0) return '';
  const object = heapObject(source, collection, index, path);
  source.decode(length, path);
  return new TextDecoder().decode(object.take(length, 'a text'));
}

function heapObject(source: Hdf5Source, at: number, wanted: number, path: string): ByteReader {
  const { lengthWidth, base } = source.layout;
  const head = source.at(at, path);
  signature(head, 'GCOL', 'a heap of texts');
  head.skip(4, 'a heap of texts');
  const size = unsigned(head, lengthWidth, 'the size of a heap of texts');
  const heap = source.at(at, path, size);
  heap.skip(8 + lengthWidth, 'a heap of texts');
  while (heap.remaining >= 8 + lengthWidth) {
    source.step();
    const index = heap.u16('the number of a text');
    heap.skip(6, 'a text');
    const length = unsigned(heap, lengthWidth, 'the length of a text');
    if (index === wanted) return source.at(heap.offset - base, path, length);
    // Object 0 is the free space at the end.
    if (index === 0) break;
    heap.skip(Math.min(padded(length), heap.remaining), 'a text');
  }
  return heap.fail(`text ${wanted} is not in its heap`);
}
