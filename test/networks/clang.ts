/** clang in place of an Arm target's gcc, to see what hangs on the compiler. It compiles; gcc links, with its C library. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { missingTools } from '../../compiler/runner/tools.ts';
import type { Target } from '../../compiler/targets/target.ts';

const GCC = 'arm-none-eabi-gcc';
const FOLDER = join(import.meta.dirname, '../../build/networks');

/** Only files of C, not the program: `-c` is among the arguments. */
const SCRIPT = `#!/bin/sh
case " $* " in
  *" -c "*) exec clang --target=arm-none-eabi -isystem "$(dirname "$(${GCC} -print-file-name=libc.a)")/../include" "$@" ;;
  *" --version "*) exec clang "$@" ;;
  *) exec ${GCC} "$@" ;;
esac
`;

/** Null where clang is missing, or cannot take the place of the compiler. */
export function withClang(target: Target): Target | null {
  const { toolchain } = target;
  if (toolchain.compiler !== GCC || missingTools({ ...target, toolchain: { ...toolchain, compiler: 'clang' } }).length > 0) return null;
  mkdirSync(FOLDER, { recursive: true });
  const compiler = join(FOLDER, 'clang-and-gcc.sh');
  writeFileSync(compiler, SCRIPT);
  chmodSync(compiler, 0o755);
  return { ...target, toolchain: { ...toolchain, compiler } };
}
