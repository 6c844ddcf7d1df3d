/** Which stored integers a value can take, channel by channel. */
import { accumulatorOf, isLinear } from './accumulator.ts';
import { channelCount, perChannel } from './encoding.ts';
import { inputOf, producerOf, typeOf } from './graph.ts';
import { exactCombination } from './ops/combine.ts';
import { elementOf } from './ops/slice.ts';
import { storedRange, type Range } from './threshold-search.ts';
import type { Graph, Node, ValueId } from './types.ts';

type RangeOf = (channel: number) => Range;

function union(ranges: readonly Range[]): Range {
  return { low: Math.min(...ranges.map(({ low }) => low)), high: Math.max(...ranges.map(({ high }) => high)) };
}

function memoized(compute: RangeOf): RangeOf {
  const known = new Map<number, Range>();
  return (channel) => {
    const found = known.get(channel) ?? compute(channel);
    known.set(channel, found);
    return found;
  };
}

function scaled({ low, high }: Range, factor: number): Range {
  return factor < 0 ? { low: factor * high, high: factor * low } : { low: factor * low, high: factor * high };
}

/** Element e is in channel e % from before a reshape and in channel e % to behind it. */
function behindReshape(from: number, to: number, before: RangeOf): RangeOf {
  if (to % from === 0) return (channel) => before(channel % from);
  const all = memoized(() => union(Array.from({ length: from }, (_, c) => before(c))));
  return () => all(0);
}

function rangeOfNode(graph: Graph, node: Node): RangeOf | undefined {
  const of = (id: ValueId): RangeOf => valueRange(graph, id);
  const { shape } = typeOf(graph, node.output);
  switch (node.kind) {
    case 'conv2d':
    case 'dense':
      return isLinear(node) && node.attrs.sum === 'exact' && node.attrs.threshold === null
        ? accumulatorOf(node, typeOf(graph, inputOf(node))).range
        : undefined;
    case 'max-pool':
    case 'rescale':
      return of(inputOf(node));
    case 'reshape':
      return behindReshape(channelCount(typeOf(graph, inputOf(node)).shape), channelCount(shape), of(inputOf(node)));
    case 'slice': {
      const range = node.attrs.ranges.at(-1);
      return range && ((channel) => of(inputOf(node))(elementOf(range, channel)));
    }
    case 'concat': {
      const parts = node.inputs.flatMap((id) => {
        const before = of(id);
        return Array.from({ length: channelCount(typeOf(graph, id).shape) }, (_, c) => () => before(c));
      });
      return (channel) => perChannel(parts, channel)();
    }
    case 'average-pool': {
      const taps = node.attrs.kernel[0] * node.attrs.kernel[1];
      return node.attrs.sum === 'exact' ? (channel) => scaled(of(inputOf(node))(channel), taps) : undefined;
    }
    case 'combine': {
      const [a, b] = node.inputs;
      if (a === undefined || b === undefined || node.attrs.sum !== 'exact' || node.attrs.operator === 'multiply') return undefined;
      const exact = exactCombination(node.attrs.operator, typeOf(graph, a), typeOf(graph, b));
      if (exact === undefined) return undefined;
      const [m, n] = exact.multipliers;
      return (channel) => {
        const [p, q] = [
          scaled(operandRange(graph, a, channel), perChannel(m, channel)),
          scaled(operandRange(graph, b, channel), perChannel(n, channel)),
        ];
        return { low: p.low + q.low, high: p.high + q.high };
      };
    }
    default:
      return undefined;
  }
}

/** One channel of an operand, which is repeated where it has only one. */
function operandRange(graph: Graph, id: ValueId, channel: number): Range {
  return valueRange(graph, id)(channelCount(typeOf(graph, id).shape) === 1 ? 0 : channel);
}

const RANGES = new WeakMap<Graph, Map<ValueId, RangeOf>>();

/** Inclusive bounds of the stored integers of a channel: those of its layer where one makes it, otherwise those of its type. */
export function valueRange(graph: Graph, id: ValueId): RangeOf {
  const known = RANGES.get(graph) ?? new Map<ValueId, RangeOf>();
  RANGES.set(graph, known);
  const found = known.get(id);
  if (found !== undefined) return found;
  const producer = producerOf(graph, id);
  const whole = storedRange(typeOf(graph, id));
  const made = memoized((producer && rangeOfNode(graph, producer)) ?? (() => whole));
  known.set(id, made);
  return made;
}
