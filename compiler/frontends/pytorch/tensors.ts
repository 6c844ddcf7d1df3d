/** Tensors of torch as stored tensors: views of storages with an offset and strides, and arrays of numpy. */
import { elementCount } from '../../ir/encoding.ts';
import type { Origin, Problem } from '../../support/diagnostics.ts';
import { decodeElements, elementBytes, emptyElements, type ElementData, type ElementType } from '../../support/elements.ts';
import { columnMajorStrides, gather, isRowMajor, lastIndex, rowMajorStrides, type View } from '../../support/strided.ts';
import type { StoredTensor } from '../tensor-file.ts';
import type { PickledArray, TensorReference } from './pickle/value.ts';
import type { TorchFile } from './torch-file.ts';

/** Elements of one tensor, and of all that a file says it has: views can be far larger than what they view. */
const MOST_OF_ONE = 2 ** 26;
const MOST_OF_ALL = 2 ** 27;

const PLAIN = 'Save it as plain numbers: what tensor.float(), tensor.dequantize() or tensor.to_dense() gives.';

/** A tensor or why it cannot be read. */
export type Decoded = { readonly tensor: StoredTensor } | { readonly problem: Problem };

interface StoredView extends View {
  readonly bytes: Uint8Array;
  readonly element: ElementType;
  readonly littleEndian: boolean;
}

/** Row-major elements of a view that begins with the first byte. */
function readView({ bytes, element, littleEndian, sizes, strides }: StoredView): ElementData {
  const count = elementCount(sizes);
  const size = elementBytes(element);
  const view = { sizes, strides };
  if (count === 0 || isRowMajor(view)) return decodeElements(bytes.subarray(0, count * size), element, littleEndian);
  const stored = decodeElements(bytes.subarray(0, (lastIndex(view) + 1) * size), element, littleEndian);
  return gather(stored, view, emptyElements(element, count));
}

export class TensorReader {
  readonly #file: TorchFile;
  #elements = 0;

  constructor(file: TorchFile) {
    this.#file = file;
  }

  read(name: string, value: TensorReference | PickledArray): Decoded {
    const { place } = this.#file;
    const origin: Origin = { file: place.file, path: `tensor "${name}"`, position: { byte: value.byte } };
    const problem = (message: string, help?: string): Decoded => ({
      problem: {
        code: 'BNN1009',
        message: `the tensor "${name}" ${message}.`,
        origin,
        details: [`shape  [${value.sizes.join(', ')}]`],
        ...(help === undefined ? {} : { help }),
      },
    });
    const count = elementCount(value.sizes);
    // A product of hostile sizes may also be NaN.
    if (!(count <= MOST_OF_ONE)) return problem(`is too large: it has more than ${MOST_OF_ONE} elements`);
    this.#elements += count;
    if (this.#elements > MOST_OF_ALL) return problem(`is one too many: all tensors together have more than ${MOST_OF_ALL} elements`);
    const element = value.type?.element ?? null;
    if (element === null) return problem(`is of type ${value.type?.name ?? 'unknown'}, which bnnc cannot read`, PLAIN);
    const found = value.kind === 'tensor' ? this.#stored(value, element) : this.#pickled(value, element);
    if (typeof found === 'string') return problem(found);
    const { view, byte } = found;
    const at: Origin = byte === null ? origin : { ...origin, position: { byte } };
    return { tensor: { name, element, shape: value.sizes, origin: at, read: () => readView(view) } };
  }

  #stored({ storage, offset, sizes, strides }: TensorReference, element: ElementType): string | { view: StoredView; byte: number | null } {
    const content = this.#file.storage(storage.key);
    if (content === undefined) return `lies in storage "${storage.key}", which the file does not have`;
    const size = elementBytes(element);
    const unit = storage.type.element === null ? size : elementBytes(storage.type.element);
    const [start, end] = [storage.offset * unit, (storage.offset + storage.count) * unit];
    if (end > content.bytes.length)
      return `lies in storage "${storage.key}", which has ${content.bytes.length} bytes where its type and size need ${end}`;
    const first = start + offset * size;
    const empty = sizes.includes(0);
    const last = lastIndex({ sizes, strides, offset });
    if (!empty && start + (last + 1) * size > end)
      return `reaches beyond storage "${storage.key}": element ${last} of ${Math.floor((end - start) / size)}`;
    const bytes = empty ? new Uint8Array(0) : content.bytes.subarray(first, end);
    const view = { bytes, element, littleEndian: this.#file.littleEndian, sizes, strides };
    return { view, byte: content.byte === null ? null : content.byte + first };
  }

  #pickled({ bytes, sizes, columnMajor: byColumns, type }: PickledArray, element: ElementType): string | { view: StoredView; byte: null } {
    const need = elementCount(sizes) * elementBytes(element);
    if (bytes.length !== need) return `has ${bytes.length} bytes of elements where its shape needs ${need}`;
    const strides = byColumns ? columnMajorStrides(sizes) : rowMajorStrides(sizes);
    return { view: { bytes, element, littleEndian: type?.littleEndian !== false, sizes, strides }, byte: null };
  }
}
