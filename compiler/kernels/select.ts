/** Which kernel computes a node: the cheapest candidate under the chosen goal, conversions of layout included. */
import type { Node, TensorType } from '../ir/types.ts';
import type { Target } from '../targets/target.ts';
import { conversionPath } from './conversions.ts';
import { KERNELS } from './index.ts';
import type { Candidate, Kernel, Layout } from './kernel.ts';

export type Goal = 'speed' | 'ram' | 'size';

export interface Choice {
  readonly taken: Candidate;
  /** Every kernel for this op that was not taken, with its candidate or its reason. */
  readonly others: readonly { readonly kernel: Kernel; readonly result: Candidate | { readonly reason: string } }[];
}

interface Refusal {
  readonly kernel: Kernel;
  readonly reason: string;
}

/** Smaller is better, first entry first. */
function price({ cost }: Candidate, conversion: number, goal: Goal): readonly number[] {
  const flash = cost.tableBytes + cost.codeBytes;
  const instructions = cost.instructions + conversion;
  switch (goal) {
    case 'speed':
      return [instructions, flash, cost.scratchBytes];
    case 'ram':
      return [cost.scratchBytes, instructions, flash];
    case 'size':
      return [flash, instructions, cost.scratchBytes];
  }
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

/**
 * @param forced name of a kernel that must be taken wherever it can be (tests force each kernel)
 * @returns the choice, or every kernel's reason when none can
 */
export function selectKernel(
  node: Node,
  input: TensorType,
  output: TensorType,
  context: { readonly target: Target; readonly goal: Goal; readonly offered: Layout; readonly forced: string | null },
): Choice | { readonly refusals: readonly Refusal[] } {
  const results = KERNELS.flatMap((kernel) => {
    const result = kernel.candidate(node, input, output, context.target, context.offered);
    return result === undefined ? [] : [{ kernel, result }];
  });
  const candidates = results.flatMap(({ kernel, result }) => ('reason' in result ? [] : [{ kernel, candidate: result }]));
  const priced = candidates.map(({ kernel, candidate }) => {
    const conversion =
      candidate.input.kind === 'bytes'
        ? 0
        : conversionPath(context.offered, candidate.input, input.shape).reduce((sum, step) => sum + step.conversion.instructions, 0);
    return { kernel, candidate, price: price(candidate, conversion, context.goal) };
  });
  const forced = priced.find(({ kernel }) => kernel.name === context.forced);
  const [best] = [...priced].sort((a, b) => compare(a.price, b.price));
  const taken = forced ?? best;
  if (taken === undefined) {
    return { refusals: results.flatMap(({ kernel, result }) => ('reason' in result ? [{ kernel, reason: result.reason }] : [])) };
  }
  return { taken: taken.candidate, others: results.filter(({ kernel }) => kernel !== taken.kernel) };
}
