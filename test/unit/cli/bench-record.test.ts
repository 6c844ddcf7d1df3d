/** What is committed under bench/ agrees with itself, and its rules work. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { RECORD_FILE, TABLE_FILE, printRecord, printTable, readRecord, sizeChanges, unexplained, type Entry } from '../../run/record.ts';

const ENTRY: Entry = {
  ...{
    model: 'net',
    sha256: '0'.repeat(64),
    target: 'cortex-m4',
    samples: 10,
    equal: 10,
    correct: 9,
    accuracy: '90.00 %',
    onnxruntime: 10,
  },
  ...{ flash: 1000, tables: 800, workspace: 40, stack: 120, outputs: '0'.repeat(64) },
};

describe('the record of the 10,000 test images', () => {
  it('is written as the full test writes it, and so is its table', () => {
    expect(existsSync(RECORD_FILE)).toBe(true);
    expect(readFileSync(RECORD_FILE, 'utf8')).toBe(printRecord(readRecord()));
    expect(readFileSync(TABLE_FILE, 'utf8')).toBe(printTable(readRecord()));
  });

  it('holds only complete results', () => {
    expect(readRecord().entries.filter(({ samples, equal }) => samples !== 10_000 || equal !== samples)).toEqual([]);
  });
});

describe('sizes against the record', () => {
  it('that are equal say nothing', () => {
    expect(sizeChanges(ENTRY, ENTRY)).toEqual([]);
  });

  it('that grew ask for a line in bench/CHANGES.md', () => {
    const [change] = sizeChanges(ENTRY, { ...ENTRY, flash: 1004 });
    expect(change).toMatch(/^net cortex-m4 flash 1000 -> 1004: it grew\..*bench\/CHANGES\.md/);
    expect(unexplained(ENTRY, { ...ENTRY, flash: 1004 })).toEqual(['net cortex-m4 flash 1000 -> 1004']);
  });

  it('that shrank ask only to be recorded', () => {
    expect(sizeChanges(ENTRY, { ...ENTRY, stack: 100 })).toEqual([
      'net cortex-m4 stack 120 -> 100: record it with UPDATE_BENCH=1 npm run test:full',
    ]);
    expect(unexplained(ENTRY, { ...ENTRY, stack: 100 })).toEqual([]);
  });
});
