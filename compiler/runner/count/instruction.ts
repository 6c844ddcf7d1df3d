/** What counting must know about one machine instruction. */

export const KINDS = [
  'arithmetic',
  'multiply',
  'multiply-add',
  'long-multiply',
  'long-multiply-add',
  'divide',
  'load',
  'load-many',
  'store',
  'store-many',
  'branch',
  'call',
  'float',
  'float-multiply-add',
  'float-divide',
  'vector',
  'if-then',
  'system',
] as const;

export type Kind = (typeof KINDS)[number];

export interface Instruction {
  /** Bytes. */
  readonly size: 2 | 4;
  readonly kind: Kind;
  /** Registers that a load or store transfers; otherwise 0. */
  readonly transfers: number;
  /** Register that gets the result; null if none or several. */
  readonly result: number | null;
  /** Registers that an address is made of; the second one is an offset. */
  readonly address: readonly number[];
  /** A load that is also a jump. */
  readonly intoCounter: boolean;
}

/** An instruction of which only the kind matters, unless `rest` says more. */
export function instruction(size: 2 | 4, kind: Kind, rest: Partial<Instruction> = {}): Instruction {
  return { size, kind, transfers: 0, result: null, address: [], intoCounter: false, ...rest };
}

/** Classes of the histogram, in the order in which they are shown. */
export const CLASSES = ['load', 'store', 'arithmetic', 'multiply', 'divide', 'branch', 'float', 'vector', 'other'] as const;

export type InstructionClass = (typeof CLASSES)[number];

/** A load or store of several registers is one instruction. */
export const CLASS_OF: Readonly<Record<Kind, InstructionClass>> = {
  arithmetic: 'arithmetic',
  multiply: 'multiply',
  'multiply-add': 'multiply',
  'long-multiply': 'multiply',
  'long-multiply-add': 'multiply',
  divide: 'divide',
  load: 'load',
  'load-many': 'load',
  store: 'store',
  'store-many': 'store',
  branch: 'branch',
  call: 'branch',
  float: 'float',
  'float-multiply-add': 'float',
  'float-divide': 'float',
  vector: 'vector',
  'if-then': 'other',
  system: 'other',
};
