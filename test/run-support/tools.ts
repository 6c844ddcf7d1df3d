/** Tests that build and run C need compilers and emulators. Without them a developer sees a skipped test, and CI a failed one. */
import type { TestContext } from 'vitest';
import { installHelp, missingTools } from '../../compiler/runner/tools.ts';
import type { Target } from '../../compiler/targets/target.ts';

/** Skips the running test if a tool of the target is missing, with what to install as the reason; fails it when CI is set. */
export function requireTools(context: TestContext, target: Target): void {
  const missing = missingTools(target);
  if (missing.length === 0) return;
  const reason = missing.map((tool) => `${tool.command} is missing. ${installHelp(tool.packages)}`).join(' ');
  if (process.env['CI']) throw new Error(reason);
  context.skip(reason);
}

/** What our C must be clean under, with gcc and clang. */
export const STRICT_WARNINGS: readonly string[] = ['-Wall', '-Wextra', '-Wpedantic', '-Wconversion', '-Wshadow', '-Wundef', '-Werror'];
