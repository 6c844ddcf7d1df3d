/** Writes MXNet's files for tests: symbols, and arrays in the versions 0 to 3 of .params. */

export interface NodeSpec {
  readonly op: string;
  readonly name: string;
  readonly attrs?: Readonly<Record<string, string>>;
  /** Nodes whose first output is read. */
  readonly inputs?: readonly number[];
}

export interface ArraySpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** float32. */
  readonly values: readonly number[];
  /** In the place of the values: four bytes an element. */
  readonly raw?: Uint8Array;
}

/** The last node is the head. */
export function symbolFile(nodes: readonly NodeSpec[]): Uint8Array {
  const graph = {
    nodes: nodes.map(({ op, name, attrs, inputs = [] }) => ({
      op,
      name,
      ...(attrs === undefined ? {} : { attrs }),
      inputs: inputs.map((node) => [node, 0, 0]),
    })),
    arg_nodes: nodes.flatMap(({ op }, i) => (op === 'null' ? [i] : [])),
    heads: [[nodes.length - 1, 0, 0]],
    attrs: { mxnet_version: ['int', 10501] },
  };
  return new TextEncoder().encode(JSON.stringify(graph, null, 2));
}

function u32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeUInt32LE(value >>> 0, 4 * i));
  return bytes;
}

function u64(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length);
  values.forEach((value, i) => bytes.writeBigUInt64LE(BigInt(value), 8 * i));
  return bytes;
}

function head(shape: readonly number[], version: 0 | 1 | 2 | 3): Buffer {
  const wide = [u32(shape.length), u64(...shape)];
  if (version === 0) return Buffer.concat([u32(shape.length), u32(...shape)]);
  if (version === 1) return Buffer.concat([u32(0xf993fac8), ...wide]);
  return Buffer.concat([u32(version === 2 ? 0xf993fac9 : 0xf993faca), u32(0), ...wide]);
}

export function paramsFile(arrays: readonly ArraySpec[], version: 0 | 1 | 2 | 3): Uint8Array {
  const bodies = arrays.map(({ shape, values, raw }) => {
    const device = u32(1, 0);
    const type = u32(0);
    return Buffer.concat([head(shape, version), device, type, raw ?? new Uint8Array(Float32Array.from(values).buffer)]);
  });
  const names = arrays.map(({ name }) => Buffer.concat([u64(Buffer.byteLength(name)), Buffer.from(name)]));
  return Buffer.concat([u64(0x112, 0, arrays.length), ...bodies, u64(arrays.length), ...names]);
}
