/** Writes TensorFlow's files: tables with checksums, checkpoints of several data files, graphs. */
import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { shardName } from '../../compiler/frontends/tensorflow/bundle.ts';
import { maskedCrc32c } from '../../compiler/frontends/tensorflow/crc32c.ts';
import type { AttrValueSchema } from '../../compiler/frontends/tensorflow/tensorflow_pb.ts';
import {
  BundleEntrySchema,
  BundleHeaderSchema,
  GraphDefSchema,
  MetaGraphDefSchema,
  type GraphDef,
} from '../../compiler/frontends/tensorflow/tensorflow_pb.ts';

export interface WrittenEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

function varint(value: number): readonly number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
}

function u32(value: number): readonly number[] {
  return [0, 8, 16, 24].map((shift) => (value >>> shift) & 255);
}

/** Names share what they have in common with the one before. */
function writeEntries(entries: readonly WrittenEntry[]): Uint8Array {
  let before: Uint8Array = new Uint8Array();
  const bytes = entries.flatMap(({ key, value }) => {
    let shared = 0;
    while (shared < key.length && key[shared] === before[shared]) shared += 1;
    before = key;
    return [...varint(shared), ...varint(key.length - shared), ...varint(value.length), ...key.subarray(shared), ...value];
  });
  return Uint8Array.from([...bytes, ...u32(0), ...u32(1)]);
}

/** Snappy without anything copied. */
function literally(text: Uint8Array): Uint8Array {
  const size = text.length - 1;
  return Uint8Array.from([...varint(text.length), 61 << 2, size & 255, size >> 8, ...text]);
}

/** `perBlock` entries in each block. */
export function writeTable(entries: readonly WrittenEntry[], perBlock = 4, compressed = false): Uint8Array {
  const file: number[] = [];
  const block = (list: readonly WrittenEntry[], type: 0 | 1): Uint8Array => {
    const text = type === 1 ? literally(writeEntries(list)) : writeEntries(list);
    const handle = Uint8Array.from([...varint(file.length), ...varint(text.length)]);
    file.push(...text, type, ...u32(maskedCrc32c(text, Uint8Array.of(type))));
    return handle;
  };
  const index: WrittenEntry[] = [];
  for (let at = 0; at < entries.length; at += perBlock) {
    const list = entries.slice(at, at + perBlock);
    index.push({ key: list.at(-1)?.key ?? new Uint8Array(), value: block(list, compressed ? 1 : 0) });
  }
  const meta = block([], 0);
  const footer = [...meta, ...block(index, 0)];
  const padding = Array.from({ length: 40 - footer.length }, () => 0);
  return Uint8Array.from([...file, ...footer, ...padding, 0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb]);
}

export interface WrittenTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Float32 elements. */
  readonly data: readonly number[];
  /** What the index says instead. */
  readonly changes?: {
    readonly dtype?: number;
    readonly shardId?: number;
    readonly size?: bigint;
    readonly shape?: { readonly dim: { readonly size: bigint }[] };
    readonly slices?: object[];
  };
}

export interface WrittenCheckpoint {
  readonly index: Uint8Array;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Tensors go to the data files in turn. */
export function writeCheckpoint(
  tensors: readonly WrittenTensor[],
  { prefix = 'model.ckpt', shards = 1, compressed = false, bigEndian = false } = {},
): WrittenCheckpoint {
  const data = Array.from({ length: shards }, (): number[] => []);
  const header = create(BundleHeaderSchema, { numShards: shards, endianness: bigEndian ? 1 : 0, version: { producer: 1 } });
  const sorted = [...tensors].sort((a, b) => Buffer.compare(bytesOf(a.name), bytesOf(b.name)));
  const entries = sorted.map(({ name, shape, data: elements, changes = {} }, i) => {
    const view = new DataView(new ArrayBuffer(4 * elements.length));
    elements.forEach((value, at) => {
      view.setFloat32(4 * at, value, !bigEndian);
    });
    const raw = new Uint8Array(view.buffer);
    const shardId = i % shards;
    const file = data[shardId] ?? [];
    const entry = create(BundleEntrySchema, {
      dtype: 1,
      shape: { dim: shape.map((size) => ({ size: BigInt(size) })) },
      shardId,
      offset: BigInt(file.length),
      size: BigInt(raw.length),
      crc32c: maskedCrc32c(raw),
      ...changes,
    });
    file.push(...raw);
    return { key: bytesOf(name), value: toBinary(BundleEntrySchema, entry) };
  });
  const index = writeTable([{ key: new Uint8Array(), value: toBinary(BundleHeaderSchema, header) }, ...entries], 3, compressed);
  return { index, files: new Map(data.map((file, shard) => [shardName(prefix, shard, shards), Uint8Array.from(file)])) };
}

type Attribute = MessageInitShape<typeof AttrValueSchema>;

export interface WrittenNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, Attribute>>;
}

export function node(name: string, op: string, input: readonly string[] = [], attr: Readonly<Record<string, Attribute>> = {}): WrittenNode {
  return { name, op, input, attr };
}

const shapeOf = (shape: readonly number[]) => ({ dim: shape.map((size) => ({ size: BigInt(size) })) });

export function placeholder(name: string, shape: readonly number[], dtype = 1): WrittenNode {
  return node(name, 'Placeholder', [], { dtype: { type: dtype }, shape: { shape: shapeOf(shape) } });
}

export function floats(name: string, shape: readonly number[], floatVal: readonly number[]): WrittenNode {
  return node(name, 'Const', [], { value: { tensor: { dtype: 1, tensorShape: shapeOf(shape), floatVal: [...floatVal] } } });
}

export function integers(name: string, shape: readonly number[], intVal: readonly number[]): WrittenNode {
  return node(name, 'Const', [], { value: { tensor: { dtype: 3, tensorShape: shapeOf(shape), intVal: [...intVal] } } });
}

export function variable(name: string, shape: readonly number[]): WrittenNode {
  return node(name, 'VariableV2', [], { dtype: { type: 1 }, shape: { shape: shapeOf(shape) } });
}

function graphOf(nodes: readonly WrittenNode[]): GraphDef {
  return create(GraphDefSchema, {
    node: nodes.map(({ name, op, input = [], attr = {} }) => ({
      name,
      op,
      input: [...input],
      attr: Object.entries(attr).map(([key, value]) => ({ key, value })),
    })),
  });
}

export function writeGraph(nodes: readonly WrittenNode[]): Uint8Array {
  return toBinary(GraphDefSchema, graphOf(nodes));
}

export function writeMetaGraph(nodes: readonly WrittenNode[]): Uint8Array {
  return toBinary(
    MetaGraphDefSchema,
    create(MetaGraphDefSchema, { metaInfoDef: { tensorflowVersion: '1.5.0' }, graphDef: graphOf(nodes) }),
  );
}
