/** Nothing in runtime-c without a user, no kernel without a test. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runtimeBlocks, runtimeFolder } from '../../compiler/emit/runtime.ts';
import { ELEMENT_KERNELS } from '../../compiler/kernels/elements/index.ts';
import { KERNELS } from '../../compiler/kernels/index.ts';
import { UserError } from '../../compiler/support/diagnostics.ts';
import { loadTarget } from '../../compiler/targets/load.ts';
import { compileGraph } from '../support/compile-graph.ts';
import { candidateOf } from '../support/kernel-cases.ts';
import { buildMixed } from '../support/mixed-graph.ts';
import { mixedRecipes } from '../support/mixed-recipe.ts';
import { buildNetwork } from '../support/random-graph.ts';
import { SIMPLE, type Recipe } from '../support/recipe.ts';
import { conversionCases } from './conversion-cases.ts';
import { ALL_SHAPES } from './shapes.ts';

const host = loadTarget('host');

/** Functions that plans call: each kind of last layer on each kind of input, and networks of real numbers. */
function planSymbols(): readonly string[] {
  const [block] = SIMPLE.blocks;
  const vector: Recipe = { ...SIMPLE, input: { ...SIMPLE.input, width: 0 }, blocks: [] };
  const ends: readonly Recipe[] = [
    SIMPLE,
    vector,
    { ...SIMPLE, final: { ...SIMPLE.final, kind: 'conv2d' } },
    { ...SIMPLE, blocks: block ? [block] : [], final: { ...SIMPLE.final, norm: 'normalize' } },
    { ...SIMPLE, dyadic: false, final: { ...SIMPLE.final, alpha: 'each', bias: true } },
  ];
  const networks = [...ends.map(buildNetwork), ...fc.sample(mixedRecipes, { seed: 3, numRuns: 150 }).map(buildMixed)];
  return networks.flatMap(({ graph, meaning }) => {
    try {
      return compileGraph(graph, meaning).plan.symbols;
    } catch (error) {
      if (error instanceof UserError) return [];
      throw error;
    }
  });
}

function templateText(): string {
  const folder = join(runtimeFolder(), '..', 'templates');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.hbs'))
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .join('\n');
}

describe('runtime-c', () => {
  it('has no public name that nothing uses', () => {
    const blocks = runtimeBlocks();
    const called = [
      ...KERNELS.map(({ symbol }) => symbol),
      ...conversionCases().flatMap(({ calls }) =>
        calls({ xs: ['x'], y: 'y', scratch: '', table: () => '', rows: ['', ''] }).map(({ symbol }) => symbol),
      ),
      ...ELEMENT_KERNELS.map(({ symbol }) => symbol),
      ...planSymbols(),
    ];
    const withinBlock = (name: string, text: string): boolean => {
      const code = text.replace(/\/\*[\s\S]*?\*\//g, '');
      return (code.match(new RegExp(`\\b${name}\\b`, 'g')) ?? []).length > 1;
    };
    const templates = templateText();
    const unused = blocks.flatMap(({ defines, text }) =>
      defines.filter(
        (name) =>
          !called.includes(name) &&
          !blocks.some(({ uses }) => uses.includes(name)) &&
          !withinBlock(name, text) &&
          !templates.includes(name),
      ),
    );
    expect(blocks.length).toBeGreaterThan(10);
    expect(unused).toEqual([]);
  });

  it('defines the symbol of every library kernel', () => {
    const defined = runtimeBlocks().flatMap(({ defines }) => defines);
    const missing = KERNELS.filter(({ form, symbol }) => form === 'library' && !defined.includes(symbol));
    expect(missing.map(({ name }) => name)).toEqual([]);
  });
});

describe('every kernel', () => {
  it.for(KERNELS.map((kernel) => [kernel.name, kernel] as const))('%s takes awkward shapes of the conformance tests', ([, kernel]) => {
    const able = { ...host, features: [...host.features, kernel.needs ?? 'none'] };
    const taken = ALL_SHAPES.filter(({ layer }) => !('reason' in candidateOf(kernel, layer, able)));
    expect(taken.length).toBeGreaterThanOrEqual(7);
  });

  it('has a name and a symbol of its own', () => {
    expect(new Set(KERNELS.map(({ name }) => name)).size).toBe(KERNELS.length);
    expect(new Set(KERNELS.map(({ symbol }) => symbol)).size).toBe(KERNELS.length);
  });

  it('gives a reason, a candidate or nothing at all, and calls only what it names', () => {
    for (const kernel of KERNELS) {
      for (const { layer } of ALL_SHAPES) {
        const candidate = candidateOf(kernel, layer, host);
        if ('reason' in candidate) {
          expect(candidate.reason).not.toBe('');
          continue;
        }
        const table = (name: string): string => {
          expect(candidate.tables.map((t) => t.name)).toContain(name);
          return name;
        };
        for (const { symbol } of candidate.calls({ xs: ['x'], y: 'y', scratch: 's', table, rows: ['0u', '1u'] }))
          expect(kernel.form === 'library' ? symbol === kernel.symbol : symbol.startsWith(kernel.symbol)).toBe(true);
        expect(candidate.cost.tableBytes).toBeGreaterThanOrEqual(0);
        expect(candidate.cost.instructions).toBeGreaterThan(0);
      }
    }
  });
});
