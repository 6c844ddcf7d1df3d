/** Runs the pipeline. */
import { verifyGraph } from '../ir/verify.ts';
import type { Graph } from '../ir/types.ts';
import type { Diagnostics } from '../support/diagnostics.ts';
import type { Pass } from './pass.ts';

/** Called after every pass, for --dump-after and --timings. */
export type PassObserver = (pass: Pass, graph: Graph) => void;

/** @throws UserError at the end of a stage that found problems; Error when a pass left a malformed graph (our bug). */
export function runPasses(
  graph: Graph,
  pipeline: Readonly<Record<string, readonly Pass[]>>,
  diagnostics: Diagnostics,
  observe: PassObserver = () => undefined,
): Graph {
  let current = graph;
  for (const passes of Object.values(pipeline)) {
    for (const pass of passes) {
      current = pass.run(current, diagnostics);
      const problems = verifyGraph(current);
      if (problems.length > 0) throw new Error(`pass ${pass.name} left a malformed graph: ${problems.join('; ')}`);
      observe(pass, current);
    }
    diagnostics.stopOnErrors();
  }
  return current;
}
