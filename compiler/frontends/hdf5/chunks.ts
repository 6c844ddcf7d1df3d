/** Datasets that are stored in pieces of one size (HDF5 File Format Specification 3.0, III.A.1). */
import { elementCount } from '../../ir/encoding.ts';
import { fail } from '../../support/diagnostics.ts';
import { address, signature, type Hdf5Source } from './file.ts';
import { undoFilters, type Filter } from './filters.ts';

export interface ChunkedLayout {
  /** Elements of a chunk along each dimension. */
  readonly sizes: readonly number[];
  /** Address of the tree of chunks. */
  readonly tree: number | undefined;
  /** In place of a tree, the only chunk. */
  readonly single: { readonly at: number | undefined; readonly stored: number | undefined; readonly mask: number } | undefined;
}

interface Wanted {
  readonly name: string;
  readonly shape: readonly number[];
  /** Bytes of an element. */
  readonly size: number;
  readonly blank: Uint8Array | undefined;
}

interface Chunk {
  readonly at: number;
  readonly stored: number;
  readonly mask: number;
  /** Its first element. */
  readonly offset: readonly number[];
}

const DEEPEST_TREE = 32;
/** Rows that are copied as quickly as one entry of a structure is looked at. */
const ROWS_PER_STEP = 64;

/** Elements that were never written: the fill value, zeros without one. */
export function filled(bytes: number, blank: Uint8Array | undefined): Uint8Array {
  const data = new Uint8Array(bytes);
  if (blank !== undefined) for (let at = 0; at + blank.length <= bytes; at += blank.length) data.set(blank, at);
  return data;
}

/** All elements, row-major. The caller has counted their bytes. */
export function readChunks(source: Hdf5Source, layout: ChunkedLayout, filters: readonly Filter[], wanted: Wanted): Uint8Array {
  const { name, shape, size, blank } = wanted;
  const origin = { file: source.file, path: `the dataset "${name}"` };
  const perChunk = elementCount(layout.sizes) * size;
  const chunks: Chunk[] = [];
  if (layout.single?.at !== undefined) {
    const { at, stored = perChunk, mask } = layout.single;
    chunks.push({ at, stored, mask, offset: shape.map(() => 0) });
  } else if (layout.tree !== undefined) walk(source, layout.tree, name, shape.length, new Set(), chunks);
  const seen = new Set<string>();
  const data = filled(elementCount(shape) * size, blank);
  for (const { at, stored, mask, offset } of chunks) {
    const place = offset.join();
    const isInside = offset.every((first, axis) => first < (shape[axis] ?? 0) && first % (layout.sizes[axis] ?? 1) === 0);
    if (!isInside || seen.has(place))
      return fail({
        code: 'BNN1003',
        message: `${origin.path} has a chunk at [${offset.join(', ')}], which is outside it or there twice.`,
        origin,
      });
    seen.add(place);
    // Chunks at the edge are stored whole.
    source.decode(perChunk, origin.path);
    const bytes = undoFilters(source.at(at, origin.path, stored).take(stored, 'a chunk'), filters, mask, perChunk, origin);
    if (bytes.length < perChunk)
      return fail({
        code: 'BNN1003',
        message: `${origin.path} has a chunk of ${bytes.length} bytes where ${perChunk} are needed.`,
        origin,
      });
    copyInside(source, data, bytes, wanted, layout, offset);
  }
  return data;
}

function walk(source: Hdf5Source, at: number, name: string, rank: number, seen: Set<number>, chunks: Chunk[], depth = 0): void {
  const path = `dataset "${name}"`;
  const reader = source.at(at, path);
  if (seen.has(at) || depth > DEEPEST_TREE) reader.fail('a tree of chunks leads back to itself');
  seen.add(at);
  signature(reader, 'TREE', 'a tree of chunks');
  const kind = reader.u8('the kind of a node');
  if (kind !== 1) reader.fail(`a tree of chunks has a node of kind ${kind}; 1 is possible`);
  const level = reader.u8('the level of a node');
  const count = reader.u16('the number of chunks');
  reader.skip(2 * source.layout.addressWidth, 'the neighbours of a node');
  for (let i = 0; i < count; i += 1) {
    source.step();
    const stored = reader.u32('the size of a chunk');
    const mask = reader.u32('the filters of a chunk');
    const offset = Array.from({ length: rank }, () => reader.u64('the place of a chunk'));
    reader.skip(8, 'the place of a chunk');
    const child = address(reader, source.layout, 'the address of a chunk');
    if (child === undefined) continue;
    if (level > 0) walk(source, child, name, rank, seen, chunks, depth + 1);
    else chunks.push({ at: child, stored, mask, offset });
  }
}

/** Copies the part of a chunk that is inside the dataset, row by row. */
function copyInside(
  source: Hdf5Source,
  data: Uint8Array,
  chunk: Uint8Array,
  wanted: Wanted,
  layout: ChunkedLayout,
  offset: readonly number[],
): void {
  // Dimensions that every chunk has whole are one with the dimension before.
  let rank = wanted.shape.length;
  let size = wanted.size;
  while (rank > 1 && layout.sizes[rank - 1] === wanted.shape[rank - 1]) {
    rank -= 1;
    size *= wanted.shape[rank] ?? 1;
  }
  const [shape, sizes] = [wanted.shape.slice(0, rank), layout.sizes.slice(0, rank)];
  const inside = sizes.map((length, axis) => Math.min(length, (shape[axis] ?? 1) - (offset[axis] ?? 0)));
  source.step(Math.ceil(elementCount(inside.slice(0, -1)) / ROWS_PER_STEP));
  const copy = (axis: number, from: number, to: number): void => {
    const start = to * (shape[axis] ?? 1) + (offset[axis] ?? 0);
    if (axis >= rank - 1)
      data.set(chunk.subarray(from * (sizes[axis] ?? 1) * size, (from * (sizes[axis] ?? 1) + (inside[axis] ?? 1)) * size), start * size);
    else for (let i = 0; i < (inside[axis] ?? 1); i += 1) copy(axis + 1, from * (sizes[axis] ?? 1) + i, start + i);
  };
  copy(0, 0, 0);
}
