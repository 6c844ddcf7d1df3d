/** Operations on real numbers in JSON models: what they compute, and what a wrong one is told. */
import { describe, expect, it } from 'vitest';
import { document, problemsOf, read, run, summaryOf } from './read-json.ts';

const image = { input: { type: 'f32', shape: [2, 2, 2], name: 'x' } };
const SAMPLE = Float32Array.of(1, -10, 2, -20, 3, -30, 4, -40);
const result = (...nodes: readonly object[]): readonly number[] => run(read(document(nodes, image)), SAMPLE);

describe('an operation on real numbers', () => {
  it.each([
    ['add', [2, -20, 4, -40, 6, -60, 8, -80]],
    ['subtract', [0, 0, 0, 0, 0, 0, 0, 0]],
    ['multiply', [1, 100, 4, 400, 9, 900, 16, 1600]],
  ])('combine: %s', (operator, wanted) => {
    expect(result({ op: 'combine', operator, inputs: ['x', 'x'] })).toEqual(wanted);
  });

  it('combine repeats sizes of 1', () => {
    const mean = { op: 'average-pool', kernel: 2, name: 'mean' };
    expect(result(mean, { op: 'combine', operator: 'subtract', inputs: ['x', 'mean'] })).toEqual([-1.5, 15, -0.5, 5, 0.5, -5, 1.5, -15]);
    expect(result(mean, { op: 'combine', operator: 'subtract', inputs: ['mean', 'x'] })).toEqual([1.5, -15, 0.5, -5, -0.5, 5, -1.5, 15]);
  });

  it('average-pool moves by its window and counts the taps inside, or all', () => {
    expect(result({ op: 'average-pool', kernel: [1, 2] })).toEqual([1.5, -15, 3.5, -35]);
    const padded = { op: 'average-pool', kernel: [1, 2], stride: [2, 1], padding: { left: 1 } };
    expect(result(padded)).toEqual([1, -10, 1.5, -15]);
    expect(result({ ...padded, countPadding: true })).toEqual([0.5, -5, 1.5, -15]);
  });

  it.each([
    [{ operator: 'prelu', values: [0.5, 0.25] }, [1, -2.5, 2, -5, 3, -7.5, 4, -10]],
    [{ operator: 'add', values: [1, 2, 3, 4, 5, 6, 7, 8] }, [2, -8, 5, -16, 8, -24, 11, -32]],
    [{ operator: 'absolute' }, [1, 10, 2, 20, 3, 30, 4, 40]],
  ])('elementwise: %j', (step, wanted) => {
    expect(result({ op: 'elementwise', steps: [step] })).toEqual(wanted);
  });

  it('elementwise: tanh and sigmoid', () => {
    const [tanh = 0, , , low = 0] = result({ op: 'elementwise', steps: [{ operator: 'tanh' }] });
    expect(tanh).toBeCloseTo(Math.tanh(1), 6);
    expect(low).toBe(-1);
    expect(result({ op: 'elementwise', steps: [{ operator: 'sigmoid' }] })[0]).toBeCloseTo(1 / (1 + Math.exp(-1)), 6);
  });

  it('batch normalization with a stored inverse deviation', () => {
    const norm = { op: 'batch-norm', gamma: [2, 3], beta: 1, mean: 0, inverseDeviation: [0.25, 0.7] };
    expect(result({ ...norm, form: 'torch' }).slice(0, 3)).toEqual([1.5, Math.fround(Math.fround(-10 * Math.fround(0.7)) * 3 + 1), 2]);
    expect(result({ ...norm, form: 'shift-based' }).slice(0, 3)).toEqual([1.5, -19, 2]);
  });
});

describe('a wrong operation on real numbers', () => {
  const norm = { op: 'batch-norm', gamma: 1, beta: 0, mean: 0 };
  it.each([
    ['combine of one value', { op: 'combine', operator: 'add' }, 'nodes[0].inputs is missing | wanted  2: combine reads 2 values'],
    ['combine of three', { op: 'combine', operator: 'add', inputs: ['x', 'x', 'x'] }, 'nodes[0].inputs has 3 names'],
    ['combine by division', { op: 'combine', operator: 'divide', inputs: ['x', 'x'] }, 'wanted  "add" or "subtract" or "multiply"'],
    [
      'an exact sum of real numbers',
      { op: 'combine', operator: 'add', sum: 'exact', inputs: ['x', 'x'] },
      'BNN2001 | "combine1" cannot work on its input: an exact add needs integers, not f32 and f32',
    ],
    ['an average without a window', { op: 'average-pool' }, 'nodes[0].kernel is missing'],
    ['an average over more than there is', { op: 'average-pool', kernel: 3 }, 'the 3×3 window does not fit into the 2×2 input'],
    ['an average of padding alone', { op: 'average-pool', kernel: 1, padding: 1 }, 'the padding of a pool must be smaller than its window'],
    [
      'a step without its number',
      { op: 'elementwise', steps: [{ operator: 'prelu' }] },
      'nodes[0].steps[0].values is missing | wanted  what to prelu by',
    ],
    [
      'a step with a number that it does not have',
      { op: 'elementwise', steps: [{ operator: 'tanh', values: 1 }] },
      'nodes[0].steps[0].values is given to tanh, which has none | seen    1',
    ],
    [
      'an unknown step',
      { op: 'elementwise', steps: [{ operator: 'abs' }] },
      'nodes[0].steps[0].operator has a value that cannot be used | seen    "abs" | wanted  "add"',
    ],
    [
      'a step with three numbers for two channels and eight elements',
      { op: 'elementwise', steps: [{ operator: 'add', values: [1, 2, 3] }] },
      'nodes[0].steps[0].values has the wrong length | seen    3 | wanted  1 value or 2 or 8',
    ],
    [
      'batch normalization without statistics',
      { ...norm, form: 'torch' },
      'nodes[0].variance is missing | wanted  variance and epsilon, or inverseDeviation',
    ],
    [
      'two statistics',
      { ...norm, inverseDeviation: 1, variance: 1, epsilon: 0, form: 'torch' },
      'nodes[0].variance stands beside "inverseDeviation", which contains it | Keep one of them.',
    ],
    [
      'a deviation of which the inverse is stored',
      { ...norm, inverseDeviation: 1, form: 'normalize' },
      'nodes[0].form divides by a deviation, whose inverse is given | seen    "normalize"',
    ],
    [
      'shifts of a variance',
      { ...norm, variance: 1, epsilon: 0, form: 'shift-based' },
      'nodes[0].form takes the power of two of a stored inverse deviation',
    ],
  ])('%s', (_what, node, wanted) => {
    expect(summaryOf(problemsOf(document([node], image)))[0]).toContain(wanted);
  });
});
