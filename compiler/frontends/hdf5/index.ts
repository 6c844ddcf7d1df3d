/**
 * HDF5 files as h5py writes them: groups, datasets of numbers and attributes of text and numbers. Superblocks 0 to 3, groups with symbol
 * tables and link messages, contiguous, compact and chunked storage with gzip and shuffle. Nothing outside the file is read, and work,
 * depth and sizes are limited before anything is allocated.
 */
import { fail } from '../../support/diagnostics.ts';
import { tensorFile, type StoredTensor, type TensorFile } from '../tensor-file.ts';
import { readAttribute, type AttributeValue } from './attribute.ts';
import { readDataset } from './dataset.ts';
import type { Hdf5Source } from './file.ts';
import { readLinks } from './group.ts';
import { MESSAGE, readMessages } from './object-header.ts';
import { openSuperblock } from './superblock.ts';

export { isHdf5 } from './superblock.ts';
export type { AttributeValue } from './attribute.ts';

export interface Hdf5Object {
  /** `/` for the root, `/l1/bconv` for others. */
  readonly path: string;
  readonly attributes: ReadonlyMap<string, AttributeValue>;
  /** By name, in the order of the file; undefined for what is no group. */
  readonly children: ReadonlyMap<string, Hdf5Object> | undefined;
  /** Undefined for what is no dataset of numbers. */
  readonly tensor: StoredTensor | undefined;
}

const DEEPEST_GROUP = 64;
const MOST_OBJECTS = 65_536;

interface Walk {
  readonly source: Hdf5Source;
  /** Object headers that contain the one that is read. */
  readonly above: ReadonlySet<number>;
  readonly count: { objects: number };
}

/** @throws UserError BNN1003 for damage, BNN1010 for parts of the format that are not read */
export function openHdf5(bytes: Uint8Array, file: string): Hdf5Object {
  const { source, root } = openSuperblock(bytes, file);
  return readObject({ source, above: new Set(), count: { objects: 0 } }, root, '');
}

function readObject(walk: Walk, at: number, path: string): Hdf5Object {
  const { source, above, count } = walk;
  const shown = path === '' ? '/' : path;
  count.objects += 1;
  if (count.objects > MOST_OBJECTS || above.size > DEEPEST_GROUP)
    source.refuse(`"${source.file}" has more groups and datasets than any model`);
  const messages = readMessages(source, at, shown);
  const attributes = new Map<string, AttributeValue>();
  for (const message of messages) {
    if (message.type !== MESSAGE.attribute || message.shared) continue;
    const { name, value } = readAttribute(source, message, shown);
    attributes.set(name, value);
  }
  const links = readLinks(source, messages, shown);
  if (links === undefined) return { path: shown, attributes, children: undefined, tensor: readDataset(source, messages, shown) };
  const inside = { ...walk, above: new Set([...above, at]) };
  const children = new Map<string, Hdf5Object>();
  // A group that contains one that it stands in is left out there: the tree is finite.
  for (const { name, target } of links) if (!inside.above.has(target)) children.set(name, readObject(inside, target, `${path}/${name}`));
  return { path: shown, attributes, children, tensor: undefined };
}

/** Every dataset of numbers, by its path: `/l1/bconv/W`. */
export function readHdf5Tensors(bytes: Uint8Array, file: string): TensorFile {
  const tensors: StoredTensor[] = [];
  const collect = ({ tensor, children }: Hdf5Object): void => {
    if (tensor !== undefined) tensors.push(tensor);
    children?.forEach(collect);
  };
  collect(openHdf5(bytes, file));
  if (tensors.length === 0)
    return fail({ code: 'BNN1009', message: `"${file}" holds no datasets of numbers.`, origin: { file, path: '/' } });
  return tensorFile(file, tensors);
}
