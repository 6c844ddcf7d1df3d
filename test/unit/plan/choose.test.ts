/** Kernels are chosen for a whole chain: compared with every possible choice, with kernels of random prices and layouts. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Node } from '../../../compiler/ir/types.ts';
import { layoutWords, planesOf, propose, type Candidate, type Layout, type Several } from '../../../compiler/kernels/kernel.ts';
import {
  NOTHING,
  addBills,
  billOf,
  billOfChange,
  catalogOf,
  changeOf,
  compareBills,
  dominates,
  type Bill,
  type Goal,
  type Options,
} from '../../../compiler/kernels/select.ts';
import { alternativesOf, onePerKernel, paretoSet } from '../../../compiler/plan/alternatives.ts';
import { best, lookAhead, stateKey, type ChoiceContext, type Priced } from '../../../compiler/plan/choose.ts';
import { UserError } from '../../../compiler/support/diagnostics.ts';
import { loadTarget } from '../../../compiler/targets/load.ts';
import { compileGraph } from '../../support/compile-graph.ts';
import { buildMixed } from '../../support/mixed-graph.ts';
import { mixedRecipes } from '../../support/mixed-recipe.ts';
import { chain, signs, type } from '../../support/small-graph.ts';

const SHAPE = [4, 6, 5];
const RUNS: Layout = { kind: 'bit-runs', run: 5 };
const LAYOUTS: readonly Layout[] = [RUNS, planesOf(SHAPE, 8), planesOf(SHAPE, 16), planesOf(SHAPE, 32)];
const GOALS = ['speed', 'ram', 'size'] as const;

interface MadeKernel {
  readonly from: number;
  readonly to: number;
  readonly instructions: number;
  readonly codeBytes: number;
  readonly scratchWords: number;
}

const kernels: fc.Arbitrary<MadeKernel> = fc.record({
  from: fc.nat(LAYOUTS.length - 1),
  to: fc.nat(LAYOUTS.length - 1),
  instructions: fc.nat(4000),
  codeBytes: fc.nat(300),
  scratchWords: fc.nat(30),
});

function candidateOf({ from, to, instructions, codeBytes, scratchWords }: MadeKernel, at: number): Candidate {
  return propose(`kernel-${at}`, {
    input: LAYOUTS[from] ?? RUNS,
    output: LAYOUTS[to] ?? RUNS,
    tables: [],
    scratchWords,
    generated: [],
    byRows: false,
    inPlace: false,
    codeBytes,
    instructions,
    call: () => ({ symbol: '', shape: null, arguments: [] }),
  });
}

/** A chain of nodes with these kernels each; its last value is the output, which is copied from runs. */
function contextOf(nodes: readonly (readonly MadeKernel[])[], goal: Goal, forced: string | null = null): ChoiceContext {
  const graph = chain(
    type('b1', SHAPE),
    nodes.map(() => ['invert', { channels: Uint8Array.of(1, 0, 0, 0, 0) }]),
  );
  const options = new Map(
    graph.nodes.map((node, i) => [node, { candidates: (nodes[i] ?? []).map(candidateOf), refusals: [] } satisfies Options]),
  );
  return { graph, goal, forced, catalog: (node) => options.get(node) ?? { candidates: [], refusals: [] } };
}

function step(from: Layout, candidate: Candidate): Bill {
  const change = changeOf([from], candidate.inputs[0], SHAPE);
  const own = addBills(billOf(candidate), { ...NOTHING, ram: layoutWords(candidate.output, SHAPE) * 4 });
  return change === null ? own : addBills(own, billOfChange(change));
}

function leave(last: Layout): Bill {
  const change = changeOf([last], RUNS, SHAPE);
  return change === null ? NOTHING : billOfChange(change);
}

/** The price of the best of all choices, found by trying them. */
function leastOf({ graph, goal, catalog }: ChoiceContext): Bill {
  let reached: readonly { readonly layout: Layout; readonly bill: Bill }[] = [{ layout: RUNS, bill: NOTHING }];
  for (const node of graph.nodes) {
    reached = reached.flatMap(({ layout, bill }) =>
      catalog(node, []).candidates.map((each) => ({ layout: each.output, bill: addBills(bill, step(layout, each)) })),
    );
  }
  const bills = reached.map(({ layout, bill }) => addBills(bill, leave(layout)));
  return bills.reduce((least, bill) => (compareBills(bill, least, goal) < 0 ? bill : least));
}

/** What the walk does: the best candidate at each node, with its input as it lies. */
function chosen(context: ChoiceContext): { readonly bill: Bill; readonly rows: readonly (readonly Priced[])[] } {
  const [first] = context.graph.nodes;
  if (first === undefined) throw new Error('no nodes');
  const outlook = lookAhead(context, first, [[RUNS]]);
  let layout = RUNS;
  let bill = NOTHING;
  const rows: (readonly Priced[])[] = [];
  for (const node of context.graph.nodes) {
    const offered: Several<Several<Layout>> = [[layout]];
    const priced = outlook.get(node)?.get(stateKey(offered)) ?? [];
    const taken = best(priced, context)?.candidate;
    if (taken === undefined) throw new Error(`nothing for ${node.name}`);
    rows.push(priced);
    bill = addBills(bill, step(layout, taken));
    layout = taken.output;
  }
  return { bill: addBills(bill, leave(layout)), rows };
}

const chains = fc.array(fc.array(kernels, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 });

