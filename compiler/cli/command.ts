/** What every verb gets besides its arguments. */
import type { Diagnostic } from '../support/diagnostics.ts';
import type { Io } from './io.ts';

export interface CommandContext {
  readonly io: Io;
  /** Set by a verb that ends with a result that is not a success. */
  readonly exit: (code: number) => void;
  /** Shows warnings on stderr. */
  readonly warn: (warnings: readonly Diagnostic[]) => void;
}

/** `--json` without a value prints to stdout; with one it names a file. */
export const JSON_OPTION = { type: 'string', describe: 'the result as JSON, on stdout or into a file' } as const;

export function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
