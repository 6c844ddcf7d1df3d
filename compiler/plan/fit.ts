/**
 * Does the planned model fit the part? Tables and workspace are exact; code and stack come on top and are measured by verify.
 *
 * The fastest kernels take flash for their encodings and RAM for their tables. Where that is too much, a byte of what is short gets a
 * price in instructions, which rises until the whole network fits: each layer then gives up what it needs least (Lagrange multipliers).
 */
import { bytesOf } from '../kernels/kernel.ts';
import type { Goal, Preference } from '../kernels/select.ts';
import type { Problem } from '../support/diagnostics.ts';
import type { TableLimits, Target } from '../targets/target.ts';
import type { Plan } from './plan.ts';

/** Bytes; null for no limit. */
export interface Limits {
  readonly flash: number | null;
  readonly ram: number | null;
  /** What the processor can address of tables. */
  readonly tables?: TableLimits | undefined;
}

/** Those of a target, or of a part with other memory. */
export function limitsOf({ memory, tables }: Target, flash: number | null = null, ram: number | null = null): Limits {
  return { flash: flash ?? memory.flashBytes, ram: ram ?? memory.ramBytes, tables };
}

/** What is beyond the limits: bytes of all tables, the tables that are too large each by itself, bytes of the workspace. */
function excessOf(plan: Plan, { flash, ram, tables }: Limits): { tableBytes: number; large: Plan['tables']; workspaceBytes: number } {
  return {
    tableBytes: Math.max(0, plan.tableBytes - Math.min(flash ?? Infinity, tables?.allBytes ?? Infinity)),
    large: tables === undefined ? [] : plan.tables.filter((table) => bytesOf(table) > tables.eachBytes),
    workspaceBytes: Math.max(0, plan.workspaceWords * 4 - (ram ?? Infinity)),
  };
}

/** A diagnostic that says by how much it is too big and which layer needs most; null when it fits. */
export function fitProblem(plan: Plan, limits: Limits): Problem | null {
  const excess = excessOf(plan, limits);
  const details: string[] = [];
  const { allBytes, eachBytes = Infinity } = limits.tables ?? {};
  const available = plan.tableBytes - excess.tableBytes;
  const isAddressed = excess.tableBytes > 0 && available === allBytes;
  if (excess.tableBytes > 0) {
    const [largest] = [...plan.layers].sort((a, b) => b.tableBytes - a.tableBytes);
    const room = isAddressed ? 'can be addressed' : 'available';
    details.push(`flash  ${plan.tableBytes} bytes of tables, ${available} ${room}: ${excess.tableBytes} too many`);
    if (largest !== undefined) details.push(`       most in layer "${largest.name}" (${largest.op}): ${largest.tableBytes} bytes`);
  }
  if (excess.workspaceBytes > 0) {
    const [largest] = [...plan.slots].sort((a, b) => b.words - a.words);
    details.push(`RAM    ${plan.workspaceWords * 4} bytes of workspace, ${limits.ram} available: ${excess.workspaceBytes} too many`);
    if (largest !== undefined) details.push(`       largest buffer: "${largest.name}", ${largest.words * 4} bytes`);
  }
  for (const table of excess.large) {
    const bytes = bytesOf(table);
    details.push(`table  "${table.symbol}" has ${bytes} bytes, ${eachBytes} can be addressed: ${bytes - eachBytes} too many`);
  }
  if (details.length === 0) return null;
  return {
    code: 'BNN3001',
    message: `the model does not fit target ${plan.target}`,
    details,
    notes: [
      ...(isAddressed || excess.large.length > 0
        ? [`However much flash a part has, programs for ${plan.target} reach only so many bytes of tables.`]
        : []),
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
  const shortOf = ({ plan }: T): { readonly flash: boolean; readonly ram: boolean } => {
    const { tableBytes, large, workspaceBytes } = excessOf(plan, limits);
    return { flash: tableBytes > 0 || large.length > 0, ram: workspaceBytes > 0 };
  };
  for (;;) {
    const short = shortOf(tried);
    if (!short.flash && !short.ram) return tried;
    if (short.flash) flash = Math.max(FIRST_RATE, flash * 4);
    if (short.ram) ram = Math.max(FIRST_RATE, ram * 4);
    if (Math.max(flash, ram) > LAST_RATE) break;
    tried = attempt({ flash, ram });
  }
  const smallest = (['ram', 'size'] as const).map(attempt);
  return smallest.find((each) => fitProblem(each.plan, limits) === null) ?? smallest[shortOf(tried).ram ? 0 : 1] ?? tried;
}
