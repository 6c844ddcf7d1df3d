/** Nodes of an ONNX graph with their attributes as plain values. */
import { fail, type Origin } from '../../support/diagnostics.ts';
import { refuseUse } from '../refuse-use.ts';
import {
  AttributeProto_AttributeType as Kind,
  type AttributeProto,
  type NodeProto,
  type SparseTensorProto,
  type TensorProto,
} from './onnx_pb.ts';

export interface OnnxNode {
  /** The node's own name, or `<operator>_<index>`. */
  readonly name: string;
  readonly op: string;
  /** What the user's file calls the operator; `op`, unless another frontend translated it. */
  readonly shown: string;
  /** '' for the standard operators. */
  readonly domain: string;
  /** An operator of bnnc's own (readers/own.ts), which no ONNX file can name. */
  readonly own: boolean;
  /** Tensor names; '' where an optional input is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, AttributeProto>;
  /** Version of the standard operators that the node is written for. */
  readonly opset: number;
  readonly origin: Origin;
}

/** The node at `index` of the list at `path`; its origin reads `graph.node[7] "bn2" (BatchNormalization)`. */
export function toOnnxNode(proto: NodeProto, index: number, path: string, file: string, opset: number): OnnxNode {
  const name = proto.name === '' ? `${proto.opType}_${index}` : proto.name;
  return {
    name,
    op: proto.opType,
    shown: proto.opType,
    domain: proto.domain === 'ai.onnx' ? '' : proto.domain,
    own: false,
    inputs: proto.input,
    outputs: proto.output,
    attributes: new Map(),
    opset,
    origin: { file, path: `${path}.node[${index}] "${name}" (${proto.opType})` },
  };
}

/**
 * The attributes of a node by name. Inside a function, those that refer to an attribute of the function (`values`) get its
 * value and are left out where it has none; outside (null) there is nothing to refer to, which is damage (BNN1003).
 */
export function attributesOf(
  proto: NodeProto,
  values: ReadonlyMap<string, AttributeProto> | null,
  origin: Origin,
): ReadonlyMap<string, AttributeProto> {
  const attributes = new Map<string, AttributeProto>();
  for (const attribute of proto.attribute) {
    const { name, refAttrName } = attribute;
    if (refAttrName === '') {
      attributes.set(name, attribute);
      continue;
    }
    if (values === null)
      return fail({ code: 'BNN1003', message: `the attribute ${name} refers to "${refAttrName}", but stands in no function.`, origin });
    const value = values.get(refAttrName);
    if (value !== undefined) attributes.set(name, { ...value, name });
  }
  return attributes;
}

/** Refuses a use of a supported operator (BNN1008). `message` completes "NAME (Op) …". */
export function refuse(node: OnnxNode, message: string, help?: string): never {
  return refuseUse(node, message, help);
}

/** Refuses a mix of dimensions that cannot be moved into weights (BNN1011). */
export function refuseOrder(node: OnnxNode, message: string, help?: string): never {
  fail({
    code: 'BNN1011',
    message: `"${node.name}" (${node.shown}) ${message}.`,
    origin: node.origin,
    ...(help === undefined ? {} : { help }),
  });
}

/** The attribute if it is present; refuses another type. Files older than IR version 2 state no type. */
function attribute(node: OnnxNode, name: string, type: Kind): AttributeProto | undefined {
  const found = node.attributes.get(name);
  if (found === undefined) return undefined;
  if (found.type !== type && found.type !== Kind.UNDEFINED)
    refuse(node, `has an attribute ${name} of the wrong type (${found.type}, not ${type})`);
  return found;
}

export function integerAttribute(node: OnnxNode, name: string, fallback: number): number {
  const found = attribute(node, name, Kind.INT);
  return found === undefined ? fallback : Number(found.i);
}

export function floatAttribute(node: OnnxNode, name: string, fallback: number): number {
  return attribute(node, name, Kind.FLOAT)?.f ?? fallback;
}

export function textAttribute(node: OnnxNode, name: string, fallback: string): string {
  const found = attribute(node, name, Kind.STRING);
  return found === undefined ? fallback : new TextDecoder().decode(found.s);
}

export function integersAttribute(node: OnnxNode, name: string): readonly number[] | undefined {
  return attribute(node, name, Kind.INTS)?.ints.map(Number);
}

export function floatsAttribute(node: OnnxNode, name: string): readonly number[] | undefined {
  return attribute(node, name, Kind.FLOATS)?.floats;
}

export function sparseAttribute(node: OnnxNode, name: string): SparseTensorProto | undefined {
  return attribute(node, name, Kind.SPARSE_TENSOR)?.sparseTensor;
}

export function tensorAttribute(node: OnnxNode, name: string): TensorProto | undefined {
  return attribute(node, name, Kind.TENSOR)?.t;
}
