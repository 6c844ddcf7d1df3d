/** Which kernel computes a node: the cheapest candidate under the chosen goal, conversions of layout included. */
import type { Node, TensorType } from '../ir/types.ts';
import type { Target } from '../targets/target.ts';
import { conversion } from './conversions.ts';
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

/** What a choice causes behind it: the buffers of its result, and a change of layout that the next node will need. */
export interface Aftermath {
  readonly instructions: number;
  readonly ram: number;
}

/** Everything a choice costs, with what it causes before and behind it. */
interface Bill {
  readonly instructions: number;
  readonly flash: number;
  readonly ram: number;
}

function billOf(candidate: Candidate, offered: Layout, input: TensorType, aftermath: Aftermath): Bill {
  const { cost } = candidate;
  const change = candidate.input.kind === 'bytes' ? null : conversion(offered, candidate.input, input.shape);
  return {
    instructions: cost.instructions + (change?.instructions ?? 0) + aftermath.instructions,
    flash: cost.tableBytes + cost.codeBytes,
    ram: cost.scratchBytes + (change?.bytes ?? 0) + aftermath.ram,
  };
}

/** Smaller is better, first entry first. `size` is flash and RAM together, as a part is bought. */
function price({ instructions, flash, ram }: Bill, goal: Goal): readonly number[] {
  switch (goal) {
    case 'speed':
      return [instructions, flash + ram];
    case 'ram':
      return [ram, instructions, flash];
    case 'size':
      return [flash + ram, instructions];
  }
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

export interface SelectionContext {
  readonly target: Target;
  readonly goal: Goal;
  /** Layout in which the input lies. */
  readonly offered: Layout;
  /** Name of a kernel that must be taken wherever it can be (tests force each kernel); null for the cheapest. */
  readonly forced: string | null;
  readonly aftermath: (candidate: Candidate) => Aftermath;
}

/** @returns the choice, or every kernel's reason when none can */
export function selectKernel(
  node: Node,
  input: TensorType,
  output: TensorType,
  context: SelectionContext,
): Choice | { readonly refusals: readonly Refusal[] } {
  const results = KERNELS.flatMap((kernel) => {
    const result = kernel.candidate(node, input, output, context.target, context.offered);
    return result === undefined ? [] : [{ kernel, result }];
  });
  const candidates = results.flatMap(({ kernel, result }) => ('reason' in result ? [] : [{ kernel, candidate: result }]));
  const priced = candidates.map(({ kernel, candidate }) => ({
    kernel,
    candidate,
    price: price(billOf(candidate, context.offered, input, context.aftermath(candidate)), context.goal),
  }));
  const forced = priced.find(({ kernel }) => kernel.name === context.forced);
  const [best] = [...priced].sort((a, b) => compare(a.price, b.price));
  const taken = forced ?? best;
  if (taken === undefined) {
    return { refusals: results.flatMap(({ kernel, result }) => ('reason' in result ? [{ kernel, reason: result.reason }] : [])) };
  }
  return { taken: taken.candidate, others: results.filter(({ kernel }) => kernel !== taken.kernel) };
}
