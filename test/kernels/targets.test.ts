/** Kernels and random networks on the instruction sets of microcontrollers, in an emulator: the same bits as on paper. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { typeOf } from '../../compiler/ir/graph.ts';
import { KERNELS } from '../../compiler/kernels/index.ts';
import { layoutWords } from '../../compiler/kernels/kernel.ts';
import { UserError } from '../../compiler/support/diagnostics.ts';
import { listTargets, loadTarget } from '../../compiler/targets/load.ts';
import { canRun, type Target } from '../../compiler/targets/target.ts';
import { requireTools, STRICT_WARNINGS } from '../run-support/tools.ts';
import { compileGraph } from '../support/compile-graph.ts';
import { candidateOf, kernelCase } from '../support/kernel-cases.ts';
import { runKernelCases, type KernelCase } from '../support/kernel-program.ts';
import { buildMixed, mixedInputs } from '../support/mixed-graph.ts';
import { mixedRecipes } from '../support/mixed-recipe.ts';
import { runModels, type Model } from '../support/model-program.ts';
import { buildNetwork, networkInputs } from '../support/random-graph.ts';
import { recipes } from '../support/recipe.ts';
import { conversionCases } from './conversion-cases.ts';
import { ALL_SHAPES } from './shapes.ts';

const TARGETS = listTargets().filter((name) => name !== 'host' && canRun(loadTarget(name)));
/** The emulated boards that have room for many cases at once. */
const BOARDS: Readonly<Record<string, string>> = { 'cortex-m0': 'mps2-an385', avr: 'atmega2560' };

/** Bytes that the cases of one program may have in variables and in tables; without an entry all are in one program. */
interface Room {
  readonly variables: number;
  readonly tables: number;
}
/** 8 KiB of RAM less the board's own and the stack; arrays of avr-gcc hold at most 32,767 bytes. */
const ROOMS: Readonly<Record<string, Room>> = { avr: { variables: 5000, tables: 32_000 } };
/** Kernels that want 32-bit registers. */
const FOR_WORDS = /-lanes|-sliced|-baked|-tables/;
const CASES_A_KERNEL = 6;
const NETWORKS = 28;
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

/** Networks with real numbers between layers. */
function mixedNetworks(target: Target): readonly Model[] {
  return fc.sample(mixedRecipes, { seed: 32, numRuns: NETWORKS }).flatMap((recipe, i) => {
    const { graph, meaning } = buildMixed(recipe);
    try {
      const compiled = compileGraph(graph, meaning, { target, name: `m${i}` });
      return [{ compiled, inputs: mixedInputs(recipe, typeOf(compiled.reference, compiled.reference.input), 2) }];
    } catch (error) {
      if (error instanceof UserError) return [];
      throw error;
    }
  });
}

function caseSize({ inputs, output, tables, scratchWords, inPlace }: KernelCase): Room {
  const bytes = ({ layout, shape }: KernelCase['output']): number =>
    layout.kind === 'bytes' ? shape.reduce((product, size) => product * size, 1) : layoutWords(layout, shape) * 4;
  return {
    variables: inputs.reduce((sum, input) => sum + bytes(input), 0) + (inPlace ? 0 : bytes(output)) + scratchWords * 4,
    tables: tables.reduce((sum, { ctype, values }) => sum + values.length * (ctype.includes('32') ? 4 : 2), 0),
  };
}

function modelSize({ compiled: { plan } }: Model): Room {
  const variables =
    plan.workspaceWords * 4 +
    (plan.input.words === null ? plan.input.length * (plan.input.ctype === 'float' ? 4 : 1) : plan.input.words * 4) +
    plan.output.length * 4;
  return { variables, tables: plan.tableBytes };
}

/** Programs with as many items as there is room for; an item that has no room alone is in none. */
function programs<T>(target: Target, items: readonly T[], sizeOf: (item: T) => Room): readonly (readonly T[])[] {
  const room = ROOMS[target.name];
  if (room === undefined) return [items];
  const groups: { items: T[]; variables: number; tables: number }[] = [];
  for (const item of items) {
    const { variables, tables } = sizeOf(item);
    if (variables > room.variables || tables > room.tables) continue;
    const group = groups.find((g) => g.variables + variables <= room.variables && g.tables + tables <= room.tables);
    if (group === undefined) groups.push({ items: [item], variables, tables });
    else {
      group.items.push(item);
      group.variables += variables;
      group.tables += tables;
    }
  }
  return groups.map((group) => group.items);
}

describe.each(TARGETS)('%s in the emulator', (name) => {
  const target = loadTarget(name);

  it('runs every kernel and layout conversion to the defined result', async (context) => {
    requireTools(context, target);
    const all = programs(target, cases(target), caseSize);
    const tried = new Set(all.flat().map(({ title }) => title.split(':')[0]));
    const missing = KERNELS.filter(({ name, needs }) => !tried.has(name) && (needs === undefined || target.features.includes(needs)));
    expect(missing.map(({ name }) => name).filter((name) => target.wordBits >= 32 || !FOR_WORDS.test(name))).toEqual([]);
    expect(tried.size).toBeGreaterThan(20);
    for (const group of all) expect(await runKernelCases(target, group, { ...build, ...boardOf(target) })).toEqual([]);
  });

  it('runs random networks to the bits of their reference graphs', async (context) => {
    requireTools(context, target);
    const all = programs(target, networks(target), modelSize);
    expect(all.flat().length).toBeGreaterThan(NETWORKS / 2);
    for (const group of all) expect(await runModels(target, group, { ...build, ...boardOf(target) })).toEqual([]);
  });

  it('runs random networks of real numbers, integers and bits to the bits of their reference graphs', async (context) => {
    requireTools(context, target);
    const all = programs(target, mixedNetworks(target), modelSize);
    expect(all.flat().length).toBeGreaterThan(NETWORKS / 2);
    for (const group of all) expect(await runModels(target, group, { ...build, ...boardOf(target) })).toEqual([]);
  });
});
