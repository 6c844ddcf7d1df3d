import { accumulatorOf, isLinear } from '../ir/accumulator.ts';
import { producerOf, typeOf } from '../ir/graph.ts';
import { preSign } from '../ir/threshold-search.ts';
import type { Pass } from './pass.ts';

export const checkScores: Pass = {
  name: 'check-scores',
  doc: 'Every float score is finite for every input: the chain of steps is monotone, so its ends tell.',
  run: (graph, diagnostics) => {
    const last = producerOf(graph, graph.output);
    const [source] = last?.inputs ?? [];
    if (last?.kind !== 'elementwise' || source === undefined) return graph;
    const layer = producerOf(graph, source);
    const [input] = layer?.inputs ?? [];
    if (!isLinear(layer) || layer.attrs.sum !== 'exact' || input === undefined) return graph;
    const f = preSign(typeOf(graph, source), last.attrs.steps);
    const { range } = accumulatorOf(layer, typeOf(graph, input));
    for (let output = 0; output < layer.attrs.weights.outputs; output += 1) {
      const { low, high } = range(output);
      if (Number.isFinite(f(low, output)) && Number.isFinite(f(high, output))) continue;
      diagnostics.error({
        code: 'BNN2003',
        message: `score ${output} of "${last.name}" overflows float32`,
        origin: last.origin,
        details: [`at ${low}: ${f(low, output)}`, `at ${high}: ${f(high, output)}`],
        help: 'Check the constants behind the last layer.',
      });
      return graph;
    }
    return graph;
  },
};
