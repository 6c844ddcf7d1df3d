/** Random networks: what the C code computes is what the reference graph means, bit for bit, for every refusal-free network. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emitHeader } from '../../compiler/emit/c.ts';
import { typeOf } from '../../compiler/ir/graph.ts';
import { printGraph } from '../../compiler/ir/print.ts';
import { KERNELS } from '../../compiler/kernels/index.ts';
import type { Goal } from '../../compiler/kernels/select.ts';
import { UserError } from '../../compiler/support/diagnostics.ts';
import { loadTarget } from '../../compiler/targets/load.ts';
import { requireTools } from '../run-support/tools.ts';
import { compileGraph, type CompiledGraph, type GraphOptions } from '../support/compile-graph.ts';
import { SANITIZE } from '../support/kernel-program.ts';
import { runModels, type Model } from '../support/model-program.ts';
import { buildNetwork, describeNetwork, networkInputs } from '../support/random-graph.ts';
import { recipes, type Recipe } from '../support/recipe.ts';

const host = loadTarget('host');
const SEED = 7;
const GRAPHS = Number(process.env['COMPILED_GRAPHS'] ?? 200);
const SAMPLES = 4;
const build = { optimization: '-O1', extraFlags: SANITIZE } as const;

/** Refusals that random networks may meet, each documented under its code. */
const REFUSALS: readonly string[] = ['BNN2001', 'BNN2003', 'BNN2004', 'BNN2006', 'BNN2007', 'BNN3002', 'BNN3003'];

function compileRecipe(recipe: Recipe, options: GraphOptions): CompiledGraph | readonly string[] {
  const { graph, meaning } = buildNetwork(recipe);
  try {
    return compileGraph(graph, meaning, options);
  } catch (error) {
    if (error instanceof UserError) return error.diagnostics.map(({ code }) => code);
    throw new Error(`the compiler failed on ${describeNetwork(recipe)}`, { cause: error });
  }
}

function modelOf(recipe: Recipe, compiled: CompiledGraph): Model {
  const { reference } = compiled;
  return { compiled, inputs: networkInputs(recipe, typeOf(reference, reference.input), SAMPLES) };
}

const GOALS: readonly Goal[] = ['speed', 'ram', 'size'];
const FORCED = [null, 'conv2d-planes-b1', 'conv2d-b1-b1', 'conv2d-b1-b1-grouped', 'dense-b1-b1', 'dense-b1-b1-columns'] as const;

/** Goals and forced kernels go round with the index, so every kernel meets many networks. */
function optionsOf(index: number): GraphOptions {
  return { name: `m${index}`, goal: GOALS[index % 3] ?? 'speed', forcedKernel: FORCED[index % FORCED.length] ?? null };
}

/** Lets fast-check make the network of one run smaller and report it. */
async function shrink(index: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(recipes, async (recipe) => {
      const compiled = compileRecipe(recipe, optionsOf(index));
      if (!('plan' in compiled)) return;
      const [wrong] = await runModels(host, [modelOf(recipe, compiled)], build);
      if (wrong !== undefined)
        throw new Error(`${JSON.stringify(wrong)}\n${describeNetwork(recipe)}lowered to\n${printGraph(compiled.lowered)}`);
    }),
    { seed: SEED, path: `${index}`, numRuns: 1, interruptAfterTimeLimit: 60_000 },
  );
}

const samples = fc.sample(recipes, { seed: SEED, numRuns: GRAPHS });
const compiled = samples.map((recipe, index) => ({ recipe, index, result: compileRecipe(recipe, optionsOf(index)) }));
const accepted = compiled.flatMap(({ recipe, index, result }) =>
  'plan' in result ? [{ recipe, index, model: modelOf(recipe, result) }] : [],
);

describe('random networks as C', () => {
  it('compute what the reference graph means, bit for bit, all in one program under sanitizers', async (context) => {
    requireTools(context, host);
    const wrong = await runModels(
      host,
      accepted.map(({ model }) => model),
      build,
    );
    const [first] = wrong;
    if (first !== undefined) await shrink(accepted[first.index]?.index ?? 0);
    expect(wrong).toEqual([]);
  });

  it('are mostly accepted, and refused only for documented reasons', () => {
    const codes = compiled.flatMap(({ result }) => ('plan' in result ? [] : result));
    expect([...new Set(codes)].filter((code) => !REFUSALS.includes(code))).toEqual([]);
    expect(accepted.length).toBeGreaterThan(GRAPHS * 0.6);
  });

  it('meet every kernel', () => {
    const isWhole = (name: string): boolean => KERNELS.some((kernel) => kernel.name === name); // the others give single elements
    const kernels = new Set(accepted.flatMap(({ model }) => model.compiled.plan.layers.map(({ kernel }) => kernel).filter(isWhole)));
    expect([...kernels].sort()).toEqual([
      'concat-b1',
      'concat-planes-b1',
      'conv2d-8bit-b1',
      'conv2d-8bit-baked',
      'conv2d-8bit-lanes',
      'conv2d-b1-b1',
      'conv2d-b1-b1-columns',
      'conv2d-b1-b1-grouped',
      'conv2d-b1-baked',
      'conv2d-planes-b1',
      'dense-8bit-b1',
      'dense-8bit-b1-tables',
      'dense-b1-b1',
      'dense-b1-b1-columns',
      'dense-b1-b1-sliced',
      'invert-b1',
      'max-pool-b1',
      'max-pool-planes-b1',
      'slice-8bit',
      'slice-b1',
      'slice-planes-b1',
      'threshold-8bit-b1',
      'threshold-b1',
    ]);
  });

  it('give the same header byte for byte when they are compiled again', () => {
    const options = { linkage: 'static', runtime: 'inline' } as const;
    for (const { recipe, index, model } of accepted.slice(0, 60)) {
      const again = compileRecipe(recipe, optionsOf(index));
      if (!('plan' in again)) throw new Error('a network was accepted once and refused the second time');
      expect(emitHeader(again.plan, options)).toBe(emitHeader(model.compiled.plan, options));
    }
  });

  it('never give two live buffers the same memory, and chains need no more than the lower bound of it', () => {
    let above = 0;
    for (const { model, recipe } of accepted) {
      const { slots, workspaceWords, workspaceLowerBoundWords } = model.compiled.plan;
      const clash = slots.find((a, i) =>
        slots.some((b, j) => i < j && a.from <= b.to && b.from <= a.to && a.offset < b.offset + b.words && b.offset < a.offset + a.words),
      );
      if (clash !== undefined)
        throw new Error(`buffer "${clash.name}" overlaps another: ${JSON.stringify(slots)} in ${describeNetwork(recipe)}`);
      expect(Math.max(0, ...slots.map((slot) => slot.offset + slot.words))).toBeLessThanOrEqual(workspaceWords);
      if (recipe.blocks.every(({ branch }) => branch.kind === 'none')) expect(workspaceWords).toBe(Math.max(1, workspaceLowerBoundWords));
      expect(workspaceWords).toBeLessThanOrEqual(Math.max(1, workspaceLowerBoundWords) * 1.25);
      above += workspaceWords > Math.max(1, workspaceLowerBoundWords) ? 1 : 0;
    }
    expect(above).toBeLessThan(accepted.length / 100);
  });
});
