/**
 * Does the planned model fit the part? Tables and workspace are exact; code and stack come on top and are measured by verify.
 *
 * The fastest kernels take flash for their encodings and RAM for their tables. Where that is too much, a byte of what is short gets a
 * price in instructions, which rises until the whole network fits: each layer then gives up what it needs least (Lagrange multipliers).
 */
import type { Goal, Preference } from '../kernels/select.ts';
import type { Problem } from '../support/diagnostics.ts';
import { BYTES_OF } from '../kernels/kernel.ts';
import type { TableLimits } from '../targets/target.ts';
import type { Plan } from './plan.ts';

/** Bytes; null for no limit. */
export interface Limits {
  readonly flash: number | null;
  readonly ram: number | null;
  /** What the processor can address of tables. */
  readonly tables?: TableLimits | undefined;
}

/** Of tables in all. */
function mostTables({ flash, tables }: Limits): number {
  return Math.min(flash ?? Infinity, tables?.allBytes ?? Infinity);
}

/** Tables that are larger than the processor can address one. */
function tooLarge({ tables }: Plan, limit: number): readonly string[] {
  return tables.flatMap((table) => {
    const bytes = (table.length ?? table.values.length) * BYTES_OF[table.ctype];
    return bytes > limit ? [`table  "${table.symbol}" has ${bytes} bytes, ${limit} can be addressed: ${bytes - limit} too many`] : [];
  });
}

/** A diagnostic that says by how much it is too big and which layer needs most; null when it fits. */
export function fitProblem(plan: Plan, limits: Limits): Problem | null {
  const { ram, tables } = limits;
  const workspace = plan.workspaceWords * 4;
  const details: string[] = [];
  const most = mostTables(limits);
  const isAddressed = tables !== undefined && most === tables.allBytes;
  if (plan.tableBytes > most) {
    const [largest] = [...plan.layers].sort((a, b) => b.tableBytes - a.tableBytes);
    const room = isAddressed ? 'can be addressed' : 'available';
    details.push(`flash  ${plan.tableBytes} bytes of tables, ${most} ${room}: ${plan.tableBytes - most} too many`);
    if (largest !== undefined) details.push(`       most in layer "${largest.name}" (${largest.op}): ${largest.tableBytes} bytes`);
  }
  if (ram !== null && workspace > ram) {
    const [largest] = [...plan.slots].sort((a, b) => b.words - a.words);
    details.push(`RAM    ${workspace} bytes of workspace, ${ram} available: ${workspace - ram} too many`);
    if (largest !== undefined) details.push(`       largest buffer: "${largest.name}", ${largest.words * 4} bytes`);
  }
  const large = tables === undefined ? [] : tooLarge(plan, tables.eachBytes);
  details.push(...large);
  if (details.length === 0) return null;
  const addressing = large.length > 0 || (isAddressed && plan.tableBytes > most);
  return {
    code: 'BNN3001',
    message: `the model does not fit target ${plan.target}`,
    details,
    notes: [
      ...(addressing ? [`However much flash a part has, programs for ${plan.target} reach only so many bytes of tables.`] : []),
      'Code and stack come on top of these numbers; bnnc verify measures them.',
    ],
    help: 'Choose a larger target, give the memory of your part with --flash and --ram, or train a narrower network.',
  };
}

/** Instructions for a byte. */
const FIRST_RATE = 1 / 4;
/** Under `size`: two kilobytes more are worth it where they save four million instructions. */
const SIZE_RATE = 2048;
const LAST_RATE = 65536;

/**
 * The plan for a goal. `speed` is the fastest that fits; `size` the smallest, if it is not for the sake of single bytes much slower
 * than another one; what fits nowhere comes back as the smallest one.
 * @param attempt makes a plan
 */
export function fittingPlan<T extends { readonly plan: Plan }>(attempt: (preference: Preference) => T, goal: Goal, limits: Limits): T {
  if (goal === 'ram') return attempt(goal);
  let [flash, ram] = goal === 'size' ? [SIZE_RATE, SIZE_RATE] : [0, 0];
  let tried = attempt({ flash, ram });
  const isOver = ({ plan }: T): { readonly flash: boolean; readonly ram: boolean } => ({
    flash: plan.tableBytes > mostTables(limits) || (limits.tables !== undefined && tooLarge(plan, limits.tables.eachBytes).length > 0),
    ram: limits.ram !== null && plan.workspaceWords * 4 > limits.ram,
  });
  for (;;) {
    const over = isOver(tried);
    if (!over.flash && !over.ram) return tried;
    if (over.flash) flash = Math.max(FIRST_RATE, flash * 4);
    if (over.ram) ram = Math.max(FIRST_RATE, ram * 4);
    if (Math.max(flash, ram) > LAST_RATE) break;
    tried = attempt({ flash, ram });
  }
  const smallest = (['ram', 'size'] as const).map(attempt);
  return smallest.find((each) => fitProblem(each.plan, limits) === null) ?? smallest[isOver(tried).ram ? 0 : 1] ?? tried;
}
