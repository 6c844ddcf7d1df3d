/** What the tests of the built-in topologies share. */
import { expect, it } from 'vitest';
import { NO_INPUT_WORDS, inputMeaning } from '../../../compiler/driver/options.ts';
import type { Imported } from '../../../compiler/frontends/frontend.ts';
import { Diagnostics } from '../../../compiler/support/diagnostics.ts';
import { lowerGraph } from '../../support/compile-graph.ts';
import { drawTensors, type PartOf, type Stored } from '../../support/narrow-checkpoint.ts';
import { compare, type Comparison, type PublishedNetwork } from '../../support/published/network.ts';

/** Rounding in float32 changes the numbers that signs are taken of by less than this. */
const SAFE = 1e-5;

function differencesOf({ tolerance }: PublishedNetwork, { scores, wanted }: Comparison): readonly string[] {
  return wanted.flatMap((row, image) =>
    row.flatMap((score, k) => {
      const actual = scores[image]?.[k] ?? NaN;
      const isNear = Math.abs(actual - score) <= tolerance * Math.max(1, Math.abs(score));
      return isNear ? [] : [`image ${image}, score ${k}: ${actual} instead of ${score}`];
    }),
  );
}

function noteOf(unused: readonly string[]): readonly string[] {
  const named = unused.slice(0, 6).map((name) => `"${name}"`);
  const more = unused.length > named.length ? [`and ${unused.length - named.length} more`] : [];
  return unused.length === 0 ? [] : [`Not used of the file: ${[...named, ...more].join(', ')}.`];
}

/** One test for each network: its scores, for checkpoints of random numbers, are those of its own program. */
export function testPublished(
  networks: readonly PublishedNetwork[],
  partOf: PartOf,
  read: (network: PublishedNetwork, values: ReadonlyMap<string, Stored>) => Imported,
): void {
  it.each(networks)('of $word gives the scores of its own program, uses all that this uses, and can be compiled', (network) => {
    const seen = new Set<string>();
    for (const [i, seed] of network.seeds.entries()) {
      const values = drawTensors(network.shapes, partOf, seed);
      const imported = read(network, values);
      expect(imported.notes).toEqual(noteOf(network.unused ?? []));
      const comparison = compare(network, imported, values, seed);
      expect({ seed, differences: differencesOf(network, comparison) }).toEqual({ seed, differences: [] });
      expect(comparison.scores.map(({ length }) => length)).toEqual(comparison.wanted.map(({ length }) => length));
      // No sign hangs on how its argument was rounded, and some arguments are exactly 0.
      expect(comparison.decisions.nearest).toBeGreaterThan(SAFE);
      expect(comparison.decisions.zeros).toBeGreaterThan(0);
      for (const row of comparison.scores) seen.add(row.join());
      if (i > 0) continue;
      // The input that the topology states has sums that fit; what is compiled gives the scores, too, where no sign is 0.
      const { lowered } = lowerGraph(imported.graph, { type: null, encoding: null, signZero: network.ternary === true ? 'plus' : null });
      if (network.ternary !== true)
        expect(differencesOf(network, compare(network, { ...imported, graph: lowered }, values, seed))).toEqual([]);
    }
    // Images are told apart, not only checkpoints.
    if (network.images !== 1) expect(seen.size).toBeGreaterThan(network.seeds.length);
  });

  it.each(networks.filter(({ options }) => options !== undefined))(
    'of $word gives them for bytes too, with the options of docs/topologies.md',
    (network) => {
      const words = { ...NO_INPUT_WORDS, ...network.options, input: 'u8' } as const;
      const [seed = 0] = network.seeds;
      const values = drawTensors(network.shapes, partOf, seed);
      const imported = read(network, values);
      const { lowered } = lowerGraph(imported.graph, inputMeaning(words, new Diagnostics()));
      expect(differencesOf(network, compare(network, { ...imported, graph: lowered }, values, seed))).toEqual([]);
    },
  );
}
