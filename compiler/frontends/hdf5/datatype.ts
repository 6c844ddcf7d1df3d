/** Datatype and dataspace messages (HDF5 File Format Specification 3.0, IV.A.2.b and d). */
import type { ByteReader } from '../../support/byte-reader.ts';
import type { ElementType } from '../../support/elements.ts';
import { unsigned, type Layout } from './file.ts';

export type Datatype =
  | { readonly kind: 'number'; readonly size: number; readonly element: ElementType; readonly littleEndian: boolean }
  /** Text of `size` bytes, ended by a 0 or padded. */
  | { readonly kind: 'text'; readonly size: number; readonly padding: 'zeros' | 'spaces' }
  /** Text of any length in the global heap. */
  | { readonly kind: 'heap-text'; readonly size: number }
  | { readonly kind: 'other'; readonly size: number; readonly name: string };

const CLASSES = ['integer', 'float', 'time', 'text', 'bit field', 'opaque', 'compound', 'reference', 'enumeration', 'sequence', 'array'];
const INTEGERS: Readonly<Record<number, readonly [signed: ElementType, unsigned: ElementType]>> = {
  1: ['int8', 'uint8'],
  2: ['int16', 'uint16'],
  4: ['int32', 'uint32'],
  8: ['int64', 'uint64'],
};
const BFLOAT_EXPONENT_BITS = 8;

export function readDatatype(reader: ByteReader): Datatype {
  const first = reader.u8('a datatype');
  const bits = unsigned(reader, 3, 'the bits of a datatype');
  const size = reader.u32('the size of a datatype');
  const other: Datatype = { kind: 'other', size, name: CLASSES[first & 15] ?? `class ${first & 15}` };
  const littleEndian = (bits & 1) === 0;
  switch (first & 15) {
    case 0: {
      const element = INTEGERS[size]?.[(bits & 8) !== 0 ? 0 : 1];
      return element === undefined ? other : { kind: 'number', size, element, littleEndian };
    }
    case 1: {
      reader.skip(5, 'the bits of a float');
      const exponentBits = reader.u8('the bits of a float');
      const narrow = exponentBits === BFLOAT_EXPONENT_BITS ? 'bfloat16' : 'float16';
      const element = ([undefined, undefined, narrow, undefined, 'float32', undefined, undefined, undefined, 'float64'] as const)[size];
      return element === undefined || (bits & 0x40) !== 0 ? other : { kind: 'number', size, element, littleEndian };
    }
    case 3:
      return { kind: 'text', size, padding: (bits & 15) === 2 ? 'spaces' : 'zeros' };
    case 8: {
      // Truth values are an enumeration of bytes.
      const base = readDatatype(reader);
      return base.kind === 'number' && base.size === 1 ? { ...base, element: 'bool' } : other;
    }
    case 9:
      return (bits & 15) === 1 ? { kind: 'heap-text', size } : other;
    default:
      return other;
  }
}

/** Sizes of a dataset or attribute: [] for a single element, null for none at all. */
export function readDataspace(reader: ByteReader, { lengthWidth }: Layout): readonly number[] | null {
  const version = reader.u8('the version of a dataspace');
  if (version !== 1 && version !== 2) return reader.fail(`a dataspace has version ${version}; 1 and 2 are possible`);
  const rank = reader.u8('the number of dimensions');
  reader.skip(1, 'the flags of a dataspace');
  const isNull = version === 2 ? reader.u8('the kind of a dataspace') === 2 : false;
  if (version === 1) reader.skip(5, 'a dataspace');
  if (rank > 32) return reader.fail(`a dataspace has ${rank} dimensions; 32 are possible`);
  const sizes = Array.from({ length: rank }, () => unsigned(reader, lengthWidth, 'the size of a dimension'));
  return isNull ? null : sizes;
}
