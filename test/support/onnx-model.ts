/**
 * Builds small ONNX files for tests:
 *
 *     const model = new OnnxModel();
 *     const x = model.input('x', ['N', 1, 4, 4]);
 *     const y = model.node('Conv', [x, model.floats([1, 1, 3, 3], signs)], { pads: [1, 1, 1, 1] });
 *     const bytes = model.bytes(y);
 */
import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType as Kind,
  AttributeProtoSchema,
  FunctionProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProto_DataType,
  TensorProtoSchema,
  ValueInfoProtoSchema,
  type AttributeProto,
  type FunctionProto,
  type NodeProto,
  type SparseTensorProto,
  type TensorProto,
  type ValueInfoProto,
} from '../../compiler/frontends/onnx/onnx_pb.ts';

/** A plain number is an INT attribute, a list of numbers INTS; floats are marked. A ready attribute is given its name. */
export type AttributeValue =
  number | string | readonly number[] | { readonly float: number } | { readonly floats: readonly number[] } | TensorProto | AttributeProto;

export interface NodeOptions {
  readonly name?: string;
  readonly domain?: string;
  /** Names of all outputs; one is made up otherwise. */
  readonly outputs?: readonly string[];
}

export type FunctionFields = Exclude<MessageInitShape<typeof FunctionProtoSchema>, FunctionProto>;

/** Symbolic sizes are names. */
export type Sizes = readonly (number | string)[];

export function attribute(name: string, value: AttributeValue): AttributeProto {
  const base = { name };
  if (typeof value === 'number') return create(AttributeProtoSchema, { ...base, type: Kind.INT, i: BigInt(value) });
  if (typeof value === 'string') return create(AttributeProtoSchema, { ...base, type: Kind.STRING, s: new TextEncoder().encode(value) });
  if ('$typeName' in value && value.$typeName === 'onnx.AttributeProto') return { ...value, name };
  if ('float' in value) return create(AttributeProtoSchema, { ...base, type: Kind.FLOAT, f: value.float });
  if ('floats' in value) return create(AttributeProtoSchema, { ...base, type: Kind.FLOATS, floats: [...value.floats] });
  if ('$typeName' in value) return create(AttributeProtoSchema, { ...base, type: Kind.TENSOR, t: value });
  return create(AttributeProtoSchema, { ...base, type: Kind.INTS, ints: Array.from(value, BigInt) });
}

/** A float tensor in raw form. */
export function floatTensor(shape: readonly number[], values: ArrayLike<number>, name = ''): TensorProto {
  const bytes = new Uint8Array(Float32Array.from(values).buffer);
  return create(TensorProtoSchema, { name, dataType: TensorProto_DataType.FLOAT, dims: shape.map(BigInt), rawData: bytes });
}

/** An int64 tensor in its typed field. */
export function int64Tensor(shape: readonly number[], values: readonly number[], name = ''): TensorProto {
  return create(TensorProtoSchema, { name, dataType: TensorProto_DataType.INT64, dims: shape.map(BigInt), int64Data: values.map(BigInt) });
}

export function valueInfo(name: string, sizes: Sizes | null, elemType: number): ValueInfoProto {
  const dim = (sizes ?? []).map((size) => ({
    value: typeof size === 'number' ? { case: 'dimValue' as const, value: BigInt(size) } : { case: 'dimParam' as const, value: size },
  }));
  const tensor = sizes === null ? { elemType } : { elemType, shape: { dim } };
  return create(ValueInfoProtoSchema, { name, type: { value: { case: 'tensorType', value: tensor } } });
}

/** Collects inputs, initializers and nodes in order; every method returns the name of the tensor it made. */
export class OnnxModel {
  readonly opset: number;
  readonly #inputs: ValueInfoProto[] = [];
  readonly #initializers: TensorProto[] = [];
  readonly #nodes: NodeProto[] = [];
  readonly #sparse: SparseTensorProto[] = [];
  readonly #functions: FunctionProto[] = [];

  constructor(opset = 13) {
    this.opset = opset;
  }

  input(name: string, sizes: Sizes | null, elemType: number = TensorProto_DataType.FLOAT): string {
    this.#inputs.push(valueInfo(name, sizes, elemType));
    return name;
  }

  /** Any tensor as an initializer; it is given a name if it has none. */
  initializer(tensor: TensorProto): string {
    const name = tensor.name === '' ? `c${this.#initializers.length}` : tensor.name;
    this.#initializers.push({ ...tensor, name });
    return name;
  }

  /** A sparse initializer, named by its values. */
  sparse(tensor: SparseTensorProto): string {
    this.#sparse.push(tensor);
    return tensor.values?.name ?? '';
  }

  /** A function that nodes of its domain may call. */
  define(definition: FunctionFields): void {
    this.#functions.push(create(FunctionProtoSchema, definition));
  }

  floats(shape: readonly number[], values: ArrayLike<number>): string {
    return this.initializer(floatTensor(shape, values));
  }

  /** A float scalar. */
  float(value: number): string {
    return this.floats([], [value]);
  }

  integers(values: readonly number[]): string {
    return this.initializer(int64Tensor([values.length], values));
  }

  /** Adds a node and returns its first output. */
  node(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    options: NodeOptions = {},
  ): string {
    const { name = '', domain = '', outputs = [`t${this.#nodes.length}`] } = options;
    const attributeList = Object.entries(attributes).map(([key, value]) => attribute(key, value));
    this.#nodes.push(
      create(NodeProtoSchema, { opType: op, name, domain, input: [...inputs], output: [...outputs], attribute: attributeList }),
    );
    return outputs[0] ?? '';
  }

  /** The file, with these outputs. */
  bytes(...outputs: readonly string[]): Uint8Array {
    return toBinary(
      ModelProtoSchema,
      create(ModelProtoSchema, {
        irVersion: 8n,
        producerName: 'test',
        opsetImport: [
          { domain: '', version: BigInt(this.opset) },
          ...[...new Set(this.#functions.map(({ domain }) => domain))].map((domain) => ({ domain, version: 1n })),
        ],
        functions: this.#functions,
        graph: {
          name: 'net',
          node: this.#nodes,
          initializer: this.#initializers,
          sparseInitializer: this.#sparse,
          input: this.#inputs,
          output: outputs.map((name) =>
            create(ValueInfoProtoSchema, { name, type: { value: { case: 'tensorType', value: { elemType: 1 } } } }),
          ),
        },
      }),
    );
  }
}
