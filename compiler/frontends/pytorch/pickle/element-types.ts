/** What torch calls types of elements. */
import type { ElementType } from '../../../support/elements.ts';

/** torch.float32 and its other names; `torch/_C/_DType` has them in pairs. */
export const TORCH_DTYPES: ReadonlyMap<string, ElementType | null> = new Map<string, ElementType | null>([
  ['float16', 'float16'],
  ['half', 'float16'],
  ['bfloat16', 'bfloat16'],
  ['float32', 'float32'],
  ['float', 'float32'],
  ['float64', 'float64'],
  ['double', 'float64'],
  ['bool', 'bool'],
  ['int8', 'int8'],
  ['uint8', 'uint8'],
  ['int16', 'int16'],
  ['short', 'int16'],
  ['uint16', 'uint16'],
  ['int32', 'int32'],
  ['int', 'int32'],
  ['uint32', 'uint32'],
  ['int64', 'int64'],
  ['long', 'int64'],
  ['uint64', 'uint64'],
  ['complex32', null],
  ['complex64', null],
  ['complex128', null],
  ['qint8', null],
  ['quint8', null],
  ['qint32', null],
  ['float8_e4m3fn', null],
  ['float8_e5m2', null],
]);

/** Of torch.FloatStorage and its like; those without a type hold bytes. */
export const STORAGE_TYPES: ReadonlyMap<string, ElementType | null> = new Map<string, ElementType | null>([
  ['HalfStorage', 'float16'],
  ['BFloat16Storage', 'bfloat16'],
  ['FloatStorage', 'float32'],
  ['DoubleStorage', 'float64'],
  ['BoolStorage', 'bool'],
  ['CharStorage', 'int8'],
  ['ByteStorage', 'uint8'],
  ['ShortStorage', 'int16'],
  ['IntStorage', 'int32'],
  ['LongStorage', 'int64'],
  ['UntypedStorage', 'uint8'],
  ['ComplexFloatStorage', null],
  ['ComplexDoubleStorage', null],
  ['QInt8Storage', null],
  ['QUInt8Storage', null],
  ['QInt32Storage', null],
]);
