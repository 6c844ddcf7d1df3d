import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createProgress, type ProgressLine } from '../../../compiler/cli/progress.ts';

let written = '';

function progressOn(isTerminal: boolean): ProgressLine {
  return createProgress({ stdout: () => undefined, stderr: (text) => void (written += text), isTerminal, cwd: '.' });
}

beforeEach(() => {
  written = '';
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

describe.each([true, false])('progress where stderr is a terminal: %s', (isTerminal) => {
  it('is silent for what takes less than a second', () => {
    const progress = progressOn(isTerminal);
    for (let done = 0; done < 9; done += 1) {
      progress.update('interpreting', done, 10);
      vi.advanceTimersByTime(100);
    }
    progress.update('interpreting', 10, 10);
    progress.end();
    expect(written).toBe('');
  });

  it('begins to count anew with every activity', () => {
    const progress = progressOn(isTerminal);
    for (const activity of ['interpreting', 'running on host', 'running on avr']) {
      progress.update(activity, 0, 10);
      vi.advanceTimersByTime(900);
      progress.update(activity, 5, 10);
    }
    expect(written).toBe('');
  });
});

it('draws one line in place on a terminal and removes it at the end', () => {
  const progress = progressOn(true);
  progress.update('interpreting', 0, 10);
  vi.advanceTimersByTime(1500);
  progress.update('interpreting', 5, 10);
  expect(written).toBe('\r\u001b[Kinterpreting: 5 of 10');
  progress.end();
  progress.end();
  expect(written).toBe('\r\u001b[Kinterpreting: 5 of 10\r\u001b[K');
});

it('writes a line every ten seconds elsewhere, without control characters', () => {
  const progress = progressOn(false);
  for (let second = 0; second < 25; second += 1) {
    progress.update('interpreting', second, 25);
    vi.advanceTimersByTime(1000);
  }
  progress.end();
  expect(written).toBe('interpreting: 1 of 25\ninterpreting: 11 of 25\ninterpreting: 21 of 25\n');
});

describe('what begins', () => {
  it('is not shown within the first second', () => {
    const progress = progressOn(true);
    vi.advanceTimersByTime(900);
    progress.begin('reading');
    expect(written).toBe('');
  });

  it('is drawn in place on a terminal from then on', () => {
    const progress = progressOn(true);
    vi.advanceTimersByTime(1500);
    progress.begin('planning');
    vi.advanceTimersByTime(1500);
    progress.begin('printing');
    progress.end();
    expect(written).toBe('\r\u001b[Kplanning\r\u001b[Kprinting\r\u001b[K');
  });

  it('is a line elsewhere, ten seconds after the one before', () => {
    const progress = progressOn(false);
    for (const activity of ['reading', 'planning', 'printing', 'writing']) {
      vi.advanceTimersByTime(6000);
      progress.begin(activity);
    }
    expect(written).toBe('planning\nwriting\n');
  });
});
