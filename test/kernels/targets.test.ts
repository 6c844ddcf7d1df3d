/** Kernels and random networks on the instruction sets of microcontrollers, in an emulator: the same bits as on paper. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { typeOf } from '../../compiler/ir/graph.ts';
import { KERNELS } from '../../compiler/kernels/index.ts';
import { UserError } from '../../compiler/support/diagnostics.ts';
import { loadTarget } from '../../compiler/targets/load.ts';
import type { Target } from '../../compiler/targets/target.ts';
import { requireTools, STRICT_WARNINGS } from '../run-support/tools.ts';
import { compileGraph } from '../support/compile-graph.ts';
import { candidateOf, kernelCase } from '../support/kernel-cases.ts';
import { runKernelCases, type KernelCase } from '../support/kernel-program.ts';
import { runModels, type Model } from '../support/model-program.ts';
import { buildNetwork, networkInputs } from '../support/random-graph.ts';
import { recipes } from '../support/recipe.ts';
import { conversionCases } from './conversion-cases.ts';
import { ALL_SHAPES } from './shapes.ts';

const TARGETS = ['cortex-m0', 'cortex-m3', 'cortex-m4', 'cortex-m4f', 'cortex-m7', 'cortex-m33', 'cortex-m55', 'rv32imac'] as const;
/** The emulated boards that have room for many cases at once. */
const BOARDS: Readonly<Record<string, string>> = { 'cortex-m0': 'mps2-an385' };
const CASES_A_KERNEL = 6;
const NETWORKS = 40;
const build = { optimization: '-Os', extraFlags: STRICT_WARNINGS } as const;

function boardOf(target: Target): { readonly board?: string } {
  const board = BOARDS[target.name];
  return board !== undefined && target.boards.some(({ name }) => name === board) ? { board } : {};
}

/** Shapes spread over the list of each kernel. */
function cases(target: Target): readonly KernelCase[] {
  const kernels = KERNELS.flatMap((kernel) => {
    const taken = ALL_SHAPES.flatMap(({ title, layer }, i) => {
      const candidate = candidateOf(kernel, layer, target);
      return 'reason' in candidate ? [] : [() => kernelCase(title, candidate, layer, i, 2)];
    });
    const step = Math.max(1, Math.floor(taken.length / CASES_A_KERNEL));
    return taken.filter((_, i) => i % step === 0).map((make) => make());
  });
  return [...kernels, ...conversionCases().filter((_, i) => i % 17 === 0)];
}

function networks(target: Target): readonly Model[] {
  return fc.sample(recipes, { seed: 31, numRuns: NETWORKS }).flatMap((recipe, i) => {
    const { graph, meaning } = buildNetwork(recipe);
    try {
      const compiled = compileGraph(graph, meaning, { target, name: `m${i}` });
      return [{ compiled, inputs: networkInputs(recipe, typeOf(compiled.reference, compiled.reference.input), 2) }];
    } catch (error) {
      if (error instanceof UserError) return [];
      throw error;
    }
  });
}

describe.each(TARGETS)('%s in the emulator', (name) => {
  const target = loadTarget(name);

  it('runs every kernel and layout conversion to the defined result', async (context) => {
    requireTools(context, target);
    const all = cases(target);
    expect(new Set(all.map(({ title }) => title.split(':')[0])).size).toBeGreaterThan(KERNELS.length);
    expect(await runKernelCases(target, all, { ...build, ...boardOf(target) })).toEqual([]);
  });

  it('runs random networks to the bits of their reference graphs', async (context) => {
    requireTools(context, target);
    const models = networks(target);
    expect(models.length).toBeGreaterThan(NETWORKS / 2);
    expect(await runModels(target, models, { ...build, ...boardOf(target) })).toEqual([]);
  });
});
