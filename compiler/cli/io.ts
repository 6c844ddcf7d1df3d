/** Where a run of the command line writes: injected, so that tests see everything. */
export interface Io {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** True when stderr is a terminal: progress is drawn in place and messages are coloured. */
  readonly isTerminal: boolean;
  readonly cwd: string;
}
