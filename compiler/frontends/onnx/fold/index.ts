/**
 * Constant folding: the value of a node whose inputs are all constants of the file.
 *
 * float32 results are rounded after every operation, as the file's own runtime does; sums of a reduction are formed in
 * double and rounded once. Shape arithmetic runs in int64.
 */
import type { SideFiles } from '../../frontend.ts';
import type { Constant } from '../constant.ts';
import type { OnnxNode } from '../node.ts';
import { ARITHMETIC } from './arithmetic.ts';
import { MAKERS } from './makers.ts';
import { MOVERS } from './movers.ts';

export interface FoldContext {
  readonly side: SideFiles;
}

/** Undefined inputs are optional ones that the node leaves out. */
export type Fold = (node: OnnxNode, inputs: readonly (Constant | undefined)[], context: FoldContext) => Constant;

const FOLDS: ReadonlyMap<string, Fold> = new Map<string, Fold>([...MAKERS, ...MOVERS, ...ARITHMETIC]);

/** The folding of an operator, or undefined when bnnc cannot compute it. Domains are not asked: see readers/index.ts. */
export function foldOf(op: string): Fold | undefined {
  return FOLDS.get(op);
}

export const FOLDABLE: readonly string[] = [...FOLDS.keys()];
