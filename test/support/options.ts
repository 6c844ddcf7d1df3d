/** What a command line without options means, for tests that call the compiler itself. */
import type { CompileOptions } from '../../compiler/driver/compile.ts';
import { NO_INPUT_WORDS } from '../../compiler/driver/options.ts';
import type { Target } from '../../compiler/targets/target.ts';

export function compileOptions(target: Target, given: Partial<CompileOptions> = {}): CompileOptions {
  return {
    ...NO_INPUT_WORDS,
    name: null,
    from: null,
    output: null,
    goal: 'size',
    flash: null,
    ram: null,
    forcedKernel: null,
    command: 'test',
    strict: false,
    target,
    ...given,
  };
}
