/**
 * What bnnc tells a person when something is wrong with *their* file or command.
 *
 * A diagnostic is data; `cli/render.ts` draws it. A stage collects all its problems in a `Diagnostics`
 * and stops at its end (`stopOnErrors`), so a user sees every problem of the stage at once.
 */
import type { Code } from './codes.ts';

/** Where a thing stands in the user's file. `path` is our line number: `graph.node[7] "bn2" (BatchNormalization)`. */
export interface Origin {
  readonly file: string;
  readonly path: string;
  readonly position?: { readonly line: number; readonly column: number } | { readonly byte: number };
  /** Where it stood in the file that this one was written from. */
  readonly from?: { readonly file: string; readonly path: string };
}

export type Severity = 'error' | 'warning';

/** One problem: what is wrong, where, what was seen and wanted (`details`, `notes`), and what to do (`help`). */
export interface Diagnostic {
  readonly code: Code;
  readonly severity: Severity;
  /** One sentence in the user's vocabulary, with the names and values of their file. */
  readonly message: string;
  readonly origin?: Origin;
  /** Facts in `name  value` form, shown under the origin. */
  readonly details?: readonly string[];
  /** Background or the second place involved, one paragraph each. */
  readonly notes?: readonly string[];
  /** The next action. */
  readonly help?: string;
}

/** Thrown when a stage ends with errors; carries all of them. Never a bug of bnnc: those are plain `Error`s. */
export class UserError extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((d) => `${d.code}: ${d.message}`).join('\n'));
    this.name = 'UserError';
    this.diagnostics = diagnostics;
  }
}

/** A diagnostic without its severity, which the method called decides. */
export type Problem = Omit<Diagnostic, 'severity'>;

/** Collects the problems of one run. */
export class Diagnostics {
  readonly #items: Diagnostic[];

  /** @param earlier warnings of the stages before */
  constructor(earlier: readonly Diagnostic[] = []) {
    this.#items = [...earlier];
  }

  error(problem: Problem): void {
    this.#items.push({ ...problem, severity: 'error' });
  }

  warning(problem: Problem): void {
    this.#items.push({ ...problem, severity: 'warning' });
  }

  /** The result of `work`, or undefined with its problems collected. */
  collect<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      for (const problem of error.diagnostics) this.error(problem);
      return undefined;
    }
  }

  get warnings(): readonly Diagnostic[] {
    return this.#items.filter((d) => d.severity === 'warning');
  }

  /** With --strict a warning stops too. */
  stopOnWarnings(): void {
    if (this.warnings.length > 0) throw new UserError(this.warnings.map((warning) => ({ ...warning, severity: 'error' })));
  }

  /** Ends a stage: throws a `UserError` with every error collected so far, if there is one. */
  stopOnErrors(): void {
    const errors = this.#items.filter((d) => d.severity === 'error');
    if (errors.length > 0) throw new UserError(errors);
  }
}

/** Throws one problem at once, for the places where nothing after it can be read. */
export function fail(problem: Problem): never {
  throw new UserError([{ ...problem, severity: 'error' }]);
}
