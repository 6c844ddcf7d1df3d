/** Says what is going on in anything that takes longer than a second; silent before that. */
import type { Io } from './io.ts';

const QUIET_MILLISECONDS = 1000;
const DRAW_MILLISECONDS = 200;
const LINE_MILLISECONDS = 10_000;

export interface ProgressLine {
  readonly update: (activity: string, done: number, total: number) => void;
  /** Removes the line. */
  readonly end: () => void;
}

/** On a terminal one line drawn in place; elsewhere a line every ten seconds. */
export function createProgress(io: Io): ProgressLine {
  let current = '';
  let started = Date.now();
  let drawn = 0;
  let visible = false;
  const clear = (): void => {
    if (visible) io.stderr('\r\u001b[K');
    visible = false;
  };
  return {
    update: (activity, done, total) => {
      const now = Date.now();
      if (activity !== current) {
        current = activity;
        started = now;
        drawn = 0;
      }
      const interval = io.isTerminal ? DRAW_MILLISECONDS : LINE_MILLISECONDS;
      if (now - started < QUIET_MILLISECONDS || now - drawn < interval || done >= total) return;
      drawn = now;
      const text = `${activity}: ${done} of ${total}`;
      if (io.isTerminal) {
        io.stderr(`\r\u001b[K${text}`);
        visible = true;
      } else io.stderr(`${text}\n`);
    },
    end: clear,
  };
}
