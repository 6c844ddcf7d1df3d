/** Constant tensors of an ONNX file: their element types and how they are read from every storage form. */
import { elementCount } from '../../ir/encoding.ts';
import { fail, type Origin } from '../../support/diagnostics.ts';
import type { SideFiles } from '../frontend.ts';
import { TensorProto_DataLocation as Location, type SparseTensorProto, type TensorProto } from './onnx_pb.ts';
import { MOST_ELEMENTS, stridesOf } from './indexing.ts';
import { STORED, storedTypeName, whyUnreadable, type ConstantData, type ElementType } from './stored-types.ts';

export type { ConstantData, ElementType };

/** A tensor whose elements are known: row-major, in the file's own dimension order. */
export interface Constant {
  readonly kind: 'constant';
  readonly element: ElementType;
  readonly shape: readonly number[];
  readonly data: ConstantData;
}

const ALLOCATE: { readonly [E in ElementType]: (length: number) => ConstantData } = {
  float32: (length) => new Float32Array(length),
  float64: (length) => new Float64Array(length),
  int8: (length) => new Int8Array(length),
  uint8: (length) => new Uint8Array(length),
  int16: (length) => new Int16Array(length),
  uint16: (length) => new Uint16Array(length),
  int32: (length) => new Int32Array(length),
  uint32: (length) => new Uint32Array(length),
  int64: (length) => new Float64Array(length),
  uint64: (length) => new Float64Array(length),
  bool: (length) => new Uint8Array(length),
};

/** Zeros. Storing into the array rounds to float32 or wraps to the integer's width. */
export function allocate(element: ElementType, length: number): ConstantData {
  return ALLOCATE[element](length);
}

export function constant(element: ElementType, shape: readonly number[], data: ConstantData): Constant {
  return { kind: 'constant', element, shape, data };
}

export function int64s(values: readonly number[]): Constant {
  return constant('int64', [values.length], Float64Array.from(values));
}

export function isFloat(element: ElementType): boolean {
  return element === 'float32' || element === 'float64';
}

/** What stands in the way of a tensor, as a problem of its place. */
type Refuse = (what: string, help?: string) => never;

function refuseFor(name: string, origin: Origin): Refuse {
  return (what, help) =>
    fail({ code: 'BNN1009', message: `the tensor "${name}" ${what}.`, origin, ...(help === undefined ? {} : { help }) });
}

/**
 * Reads an initializer or the value of a Constant node from raw, typed or external data.
 * Nothing is allocated before the stored length has been compared with the shape.
 * @throws UserError BNN1009 for unreadable types and for data shorter or longer than the shape says
 */
export function readTensor(tensor: TensorProto, side: SideFiles, origin: Origin): Constant {
  const refuse: Refuse = refuseFor(tensor.name, origin);
  const type = STORED.get(tensor.dataType);
  if (type === undefined)
    return refuse(`has elements of type ${storedTypeName(tensor.dataType)}, which cannot be read: ${whyUnreadable(tensor.dataType)}`);
  const shape = tensor.dims.map(Number);
  const count = elementCount(shape);
  const stated = `[${shape.join(', ')}]`;
  if (shape.some((size) => size < 0) || !Number.isSafeInteger(count)) return refuse(`has the impossible shape ${stated}`);

  const bytes = Math.ceil((count * type.bits) / 8);
  const external = tensor.dataLocation === Location.EXTERNAL;
  const raw = external ? readExternal(tensor, bytes, side, refuse) : tensor.rawData;
  // Two elements of 4 bits share a byte, or an entry of the typed field.
  const perUnit = type.bits === 4 ? 2 : 1;
  const unitBytes = Math.max(1, type.bits / 8);
  const fromBits = type.fromBits ?? ((stored: number): number => stored);
  const fill = (unit: (index: number) => number): Constant => {
    const data = allocate(type.element, count);
    for (let i = 0; i < count; i += 1) data[i] = unit(i);
    return constant(type.element, shape, data);
  };
  if (external || raw.length > 0) {
    if (raw.length !== bytes) return refuse(`has ${raw.length} bytes of data where ${stated} ${type.name} needs ${bytes}`);
    const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
    if (perUnit === 1) return fill((i) => type.read(view, i * unitBytes));
    return fill((i) => fromBits(type.read(view, i >> 1) >> (4 * (i % 2))));
  }
  const stored = type.field(tensor);
  const units = Math.ceil(count / perUnit);
  if (stored.length !== units) return refuse(`has ${stored.length} elements of data where ${stated} ${type.name} needs ${units}`);
  if (perUnit === 1) return fill((i) => fromBits(Number(stored[i])));
  return fill((i) => fromBits(Number(stored[i >> 1]) >> (4 * (i % 2))));
}

