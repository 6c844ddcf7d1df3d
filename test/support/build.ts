/** Builds a program; when the compiler refuses, what it printed is the message of the failed test. */
import { buildProgram, type BuildRequest, type BuiltProgram } from '../../compiler/runner/toolchain.ts';
import { UserError } from '../../compiler/support/diagnostics.ts';

export async function buildOrExplain(request: BuildRequest): Promise<BuiltProgram> {
  try {
    return await buildProgram(request);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const details = error.diagnostics.flatMap((problem) => problem.details ?? []).join('\n');
    throw new Error(`${error.message}\n${details}`, { cause: error });
  }
}
