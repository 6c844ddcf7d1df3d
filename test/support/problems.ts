/** What is said of wrong input. */
import { UserError, type Diagnostic } from '../../compiler/support/diagnostics.ts';

/** The diagnostics of work that must be refused; any other error goes on. */
export function problemsIn(work: () => unknown): readonly Diagnostic[] {
  try {
    work();
  } catch (error) {
    if (error instanceof UserError) return error.diagnostics;
    throw error;
  }
  throw new Error('nothing was refused');
}
