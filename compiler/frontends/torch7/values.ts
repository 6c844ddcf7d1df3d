/** What a Torch7 file holds: Lua's values, and Torch's tensors and storages. */
import type { ElementData, ElementType } from '../../support/elements.ts';

/** A Lua table; keys that are neither text nor numbers are left out. */
export interface Table {
  readonly kind: 'table';
  /** Byte of the file where it begins. */
  readonly at: number;
  readonly entries: Map<string | number, Value>;
}

/** An object of a class without a form of its own, such as all modules of nn: `fields` are a table in a whole file. */
export interface Instance {
  readonly kind: 'instance';
  readonly at: number;
  readonly className: string;
  readonly version: number;
  /** Set once it has been read: a field may refer to the object itself. */
  fields: Value;
}

/** Elements in a row; tensors are views of it. */
export interface StorageObject {
  readonly kind: 'storage';
  readonly at: number;
  readonly className: string;
  readonly element: ElementType;
  readonly count: number;
  /** Elements [start, start + count), of which the storage has enough. */
  readonly read: (start: number, count: number) => ElementData;
}

export interface TensorObject {
  readonly kind: 'tensor';
  readonly at: number;
  readonly className: string;
  readonly element: ElementType;
  readonly sizes: readonly number[];
  /** In elements. */
  readonly strides: readonly number[];
  /** Index of the first element in the storage, from 0. */
  readonly offset: number;
  /** Null where it is empty. Set once it has been read. */
  storage: StorageObject | null;
}

/** A function of Lua: passed over, never executed. */
export interface FunctionObject {
  readonly kind: 'function';
  readonly at: number;
}

export type Compound = Table | Instance | StorageObject | TensorObject | FunctionObject;
export type Value = null | number | boolean | string | Compound;

export function isCompound(value: Value | undefined): value is Compound {
  return typeof value === 'object' && value !== null;
}

export function isInstance(value: Value | undefined): value is Instance {
  return isCompound(value) && value.kind === 'instance';
}

export function isTable(value: Value | undefined): value is Table {
  return isCompound(value) && value.kind === 'table';
}

/** The entries 1, 2, 3, … of a table, up to the first that is missing, as Lua's ipairs gives them. */
export function listOf(table: Table): readonly Value[] {
  const list: Value[] = [];
  for (let value = table.entries.get(1); value !== undefined && value !== null; value = table.entries.get(list.length + 1))
    list.push(value);
  return list;
}

const ELEMENTS: ReadonlyMap<string, ElementType> = new Map([
  ['Byte', 'uint8'],
  ['Char', 'int8'],
  ['Short', 'int16'],
  ['Int', 'int32'],
  ['Long', 'int64'],
  ['Half', 'float16'],
  ['Float', 'float32'],
  ['Double', 'float64'],
]);

/** Torch's classes with a form of their own. Those of graphics cards are stored as those of the processor. */
export function storedClass(className: string): { readonly kind: 'tensor' | 'storage'; readonly element: ElementType } | undefined {
  const [, card, type = '', word] = /^torch\.(Cuda|Cl)?([A-Z][a-z]+)?(Tensor|Storage)$/.exec(className) ?? [];
  const element = type === '' && card !== undefined ? 'float32' : ELEMENTS.get(type);
  return element === undefined || word === undefined ? undefined : { kind: word === 'Tensor' ? 'tensor' : 'storage', element };
}

/** Says what a value is, for messages. */
export function describeValue(value: Value | undefined): string {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'string') return `the text "${value}"`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  switch (value.kind) {
    case 'table':
      return 'a table';
    case 'function':
      return 'a function';
    case 'instance':
      return `an object of class ${value.className}`;
    case 'storage':
      return `a ${value.className} of ${value.count} elements`;
    case 'tensor':
      return `a ${value.className} of size ${value.sizes.length === 0 ? '0' : value.sizes.join('x')}`;
  }
}
