/** One breach of a rule, as a test prints it. */
export interface Violation {
  /** Path from the root of the repository. */
  readonly file: string;
  readonly line: number;
  /** What is wrong here, and why the rule exists. */
  readonly rule: string;
}

export function report(violations: readonly Violation[]): string {
  return violations.map(({ file, line, rule }) => `${file}:${line}: ${rule}`).join('\n');
}
