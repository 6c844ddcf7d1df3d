/** What a pickle can hold here: plain data, and descriptions of tensors. Nothing in it can act. */
import type { ElementType } from '../../../support/elements.ts';

export type PickleValue = null | boolean | number | bigint | string | Uint8Array | PickleObject;

export type PickleObject =
  | PickleList
  | PickleTuple
  | PickleDict
  | PickleGlobal
  | PickleDType
  | StorageReference
  | TensorReference
  | PickledArray
  | { readonly kind: 'bag'; readonly type: string };

export interface PickleList {
  readonly kind: 'list';
  readonly items: PickleValue[];
}

export interface PickleTuple {
  readonly kind: 'tuple';
  readonly items: readonly PickleValue[];
}

export interface PickleDict {
  readonly kind: 'dict';
  /** In the order of insertion; keys that are objects count by identity. */
  readonly entries: Map<PickleValue, PickleValue>;
}

/** A class or function that the pickle names, as `torch._utils._rebuild_tensor_v2`. Only a name. */
export interface PickleGlobal {
  readonly kind: 'global';
  readonly name: string;
  /** Byte of the file that names it first. */
  readonly byte: number;
}

/** Type of elements; `element` is null for one that bnnc has no use for (complex, quantized), and for tensors that are more than elements (sparse). */
export interface PickleDType {
  readonly kind: 'dtype';
  readonly name: string;
  readonly element: ElementType | null;
  littleEndian: boolean;
}

/** Elements that stand elsewhere in the file, by their key. */
export interface StorageReference {
  readonly kind: 'storage';
  readonly key: string;
  readonly type: PickleDType;
  /** Elements, of `type`. */
  readonly count: number;
  /** Elements of the storage with this key that lie before it. */
  readonly offset: number;
}

export interface TensorReference {
  readonly kind: 'tensor';
  readonly storage: StorageReference;
  readonly type: PickleDType;
  /** In elements; so are the strides. */
  readonly offset: number;
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
  /** Byte of the pickle that makes it. */
  readonly byte: number;
}

/** A numpy array: its elements stand in the pickle. Filled in when its state is read. */
export interface PickledArray {
  readonly kind: 'array';
  type: PickleDType | null;
  sizes: readonly number[];
  columnMajor: boolean;
  bytes: Uint8Array;
  readonly byte: number;
}

export function isObject(value: PickleValue | undefined): value is PickleObject {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array);
}

export function itemsOf(value: PickleValue | undefined): readonly PickleValue[] | undefined {
  return isObject(value) && (value.kind === 'tuple' || value.kind === 'list') ? value.items : undefined;
}

export function tuple(...items: readonly PickleValue[]): PickleTuple {
  return { kind: 'tuple', items };
}

/** For a message: what kind of thing it is, with its value where that is short. */
export function describeValue(value: PickleValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'None';
  if (value === true || value === false) return value ? 'True' : 'False';
  if (typeof value === 'string') return value.length > 80 ? 'a text' : `"${value}"`;
  if (typeof value === 'number') return `${value}`;
  if (typeof value === 'bigint') return 'a large integer';
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (value.kind === 'global' || value.kind === 'dtype') return value.name;
  if (value.kind === 'bag') return `a ${value.type}`;
  if (value.kind === 'tuple' && value.items.length <= 8 && value.items.every((item) => typeof item === 'number'))
    return `(${value.items.join(', ')})`;
  return `a ${value.kind}`;
}
