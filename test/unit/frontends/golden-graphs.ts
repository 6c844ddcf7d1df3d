/** Small graphs that a framework wrote, and what it computed with them: golden.json in a folder of fixtures. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Imported } from '../../../compiler/frontends/frontend.ts';
import { inGraphOrder, runImported } from './read-model.ts';

export interface Golden {
  /** TensorFlow's file; MXNet's are named after the case. */
  readonly file?: string;
  /** Sizes of the input where the file does not state them. */
  readonly shape?: readonly number[];
  /** All results are multiples of 1/64: nothing rounds, in whatever order sums are taken. */
  readonly exact: boolean;
  readonly samples: readonly (readonly number[])[];
  readonly wanted: readonly (readonly number[])[];
}

export function readGolden(folder: string): readonly (readonly [name: string, golden: Golden])[] {
  return Object.entries(JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8')) as Readonly<Record<string, Golden>>);
}

/** Some 60 products and sums behind each score, each of which may round by 2^-24 of the largest of them. */
const ROUNDING = 64 * 2 ** -24;

/** Compares all results of all samples; -0 counts as 0. */
export function expectGolden(imported: Imported, { exact, samples, wanted }: Golden): void {
  samples.forEach((sample, i) => {
    const results = Array.from(runImported(imported, sample), (value) => value + 0);
    const scores = inGraphOrder(imported, wanted[i] ?? []).map((value) => value + 0);
    if (exact) {
      expect(results).toEqual(scores);
      return;
    }
    const away = results.map((value, at) => Math.abs(value - (scores[at] ?? Number.NaN)));
    expect(results.length).toBe(scores.length);
    expect(Math.max(...away)).toBeLessThanOrEqual(ROUNDING * Math.max(1, ...scores.map(Math.abs)));
  });
}
