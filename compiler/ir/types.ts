/**
 * The graph that everything between a frontend and the plan works on.
 *
 * Shapes have no batch dimension and put channels last: an image is [height, width, channels], a vector
 * [features]. Frontends convert to this; nothing behind them ever asks for another order.
 */
import type { Origin } from '../support/diagnostics.ts';
import type { Rational } from '../support/rational.ts';
import type { OpKind, AttrsOf } from './ops/index.ts';

export type { Origin };

/**
 * Element types. `b1` is a sign: stored -1 or +1 (bit 0 or 1 in C). `t2` is ternary (-1, 0, +1; torch's sign) and
 * `bool` a truth value (0, 1); both exist only before lowering.
 */
export type DType = 'b1' | 't2' | 'bool' | 'u8' | 'i8' | 'i16' | 'i32' | 'f32';

/**
 * How a stored integer q in channel c becomes a real number: scale[c]·q + offset[c], exactly.
 * Both lists have length 1 (all channels) or the number of channels (the last dimension).
 * Read as a float32 by a real-valued op, that exact number is rounded once.
 */
export interface Encoding {
  readonly scale: readonly Rational[];
  readonly offset: readonly Rational[];
}

/** `encoding` is present exactly for b1, u8, i8, i16 and i32; the other types are their own real value. */
export interface TensorType {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly encoding?: Encoding;
}

/** Stored elements, row-major. b1, t2, i8: Int8Array; bool, u8: Uint8Array; i16, i32: Int32Array; f32: Float32Array. */
export type TensorData = Int8Array | Uint8Array | Int32Array | Float32Array;

export interface Tensor {
  readonly type: TensorType;
  readonly data: TensorData;
}

export type ValueId = string & { readonly __brand: 'ValueId' };

/** A tensor of the graph: what it is, and where it stands in the user's file. */
export interface Value {
  readonly id: ValueId;
  /** The name in the user's file, or one derived from it. */
  readonly name: string;
  readonly type: TensorType;
  readonly origin: Origin;
}

export interface NodeOf<K extends OpKind> {
  readonly kind: K;
  /** The name in the user's file, or one derived from it; unique in the graph. */
  readonly name: string;
  readonly attrs: AttrsOf<K>;
  readonly inputs: readonly ValueId[];
  readonly output: ValueId;
  readonly origin: Origin;
}

/** A discriminated union over every op: `switch (node.kind)` narrows `attrs`. */
export type Node<K extends OpKind = OpKind> = { readonly [P in K]: NodeOf<P> }[K];

/** Immutable. Nodes are in execution order. Passes return a new graph. */
export interface Graph {
  readonly name: string;
  readonly values: ReadonlyMap<ValueId, Value>;
  readonly nodes: readonly Node[];
  readonly input: ValueId;
  readonly output: ValueId;
}

/**
 * Everything the compiler knows about the meaning of one operation. One file per op in `ir/ops/`.
 * `evaluate` is the definition that every pass, kernel and target is compared with: slow, exact, readable.
 */
export interface OpDef<Kind extends string, Attrs> {
  readonly kind: Kind;
  /** One sentence for docs/ops.md. */
  readonly doc: string;
  /** The output type, or what is wrong as one sentence. */
  readonly infer: (attrs: Attrs, inputs: readonly TensorType[]) => TensorType | { readonly error: string };
  /** `output` is what `infer` returned for these inputs. */
  readonly evaluate: (attrs: Attrs, inputs: readonly Tensor[], output: TensorType) => TensorData;
  /** Attributes as `key=value` words for the text form; large constants as shape and digest. */
  readonly print: (attrs: Attrs) => readonly string[];
}
