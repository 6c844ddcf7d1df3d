/**
 * A kernel computes one lowered op in C. It is asked for a `Candidate`: how it would do this node on this target, at
 * what price, and how the call looks. Selection and memory belong to the plan.
 */
import { elementCount } from '../ir/encoding.ts';
import type { Node, TensorType } from '../ir/types.ts';
import type { Target } from '../targets/target.ts';

/**
 * How a tensor lies in memory.
 * `bytes`      one byte per element (u8, i8), in element order
 * `i32`, `f32` one uint32_t word per element that holds an int32 or a float, in element order
 * `bit-runs`   bits; every `run` elements start a new uint32_t word (run = channels: channel-packed; run = all: a stream)
 * `bit-planes` bits; [channels][words of a plane]. A row of the map takes `lanes` bits, so that a word holds 32 / lanes rows; a
 *              row wider than 32 takes several words, with 32 lanes each. Unused bits are 0. A flattened map keeps its planes.
 */
export type Layout = { readonly kind: 'bytes' | 'i32' | 'f32' } | { readonly kind: 'bit-runs'; readonly run: number } | PlanesLayout;

export interface PlanesLayout {
  readonly kind: 'bit-planes';
  readonly lanes: Lanes;
  /** [height, width, channels] of the map whose planes they are. */
  readonly map: readonly [height: number, width: number, channels: number];
}

export type Lanes = 8 | 16 | 32;

/** Planes of a map: by default with as few lanes as its width allows. */
export function planesOf(shape: readonly number[], lanes?: Lanes): PlanesLayout {
  const [height = 1, width = 1, channels = 1] = shape;
  return { kind: 'bit-planes', lanes: lanes ?? (width <= 8 ? 8 : width <= 16 ? 16 : 32), map: [height, width, channels] };
}

/** uint32_t words of one plane. */
export function planeWords({ lanes, map: [height, width] }: PlanesLayout): number {
  return lanes === 32 ? height * wordsFor(width) : Math.ceil((height * lanes) / 32);
}

/** What a choice costs. Instructions executed and bytes of code are estimates; tables and scratch are exact. */
export interface Cost {
  readonly instructions: number;
  readonly codeBytes: number;
  readonly tableBytes: number;
  readonly scratchBytes: number;
}

/** A constant array in flash. `name` is a suffix; the plan makes it unique. */
export interface Table {
  readonly name: string;
  readonly ctype: 'uint32_t' | 'int32_t' | 'int16_t' | 'uint16_t' | 'uint8_t' | 'float';
  readonly values: ArrayLike<number>;
  /** Number of values, where they are only made when they are read. */
  readonly length?: number;
  /** Dimensions and meaning, for the comment above it. */
  readonly doc: string;
}

const BYTES_OF = { uint32_t: 4, int32_t: 4, int16_t: 2, uint16_t: 2, uint8_t: 1, float: 4 } as const;

/** Values that are only made when they are read are not made for it. */
export function bytesOf(table: Table): number {
  return (table.length ?? table.values.length) * BYTES_OF[table.ctype];
}

/** A struct that the caller fills before the call. */
export interface ShapeArgument {
  readonly type: string;
  readonly fields: readonly (readonly [name: string, value: number | RowExpression])[];
}

/** In a row-wise schedule some sizes are those of the strip, not of the map. */
export type RowExpression = string;

/** One call of a C function. `shape`, if any, is passed by address as the first argument. */
export interface Call {
  readonly symbol: string;
  readonly shape: ShapeArgument | null;
  readonly arguments: readonly string[];
}

/** At least one. */
export type Several<T> = readonly [T, ...T[]];

/** C expressions for what a kernel works on. */
export interface Operands {
  /** The inputs of the node, in order. */
  readonly xs: Several<string>;
  readonly y: string;
  readonly scratch: string;
  readonly table: (name: string) => string;
  /** First and last + 1 output row. */
  readonly rows: readonly [from: string, to: string];
}

