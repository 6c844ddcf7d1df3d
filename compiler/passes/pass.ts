import type { Diagnostics } from '../support/diagnostics.ts';
import type { Graph } from '../ir/types.ts';

/**
 * One step of the compiler. `check-*` only reports; `fold-*`, `drop-*`, `fuse-*` and `move-*` rewrite without changing
 * what the graph computes; `lower-*` replaces an operation by simpler ones.
 */
export interface Pass {
  /** Kebab case of the function, and the file's name. */
  readonly name: string;
  /** One sentence: what it does and why that keeps the meaning. */
  readonly doc: string;
  readonly run: (graph: Graph, diagnostics: Diagnostics) => Graph;
}
