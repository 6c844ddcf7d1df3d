/**
 * Kernels of single elements. Where a value is not bits, C computes it one element at a time: a source gives the element
 * (a sum of a layer, a tap of a pool, a stored number), stages change it, and a sink stores it as a word, a byte, a bit or a score.
 * One accumulator is the only wide temporary.
 */
import type { Node, NodeOf, TensorType } from '../../ir/types.ts';
import type { Layout, ShapeArgument, Table } from '../kernel.ts';

/** C names of the position of an element: row, column and channel (of a vector: channel), and its number in the map. */
export interface Position {
  readonly y: string;
  readonly x: string;
  readonly o: string;
  readonly e: string;
}

/** C name of a table by the name that its kernel gave it. */
export type TableNames = (name: string) => string;

export interface Element {
  /** Name of the kernel. */
  readonly kernel: string;
  /** How the kernel reads the first input of the node. */
  readonly input: Layout;
  readonly tables: readonly Table[];
  /** The struct `shape` that the expression refers to, if any. */
  readonly shape: ShapeArgument | null;
  readonly symbols: readonly string[];
  readonly result: 'int32_t' | 'float';
  /** C expression of one element. `x` is a pointer to the input: unsigned char for bytes, else uint32_t. */
  readonly value: (x: string, table: TableNames, at: Position) => string;
  /** Executed instructions for one element, estimated. */
  readonly instructions: number;
}

/** A kernel of elements: a C function of runtime-c and how it is called for a node. */
export interface ElementKernel {
  /** Kebab case. */
  readonly name: string;
  readonly op: Node['kind'];
  /** The C function. */
  readonly symbol: string;
  /** One sentence for docs/ops.md. */
  readonly doc: string;
  /** Undefined where another kernel is needed, a sentence where none can. */
  readonly element: (
    node: Node,
    input: TensorType,
    output: TensorType,
    offered: Layout | undefined,
  ) => Element | { readonly reason: string } | undefined;
}

/** The kernel of one op; `make` sees its nodes only. */
export function elementKernel<K extends 'conv2d' | 'dense' | 'max-pool' | 'average-pool'>(
  op: K,
  { name, symbol, doc }: Pick<ElementKernel, 'name' | 'symbol' | 'doc'>,
  make: (
    node: NodeOf<K>,
    input: TensorType,
    output: TensorType,
    offered: Layout | undefined,
  ) => Omit<Element, 'kernel' | 'symbols'> | { readonly reason: string } | undefined,
): ElementKernel {
  return {
    name,
    op,
    symbol,
    doc,
    element: (node, input, output, offered) => {
      if (node.kind !== op) return undefined;
      const made = make(node as NodeOf<K>, input, output, offered);
      return made === undefined || 'reason' in made ? made : { ...made, kernel: name, symbols: [symbol] };
    },
  };
}
