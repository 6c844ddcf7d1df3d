/** Families of processors, as far as costs depend on them. */
import type { Target } from '../targets/target.ts';

/** How many instructions a processor needs where a Cortex-M3 or M4 needs one, as counted for a kernel. */
export function slownessOf({ features, wordBits }: Target, counted: { readonly [core in 'thumb1' | 'riscv' | 'avr']: number }): number {
  if (wordBits < 32) return counted.avr;
  if (features.includes('thumb1')) return counted.thumb1;
  return features.includes('riscv') ? counted.riscv : 1;
}
