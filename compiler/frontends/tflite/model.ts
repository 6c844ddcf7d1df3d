/** What a `.tflite` file says: TensorFlow Lite's schema.fbs, version 3. */
import { elementCount } from '../../ir/encoding.ts';
import { fail, type Origin } from '../../support/diagnostics.ts';
import { MOST_WEIGHT_BYTES } from '../limits.ts';
import { FlatFile, type Table } from './flatbuffer.ts';
import { readFlexMap } from './flexbuffer.ts';

const IDENTIFIER = 'TFL3';
const VERSION = 3;
const CUSTOM = 32;
const MOST_AXES = 8;

export const FLOAT32 = 0;
export const INT32 = 2;
const INT64 = 4;

export const TYPE_NAMES: ReadonlyMap<number, string> = new Map([
  [0, 'float32'],
  [1, 'float16'],
  [2, 'int32'],
  [3, 'uint8'],
  [4, 'int64'],
  [5, 'string'],
  [6, 'bool'],
  [7, 'int16'],
  [9, 'int8'],
]);

export interface LiteTensor {
  readonly index: number;
  readonly name: string;
  readonly shape: readonly number[];
  /** The shape with -1 for sizes that may change; `shape` has 1 for them. */
  readonly signature: readonly number[];
  readonly type: number;
  readonly origin: Origin;
  /** What the file holds of it; null for a tensor that is computed. */
  readonly data: Uint8Array | null;
}

export interface LiteOperator {
  /** Of the builtin operators; null for a custom one. */
  readonly builtin: number | null;
  readonly custom: string;
  /** Tensors by number; -1 stands for one that is left out. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly options: Table | null;
  readonly customOptions: () => ReadonlyMap<string, number | string>;
  readonly path: string;
  readonly origin: Origin;
}

export interface LiteModel {
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly operators: readonly LiteOperator[];
  /** @throws UserError BNN1003 without such a tensor */
  readonly tensor: (index: number, origin: Origin) => LiteTensor;
}

export function isLite(bytes: Uint8Array): boolean {
  return bytes.length >= 8 && String.fromCharCode(...bytes.subarray(4, 8)) === IDENTIFIER;
}

function operatorOf(table: Table, codes: readonly Table[]): LiteOperator {
  const code = codes[table.u32(0)] ?? table.fail(`the operator code ${table.u32(0)} does not exist; there are ${codes.length}`);
  // Codes above 127 are in the newer field; the older one has a placeholder.
  const builtin = Math.max(code.u8(0), code.i32(3));
  const custom = table.bytes(5);
  return {
    builtin: builtin === CUSTOM ? null : builtin,
    custom: builtin === CUSTOM ? code.text(1) : '',
    inputs: table.ints(1) ?? [],
    outputs: table.ints(2) ?? [],
    options: table.table(4, 'options'),
    customOptions: () =>
      custom === null ? new Map() : readFlexMap(table.file, custom.start, custom.start + custom.data.length, table.path),
    path: table.path,
    origin: table.origin,
  };
}

function tensorOf(table: Table, index: number, buffers: readonly Table[]): LiteTensor {
  const shape = table.ints(0) ?? [];
  if (shape.length > MOST_AXES) table.fail(`the tensor has ${shape.length} axes; up to ${MOST_AXES} work`);
  const buffer = buffers[table.u32(2)] ?? table.fail(`the buffer ${table.u32(2)} does not exist; there are ${buffers.length}`);
  const data = buffer.bytes(0)?.data ?? null;
  const name = table.text(3);
  const origin = { ...table.origin, path: `${table.path} "${name}"` };
  return {
    index,
    name,
    shape,
    signature: table.ints(7) ?? shape,
    type: table.u8(1),
    origin,
    data: data === null || data.length === 0 ? null : data,
  };
}

/** @throws UserError BNN1003 where the file is damaged, BNN1010 for another version of the schema */
export function readLite(bytes: Uint8Array, fileName: string): LiteModel {
  const file = new FlatFile(bytes, fileName);
  if (!isLite(bytes)) file.fail(`a TensorFlow Lite model has "${IDENTIFIER}" at byte 4`, Math.min(4, bytes.length), 'identifier');
  const root = file.root('model');
  const version = root.u32(0);
  if (version !== VERSION)
    fail({ code: 'BNN1010', message: `the model has version ${version} of the schema; bnnc reads ${VERSION}.`, origin: root.origin });
  const codes = root.tables(1, 'operator_codes');
  const buffers = root.tables(4, 'buffers');
  const graphs = root.tables(2, 'subgraphs');
  const [graph] = graphs;
  if (graph === undefined) return root.fail('the model has no subgraph');
  const tables = graph.tables(0, 'tensors');
  const known = new Map<number, LiteTensor>();
  return {
    inputs: graph.ints(1) ?? [],
    outputs: graph.ints(2) ?? [],
    operators: graph.tables(3, 'operators').map((table) => operatorOf(table, codes)),
    tensor: (index, origin) => {
      const table = tables[index];
      if (table === undefined)
        return fail({ code: 'BNN1003', message: `the tensor ${index} does not exist; there are ${tables.length}.`, origin });
      const tensor = known.get(index) ?? tensorOf(table, index, buffers);
      known.set(index, tensor);
      return tensor;
    },
  };
}

/** The numbers that a file holds, within a bound on all of them. */
export class Weights {
  #bytes = 0;

  spend(count: number, { origin }: LiteTensor): void {
    this.#bytes += 4 * count;
    if (this.#bytes > MOST_WEIGHT_BYTES)
      fail({ code: 'BNN1009', message: `the weights have more than ${MOST_WEIGHT_BYTES} bytes when they are unpacked.`, origin });
  }

  #view(tensor: LiteTensor, types: readonly number[], bytes: number): { readonly view: DataView; readonly count: number } {
    const { shape, type, name, origin } = tensor;
    const data = tensor.data ?? new Uint8Array();
    const count = elementCount(shape);
    const wanted = types.map((each) => TYPE_NAMES.get(each)).join(' or ');
    if (!types.includes(type))
      fail({
        code: 'BNN1009',
        message: `the tensor "${name}" holds ${TYPE_NAMES.get(type) ?? `type ${type}`}; ${wanted} works here.`,
        origin,
      });
    if (!shape.every((size) => size >= 0) || count * bytes !== data.length)
      fail({ code: 'BNN1009', message: `the tensor "${name}" of shape [${shape.join(', ')}] has ${data.length} bytes.`, origin });
    this.spend(count, tensor);
    return { view: new DataView(data.buffer, data.byteOffset, data.byteLength), count };
  }

  floats(tensor: LiteTensor): Float32Array {
    const { view, count } = this.#view(tensor, [FLOAT32], 4);
    return Float32Array.from({ length: count }, (_, i) => view.getFloat32(4 * i, true));
  }

  words(tensor: LiteTensor): Int32Array {
    const { view, count } = this.#view(tensor, [INT32], 4);
    return Int32Array.from({ length: count }, (_, i) => view.getInt32(4 * i, true));
  }

  integers(tensor: LiteTensor): readonly number[] {
    if (tensor.type !== INT64) return Array.from(this.words(tensor));
    const { view, count } = this.#view(tensor, [INT64], 8);
    return Array.from({ length: count }, (_, i) => Number(view.getBigInt64(8 * i, true)));
  }
}
