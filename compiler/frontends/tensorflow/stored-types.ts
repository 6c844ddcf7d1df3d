/** Element types by their number in tensorflow/core/framework/types.proto. */
import type { ElementType } from '../../support/elements.ts';

const TYPES: ReadonlyMap<number, ElementType> = new Map([
  [1, 'float32'],
  [2, 'float64'],
  [3, 'int32'],
  [4, 'uint8'],
  [5, 'int16'],
  [6, 'int8'],
  [9, 'int64'],
  [10, 'bool'],
  [14, 'bfloat16'],
  [17, 'uint16'],
  [19, 'float16'],
  [22, 'uint32'],
  [23, 'uint64'],
]);

const OTHERS: ReadonlyMap<number, string> = new Map([
  [7, 'string'],
  [8, 'complex64'],
  [11, 'qint8'],
  [12, 'quint8'],
  [13, 'qint32'],
  [15, 'qint16'],
  [16, 'quint16'],
  [18, 'complex128'],
  [20, 'resource'],
  [21, 'variant'],
]);

const REFERENCE = 100;
const REFERENCES_END = 200;

/** A reference to a variable has the number of its elements' type plus 100. */
function plain(dtype: number): number {
  return dtype > REFERENCE && dtype < REFERENCES_END ? dtype - REFERENCE : dtype;
}

/** Undefined for types whose elements bnnc does not read. */
export function elementOf(dtype: number): ElementType | undefined {
  return TYPES.get(plain(dtype));
}

export function typeName(dtype: number): string {
  return TYPES.get(plain(dtype)) ?? OTHERS.get(plain(dtype)) ?? `number ${dtype}`;
}

export const FLOAT = 1;
export const BOOL = 10;
