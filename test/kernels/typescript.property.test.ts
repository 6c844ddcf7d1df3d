/** Random networks as TypeScript: every module type-checks and gives what the reference graph means, bit for bit. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { argmax } from '../../compiler/driver/verify.ts';
import { checkModules, openLibrary, openProject } from '../../compiler/emit/ts-library.ts';
import { typeOf } from '../../compiler/ir/graph.ts';
import { interpret } from '../../compiler/ir/interpret.ts';
import { printGraph } from '../../compiler/ir/print.ts';
import { UserError } from '../../compiler/support/diagnostics.ts';
import { lowerGraph, type CompiledGraph } from '../support/compile-graph.ts';
import { buildNetwork, describeNetwork, networkInputs } from '../support/random-graph.ts';
import { recipes, type Recipe } from '../support/recipe.ts';
import { bitsOf, evaluatorOf, inputFor, load, moduleText } from '../support/typescript-module.ts';

const SEED = 23;
const GRAPHS = 120;
const SAMPLES = 4;
const CHECKED = 60;

const project = await openProject();
const library = await openLibrary(project);

type Lowered = Omit<CompiledGraph, 'plan'>;

function lower(recipe: Recipe): Lowered | null {
  const { graph, meaning } = buildNetwork(recipe);
  try {
    return lowerGraph(graph, meaning);
  } catch (error) {
    if (error instanceof UserError) return null;
    throw new Error(`the compiler failed on ${describeNetwork(recipe)}`, { cause: error });
  }
}

/** The first sample with another output or prediction than the reference, or null. */
async function differenceOf(recipe: Recipe, { reference, lowered }: Lowered): Promise<string | null> {
  const module = await load(moduleText(lowered, library));
  const type = typeOf(reference, reference.input);
  for (const [sample, data] of networkInputs(recipe, type, SAMPLES).entries()) {
    const scores = interpret(reference, data).data;
    const expected = scores instanceof Float32Array ? scores : Int32Array.from(scores);
    const input = inputFor(module, type.dtype, data);
    const actual = module.run(input);
    if (actual.constructor !== expected.constructor || bitsOf(actual) !== bitsOf(expected))
      return `sample ${sample}: ${JSON.stringify([...expected])} but ${JSON.stringify([...actual])}`;
    if (module.predict !== undefined && module.predict(input) !== argmax(expected, 0, expected.length)) return `sample ${sample}: predict`;
  }
  return null;
}

const networks = fc.sample(recipes, { seed: SEED, numRuns: GRAPHS }).flatMap((recipe, index) => {
  const model = lower(recipe);
  return model === null ? [] : [{ recipe, index, model }];
});

describe('random networks as TypeScript', () => {
  it('compute what the reference graph means, bit for bit', async () => {
    for (const { recipe, model, index } of networks) {
      const difference = await differenceOf(recipe, model);
      if (difference === null) continue;
      await fc.assert(
        fc.asyncProperty(recipes, async (smaller) => {
          const lowered = lower(smaller);
          const wrong = lowered === null ? null : await differenceOf(smaller, lowered);
          if (wrong !== null)
            throw new Error(`${wrong}\n${describeNetwork(smaller)}lowered to\n${lowered ? printGraph(lowered.lowered) : ''}`);
        }),
        { seed: SEED, path: `${index}`, numRuns: 1, interruptAfterTimeLimit: 60_000 },
      );
      throw new Error(difference);
    }
    expect(networks.length).toBeGreaterThan(GRAPHS * 0.6);
  });

  it('type-check under strict settings', () => {
    const texts = networks.slice(0, CHECKED).map(({ model, index }) => [`net${index}.ts`, moduleText(model.lowered, library)] as const);
    expect(() => checkModules(project, Object.fromEntries(texts))).not.toThrow();
  });

  it('give the same module byte for byte when they are compiled again', () => {
    for (const { recipe, model } of networks.slice(0, 60)) {
      const again = lower(recipe);
      if (again === null) throw new Error('a network was accepted once and refused the second time');
      expect(moduleText(again.lowered, library)).toBe(moduleText(model.lowered, library));
    }
  });

  it('meet every operation', () => {
    const kinds = new Set(networks.flatMap(({ model }) => evaluatorOf(model.lowered).steps.map(({ operation }) => operation.kind)));
    expect([...kinds].sort()).toEqual([
      'any',
      'flip',
      'join',
      'pick',
      'reach',
      'regroup',
      'round',
      'scale',
      'spread',
      'steps',
      'sum-bits',
      'sum-elements',
      'transform',
    ]);
  });
});
