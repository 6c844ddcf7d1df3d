/**
 * Random networks of bits, integers and real numbers, residual sums and pools included: the C code computes what the reference
 * graph means, bit for bit. MIXED_GRAPHS and MIXED_SEED choose longer runs (docs/exactness.md records one).
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeModel } from '../../compiler/frontends/json/write.ts';
import { typeOf } from '../../compiler/ir/graph.ts';
import { printGraph } from '../../compiler/ir/print.ts';
import { UserError } from '../../compiler/support/diagnostics.ts';
import { loadTarget } from '../../compiler/targets/load.ts';
import { requireTools } from '../run-support/tools.ts';
import { compileGraph, type CompiledGraph } from '../support/compile-graph.ts';
import { SANITIZE } from '../support/kernel-program.ts';
import { buildMixed, mixedInputs } from '../support/mixed-graph.ts';
import { mixedRecipes, type MixedRecipe } from '../support/mixed-recipe.ts';
import { runModels, type Model } from '../support/model-program.ts';

const host = loadTarget('host');
const SEED = Number(process.env['MIXED_SEED'] ?? 4);
const GRAPHS = Number(process.env['MIXED_GRAPHS'] ?? 160);
const GRAPHS_A_PROGRAM = 200;
const SAMPLES = 4;
const build = { optimization: '-O1', extraFlags: SANITIZE } as const;

const REFUSALS: readonly string[] = ['BNN2001', 'BNN2003', 'BNN2006', 'BNN2007', 'BNN3002', 'BNN3003'];

function compileRecipe(recipe: MixedRecipe, index: number): CompiledGraph | readonly string[] {
  const { graph, meaning } = buildMixed(recipe);
  try {
    return compileGraph(graph, meaning, { name: `m${index}`, goal: (['speed', 'ram', 'size'] as const)[index % 3] ?? 'speed' });
  } catch (error) {
    if (error instanceof UserError) return error.diagnostics.map(({ code }) => code);
    throw new Error(`the compiler failed on\n${described(recipe)}`, { cause: error });
  }
}

function jsonOf({ reference: graph }: CompiledGraph): string {
  const imported = { classes: null, notes: [], inputShape: [], inputOrder: null };
  const source = { file: 'random', sha256: '', options: {} };
  return writeModel({ graph, name: 'mixed', source, imported });
}

function described(recipe: MixedRecipe): string {
  const { graph } = buildMixed(recipe);
  return `${JSON.stringify(recipe)}\n${printGraph(graph)}`;
}

function modelOf(recipe: MixedRecipe, compiled: CompiledGraph): Model {
  const { reference } = compiled;
  return { compiled, inputs: mixedInputs(recipe, typeOf(reference, reference.input), SAMPLES) };
}

/** Lets fast-check make the network of one run smaller and prints it as a JSON model. */
async function shrink(index: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(mixedRecipes, async (recipe) => {
      const compiled = compileRecipe(recipe, index);
      if (!('plan' in compiled)) return;
      const [wrong] = await runModels(host, [modelOf(recipe, compiled)], build);
      if (wrong !== undefined)
        throw new Error(`${JSON.stringify(wrong)}\n${described(recipe)}lowered to\n${printGraph(compiled.lowered)}\n${jsonOf(compiled)}`);
    }),
    { seed: SEED, path: `${index}`, numRuns: 1, interruptAfterTimeLimit: 120_000 },
  );
}

interface Accepted {
  readonly index: number;
  readonly model: Model;
}

describe('random networks of bits, integers and real numbers', () => {
  const samples = fc.sample(mixedRecipes, { seed: SEED, numRuns: GRAPHS });
  const results = samples.map((recipe, index) => ({ recipe, index, result: compileRecipe(recipe, index) }));
  const accepted = results.flatMap(({ recipe, index, result }): readonly Accepted[] =>
    'plan' in result ? [{ index, model: modelOf(recipe, result) }] : [],
  );

  it('compute in C what the reference graph means, bit for bit, under sanitizers', { timeout: 1000 * GRAPHS + 60_000 }, async (context) => {
    requireTools(context, host);
    for (let start = 0; start < accepted.length; start += GRAPHS_A_PROGRAM) {
      const part = accepted.slice(start, start + GRAPHS_A_PROGRAM);
      const wrong = await runModels(
        host,
        part.map(({ model }) => model),
        build,
      );
      const [first] = wrong;
      if (first !== undefined) await shrink(part[first.index]?.index ?? 0);
      expect(wrong).toEqual([]);
    }
  });

  it('are refused rarely, and only for documented reasons', () => {
    const codes = results.flatMap(({ result }) => ('plan' in result ? [] : result));
    expect([...new Set(codes)].filter((code) => !REFUSALS.includes(code))).toEqual([]);
    expect(accepted.length).toBeGreaterThan(GRAPHS * 0.8);
  });
});
