/** What a group contains: by a symbol table (HDF5 File Format Specification 3.0, III.A-D), or by link messages (IV.A.2.g). */
import type { ByteReader } from '../../support/byte-reader.ts';
import { fail } from '../../support/diagnostics.ts';
import { address, signature, unsigned, type Hdf5Source } from './file.ts';
import { MESSAGE, type Message } from './object-header.ts';

/** A name in a group, and the address of the object header it stands for. */
export interface Link {
  readonly name: string;
  readonly target: number;
}

/** Levels of a tree of group nodes; each has at least two entries per node in a file of any size. */
const DEEPEST_TREE = 32;
const SYMBOLIC = 2;

/** Undefined for what is no group. Links to names or to other files are left out: nothing outside the file is read. */
export function readLinks(source: Hdf5Source, messages: readonly Message[], path: string): readonly Link[] | undefined {
  const table = messages.find(({ type }) => type === MESSAGE.symbolTable);
  if (table !== undefined) return readSymbolTable(source, table.open(), path);
  const info = messages.find(({ type }) => type === MESSAGE.linkInfo);
  const links = messages.filter(({ type }) => type === MESSAGE.link).flatMap((message) => readLink(source, message.open()) ?? []);
  if (info === undefined) return links.length === 0 ? undefined : links;
  const reader = info.open();
  reader.skip(1, 'the version of link information');
  if ((reader.u8('the flags of link information') & 1) !== 0) reader.skip(8, 'the order of links');
  if (address(reader, source.layout, 'the address of links') === undefined) return links;
  return fail({
    code: 'BNN1010',
    message: `the group "${path}" keeps its links in a fractal heap, which bnnc does not read.`,
    origin: reader.origin(),
    help: "Write the file with h5py's or Keras' defaults (no libver, no track_order), or with fewer than nine entries in the group.",
  });
}

function readLink(source: Hdf5Source, reader: ByteReader): Link | undefined {
  const version = reader.u8('the version of a link');
  if (version !== 1) return reader.fail(`a link has version ${version}; 1 is possible`);
  const flags = reader.u8('the flags of a link');
  const kind = (flags & 8) === 0 ? 0 : reader.u8('the kind of a link');
  if ((flags & 4) !== 0) reader.skip(8, 'the order of a link');
  if ((flags & 16) !== 0) reader.skip(1, 'the encoding of a name');
  const length = unsigned(reader, 1 << (flags & 3), 'the length of a name');
  const name = reader.text(length, 'the name of a link');
  if (kind !== 0) return undefined;
  const target = address(reader, source.layout, 'the address of an object');
  return target === undefined ? undefined : { name, target };
}

function readSymbolTable(source: Hdf5Source, reader: ByteReader, path: string): readonly Link[] {
  const tree = address(reader, source.layout, 'the address of a group node');
  const heap = address(reader, source.layout, 'the address of names');
  if (tree === undefined || heap === undefined) return [];
  const head = source.at(heap, path);
  signature(head, 'HEAP', 'a heap of names');
  head.skip(4, 'the version of a heap of names');
  const size = unsigned(head, source.layout.lengthWidth, 'the size of a heap of names');
  head.skip(source.layout.lengthWidth, 'free space of a heap of names');
  const names = address(head, source.layout, 'the address of names');
  if (names === undefined) return [];
  const links: Link[] = [];
  walkTree(source, tree, path, { names, size }, new Set(), links);
  return links;
}

interface Names {
  readonly names: number;
  readonly size: number;
}

function walkTree(source: Hdf5Source, at: number, path: string, names: Names, seen: Set<number>, links: Link[], depth = 0): void {
  const reader = source.at(at, path);
  if (seen.has(at) || depth > DEEPEST_TREE) reader.fail('a tree of group nodes leads back to itself');
  seen.add(at);
  source.step();
  signature(reader, 'TREE', 'a group node');
  const kind = reader.u8('the kind of a node');
  if (kind !== 0) reader.fail(`a group has a node of kind ${kind}; 0 is possible`);
  const level = reader.u8('the level of a node');
  const count = reader.u16('the number of entries');
  reader.skip(2 * source.layout.addressWidth, 'the neighbours of a node');
  for (let i = 0; i < count; i += 1) {
    reader.skip(source.layout.lengthWidth, 'a key');
    const child = address(reader, source.layout, 'the address of a node');
    if (child === undefined) continue;
    if (level > 0) walkTree(source, child, path, names, seen, links, depth + 1);
    else readSymbols(source, child, path, names, links);
  }
}

function readSymbols(source: Hdf5Source, at: number, path: string, { names, size }: Names, links: Link[]): void {
  const { addressWidth, base } = source.layout;
  const reader = source.at(at, path);
  signature(reader, 'SNOD', 'a symbol node');
  reader.skip(2, 'the version of a symbol node');
  const count = reader.u16('the number of symbols');
  for (let i = 0; i < count; i += 1) {
    source.step();
    const offset = unsigned(reader, addressWidth, 'the place of a name');
    const target = address(reader, source.layout, 'the address of an object');
    const cache = reader.u32('the kind of a symbol');
    reader.skip(20, 'a symbol');
    if (cache === SYMBOLIC || target === undefined) continue;
    if (offset >= size) reader.fail(`a name should be at byte ${offset} of a heap of ${size} bytes`);
    const name = source.at(names + offset, path, Math.min(size - offset, source.bytes.length - base - names - offset));
    links.push({ name: untilZero(name), target });
  }
}

const LONGEST_NAME = 4096;

function untilZero(reader: ByteReader): string {
  const bytes = reader.take(Math.min(reader.remaining, LONGEST_NAME), 'a name');
  const end = bytes.indexOf(0);
  return end === -1 ? reader.fail('a name does not end') : new TextDecoder().decode(bytes.subarray(0, end));
}
