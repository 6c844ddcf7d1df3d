/** What a node could be computed by, and what each way costs: time, flash and RAM, changes of layout included. */
import { elementCount } from '../ir/encoding.ts';
import type { Node, TensorType } from '../ir/types.ts';
import type { Target } from '../targets/target.ts';
import { conversion, type Conversion } from './conversions.ts';
import { KERNELS } from './index.ts';
import { layoutWords, sameBits, wordsFor, type Candidate, type Kernel, type Layout, type Several } from './kernel.ts';

export type Goal = 'speed' | 'ram' | 'size';

/** Speed, but a byte of flash and of RAM are worth so many instructions. */
export interface Exchange {
  readonly flash: number;
  readonly ram: number;
}

export type Preference = Goal | Exchange;

/** Instructions executed, bytes of tables and code, bytes of buffers. Estimates, except tables and buffers. */
export interface Bill {
  readonly instructions: number;
  readonly flash: number;
  readonly ram: number;
}

export const NOTHING: Bill = { instructions: 0, flash: 0, ram: 0 };

export function addBills(a: Bill, b: Bill): Bill {
  return { instructions: a.instructions + b.instructions, flash: a.flash + b.flash, ram: a.ram + b.ram };
}

export function subtractBills(a: Bill, b: Bill): Bill {
  return { instructions: a.instructions - b.instructions, flash: a.flash - b.flash, ram: a.ram - b.ram };
}

/** Smaller is better, first entry first. `size` is flash and RAM together, as a part is bought. */
function price({ instructions, flash, ram }: Bill, goal: Preference): readonly number[] {
  if (typeof goal !== 'string') return [instructions + goal.flash * flash + goal.ram * ram, flash + ram];
  switch (goal) {
    case 'speed':
      return [instructions, flash + ram];
    case 'ram':
      return [ram, instructions, flash];
    case 'size':
      return [flash + ram, instructions];
  }
}

/** Below 0 where `a` is better under the goal. Prices of parts add up, so the best whole is made of best parts. */
export function compareBills(a: Bill, b: Bill, goal: Preference): number {
  const [left, right] = [price(a, goal), price(b, goal)];
  const at = left.findIndex((value, i) => value !== right[i]);
  return at < 0 ? 0 : (left[at] ?? 0) - (right[at] ?? 0);
}

/** Is `a` nowhere worse than `b`, and better in something? */
export function dominates(a: Bill, b: Bill): boolean {
  const isNowhereWorse = a.instructions <= b.instructions && a.flash <= b.flash && a.ram <= b.ram;
  return isNowhereWorse && (a.instructions < b.instructions || a.flash < b.flash || a.ram < b.ram);
}

export interface Refusal {
  readonly kernel: string;
  readonly reason: string;
}

/** Every kernel of an op: what it would do, perhaps in two ways, or why it cannot. In the order of `KERNELS`. */
export interface Options {
  readonly candidates: readonly Candidate[];
  readonly refusals: readonly Refusal[];
}

/** Asks the kernels about a node whose inputs lie in these layouts, where that is known. */
export type Catalog = (node: Node, offered: readonly (Layout | undefined)[]) => Options;

export function layoutKey(layout: Layout | undefined): string {
  return JSON.stringify(layout ?? null);
}

interface Answer {
  readonly result: ReturnType<Kernel['candidate']>;
  /** Did the kernel look at how the inputs lie? */
  readonly isAdapted: boolean;
}

/** Has an input bits that nobody uses, so that another layout of it would have fewer words? */
function isLoose({ inputs: layouts }: Candidate, inputs: Several<TensorType>): boolean {
  return inputs.some(({ shape }, i) => layoutWords(layouts[i] ?? layouts[0], shape) > wordsFor(elementCount(shape)));
}

/**
 * Kernels make their tables when they are asked, so each is asked once, and again for other layouts only if it looked at the layouts.
 * One that adapted to a loose layout is also asked what it would do with one of its own choice: a change of layout may pay.
 * @param typesOf inputs and output of a node
 */
export function catalogOf(
  target: Target,
  typesOf: (node: Node) => { readonly inputs: Several<TensorType>; readonly output: TensorType },
): Catalog {
  const known = new Map<Node, Map<string, Answer>>();
  const ask = (kernel: Kernel, node: Node, offered: readonly (Layout | undefined)[]): Answer => {
    const answers = known.get(node) ?? new Map<string, Answer>();
    known.set(node, answers);
    const key = `${kernel.name} ${offered.map(layoutKey).join(' ')}`;
    const found = answers.get(kernel.name) ?? answers.get(key);
    if (found !== undefined) return found;
    const seen = { offered: false };
    const watched = new Proxy(offered, {
      get: (list, property): unknown => {
        seen.offered = true;
        return Reflect.get(list, property);
      },
    });
    const { inputs, output } = typesOf(node);
    const answer = { result: kernel.candidate(node, inputs, output, target, watched), isAdapted: seen.offered };
    answers.set(seen.offered ? key : kernel.name, answer);
    return answer;
  };
  return (node, offered) => {
    const candidates: Candidate[] = [];
    const refusals: Refusal[] = [];
    const { inputs } = typesOf(node);
    for (const kernel of KERNELS) {
      const { result, isAdapted } = ask(kernel, node, offered);
      if (result === undefined) continue;
      if ('reason' in result) {
        refusals.push({ kernel: kernel.name, reason: result.reason });
        continue;
      }
      candidates.push(result);
      if (!isAdapted || !isLoose(result, inputs)) continue;
      const own = ask(kernel, node, []).result;
      if (own !== undefined && !('reason' in own) && own.inputs.some((layout, i) => !sameBits(layout, result.inputs[i] ?? layout)))
        candidates.push(own);
    }
    return { candidates, refusals };
  };
}

/** The copy that a kernel may adapt to: runs of bits, which dense layers take as they are. */
export function offeredRuns(layouts: Several<Layout>): Layout {
  return layouts.find(({ kind }) => kind === 'bit-runs') ?? layouts[0];
}

/** The change that brings an input into the wanted layout; null where one of its copies lies so already. */
export function changeOf(offered: Several<Layout>, wanted: Layout, shape: readonly number[]): Conversion | null {
  if (wanted.kind === 'bytes' || wanted.kind === 'i32' || wanted.kind === 'f32' || offered.some((layout) => sameBits(layout, wanted)))
    return null;
  return conversion(offered[0], wanted, shape);
}

/** What a kernel costs by itself; what its result takes is not in it. */
export function billOf({ cost }: Candidate): Bill {
  return { instructions: Math.round(cost.instructions), flash: cost.tableBytes + cost.codeBytes, ram: cost.scratchBytes };
}

export function billOfChange({ instructions, bytes }: Conversion): Bill {
  return { instructions, flash: 0, ram: bytes };
}
