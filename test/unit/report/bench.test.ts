/** The text of counts, and what changed since an earlier benchmark. */
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../compiler/support/diagnostics.ts';
import { benchText, mean, type BenchReport, type Spread, type TargetBench } from '../../../compiler/report/bench.ts';
import { compareBench, comparisonText, readBench } from '../../../compiler/report/bench-compare.ts';

const spread = (least: number, most: number, sum: number): Spread => ({ least, most, sum });

const M4: TargetBench = {
  target: 'cortex-m4',
  board: 'mps2-an386',
  compiler: 'gcc 12',
  counts: {
    instructions: spread(1000, 1100, 4200),
    markedInstructions: 4212,
    parts: [
      { name: 'conv1', kernel: 'conv2d-b1-b1', instructions: spread(900, 1000, 3800), estimate: 1900, words: 100 },
      { name: 'call and return', kernel: null, instructions: spread(103, 103, 412), estimate: null, words: null },
    ],
    classes: { load: 1050, branch: 3150, float: 0 },
    cycles: [{ model: 'Cortex-M4', least: 5000, most: 6000 }],
  },
  flash: 2000,
  tables: 1500,
  workspace: 40,
  stack: 60,
};
const HOST: TargetBench = { ...M4, target: 'host', board: 'host', counts: null, stack: null };

function reportOf(...targets: readonly TargetBench[]): BenchReport {
  return {
    bnnc: '0.1.0',
    model: { file: 'net.onnx', sha256: 'a' },
    optimization: '-Os',
    samples: { count: 4, source: 'pseudo-random with seed 1', sha256: 'c' },
    targets,
  };
}

describe('the text of a benchmark', () => {
  const text = benchText(reportOf(M4, HOST));

  it('says what was counted', () => {
    expect(text).toContain('net.onnx, -Os, instructions of one inference: mean of 4 samples, pseudo-random with seed 1');
    expect(text).toContain('instructions  1,050, 1,000 to 1,100; +3 (0.3 %) in the build with marks');
  });

  it('has a line for each layer with share, estimate and instructions per word', () => {
    expect(text).toMatch(/^conv1 +conv2d-b1-b1 +950 +90\.2 % +1,900 +0\.50 +100 +9\.50$/m);
    expect(text).toMatch(/^call and return +– +103 +9\.8 % +– +– +– +–$/m);
  });

  it('calls cycles a model', () => {
    expect(text).toContain('cycles        1,250 to 1,500 by a model of Cortex-M4 without wait states; not measured');
  });

  it('leaves out classes that did not run', () => {
    expect(text).toContain('mix           load 25.0 %, branch 75.0 %\n');
  });

  it('has a dash where nothing is counted', () => {
    expect(text).toContain('host (host), gcc 12\nnot counted');
    expect(text).toMatch(/^host +– +2,000 B +1,500 B +40 B +–$/m);
  });

  it('shows whole means as they are and others with a decimal', () => {
    expect([mean(12_345_670, 10), mean(12_345_674, 10), mean(9_999_999_999, 10_000)]).toEqual(['1,234,567', '1,234,567.4', '1,000,000.0']);
  });
});

describe('two benchmarks', () => {
  const grown = { ...M4, flash: 2004, counts: M4.counts && { ...M4.counts, instructions: spread(1000, 1100, 4000) } };

  it('that are equal have no changes', () => {
    expect(comparisonText(compareBench(reportOf(M4, HOST), reportOf(M4, HOST), 'old.json'))).toBe('nothing changed\n');
  });

  it('show every change with its sign', () => {
    const comparison = compareBench(reportOf(M4), reportOf(grown), 'old.json');
    expect(comparison.changes).toEqual([
      { target: 'cortex-m4', what: 'instructions', before: 4200, now: 4000 },
      { target: 'cortex-m4', what: 'flash', before: 2000, now: 2004 },
    ]);
    const text = comparisonText(comparison);
    expect(text).toMatch(/^cortex-m4 +instructions +4,200 +4,000 +−200 +−4\.76 %$/m);
    expect(text).toMatch(/^cortex-m4 +flash +2,000 +2,004 +\+4 +\+0\.20 %$/m);
  });

  it('say what could not be compared', () => {
    const { notes } = compareBench(
      reportOf({ ...M4, compiler: 'gcc 11' }),
      { ...reportOf(M4, HOST), model: { file: 'n', sha256: 'b' } },
      'o',
    );
    expect(notes).toEqual(['the model file is another one', 'cortex-m4 was compiled by gcc 11', 'host is not in the earlier benchmark']);
  });

  it('of other samples are refused', () => {
    const other = { ...reportOf(M4), samples: { count: 5, source: 'x', sha256: 'd' } };
    expect(() => compareBench(other, reportOf(M4), 'old.json')).toThrow(UserError);
    expect(() => compareBench({ ...reportOf(M4), optimization: '-O2' }, reportOf(M4), 'old.json')).toThrow(/BNN4004/);
  });

  const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

  it('are read back as they were written', () => {
    expect(readBench(bytes(reportOf(M4, HOST)), 'old.json')).toEqual(reportOf(M4, HOST));
  });

  it.each([
    ['no JSON', '{'],
    ['a list', []],
    ['a verification', { model: 'net.onnx', samples: 3, targets: [] }],
    ['a target without sizes', { ...reportOf(M4), targets: [{ ...M4, flash: '2 KB' }] }],
    ['counts without layers', { ...reportOf(M4), targets: [{ ...M4, counts: { instructions: spread(1, 1, 1) } }] }],
  ])('are refused: %s', (_what, value) => {
    expect(() => readBench(bytes(value), 'old.json')).toThrow(/BNN4004/);
  });
});
