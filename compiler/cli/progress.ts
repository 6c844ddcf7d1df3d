/** Says what is going on in anything that takes longer than a second; silent before that. */
import type { Io } from './io.ts';

const QUIET_MILLISECONDS = 1000;
const DRAW_MILLISECONDS = 200;
const LINE_MILLISECONDS = 10_000;

export interface ProgressLine {
  readonly update: (activity: string, done: number, total: number) => void;
  /** Something begins of which nobody knows how long it takes. */
  readonly begin: (activity: string) => void;
  /** Removes the line. */
  readonly end: () => void;
}

/** On a terminal one line drawn in place; elsewhere a line every ten seconds. */
export function createProgress(io: Io): ProgressLine {
  let current = '';
  let started = Date.now();
  let drawn = 0;
  let visible = false;
  const created = Date.now();
  const interval = io.isTerminal ? DRAW_MILLISECONDS : LINE_MILLISECONDS;
  const draw = (text: string, now: number): void => {
    drawn = now;
    if (io.isTerminal) io.stderr(`\r\u001b[K${text}`);
    else io.stderr(`${text}\n`);
    visible = io.isTerminal;
  };
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
      if (now - started < QUIET_MILLISECONDS || now - drawn < interval || done >= total) return;
      draw(`${activity}: ${done} of ${total}`, now);
    },
    begin: (activity) => {
      const now = Date.now();
      const isLate = now - created >= (io.isTerminal ? QUIET_MILLISECONDS : LINE_MILLISECONDS);
      if (isLate && now - drawn >= interval) draw(activity, now);
    },
    end: clear,
  };
}
