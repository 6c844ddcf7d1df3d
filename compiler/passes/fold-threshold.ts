import { isLinear } from '../ir/accumulator.ts';
import { rewrite } from '../ir/builder.ts';
import { channelCount } from '../ir/encoding.ts';
import { inputOf, producerOf, typeOf } from '../ir/graph.ts';
import type { Step } from '../ir/attributes.ts';
import type { ThresholdAttrs } from '../ir/ops/threshold.ts';
import { isMonotone, isPerElement } from '../ir/steps.ts';
import { preSign, scanThreshold, searchThreshold, type FoundThreshold, type Range } from '../ir/threshold-search.ts';
import { valueRange } from '../ir/value-range.ts';
import type { Graph, Node, NodeOf, TensorType, ValueId } from '../ir/types.ts';
import type { Diagnostics } from '../support/diagnostics.ts';
import { stepsBefore } from './fold-elementwise.ts';
import type { Pass } from './pass.ts';

interface Match {
  /** Integers before all steps. */
  readonly source: ValueId;
  /** Steps on the source in the shape of the sign. */
  readonly steps: readonly Step[];
  readonly sign: NodeOf<'sign'>;
}

/**
 * The steps that end at `id`, also through a flatten: constants per channel of the image become constants per element of the
 * vector, which are then its channels.
 */
function stepsThroughFlatten(graph: Graph, id: ValueId): Pick<Match, 'source' | 'steps'> {
  const { source, steps } = stepsBefore(graph, id);
  const producer = producerOf(graph, source);
  if (producer?.kind !== 'reshape' || producer.attrs.shape.length !== 1) return { source, steps };
  const before = stepsBefore(graph, inputOf(producer));
  const [channels, elements] = [channelCount(typeOf(graph, before.source).shape), channelCount(producer.attrs.shape)];
  if (before.steps.length === 0 || isPerElement(before.steps, channels)) return { source, steps };
  const spread = before.steps.map(({ operator, values }) => ({
    operator,
    values: values.length === 1 ? values : Float32Array.from({ length: elements }, (_, i) => values[i % channels] as number),
  }));
  return { source: before.source, steps: [...spread, ...steps] };
}

function matchAt(graph: Graph, sign: Node): Match | undefined {
  if (sign.kind !== 'sign') return undefined;
  const { source, steps } = stepsThroughFlatten(graph, inputOf(sign));
  if (typeOf(graph, source).encoding === undefined || isPerElement(steps, channelCount(typeOf(graph, sign.output).shape))) return undefined;
  return { source, steps, sign };
}

/** One threshold for all channels suffices when neither the real value nor the range depends on the channel. */
function isUniform(graph: Graph, source: ValueId, steps: readonly Step[]): boolean {
  const { encoding } = typeOf(graph, source);
  const producer = producerOf(graph, source);
  return (
    !isLinear(producer) && encoding?.scale.length === 1 && encoding.offset.length === 1 && steps.every((step) => step.values.length === 1)
  );
}

/** Undefined where the sign changes more than once along the integers (a tanh in its last bits, a PReLU that turns around). */
function thresholdsOf(
  graph: Graph,
  { source, steps, sign }: Match,
  type: TensorType,
  diagnostics: Diagnostics,
): ThresholdAttrs | undefined {
  const channels = isUniform(graph, source, steps) ? 1 : channelCount(type.shape);
  const own = channelCount(typeOf(graph, source).shape);
  const f = preSign(type, steps);
  const sourceRange = valueRange(graph, source);
  const range = (channel: number): Range => sourceRange(channel % own);
  const zero = sign.attrs.zero === 'minus' ? 'minus' : 'plus'; // 'zero' was shown unattainable when the meaning was fixed
  const found: FoundThreshold[] = [];
  for (let channel = 0; channel < channels; channel += 1) {
    const one = isMonotone(steps, channel)
      ? searchThreshold((stored) => f(stored, channel), range(channel), zero)
      : scanThreshold((stored) => f(stored, channel), range(channel), zero);
    if (one === 'several') return undefined;
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
    if (match === undefined) return undefined;
    const source = to.value(match.source);
    const { shape } = typeOf(graph, node.output);
    const sameShape = to.typeOf(source).shape.length === shape.length;
    const shaped = sameShape ? source : to.add({ kind: 'reshape', name: `${node.name}.flat`, attrs: { shape } }, source);
    const attrs = thresholdsOf(graph, match, to.typeOf(shaped), diagnostics);
    return attrs && to.add({ kind: 'threshold', attrs }, shaped);
  });
}

export const foldThreshold: Pass = {
  name: 'fold-threshold',
  doc: 'Everything between an integer and a sign becomes one integer comparison per channel, found by bisection on the float32 definition.',
  run,
};
