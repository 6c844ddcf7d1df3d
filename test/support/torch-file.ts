/** Writes Python's pickles and torch.save's files, as real programs write them and as they must not be. */
import { zipSync, type Zippable } from 'fflate';

/** What is pickled. Lists of TypeScript are tuples. */
export type Py =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly Py[]
  | { readonly list: readonly Py[] }
  | { readonly dict: readonly (readonly [Py, Py])[] }
  | { readonly global: string }
  | { readonly call: Py; readonly args: readonly Py[]; readonly state?: Py }
  | { readonly persistent: Py }
  /** Opcodes as they are. */
  | { readonly raw: readonly number[] };

function u32(value: number): readonly number[] {
  return [0, 8, 16, 24].map((shift) => (value >>> shift) & 255);
}

function ascii(text: string): readonly number[] {
  return [...Buffer.from(text, 'utf8')];
}

const code = (char: string): number => char.charCodeAt(0);

function float(value: number): readonly number[] {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return [code('G'), ...new Uint8Array(view.buffer)];
}

function encode(value: Py): readonly number[] {
  if (value === null) return [code('N')];
  if (typeof value === 'boolean') return [value ? 0x88 : 0x89];
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? [code('J'), ...u32(value)] : float(value);
  if (typeof value === 'string') return [code('X'), ...u32(Buffer.byteLength(value)), ...ascii(value)];
  if (value instanceof Uint8Array) return [code('B'), ...u32(value.length), ...value];
  if (Array.isArray(value)) return [code('('), ...(value as readonly Py[]).flatMap(encode), code('t')];
  const object = value as Exclude<Py, null | boolean | number | string | Uint8Array | readonly Py[]>;
  if ('list' in object) return [code(']'), code('('), ...object.list.flatMap(encode), code('e')];
  if ('dict' in object)
    return [code('}'), code('('), ...object.dict.flatMap(([key, entry]) => [...encode(key), ...encode(entry)]), code('u')];
  if ('global' in object) {
    const at = object.global.lastIndexOf('.');
    return [code('c'), ...ascii(`${object.global.slice(0, at)}\n${object.global.slice(at + 1)}\n`)];
  }
  if ('persistent' in object) return [...encode(object.persistent), code('Q')];
  if ('raw' in object) return object.raw;
  const state = object.state === undefined ? [] : [...encode(object.state), code('b')];
  return [...encode(object.call), ...encode(object.args), code('R'), ...state];
}

export function pickled(value: Py): Uint8Array {
  return Uint8Array.from([0x80, 2, ...encode(value), code('.')]);
}

export interface StorageSpec {
  readonly key: string;
  /** FloatStorage and its like. */
  readonly type: string;
  /** In elements; what the pickle says. */
  readonly count: number;
  readonly bytes: Uint8Array;
}

export function floats(key: string, ...values: readonly number[]): StorageSpec {
  const bytes = new Uint8Array(Float32Array.from(values).buffer);
  return { key, type: 'FloatStorage', count: values.length, bytes };
}

export function storageOf({ key, type, count }: StorageSpec): Py {
  return { persistent: ['storage', { global: type.includes('.') ? type : `torch.${type}` }, key, 'cpu', count] };
}

/** A view of a storage; row-major from its beginning unless said otherwise. */
export function tensorOf(storage: StorageSpec, sizes: readonly number[], strides?: readonly number[], offset = 0): Py {
  const plain = sizes.map((_, axis) => sizes.slice(axis + 1).reduce((product, size) => product * size, 1));
  const hooks: Py = { call: { global: 'collections.OrderedDict' }, args: [] };
  return { call: { global: 'torch._utils._rebuild_tensor_v2' }, args: [storageOf(storage), offset, sizes, strides ?? plain, false, hooks] };
}

export function dictOf(entries: Readonly<Record<string, Py>>): Py {
  return { dict: Object.entries(entries) };
}

export interface ZipOptions {
  readonly folder?: string;
  readonly members?: Readonly<Record<string, Uint8Array>>;
  /** 0 stores, as torch does. */
  readonly level?: 0 | 6;
}

/** torch.save's container since 1.6. */
export function torchZip(
  root: Py,
  storages: readonly StorageSpec[],
  { folder = 'archive', members = {}, level = 0 }: ZipOptions = {},
): Uint8Array {
  const files: Zippable = { [`${folder}/data.pkl`]: pickled(root) };
  for (const { key, bytes } of storages) files[`${folder}/data/${key}`] = bytes;
  return zipSync({ ...files, [`${folder}/version`]: Buffer.from('3\n'), ...members }, { level, mtime: new Date(2020, 1, 1) });
}

const MAGIC: Py = { raw: [0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19] };

function i64(value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigInt64(0, BigInt(value), true);
  return new Uint8Array(view.buffer);
}

/** torch.save's stream before. */
export function torchLegacy(root: Py, storages: readonly StorageSpec[]): Uint8Array {
  const system = dictOf({ protocol_version: 1001, little_endian: true, type_sizes: dictOf({ short: 2, int: 4, long: 4 }) });
  const keys: Py = { list: storages.map(({ key }) => key) };
  const parts = [...[MAGIC, 1001, system, root, keys].map(pickled), ...storages.flatMap(({ count, bytes }) => [i64(count), bytes])];
  return Uint8Array.from(Buffer.concat(parts));
}
