/** The networks written by hand, computed here in plain arithmetic and by the compiler's definition. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileModel } from '../../../compiler/driver/compile.ts';
import { interpret } from '../../../compiler/ir/interpret.ts';
import { realValues } from '../../../compiler/ir/encoding.ts';
import { loadTarget } from '../../../compiler/targets/load.ts';
import { compileOptions } from '../../support/options.ts';
import { randomFrom } from '../../support/random.ts';
import { NO_FILES } from './read-json.ts';

function compiled(file: string) {
  const bytes = readFileSync(join(import.meta.dirname, '../../../fixtures/hand-written', file));
  return compileModel({ bytes, file, side: NO_FILES }, compileOptions(loadTarget('host'), { strict: true }));
}

describe('majority.json', () => {
  const { reference, plan } = compiled('majority.json');

  it('counts votes, for all 32 inputs', () => {
    for (let votes = 0; votes < 32; votes += 1) {
      const [a = 0, b = 0, c = 0, d = 0, e = 0] = [0, 1, 2, 3, 4].map((i) => ((votes >> i) & 1 ? 1 : -1));
      const sign = (sum: number): number => (sum >= 0 ? 1 : -1);
      const hidden = [sign(a + b + c + d + e), sign(a - b + c - d + e), sign(a + b - c - d - e)] as const;
      const wanted = [0.5 * (-hidden[0] + hidden[1] + hidden[2]), 0.25 * (hidden[0] + hidden[1] - hidden[2]) + 1.5];
      expect(Array.from(realValues(interpret(reference, Int8Array.of(a, b, c, d, e))))).toEqual(wanted);
    }
  });

  it('names its C functions and classes', () => {
    expect(plan.names.prefix).toBe('majority');
    expect(plan.classes).toEqual(['no', 'yes']);
  });
});

describe('edges.json', () => {
  const { reference } = compiled('edges.json');

  /** The filters as PyTorch has them: [output][y][x]. */
  const FILTERS = [
    [[-1, 1, 1], [-1, 1, 1], [-1, 1, 1]],
    [[-1, -1, -1], [1, 1, 1], [1, 1, 1]],
  ]; // prettier-ignore

  /** Sums of bytes; the real number is a 255th of it. */
  function convolve(image: Uint8Array, filter: readonly (readonly number[])[], y: number, x: number): number {
    let sum = 0;
    filter.forEach((row, ky) =>
      row.forEach((weight, kx) => {
        const [iy, ix] = [y + ky - 1, x + kx - 1];
        if (iy >= 0 && iy < 4 && ix >= 0 && ix < 4) sum += weight * (image[iy * 4 + ix] ?? 0);
      }),
    );
    return sum;
  }

  /** Whether batch normalization of sum/255 is above 0. By hand: channel 0 where sum/255 > 2, channel 1 where sum/255 < 1.5 + √1.00001/2 (γ < 0). */
  function bit(channel: number, sum: number): number {
    return (channel === 0 ? sum > 510 : sum < 510.0006) ? 1 : -1;
  }

  function scores(image: Uint8Array): readonly number[] {
    const pooled: number[] = []; // [y][x][channel]
    for (const y of [0, 2])
      for (const x of [0, 2])
        FILTERS.forEach((filter, channel) => {
          const around = [0, 1].flatMap((dy) => [0, 1].map((dx) => bit(channel, convolve(image, filter, y + dy, x + dx))));
          pooled.push(Math.max(...around));
        });
    const rows = [
      [1, 1, -1, 1, 1, -1, 1, 1],
      [-1, 1, 1, 1, -1, 1, -1, 1],
    ];
    return rows.map((row) => row.reduce((sum, weight, i) => sum + weight * (pooled[i] ?? 0), 0));
  }

  it('gives the scores of plain arithmetic on every image tried', () => {
    const random = randomFrom(4);
    const seen = new Set<string>();
    for (let round = 0; round < 500; round += 1) {
      const image = Uint8Array.from({ length: 16 }, () => (round % 2 === 0 ? random.integer(0, 255) : random.pick([0, 255])));
      const wanted = scores(image);
      seen.add(wanted.join());
      expect(Array.from(realValues(interpret(reference, image)))).toEqual(wanted);
    }
    expect(seen.size).toBeGreaterThan(5);
  });
});

describe('pulse.json', () => {
  const { reference, plan } = compiled('pulse.json');
  const at = (list: readonly number[], i: number): number => list[i] ?? 0;

  /** Every number here is a binary fraction of few digits, so that plain arithmetic is float32 arithmetic. */
  function scores(samples: Uint8Array): readonly number[] {
    const x = Array.from(samples, (sample) => sample / 64);
    const stem = x.map((_, i) => [0.25 * at(x, i - 1) + 0.5 * at(x, i) + 0.25 * at(x, i + 1), -0.5 * at(x, i - 1) + 0.5 * at(x, i + 1)]);
    const signs = stem.map((pair) => pair.map((value) => (value >= 0 ? 1 : -1)));
    const [smooth, slope] = [0, 1].map((channel) => signs.map((pair) => at(pair, channel))) as [number[], number[]];
    const features = stem.map((pair, i) => {
      const three = [i - 1, i, i + 1];
      const sum = (list: readonly number[], weights: readonly number[]): number =>
        three.reduce((total, place, k) => total + at(weights, k) * at(list, place), 0);
      const blocks = [
        sum(smooth, [1, 1, 1]) + sum(slope, [-1, 1, -1]), //
        sum(smooth, [-1, 1, -1]) + sum(slope, [1, 1, 1]),
      ];
      const added = [at(pair, 0) + at(blocks, 0) * 0.5 * 0.25, at(pair, 1) + (at(blocks, 1) - 1) * 0.25 * 0.5];
      return added.map((value, channel) => (value < 0 ? value * at([0.25, 0.5], channel) : value));
    });
    const pooled = [0, 2, 4].flatMap((i) =>
      [0, 1].map((channel) => (at(features[i] ?? [], channel) + at(features[i + 1] ?? [], channel)) / 2),
    );
    const rows = [
      [1, 0.5, -1, 0.25, 0.5, 1],
      [-1, 0.25, 1, 1, 0.5, -2],
    ];
    return rows.map((row, o) => row.reduce((total, weight, i) => total + weight * at(pooled, i), at([0, 0.125], o)));
  }

  it('gives the scores of plain arithmetic on every row of samples tried', () => {
    const random = randomFrom(9);
    const predictions = new Set<number>();
    for (let round = 0; round < 500; round += 1) {
      const samples = Uint8Array.from({ length: 6 }, () => random.integer(0, 255));
      const wanted = scores(samples);
      predictions.add(wanted.indexOf(Math.max(...wanted)));
      expect(Array.from(realValues(interpret(reference, samples)))).toEqual(wanted);
    }
    expect(predictions.size).toBe(2);
  });

  it('names its classes', () => {
    expect(plan.classes).toEqual(['rest', 'beat']);
  });
});
