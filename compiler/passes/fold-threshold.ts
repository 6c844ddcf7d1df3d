import { accumulatorOf, isLinear } from '../ir/accumulator.ts';
import { rewrite } from '../ir/builder.ts';
import { inputOf, producerOf, typeOf } from '../ir/graph.ts';
import type { Step } from '../ir/attributes.ts';
import type { ThresholdAttrs } from '../ir/ops/threshold.ts';
import { preSign, searchThreshold, storedRange, type FoundThreshold, type Range } from '../ir/threshold-search.ts';
import type { Graph, Node, NodeOf, ValueId } from '../ir/types.ts';
import type { Diagnostics } from '../support/diagnostics.ts';
import { stepsBefore } from './fold-elementwise.ts';
import type { Pass } from './pass.ts';

interface Match {
  readonly source: ValueId;
  readonly steps: readonly Step[];
  readonly sign: NodeOf<'sign'>;
}

function matchAt(graph: Graph, sign: Node): Match | undefined {
  if (sign.kind !== 'sign') return undefined;
  const { source, steps } = stepsBefore(graph, inputOf(sign));
  return typeOf(graph, source).encoding === undefined ? undefined : { source, steps, sign };
}

/** Range of the stored integers of one channel: tight for an accumulator, the type's own otherwise. */
function rangeOf(graph: Graph, source: ValueId): (channel: number) => Range {
  const producer = producerOf(graph, source);
  const [input] = producer?.inputs ?? [];
  if (input !== undefined && isLinear(producer)) {
    return accumulatorOf(producer, typeOf(graph, input)).range;
  }
  const range = storedRange(typeOf(graph, source));
  return () => range;
}

/** One threshold for all channels suffices when neither the real value nor the range depends on the channel. */
function isUniform(graph: Graph, source: ValueId, steps: readonly Step[]): boolean {
  const { encoding } = typeOf(graph, source);
  const producer = producerOf(graph, source);
  return (
    !isLinear(producer) && encoding?.scale.length === 1 && encoding.offset.length === 1 && steps.every((step) => step.values.length === 1)
  );
}

function thresholdsOf(graph: Graph, { source, steps, sign }: Match, diagnostics: Diagnostics): ThresholdAttrs | undefined {
  const type = typeOf(graph, source);
  const channels = isUniform(graph, source, steps) ? 1 : (type.shape.at(-1) ?? 1);
  const f = preSign(type, steps);
  const range = rangeOf(graph, source);
  const zero = sign.attrs.zero === 'minus' ? 'minus' : 'plus'; // 'zero' was shown unattainable when the meaning was fixed
  const found: FoundThreshold[] = [];
  for (let channel = 0; channel < channels; channel += 1) {
    const one = searchThreshold((stored) => f(stored, channel), range(channel), zero);
    if (one === undefined) {
      const { low, high } = range(channel);
      diagnostics.error({
        code: 'BNN2003',
        message: `the value before "${sign.name}" is not finite in channel ${channel}`,
        origin: sign.origin,
        details: [`at ${low}: ${f(low, channel)}`, `at ${high}: ${f(high, channel)}`],
        help: 'Check the constants between the layer and this sign.',
      });
      return undefined;
    }
    found.push(one);
  }
  return {
    thresholds: Int32Array.from(found, (t) => t.threshold),
    directions: Int8Array.from(found, (t) => t.direction),
  };
}

function run(graph: Graph, diagnostics: Diagnostics): Graph {
  return rewrite(graph, (node, to) => {
    const match = matchAt(graph, node);
    const attrs = match && thresholdsOf(graph, match, diagnostics);
    return match && attrs && to.add({ kind: 'threshold', attrs }, to.value(match.source));
  });
}

export const foldThreshold: Pass = {
  name: 'fold-threshold',
  doc: 'Everything between an integer and a sign becomes one integer comparison per channel, found by bisection on the float32 definition.',
  run,
};
