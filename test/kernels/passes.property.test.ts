/** Random networks: no pass changes what a graph computes, and fixing the meaning of exact sums does not either. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixMeaning } from '../../compiler/driver/meaning.ts';
import { rebuild } from '../../compiler/ir/builder.ts';
import { PLAIN } from '../../compiler/ir/encoding.ts';
import { typeOf } from '../../compiler/ir/graph.ts';
import { interpret } from '../../compiler/ir/interpret.ts';
import { printGraph } from '../../compiler/ir/print.ts';
import type { Graph, TensorData } from '../../compiler/ir/types.ts';
import { verifyGraph } from '../../compiler/ir/verify.ts';
import { PIPELINE } from '../../compiler/passes/index.ts';
import { runPasses } from '../../compiler/passes/run.ts';
import { Diagnostics, UserError } from '../../compiler/support/diagnostics.ts';
import { buildNetwork, describeNetwork, networkInputs } from '../support/random-graph.ts';
import { recipes, type Recipe } from '../support/recipe.ts';
import { differenceOf } from '../support/tensors.ts';

const SEED = 20240501;
const INPUTS = 3;

/** The reference graph, or null where the compiler asks the user for something. */
function referenceOf(recipe: Recipe): Graph | null {
  const { graph, meaning } = buildNetwork(recipe);
  try {
    return fixMeaning(graph, meaning, new Diagnostics());
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

function expectSame(recipe: Recipe, inputs: readonly TensorData[], before: Graph, after: Graph, what: string): void {
  for (const input of inputs) {
    const difference = differenceOf(interpret(before, input), interpret(after, input));
    if (difference === null) continue;
    throw new Error(`${what}: ${difference}\n${printGraph(before)}became\n${printGraph(after)}from ${describeNetwork(recipe)}`);
  }
}

describe('random networks', () => {
  it('compute the same bits after every pass of the pipeline', () => {
    let compared = 0;
    fc.assert(
      fc.property(recipes, (recipe) => {
        const reference = referenceOf(recipe);
        if (reference === null) return;
        expect(verifyGraph(reference)).toEqual([]);
        const inputs = networkInputs(recipe, typeOf(reference, reference.input), INPUTS);
        let before = reference;
        try {
          runPasses(reference, PIPELINE, new Diagnostics(), (pass, after) => {
            if (after !== before) expectSame(recipe, inputs, before, after, pass.name);
            before = after;
          });
          compared += 1;
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
        }
      }),
      { seed: SEED, numRuns: 400 },
    );
    expect(compared).toBeGreaterThan(250);
  });

  it('mean the same as reference graphs and as imported, where float32 sums are exact', () => {
    let compared = 0;
    const exact = recipes.filter(
      ({ dyadic, input, blocks, signZero }) =>
        dyadic &&
        ['plain', 'half', 'negative', 'offset-128'].includes(input.encoding) &&
        (signZero === null || blocks.every(({ sign }) => sign !== 'zero')),
    );
    fc.assert(
      fc.property(exact, (recipe) => {
        const reference = referenceOf(recipe);
        if (reference === null) return;
        const { graph, meaning } = buildNetwork(recipe);
        const stored = { ...typeOf(graph, graph.input), dtype: recipe.input.dtype, encoding: meaning.encoding ?? PLAIN };
        const imported = rebuild(graph, () => undefined, stored);
        const inputs = networkInputs(recipe, stored, INPUTS);
        for (const input of inputs) {
          const [float, integer] = [interpret(imported, input), interpret(reference, input)];
          const real = integer.type.dtype === 'i32' ? { type: float.type, data: Float32Array.from(integer.data) } : integer;
          const difference = differenceOf(float, real);
          if (difference !== null) throw new Error(`${difference}\n${printGraph(imported)}became\n${printGraph(reference)}`);
        }
        compared += 1;
      }),
      { seed: SEED, numRuns: 300 },
    );
    expect(compared).toBeGreaterThan(150);
  });
});
