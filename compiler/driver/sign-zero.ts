/** Can exactly 0 arrive at a sign whose file says sign(0) = 0? */
import { accumulatorOf, isLinear, type Accumulator } from '../ir/accumulator.ts';
import type { Step } from '../ir/attributes.ts';
import { channelCount } from '../ir/encoding.ts';
import { inputOf, producerOf, typeOf } from '../ir/graph.ts';
import { batchNormSteps } from '../ir/ops/batch-norm.ts';
import { elementOf } from '../ir/ops/slice.ts';
import { stepsOfChannels } from '../ir/steps.ts';
import { preSign, storedRange, zeroRange } from '../ir/threshold-search.ts';
import type { Graph, NodeOf, ValueId } from '../ir/types.ts';
import type { Diagnostics } from '../support/diagnostics.ts';

/** 'plus' when zero cannot arrive at a sign whose file says sign(0) = 0; otherwise a diagnostic that asks. */
export function zeroOf(graph: Graph, sign: NodeOf<'sign'>, diagnostics: Diagnostics): 'plus' {
  const id = inputOf(sign);
  const channels = channelCount(typeOf(graph, id).shape);
  const attained = zeroFinder(graph);
  const found = Array.from({ length: channels }, (_, channel) => channel).flatMap((channel) => {
    const value = sourcesOf(graph, id, channel, [])
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

/** One channel of stored integers, and the float32 steps (one constant each) that lead from it to a channel of the sign. */
interface Source {
  readonly id: ValueId;
  readonly channel: number;
  readonly steps: readonly Step[];
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Where the elements of one channel come from: one channel, except behind a reshape that mixes them. */
function sourcesOf(graph: Graph, id: ValueId, channel: number, steps: readonly Step[]): readonly Source[] {
  const node = producerOf(graph, id);
  switch (node?.kind) {
    case 'elementwise':
      return sourcesOf(graph, inputOf(node), channel, [...stepsOfChannels(node.attrs.steps, [channel]), ...steps]);
    case 'batch-norm':
      return sourcesOf(graph, inputOf(node), channel, [...stepsOfChannels(batchNormSteps(node.attrs), [channel]), ...steps]);
    case 'max-pool':
      return sourcesOf(graph, inputOf(node), channel, steps);
    case 'slice': {
      const range = node.attrs.ranges.at(-1);
      return range === undefined ? [] : sourcesOf(graph, inputOf(node), elementOf(range, channel), steps);
    }
    case 'reshape': {
      // Element e is in channel e % from before and e % to behind: they share what is left by the common divisor of both.
      const from = channelCount(typeOf(graph, inputOf(node)).shape);
      const common = greatestCommonDivisor(from, channelCount(node.attrs.shape));
      const before = Array.from({ length: from / common }, (_, i) => (channel % common) + i * common);
      return before.flatMap((c) => sourcesOf(graph, inputOf(node), c, steps));
    }
    case 'concat': {
      let first = 0;
      for (const part of node.inputs) {
        const count = channelCount(typeOf(graph, part).shape);
        if (channel < first + count) return sourcesOf(graph, part, channel - first, steps);
        first += count;
      }
      return [];
    }
    default:
      return [{ id, channel, steps }];
  }
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
  const find = ({ id, channel, steps }: Source): number | undefined => {
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
    const key = `${source.id} ${source.channel} ${source.steps.map(({ operator, values }) => `${operator}${values[0]}`).join(' ')}`;
    if (!known.has(key)) known.set(key, find(source));
    return known.get(key);
  };
}
