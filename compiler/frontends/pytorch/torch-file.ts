/** What torch.save wrote, in either of its containers: one pickled object, and storages that it refers to by key. */
import type { Place } from '../../support/byte-reader.ts';
import type { ZipContent } from '../../support/zip.ts';
import type { Machine } from './pickle/unpickle.ts';
import { describeValue, isObject, itemsOf, type PickleValue, type StorageReference } from './pickle/value.ts';

export interface TorchFile {
  readonly root: PickleValue;
  /** Classes that the pickle names and that are not read, with the byte where each is named. */
  readonly refused: ReadonlyMap<string, number>;
  /** Of the pickle. */
  readonly place: Place;
  readonly littleEndian: boolean;
  /** The bytes of a storage; undefined for a key that the file does not have. */
  readonly storage: (key: string) => ZipContent | undefined;
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/**
 * ('storage', type, key, location, elements[, (key of the view, offset, elements)]), as torch/serialization.py has persistent ids; where the
 * storage lay (cuda:0) does not matter. ('module', class, file, source) comes with classes of a pickled model.
 * @param declared gets each storage by its key
 */
export function readPersistent(declared: Map<string, StorageReference>): (id: PickleValue, byte: number, machine: Machine) => PickleValue {
  return (id, _byte, machine) => {
    const [what, type, key, , elements, view] = itemsOf(id) ?? [];
    if (what === 'module' && isObject(type) && type.kind === 'global') {
      machine.refuse(type.name);
      return type;
    }
    const name = typeof key === 'number' ? String(key) : key;
    if (what !== 'storage' || !isObject(type) || type.kind !== 'dtype' || typeof name !== 'string' || !isCount(elements))
      return machine.fail(
        `a persistent id of the pickle is ${describeValue(id)}, and torch.save has ("storage", type, key, location, elements)`,
      );
    const whole: StorageReference = { kind: 'storage', key: name, type, count: elements, offset: 0 };
    if (!declared.has(name)) declared.set(name, whole);
    if (view === undefined || view === null) return whole;
    const [, offset, count] = itemsOf(view) ?? [];
    if (!isCount(offset) || !isCount(count)) return machine.fail('a view of a storage is not (key, offset, elements)');
    return { ...whole, offset, count };
  };
}
