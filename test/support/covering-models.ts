/** A few small random networks that together meet every kernel, every kind of input and every kind of score. */
import fc from 'fast-check';
import { typeOf } from '../../compiler/ir/graph.ts';
import type { Plan } from '../../compiler/plan/plan.ts';
import { UserError } from '../../compiler/support/diagnostics.ts';
import { compileGraph } from './compile-graph.ts';
import type { Model } from './model-program.ts';
import { buildNetwork, networkInputs } from './random-graph.ts';
import { recipes, type Recipe } from './recipe.ts';

const SEED = 11;
const TRIED = 260;
const FORCED = ['conv2d-planes-b1', 'conv2d-b1-b1', 'conv2d-b1-b1-grouped', 'dense-b1-b1', 'dense-b1-b1-columns'] as const;

/** Everything about a plan that some other plan may not have. */
export function featuresOf({ layers, symbols, input, output, steps, generated }: Plan): readonly string[] {
  const pooled = steps.flatMap((step) => (step.kind === 'pooled' ? [step.kept > 0 ? 'overlapping strip' : 'strip'] : []));
  return [
    ...layers.map(({ kernel }) => kernel),
    ...symbols.filter((s) => !generated.some((g) => g.symbol === s)),
    input.ctype,
    output.ctype,
    ...pooled,
  ];
}

function sizeOf({ tableBytes, workspaceWords, input }: Plan): number {
  return tableBytes + workspaceWords * 40 + input.length * 10;
}

function compile(recipe: Recipe, name: string, forcedKernel: string | null): Model | null {
  const { graph, meaning } = buildNetwork(recipe);
  try {
    const compiled = compileGraph(graph, meaning, { name, forcedKernel });
    return { compiled, inputs: networkInputs(recipe, typeOf(compiled.reference, compiled.reference.input), 4) };
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

/** Small ones first; a network is taken when it brings something new. Every prefix is another name. */
export function coveringModels(): readonly Model[] {
  const candidates = fc
    .sample(recipes, { seed: SEED, numRuns: TRIED })
    .flatMap((recipe, i) => compile(recipe, `net${i}`, FORCED[i % FORCED.length] ?? null) ?? [])
    .sort((a, b) => sizeOf(a.compiled.plan) - sizeOf(b.compiled.plan));
  const seen = new Set<string>();
  return candidates.filter(({ compiled: { plan } }) => {
    const fresh = featuresOf(plan).filter((feature) => !seen.has(feature));
    for (const feature of fresh) seen.add(feature);
    return fresh.length > 0;
  });
}
