/** Can exactly 0 arrive at a sign whose file says sign(0) = 0? */
import { accumulatorOf, isLinear, type Accumulator } from '../ir/accumulator.ts';
import type { Step } from '../ir/attributes.ts';
import { channelCount } from '../ir/encoding.ts';
import { inputOf, producerOf, typeOf } from '../ir/graph.ts';
import { preSign, storedRange, zeroRange } from '../ir/threshold-search.ts';
import type { Graph, NodeOf, ValueId } from '../ir/types.ts';
import type { Diagnostics } from '../support/diagnostics.ts';
import { sourcesOf, stepsOf, type Source } from './channel-sources.ts';

/** 'plus' when zero cannot arrive at a sign whose file says sign(0) = 0; otherwise a diagnostic that asks. */
export function zeroOf(graph: Graph, sign: NodeOf<'sign'>, diagnostics: Diagnostics): 'plus' {
  const id = inputOf(sign);
  const channels = channelCount(typeOf(graph, id).shape);
  const attained = zeroFinder(graph);
  const found = Array.from({ length: channels }, (_, channel) => channel).flatMap((channel) => {
    const value = sourcesOf(graph, id, channel)
      .map(attained)
      .find((zero) => zero !== undefined);
    return value === undefined ? [] : [{ channel, value }];
  });
  const [first] = found;
  if (first === undefined) return 'plus';
  diagnostics.error({
    code: 'BNN2004',
    message: `"${sign.name}" can receive exactly 0, and this file says sign(0) = 0, which is not a bit`,
    origin: sign.origin,
    details: [`channel ${first.channel}: accumulator ${first.value} gives 0`],
    notes: [`${found.length} of ${channels} channels attain 0.`],
    help: 'Say what the deployed network does: --sign-zero plus (BinaryNet, Larq, QONNX) or --sign-zero minus.',
  });
  return 'plus';
}

/** The stored integer that becomes 0, if it can occur; real-valued sources are reported by a check of their own. */
function zeroFinder(graph: Graph): (source: Source) => number | undefined {
  const known = new Map<string, number | undefined>();
  const accumulators = new Map<ValueId, Accumulator | undefined>();
  const accumulator = (id: ValueId): Accumulator | undefined => {
    if (!accumulators.has(id)) {
      const layer = producerOf(graph, id);
      accumulators.set(id, isLinear(layer) ? accumulatorOf(layer, typeOf(graph, inputOf(layer))) : undefined);
    }
    return accumulators.get(id);
  };
  const find = ({ id, channel }: Source, steps: readonly Step[]): number | undefined => {
    const type = typeOf(graph, id);
    if (type.encoding === undefined) return undefined;
    const sums = accumulator(id);
    const f = preSign(type, steps);
    const zeros = zeroRange((stored) => f(stored, channel), sums?.range(channel) ?? storedRange(type));
    for (let value = zeros?.low ?? 1; value <= (zeros?.high ?? 0); value += 1) {
      if (sums === undefined || sums.attains(value)) return value;
    }
    return undefined;
  };
  return (source) => {
    const steps = stepsOf(source);
    const key = `${source.id} ${source.channel} ${steps.map(({ operator, values }) => `${operator}${values[0]}`).join(' ')}`;
    if (!known.has(key)) known.set(key, find(source, steps));
    return known.get(key);
  };
}
