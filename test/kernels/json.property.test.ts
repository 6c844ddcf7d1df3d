/** Networks written as JSON and read back compile to the same header, whatever the target and the goal. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixMeaning } from '../../compiler/driver/meaning.ts';
import { emitHeader } from '../../compiler/emit/c.ts';
import type { Imported } from '../../compiler/frontends/frontend.ts';
import { json } from '../../compiler/frontends/json/index.ts';
import { writeModel } from '../../compiler/frontends/json/write.ts';
import { typeOf } from '../../compiler/ir/graph.ts';
import { printGraph } from '../../compiler/ir/print.ts';
import type { Graph } from '../../compiler/ir/types.ts';
import { PIPELINE } from '../../compiler/passes/index.ts';
import { runPasses } from '../../compiler/passes/run.ts';
import { Diagnostics, UserError } from '../../compiler/support/diagnostics.ts';
import { loadTarget } from '../../compiler/targets/load.ts';
import { codesOf, planGraph, type GraphOptions } from '../support/compile-graph.ts';
import { coveringModels } from '../support/covering-models.ts';
import { buildNetwork, describeNetwork } from '../support/random-graph.ts';
import { recipes, type Recipe } from '../support/recipe.ts';

const SEED = 20240611;
const NO_FILES = { list: () => [], read: () => undefined };
const SOURCE = { file: 'random.onnx', sha256: '0'.repeat(64), options: { input: 'u8' } };
const SETTINGS: readonly GraphOptions[] = [
  { target: loadTarget('host'), goal: 'speed' },
  { target: loadTarget('cortex-m0'), goal: 'size' },
  { target: loadTarget('cortex-m4'), goal: 'ram', forcedKernel: 'conv2d-planes-b1' },
  { target: loadTarget('avr'), goal: 'size' },
];

function textOf(graph: Graph, imported?: Imported): string {
  const { shape } = typeOf(graph, graph.input);
  return writeModel({
    graph,
    name: graph.name,
    source: SOURCE,
    imported: imported ?? { classes: null, inputOrder: null, inputShape: shape, notes: [] },
  });
}

/** What compiling this text starts from. */
function referenceOf(text: string): { readonly reference: Graph; readonly imported: Imported } {
  const diagnostics = new Diagnostics();
  const imported = json.read(new TextEncoder().encode(text), NO_FILES, { file: 'net.json', output: null }, diagnostics);
  return { imported, reference: fixMeaning(imported.graph, { type: null, encoding: null, signZero: null }, diagnostics) };
}

/** The header, or the codes of the problems. */
function headerOf(reference: Graph, options: GraphOptions): string {
  try {
    const lowered = runPasses(reference, PIPELINE, new Diagnostics());
    return emitHeader(planGraph(lowered, options), { linkage: 'static', runtime: 'inline' });
  } catch (error) {
    if (error instanceof UserError) return error.diagnostics.map(({ code, message }) => `${code} ${message}`).join('\n');
    throw error;
  }
}

/** True when it compiles for one of the settings. */
function expectSameAfterReading(graph: Graph, settings: readonly GraphOptions[]): boolean {
  const text = textOf(graph);
  const { reference, imported } = referenceOf(text);
  expect(imported.source).toEqual(SOURCE);
  expect(printGraph(reference)).toBe(printGraph(graph));
  expect(textOf(reference, imported)).toBe(text);
  const headers = settings.map((options) => {
    const header = headerOf(graph, options);
    expect(headerOf(reference, options)).toBe(header);
    return header;
  });
  return headers.some((header) => header.startsWith('/*'));
}

function meant(recipe: Recipe): Graph | null {
  const { graph, meaning } = buildNetwork(recipe);
  let reference: Graph | null = null;
  codesOf(() => (reference = fixMeaning(graph, meaning, new Diagnostics())));
  return reference;
}

describe('a network written as JSON and read again', () => {
  it('is the same random network', { timeout: 300_000 }, () => {
    let compiled = 0;
    fc.assert(
      fc.property(recipes, fc.nat(SETTINGS.length - 1), (recipe, setting) => {
        const reference = meant(recipe);
        if (reference === null) return;
        try {
          if (expectSameAfterReading(reference, SETTINGS.slice(setting, setting + 1))) compiled += 1;
        } catch (error) {
          throw new Error(describeNetwork(recipe), { cause: error });
        }
      }),
      { seed: SEED, numRuns: 120 },
    );
    expect(compiled).toBeGreaterThan(72);
  });

  it('is the same for every kernel, before and after it is lowered, on every target', { timeout: 300_000 }, () => {
    for (const { compiled } of coveringModels()) {
      expect(expectSameAfterReading(compiled.reference, SETTINGS)).toBe(true);
      // A lowered graph has the operations that no source file has: thresholds, inversions.
      const { imported } = referenceOf(textOf(compiled.lowered));
      expect(printGraph(imported.graph)).toBe(printGraph(compiled.lowered));
    }
  });
});
