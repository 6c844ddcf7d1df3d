/** A few small random networks that together meet every kernel, every kind of input and every kind of score. */
import fc from 'fast-check';
import { typeOf } from '../../compiler/ir/graph.ts';
import type { Plan } from '../../compiler/plan/plan.ts';
import { UserError } from '../../compiler/support/diagnostics.ts';
import type { InputMeaning } from '../../compiler/driver/meaning.ts';
import type { Graph, TensorData, TensorType } from '../../compiler/ir/types.ts';
import { compileGraph, type GraphOptions } from './compile-graph.ts';
import { buildMixed, mixedInputs } from './mixed-graph.ts';
import { mixedRecipes } from './mixed-recipe.ts';
import type { Model } from './model-program.ts';
import { buildNetwork, networkInputs } from './random-graph.ts';
import { recipes } from './recipe.ts';

const SEED = 11;
const TRIED = 440;
const FORCED = [
  'conv2d-planes-b1',
  'conv2d-b1-b1',
  'conv2d-b1-b1-columns',
  'conv2d-b1-b1-grouped',
  'conv2d-sliced-4bit',
  'conv2d-sliced-2bit',
  'conv2d-sliced-1.5bit',
  'conv2d-sliced-1bit',
  'dense-b1-b1',
  'dense-b1-b1-columns',
  'dense-b1-b1-sliced',
] as const;

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

function compile(
  { graph, meaning }: { readonly graph: Graph; readonly meaning: InputMeaning },
  inputsOf: (type: TensorType) => readonly TensorData[],
  options: GraphOptions,
): Model | null {
  try {
    const compiled = compileGraph(graph, meaning, options);
    return { compiled, inputs: inputsOf(typeOf(compiled.reference, compiled.reference.input)) };
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

/** Small ones first; a network is taken when it brings something new. Every prefix is another name. */
export function coveringModels(): readonly Model[] {
  const binary = fc.sample(recipes, { seed: SEED, numRuns: TRIED }).flatMap((recipe, i) => {
    const forcedKernel = FORCED[i % FORCED.length] ?? null;
    return compile(buildNetwork(recipe), (type) => networkInputs(recipe, type, 4), { name: `net${i}`, forcedKernel }) ?? [];
  });
  const mixed = fc
    .sample(mixedRecipes, { seed: SEED, numRuns: 3 * TRIED })
    .flatMap((recipe, i) => compile(buildMixed(recipe), (type) => mixedInputs(recipe, type, 4), { name: `mixed${i}` }) ?? []);
  const candidates = [...binary, ...mixed]
    .filter(({ compiled }) => compiled.lowered.nodes.length > 0)
    .sort((a, b) => sizeOf(a.compiled.plan) - sizeOf(b.compiled.plan));
  const seen = new Set<string>();
  return candidates.filter(({ compiled: { plan } }) => {
    const fresh = featuresOf(plan).filter((feature) => !seen.has(feature));
    for (const feature of fresh) seen.add(feature);
    return fresh.length > 0;
  });
}