describe.each(GOALS)('a chain of layers for %s', (goal) => {
  it('costs what the best of all choices costs', () => {
    fc.assert(
      fc.property(chains, (nodes) => {
        const context = contextOf(nodes, goal);
        expect(compareBills(chosen(context).bill, leastOf(context), goal)).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('takes a kernel that nothing beats in everything, and shows only such alternatives', () => {
    fc.assert(
      fc.property(chains, (nodes) => {
        const context = contextOf(nodes, goal);
        for (const priced of chosen(context).rows) {
          const taken = best(priced, context);
          if (taken === undefined) throw new Error('nothing taken');
          expect(paretoSet(priced)).toContain(taken);
          const { price, alternatives } = alternativesOf(taken.candidate, priced, []);
          const members = [price, ...alternatives.filter(({ reason }) => reason === null)] as unknown as readonly Bill[];
          for (const a of members) for (const b of members) expect(dominates(a, b)).toBe(false);
          expect(alternatives).toHaveLength(priced.length - 1);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('takes a forced kernel wherever it can be', () => {
    fc.assert(
      fc.property(chains, fc.nat(3), (nodes, at) => {
        const context = contextOf(nodes, goal, `kernel-${at}`);
        chosen(context).rows.forEach((priced) => {
          if (priced.length > at) expect(best(priced, context)?.candidate.kernel).toBe(`kernel-${at}`);
        });
      }),
      { numRuns: 50 },
    );
  });
});

it('pays one change of layout where kernels of two layers gain from it together, although neither does alone', () => {
  const plain: MadeKernel = { from: 0, to: 0, instructions: 4400, codeBytes: 0, scratchWords: 0 };
  const sliced: MadeKernel = { from: 1, to: 1, instructions: 700, codeBytes: 0, scratchWords: 0 };
  const kernelsOf = (count: number): readonly string[] => {
    const context = contextOf(
      Array.from({ length: count }, () => [plain, sliced]),
      'speed',
    );
    const { rows } = chosen(context);
    return rows.map((priced) => best(priced, context)?.candidate.kernel ?? '');
  };
  expect(kernelsOf(1)).toEqual(['kernel-0']);
  expect(kernelsOf(2)).toEqual(['kernel-0', 'kernel-0']);
  expect(kernelsOf(3)).toEqual(['kernel-1', 'kernel-1', 'kernel-1']);
});

it('asks for nothing behind a node that no kernel takes', () => {
  const context = contextOf([[{ from: 0, to: 0, instructions: 1, codeBytes: 0, scratchWords: 0 }], [], []], 'speed');
  const [first, second] = context.graph.nodes as readonly [Node, Node];
  const outlook = lookAhead(context, first, [[RUNS]]);
  expect(outlook.get(first)?.get(stateKey([[RUNS]]))).toHaveLength(1);
  expect(outlook.get(second)?.get(stateKey([[RUNS]]))).toEqual([]);
});

describe('a dense layer behind a map of 4 rows of 4 columns in planes, of which half is unused', () => {
  const weights = signs(2, ...Array.from({ length: 2048 }, () => 1));
  const graph = chain(type('b1', [1024]), [['dense', { weights, bias: null, sum: 'exact', threshold: Int32Array.of(0, 0) }]]);
  const [node] = graph.nodes as readonly [Node];
  const catalog = catalogOf(loadTarget('cortex-m4'), () => ({ inputs: [type('b1', [1024])], output: type('b1', [2]) }));
  /** What the kernels do that only look at the words. */
  const ways = (layout: Layout): readonly Candidate[] =>
    catalog(node, [layout]).candidates.filter(({ kernel }) => kernel === 'dense-b1-b1' || kernel === 'dense-b1-b1-columns');
  const shown = (candidates: readonly Candidate[]): readonly string[] =>
    candidates.map(({ kernel, inputs: [{ kind }] }) => `${kernel} ${kind}`);

  it('can read it as it lies, or without the holes', () => {
    expect(shown(ways(planesOf([4, 4, 64], 8)))).toEqual([
      ...['dense-b1-b1 bit-planes', 'dense-b1-b1 bit-runs'],
      ...['dense-b1-b1-columns bit-planes', 'dense-b1-b1-columns bit-runs'],
    ]);
  });

  it('reads a full one only as it lies', () => expect(ways({ kind: 'bit-runs', run: 64 })).toHaveLength(2));

  it('is one alternative for each kernel', () => {
    const priced = ways(planesOf([4, 4, 64], 8)).map((candidate) => ({ candidate, bill: billOf(candidate) }));
    const each = onePerKernel(priced, { goal: 'speed' }).map(({ candidate }) => candidate);
    expect(shown(each)).toEqual(['dense-b1-b1 bit-runs', 'dense-b1-b1-columns bit-runs']);
  });
});

it('shows of every layer of random networks only alternatives of which none beats another in everything', () => {
  let layers = 0;
  fc.assert(
    fc.property(mixedRecipes, fc.constantFrom(...GOALS), (recipe, goal) => {
      const { graph, meaning } = buildMixed(recipe);
      try {
        for (const { price, alternatives } of compileGraph(graph, meaning, { goal, target: loadTarget('cortex-m4') }).plan.layers) {
          if (price === null) continue;
          layers += 1;
          const members = [price, ...alternatives.flatMap((other) => (other.reason === null ? [other] : []))];
          for (const a of members) for (const b of members) expect(dominates(a, b)).toBe(false);
        }
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
      }
    }),
    { numRuns: 150, seed: 7 },
  );
  expect(layers).toBeGreaterThan(50);
});
