/** What is committed under bench/ agrees with itself, and its rules work. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { NETWORK_RECORD } from '../../networks/record.ts';
import { INSTRUCTION_RECORD } from '../../run/instruction-record.ts';
import { MNIST_RECORD, type MnistEntry } from '../../run/mnist-record.ts';
import type { Identity, RecordFile } from '../../run/record.ts';

const { changes, unexplained } = MNIST_RECORD;

const ENTRY: MnistEntry = {
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

/** What a record and its table should be, and what they are. */
function texts<E extends Identity, N extends string>({ print, table, read, file, tableFile }: RecordFile<E, N>) {
  return [[print(read()), table(read())], [file, tableFile].map((path) => readFileSync(path, 'utf8'))] as const;
}

describe.each([
  ['the 10,000 test images', () => texts(MNIST_RECORD)],
  ['counted instructions', () => texts(INSTRUCTION_RECORD)],
  ['counted networks', () => texts(NETWORK_RECORD)],
] as const)('the record of %s', (_what, both) => {
  it('is written as its test writes it, and so is its table', () => {
    const [wanted, found] = both();
    expect(found).toEqual(wanted);
  });
});

describe('the record of the 10,000 test images', () => {
  it('holds only complete results', () => {
    const { entries } = MNIST_RECORD.read();
    expect(entries.filter(({ samples, equal, onnxruntime }) => equal !== samples || onnxruntime !== samples)).toEqual([]);
    const whole = new Set(entries.filter(({ samples }) => samples === 10_000).map(({ model }) => model));
    expect(entries.filter(({ model }) => !whole.has(model))).toEqual([]);
  });
});

describe('the record of counted instructions', () => {
  const { entries } = INSTRUCTION_RECORD.read();

  it('holds sums that lie between the fewest and the most of one sample', () => {
    const wrong = entries.filter(
      ({ samples, instructions, least, most }) => instructions < samples * least || instructions > samples * most,
    );
    expect(wrong).toEqual([]);
  });

  it('asks for a line in bench/CHANGES.md when a count grows', () => {
    const [recorded] = entries;
    if (recorded === undefined) throw new Error('the record is empty');
    const grown = { ...recorded, instructions: recorded.instructions + 1 };
    const line = `${recorded.model} ${recorded.target} instructions ${recorded.instructions} -> ${recorded.instructions + 1}`;
    expect(INSTRUCTION_RECORD.changes(recorded, grown)[0]).toContain(`${line}: it grew.`);
    expect(INSTRUCTION_RECORD.unexplained(recorded, grown)).toEqual([line]);
    expect(INSTRUCTION_RECORD.changes(recorded, recorded)).toEqual([]);
  });
});

describe('sizes against the record', () => {
  it('that are equal say nothing', () => {
    expect(changes(ENTRY, ENTRY)).toEqual([]);
  });

  it('that grew ask for a line in bench/CHANGES.md', () => {
    const [change] = changes(ENTRY, { ...ENTRY, flash: 1004 });
    expect(change).toMatch(/^net cortex-m4 flash 1000 -> 1004: it grew\..*bench\/CHANGES\.md/);
    expect(unexplained(ENTRY, { ...ENTRY, flash: 1004 })).toEqual(['net cortex-m4 flash 1000 -> 1004']);
  });

  it('that shrank ask only to be recorded', () => {
    expect(changes(ENTRY, { ...ENTRY, stack: 100 })).toEqual([
      'net cortex-m4 stack 120 -> 100: record it with UPDATE_BENCH=1 npm run test:full',
    ]);
    expect(unexplained(ENTRY, { ...ENTRY, stack: 100 })).toEqual([]);
  });
});

describe('the record of counted networks', () => {
  const { entries } = NETWORK_RECORD.read();

  it('names goal and forced kernel where a count grows', () => {
    const [recorded] = entries;
    if (recorded === undefined) throw new Error('the record is empty');
    const before = { ...recorded, optimize: 'size' as const, forcedKernel: 'some-kernel' };
    const line = `${recorded.model} ${recorded.target} size some-kernel flash ${recorded.flash} -> ${recorded.flash + 4}`;
    expect(NETWORK_RECORD.unexplained(before, { ...before, flash: recorded.flash + 4 })).toEqual([line]);
  });
});