/** A function that is made for one shape: a template of templates/kernels and the view it prints. */
export interface GeneratedFunction {
  readonly symbol: string;
  readonly template: string;
  readonly view: Readonly<Record<string, unknown>>;
}

export interface Candidate {
  /** Name of the kernel. */
  readonly kernel: string;
  /** One layout for each input of the node. */
  readonly inputs: Several<Layout>;
  readonly output: Layout;
  readonly cost: Cost;
  readonly tables: readonly Table[];
  /** uint32_t words of RAM during the call. */
  readonly scratchWords: number;
  readonly generated: readonly GeneratedFunction[];
  /** True when there is one call and it computes any range of output rows. */
  readonly byRows: boolean;
  /** True when the only input and the output must be the same memory. */
  readonly inPlace: boolean;
  /** In the order in which they are made. */
  readonly calls: (operands: Operands) => Several<Call>;
}

export interface Kernel {
  /** Kebab case, and the file's name. */
  readonly name: string;
  /** `library`: a C function of runtime-c; `generated`: C printed for each shape. */
  readonly form: 'library' | 'generated';
  /** The C function it calls (library), or the beginning of its generated functions' names. */
  readonly symbol: string;
  /** One sentence for docs/ops.md. */
  readonly doc: string;
  /** The feature that a target must have; none by default. */
  readonly needs?: string;
  /** A candidate, the reason why not, or undefined when the op is another one. */
  readonly candidate: (
    node: Node,
    inputs: Several<TensorType>,
    output: TensorType,
    target: Target,
    /** Layouts in which the inputs already lie, where that is known: taking them as they are saves a conversion. */
    offered: readonly (Layout | undefined)[],
  ) => Candidate | { readonly reason: string } | undefined;
}

/** A candidate without its name and cost, which follow from the rest. */
export type JoinProposal = Omit<Candidate, 'kernel' | 'cost'> & Pick<Cost, 'instructions' | 'codeBytes'>;

export function proposeJoin(kernel: string, { instructions, codeBytes, ...rest }: JoinProposal): Candidate {
  const tableBytes = rest.tables.reduce((sum, each) => sum + bytesOf(each), 0);
  return { kernel, ...rest, cost: { instructions, codeBytes, tableBytes, scratchBytes: rest.scratchWords * 4 } };
}

/** The proposal of a kernel with one input and one call. */
export type Proposal = Omit<JoinProposal, 'inputs' | 'calls'> & {
  readonly input: Layout;
  readonly call: (operands: Omit<Operands, 'xs'> & { readonly x: string }) => Call;
};

export function propose(kernel: string, { input, call, ...rest }: Proposal): Candidate {
  return proposeJoin(kernel, { ...rest, inputs: [input], calls: ({ xs: [x], ...operands }) => [call({ x, ...operands })] });
}

export function wordsFor(bits: number): number {
  return Math.ceil(bits / 32);
}

/** uint32_t words (or bytes / 4, rounded up) of a tensor in this layout. */
export function layoutWords(layout: Layout, shape: readonly number[]): number {
  const elements = elementCount(shape);
  switch (layout.kind) {
    case 'bytes':
      return Math.ceil(elements / 4);
    case 'i32':
    case 'f32':
      return elements;
    case 'bit-runs':
      return (elements / layout.run) * wordsFor(layout.run);
    case 'bit-planes': {
      return layout.map[2] * planeWords(layout);
    }
  }
}

export function sameLayout(a: Layout, b: Layout): boolean {
  if (a.kind === 'bit-runs' && b.kind === 'bit-runs') return a.run === b.run;
  if (a.kind === 'bit-planes' && b.kind === 'bit-planes') return a.lanes === b.lanes && a.map.every((size, i) => size === b.map[i]);
  return a.kind === b.kind;
}

/** Two layouts of bits in which every element has the same place, although the runs are named differently. */
export function sameBits(a: Layout, b: Layout): boolean {
  if (sameLayout(a, b)) return true;
  return a.kind === 'bit-runs' && b.kind === 'bit-runs' && a.run % 32 === 0 && b.run % 32 === 0;
}