/**
 * Reads a tensor of which only some elements are stored; the others are 0.
 * @throws UserError BNN1009, as `readTensor` does, and for places outside the shape
 */
export function readSparseTensor(sparse: SparseTensorProto, side: SideFiles, origin: Origin): Constant {
  const name = sparse.values?.name ?? '';
  const refuse: Refuse = refuseFor(name, origin);
  if (sparse.values === undefined || sparse.indices === undefined) return refuse('is sparse and lacks its values or their places');
  const shape = sparse.dims.map(Number);
  const count = elementCount(shape);
  if (shape.some((size) => size < 0) || !(count <= MOST_ELEMENTS))
    return refuse(`is sparse with the shape [${shape.join(', ')}]; up to ${MOST_ELEMENTS} elements are made of a sparse tensor`);
  const values = readTensor(sparse.values, side, origin);
  const indices = readTensor(sparse.indices, side, origin);
  const stored = values.data.length;
  const perPlace = indices.shape.length === 2 ? shape.length : 1;
  if (indices.data.length !== stored * perPlace) return refuse(`is sparse with ${stored} values and ${indices.data.length} indices`);
  const strides = perPlace === 1 ? [1] : stridesOf(shape);
  const sizes = perPlace === 1 ? [count] : shape;
  const data = allocate(values.element, count);
  for (let i = 0; i < stored; i += 1) {
    let place = 0;
    for (let axis = 0; axis < perPlace; axis += 1) {
      const at = indices.data[i * perPlace + axis] ?? -1;
      if (!(at >= 0 && at < (sizes[axis] ?? 0))) return refuse(`is sparse and has a value at index ${at}, outside [${shape.join(', ')}]`);
      place += at * (strides[axis] ?? 0);
    }
    data[place] = values.data[i] ?? 0;
  }
  return constant(values.element, shape, data);
}

function readExternal(tensor: TensorProto, needed: number, side: SideFiles, refuse: Refuse): Uint8Array {
  const entry = (key: string): string | undefined => tensor.externalData.find((pair) => pair.key === key)?.value;
  const location = entry('location') ?? '';
  const whole = (key: string, fallback: number): number => {
    const value = Number(entry(key) ?? fallback);
    return Number.isSafeInteger(value) && value >= 0 ? value : refuse(`states the ${key} "${entry(key)}" for its external data`);
  };
  if (location === '' || location.startsWith('/') || /^[A-Za-z]:|\\/.test(location) || location.split('/').includes('..')) {
    return refuse(`keeps its data in "${location}", outside the model's folder`, 'Save the model again with its external data beside it.');
  }
  const offset = whole('offset', 0);
  const length = whole('length', needed);
  if (length !== needed) return refuse(`states ${length} bytes of external data where its shape needs ${needed}`);
  if (length === 0) return new Uint8Array(0);
  return (
    side.read(location, offset, length) ??
    refuse(
      `keeps bytes ${offset} to ${offset + length} of "${location}", and there is no such file beside the model or it is shorter`,
      `Copy "${location}" into the folder of the model.`,
    )
  );
}
