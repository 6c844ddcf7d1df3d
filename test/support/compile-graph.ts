/** From an imported graph to a plan, without a model file. */
import { fixMeaning, type InputMeaning } from '../../compiler/driver/meaning.ts';
import type { Goal } from '../../compiler/kernels/select.ts';
import type { Graph } from '../../compiler/ir/types.ts';
import { PIPELINE } from '../../compiler/passes/index.ts';
import { runPasses, type PassObserver } from '../../compiler/passes/run.ts';
import { buildPlan } from '../../compiler/plan/build.ts';
import { catalogFor } from '../../compiler/plan/choose.ts';
import { namesOf } from '../../compiler/plan/names.ts';
import type { Plan } from '../../compiler/plan/plan.ts';
import { Diagnostics, UserError } from '../../compiler/support/diagnostics.ts';
import { loadTarget } from '../../compiler/targets/load.ts';
import type { Target } from '../../compiler/targets/target.ts';

export interface GraphOptions {
  readonly name?: string;
  readonly target?: Target;
  readonly goal?: Goal;
  readonly forcedKernel?: string | null;
  readonly classes?: readonly string[] | null;
  readonly observe?: PassObserver;
}

export interface CompiledGraph {
  readonly reference: Graph;
  readonly lowered: Graph;
  readonly plan: Plan;
}

/** What a network is before a target is chosen. @throws UserError as the compiler does */
export function lowerGraph(
  graph: Graph,
  meaning: InputMeaning,
  { observe }: GraphOptions = {},
  diagnostics: Diagnostics = new Diagnostics(),
): Omit<CompiledGraph, 'plan'> {
  const reference = fixMeaning(graph, meaning, diagnostics);
  return { reference, lowered: runPasses(reference, PIPELINE, diagnostics, observe) };
}

/** @throws UserError as the compiler does */
export function compileGraph(graph: Graph, meaning: InputMeaning, options: GraphOptions = {}): CompiledGraph {
  const diagnostics = new Diagnostics();
  const model = lowerGraph(graph, meaning, options, diagnostics);
  return { ...model, plan: planGraph(model.lowered, options, diagnostics) };
}

/** The plan of a lowered graph. */
export function planGraph(lowered: Graph, options: GraphOptions = {}, diagnostics: Diagnostics = new Diagnostics()): Plan {
  const target = options.target ?? loadTarget('host');
  return buildPlan(
    lowered,
    {
      target,
      goal: options.goal ?? 'speed',
      names: namesOf(options.name ?? 'net'),
      provenance: { version: '0.0.0', modelFile: 'test', sha256: '0'.repeat(64), command: 'test', abi: 1 },
      classes: options.classes ?? null,
      notes: [],
      catalog: catalogFor(lowered, target),
      forcedKernel: options.forcedKernel ?? null,
    },
    diagnostics,
  );
}

/** Codes of the problems that an action ends with; empty when it does not end with a `UserError`. */
export function codesOf(action: () => unknown): readonly string[] {
  try {
    action();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.diagnostics.map(({ code }) => code);
  }
  return [];
}
