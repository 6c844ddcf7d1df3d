/** Does the planned model fit the part? Tables and workspace are exact; code and stack come on top and are measured by verify. */
import type { Problem } from '../support/diagnostics.ts';
import type { Plan } from './plan.ts';

/** Bytes; null for no limit. */
export interface Limits {
  readonly flash: number | null;
  readonly ram: number | null;
}

/** A diagnostic that says by how much it is too big and which layer needs most; null when it fits. */
export function fitProblem(plan: Plan, { flash, ram }: Limits): Problem | null {
  const workspace = plan.workspaceWords * 4;
  const details: string[] = [];
  if (flash !== null && plan.tableBytes > flash) {
    const [largest] = [...plan.layers].sort((a, b) => b.tableBytes - a.tableBytes);
    details.push(`flash  ${plan.tableBytes} bytes of tables, ${flash} available: ${plan.tableBytes - flash} too many`);
    if (largest !== undefined) details.push(`       most in layer "${largest.name}" (${largest.op}): ${largest.tableBytes} bytes`);
  }
  if (ram !== null && workspace > ram) {
    const [largest] = [...plan.slots].sort((a, b) => b.words - a.words);
    details.push(`RAM    ${workspace} bytes of workspace, ${ram} available: ${workspace - ram} too many`);
    if (largest !== undefined) details.push(`       largest buffer: "${largest.name}", ${largest.words * 4} bytes`);
  }
  if (details.length === 0) return null;
  return {
    code: 'BNN3001',
    message: `the model does not fit target ${plan.target}`,
    details,
    notes: ['Code and stack come on top of these numbers; bnnc verify measures them.'],
    help: 'Choose a larger target, give the memory of your part with --flash and --ram, or train a narrower network.',
  };
}
