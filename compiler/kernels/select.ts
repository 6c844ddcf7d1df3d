/** Which kernel computes a node: the cheapest candidate under the chosen goal, conversions of layout included. */
import type { Node, TensorType } from '../ir/types.ts';
import type { Target } from '../targets/target.ts';
import { conversion, type Conversion } from './conversions.ts';
import { KERNELS } from './index.ts';
import { sameBits, type Candidate, type Kernel, type Layout, type Several } from './kernel.ts';

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

/** The copy that a kernel may adapt to: runs of bits, which dense layers take as they are. */
export function offeredRuns(layouts: Several<Layout>): Layout {
  return layouts.find(({ kind }) => kind === 'bit-runs') ?? layouts[0];
}

/** The change that brings an input into the wanted layout; null where one of its copies lies so already. */
function changeOf(offered: Several<Layout>, wanted: Layout, input: TensorType): Conversion | null {
  if (wanted.kind === 'bytes' || wanted.kind === 'i32' || wanted.kind === 'f32' || offered.some((layout) => sameBits(layout, wanted)))
    return null;
  return conversion(offered[0], wanted, input.shape);
}

function billOf(candidate: Candidate, offered: SelectionContext['offered'], inputs: Several<TensorType>, aftermath: Aftermath): Bill {
  const { cost } = candidate;
  const changes = candidate.inputs.flatMap((layout, i) => changeOf(offered[i] ?? offered[0], layout, inputs[i] ?? inputs[0]) ?? []);
  return {
    instructions: cost.instructions + changes.reduce((sum, change) => sum + change.instructions, 0) + aftermath.instructions,
    flash: cost.tableBytes + cost.codeBytes,
    ram: cost.scratchBytes + changes.reduce((sum, change) => sum + change.bytes, 0) + aftermath.ram,
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
  /** For each input the layouts in which copies of it lie. */
  readonly offered: Several<Several<Layout>>;
  /** Name of a kernel that must be taken wherever it can be (tests force each kernel); null for the cheapest. */
  readonly forced: string | null;
  readonly aftermath: (candidate: Candidate) => Aftermath;
}

/** @returns the choice, or every kernel's reason when none can */
export function selectKernel(
  node: Node,
  inputs: Several<TensorType>,
  output: TensorType,
  context: SelectionContext,
): Choice | { readonly refusals: readonly Refusal[] } {
  const offered = context.offered.map(offeredRuns);
  const results = KERNELS.flatMap((kernel) => {
    const result = kernel.candidate(node, inputs, output, context.target, offered);
    return result === undefined ? [] : [{ kernel, result }];
  });
  const candidates = results.flatMap(({ kernel, result }) => ('reason' in result ? [] : [{ kernel, candidate: result }]));
  const priced = candidates.map(({ kernel, candidate }) => ({
    kernel,
    candidate,
    price: price(billOf(candidate, context.offered, inputs, context.aftermath(candidate)), context.goal),
  }));
  const forced = priced.find(({ kernel }) => kernel.name === context.forced);
  const [best] = [...priced].sort((a, b) => compare(a.price, b.price));
  const taken = forced ?? best;
  if (taken === undefined) {
    return { refusals: results.flatMap(({ kernel, result }) => ('reason' in result ? [{ kernel, reason: result.reason }] : [])) };
  }
  return { taken: taken.candidate, others: results.filter(({ kernel }) => kernel !== taken.kernel) };
}
