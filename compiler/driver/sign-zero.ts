/** Can exactly 0 arrive at a sign whose file says sign(0) = 0? */
import { accumulatorOf, isLinear, type Accumulator } from '../ir/accumulator.ts';
import type { Step } from '../ir/attributes.ts';
import { channelCount } from '../ir/encoding.ts';
import { inputOf, producerOf, typeOf } from '../ir/graph.ts';
import { printType } from '../ir/print.ts';
import { isMonotone, isPerElement } from '../ir/steps.ts';
import { preSign, zeroRange } from '../ir/threshold-search.ts';
import type { Graph, NodeOf, ValueId } from '../ir/types.ts';
import { valueRange } from '../ir/value-range.ts';
import type { Diagnostics } from '../support/diagnostics.ts';
import { sourcesOf, stepsOf, type Source } from './channel-sources.ts';

/** Integers that are tried one by one where the float32 steps are not monotone. */
const MOST_TRIED = 2 ** 20;

/**
 * 'plus' when zero cannot arrive at a sign whose file says sign(0) = 0; otherwise a diagnostic that asks. Of real numbers nobody
 * can tell, and 0 is rare: sign(0) is then +1, with a warning.
 */
export function zeroOf(graph: Graph, sign: NodeOf<'sign'>, diagnostics: Diagnostics): 'plus' {
  const id = inputOf(sign);
  const channels = channelCount(typeOf(graph, id).shape);
  const zeroFrom = zeroFinder(graph);
  const answers = Array.from({ length: channels }, (_, channel) => sourcesOf(graph, id, channel).map(zeroFrom));
  const found = answers.flatMap((list, channel) => {
    const value = list.find((zero) => typeof zero === 'number');
    return value === undefined ? [] : [{ channel, value }];
  });
  const [first] = found;
  if (first !== undefined) {
    diagnostics.error({
      code: 'BNN2004',
      message: `"${sign.name}" can receive exactly 0, and this file says sign(0) = 0, which is not a bit`,
      origin: sign.origin,
      details: [`channel ${first.channel}: accumulator ${first.value} gives 0`],
      notes: [`${found.length} of ${channels} channels attain 0.`],
      help: 'Say what the deployed network does: --sign-zero plus (BinaryNet, Larq, QONNX) or --sign-zero minus.',
    });
  } else if (answers.some((list) => list.includes('unknown'))) {
    diagnostics.warning({
      code: 'BNN2009',
      message: `"${sign.name}" is the sign of real numbers, and this file says sign(0) = 0: an exact 0 is taken as +1`,
      origin: sign.origin,
      details: [`input   ${printType(typeOf(graph, id))}`],
      help: 'Say what the deployed network does with --sign-zero plus or --sign-zero minus.',
    });
  }
  return 'plus';
}

/** The stored integer that becomes 0, if one does; 'unknown' for what is no function of one integer. */
function zeroFinder(graph: Graph): (source: Source) => number | 'unknown' | undefined {
  const known = new Map<string, number | 'unknown' | undefined>();
  const accumulators = new Map<ValueId, Accumulator | undefined>();
  const accumulator = (id: ValueId): Accumulator | undefined => {
    if (!accumulators.has(id)) {
      const layer = producerOf(graph, id);
      accumulators.set(id, isLinear(layer) ? accumulatorOf(layer, typeOf(graph, inputOf(layer))) : undefined);
    }
    return accumulators.get(id);
  };
  const find = ({ id, channel }: Source, steps: readonly Step[]): number | 'unknown' | undefined => {
    const type = typeOf(graph, id);
    if (type.encoding === undefined) return 'unknown';
    const sums = accumulator(id);
    const f = preSign(type, steps);
    const range = valueRange(graph, id)(channel);
    const isAttained = (value: number): boolean => sums === undefined || sums.attains(value);
    if (isMonotone(steps, 0)) {
      const zeros = zeroRange((stored) => f(stored, channel), range);
      for (let value = zeros?.low ?? 1; value <= (zeros?.high ?? 0); value += 1) if (isAttained(value)) return value;
      return undefined;
    }
    if (range.high - range.low > MOST_TRIED) return 'unknown';
    for (let value = range.low; value <= range.high; value += 1) if (f(value, channel) === 0 && isAttained(value)) return value;
    return undefined;
  };
  return (source) => {
    if (hasElementConstants(graph, source)) return 'unknown';
    const steps = stepsOf(source);
    const key = `${source.id} ${source.channel} ${steps.map(({ operator, values }) => `${operator}${values[0]}`).join(' ')}`;
    if (!known.has(key)) known.set(key, find(source, steps));
    return known.get(key);
  };
}

/** Constants of single elements of a map belong to no channel. */
function hasElementConstants(graph: Graph, { links }: Source): boolean {
  return links.some(
    ({ node }) => node.kind === 'elementwise' && isPerElement(node.attrs.steps, channelCount(typeOf(graph, node.output).shape)),
  );
}
