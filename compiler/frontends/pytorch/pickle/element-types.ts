/** What torch and numpy call types of elements. */
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

/** numpy's kind and size; `U` and `O` and the like are not numbers. */
export const NUMPY_DTYPES: ReadonlyMap<string, ElementType> = new Map<string, ElementType>([
  ['b1', 'bool'],
  ['i1', 'int8'],
  ['u1', 'uint8'],
  ['i2', 'int16'],
  ['u2', 'uint16'],
  ['i4', 'int32'],
  ['u4', 'uint32'],
  ['i8', 'int64'],
  ['u8', 'uint64'],
  ['f2', 'float16'],
  ['f4', 'float32'],
  ['f8', 'float64'],
]);
