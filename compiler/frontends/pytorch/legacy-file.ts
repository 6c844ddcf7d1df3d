/**
 * torch.save before PyTorch 1.6: five pickles one after the other (a magic number, protocol 1001, a description of the computer, the object,
 * the keys of its storages), then each storage as an int64 count and its elements, little-endian. The storages come in the order of the keys.
 */
import { ByteReader } from '../../support/byte-reader.ts';
import { fail } from '../../support/diagnostics.ts';
import { elementBytes } from '../../support/elements.ts';
import type { ZipContent } from '../../support/zip.ts';
import { unpickle, type Persistent, type Unpickled } from './pickle/unpickle.ts';
import { itemsOf, type StorageReference } from './pickle/value.ts';
import { readPersistent, type TorchFile } from './torch-file.ts';

/** Of torch/serialization.py; it has no other meaning. */
const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;

const noPersistent: Persistent = (_id, _byte, machine) => machine.fail('the pickle refers to storages before the object begins');

function readKeys(pickled: Unpickled, file: string, byte: number): readonly string[] {
  const keys = itemsOf(pickled.value)?.map((key) => (typeof key === 'number' ? String(key) : key));
  if (keys?.every((key): key is string => typeof key === 'string') === true) return keys;
  return fail({
    code: 'BNN1003',
    message: 'behind the object there is no list of the keys of its storages.',
    origin: { file, path: 'keys of the storages', position: { byte } },
  });
}

function readStorages(
  bytes: Uint8Array,
  file: string,
  start: number,
  keys: readonly string[],
  declared: ReadonlyMap<string, StorageReference>,
): ReadonlyMap<string, ZipContent> {
  const reader = new ByteReader(bytes, { file, path: 'storages' }, { start });
  const storages = new Map<string, ZipContent>();
  for (const key of keys) {
    const at = reader.offset;
    const { type, count } = declared.get(key) ?? reader.fail(`there is a storage "${key}" that the object does not use`);
    const stored = reader.i64(`the size of storage "${key}"`);
    if (stored !== count) reader.fail(`storage "${key}" has ${stored} elements, and the object says ${count}`, undefined, at);
    const element = type.element ?? reader.fail(`storage "${key}" is a ${type.name}, whose elements bnnc cannot read`, undefined, at);
    reader.expect(count, elementBytes(element), `storage "${key}"`);
    const byte = reader.offset;
    storages.set(key, { bytes: reader.take(count * elementBytes(element), `storage "${key}"`), byte });
  }
  return storages;
}

/**
 * Also a bare pickle, as pickle.dump writes it: it can hold numpy arrays, which need no storages.
 * @throws UserError BNN1003, BNN1010
 */
export function readLegacyFile(bytes: Uint8Array, file: string): TorchFile {
  const place = { file, path: 'pickle' };
  const declared = new Map<string, StorageReference>();
  const persistent = readPersistent(declared);
  const first = unpickle(bytes, place, persistent);
  if (first.value !== MAGIC) return { root: first.value, refused: first.refused, place, littleEndian: true, storage: () => undefined };
  const protocol = unpickle(bytes, { file, path: 'protocol' }, noPersistent, first.end);
  if (protocol.value !== PROTOCOL) {
    return fail({
      code: 'BNN1010',
      message: 'the file is of a version of torch.save that is not known.',
      origin: { file, path: 'protocol', position: { byte: first.end } },
      details: [`wanted  ${PROTOCOL}`],
    });
  }
  const system = unpickle(bytes, { file, path: 'description of the computer' }, noPersistent, protocol.end);
  const object = unpickle(bytes, place, persistent, system.end);
  const keys = unpickle(bytes, { file, path: 'keys of the storages' }, noPersistent, object.end);
  // Of a file that is refused anyway the storages would only bring a second, less useful message.
  const storages =
    object.refused.size > 0
      ? new Map<string, ZipContent>()
      : readStorages(bytes, file, keys.end, readKeys(keys, file, object.end), declared);
  return { root: object.value, refused: object.refused, place, littleEndian: true, storage: (key) => storages.get(key) };
}
