/**
 * The equivalence certificate: which bits no float32 implementation of the network can compute otherwise, and which it can.
 *
 * For every sign and every channel of an exact sum before it, the distance of the nearest attainable pre-sign value from zero in units
 * of an error bound (sum-error.ts, rounding-error.ts) for all orders of the sum and all forms of what follows it: the margin. Above 1, the
 * exact value decides the bit in every implementation, the reference included. The neighbours of the place where the sign changes are
 * nearest, but the bound grows with the values; so the whole range of accumulators is searched. A range whose margin is above 1 at its
 * worst needs no further look, any other is halved.
 */
import { accumulatorOf, isLinear } from '../ir/accumulator.ts';
import { PLAIN, channelCount, perChannel } from '../ir/encoding.ts';
import { inputOf, producerOf, typeOf, valueOf } from '../ir/graph.ts';
import { storedRange, type Range } from '../ir/threshold-search.ts';
import type { Graph, NodeOf, ValueId } from '../ir/types.ts';
import { toNumber } from '../support/rational.ts';
import { sourcesOf, type Link, type Source } from './channel-sources.ts';
import { boundsOf, marginOf, type Span } from './rounding-error.ts';
import { sumErrors, worthOf } from './sum-error.ts';

/** A channel in which a float32 implementation may give another bit than the reference. */
export interface UncertainChannel {
  /** Name of the layer, and channel of its output; the input of the network where no layer stands before the sign. */
  readonly layer: string;
  readonly channel: number;
  /** Where the margin is least: the integer sum (of signs, or of stored bytes; see docs/exactness.md). */
  readonly accumulator: number;
  /** The exact value before the sign there. */
  readonly value: number;
  /** An implementation's value is no further from it; Infinity where it may overflow. */
  readonly bound: number;
  /** |value| / bound, from 0 to 1. */
  readonly margin: number;
  /** No accumulator outside low..high is uncertain. */
  readonly low: number;
  readonly high: number;
}

/** One sign of the network. A channel is one channel of a layer with the constants that lead from it to the sign. */
export interface CertifiedSign {
  readonly sign: string;
  readonly channels: number;
  /** Channels with a margin above 1. */
  readonly certain: number;
  /** A lower bound of the margins of certain channels, no less than half the least; null where nothing rounds or there are none. */
  readonly leastMargin: number | null;
  /** Channels without a certificate: their values are no sums of bits or bytes, or pass a function without a known bound. */
  readonly notCovered: number;
  /** Smallest margin first. */
  readonly uncertain: readonly UncertainChannel[];
}

/** Sums of the same numbers over all signs, and the signs in the order of the network. */
export interface Certificate {
  readonly channels: number;
  readonly certain: number;
  readonly notCovered: number;
  readonly signs: readonly CertifiedSign[];
}

/** A channel of integers, and what becomes of it before the sign. */
interface Chain {
  readonly range: Range;
  readonly attains: (value: number) => boolean;
  readonly at: (range: Range) => Span;
}

/** What a chain starts with, for one value of the graph. */
interface Start extends Pick<Chain, 'attains'> {
  readonly range: (channel: number) => Range;
  readonly error: (channel: number) => number;
  /** Magnitude of the bias. */
  readonly bias: (channel: number) => number;
}

/** Undefined for values that are not sums of bits or bytes, nor bits or bytes. */
function startOf(graph: Graph, id: ValueId): Start | undefined {
  const type = typeOf(graph, id);
  const layer = producerOf(graph, id);
  if (isLinear(layer)) {
    if (layer.attrs.sum !== 'exact' || type.encoding === undefined) return undefined;
    const input = typeOf(graph, inputOf(layer));
    const { range, attains } = accumulatorOf(layer, input);
    return { range, attains, error: sumErrors(layer, input), bias: (channel) => Math.abs(layer.attrs.bias?.[channel] ?? 0) };
  }
  if (type.dtype !== 'b1' && type.dtype !== 'u8' && type.dtype !== 'i8') return undefined;
  const range = storedRange(type);
  const attains = (value: number): boolean => type.dtype !== 'b1' || value !== 0;
  return { range: () => range, attains, error: (channel) => worthOf(type, channel).error, bias: () => 0 };
}

function chainOf(graph: Graph, { id, channel, links }: Source, start: Start): Chain | undefined {
  const { encoding = PLAIN } = typeOf(graph, id);
  const bounds = boundsOf(graph, links);
  if (bounds === undefined) return undefined;
  const [scale, offset] = [toNumber(perChannel(encoding.scale, channel)), toNumber(perChannel(encoding.offset, channel))];
  const [error, constants] = [start.error(channel), 2 * start.bias(channel)];
  const at = ({ low, high }: Range): Span =>
    bounds.reduce<Span>((span, bound) => bound(span), { ends: [low * scale + offset, high * scale + offset], error, constants });
  return { range: start.range(channel), attains: start.attains, at };
}

/** Both halves of a range of two or more. */
function halves({ low, high }: Range): readonly [Range, Range] {
  const middle = Math.floor((low + high) / 2);
  return [
    { low, high: middle },
    { low: middle + 1, high },
  ];
}

function isOutside({ attains }: Chain, { low, high }: Range): boolean {
  return low > high || (low === high && !attains(low));
}

interface Least {
  /** No attainable accumulator has a smaller margin; up to 1 this is the least margin itself. */
  readonly margin: number;
  /** An accumulator with that margin, if it is not above 1. */
  readonly accumulator: number | null;
}

/** Ranges whose margin is at least half of the least one found need no further look, where it is above 1. */
function leastMargin(chain: Chain): Least {
  let [least, bound]: [number, number] = [Infinity, Infinity];
  let accumulator: number | null = null;
  const waiting = [{ range: chain.range, margin: marginOf(chain.at(chain.range)) }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { range, margin } = next;
    if (margin >= least || isOutside(chain, range)) continue;
    if (margin > 1 && margin >= least / 2) bound = Math.min(bound, margin);
    else if (range.low === range.high) [least, accumulator] = [margin, range.low];
    else {
      const parts = halves(range).map((part) => ({ range: part, margin: marginOf(chain.at(part)) }));
      waiting.push(...parts.sort((a, b) => b.margin - a.margin)); // the worse half is looked at first
    }
  }
  const margin = Math.min(least, bound);
  return { margin, accumulator: margin > 1 ? null : accumulator };
}

/** The first uncertain accumulator, seen from the lower end of the range (`from` 0) or from the upper one (1). */
function firstUncertain(chain: Chain, range: Range, from: 0 | 1): number | undefined {
  if (isOutside(chain, range) || marginOf(chain.at(range)) > 1) return undefined;
  if (range.low === range.high) return range.low;
  const parts = halves(range);
  return firstUncertain(chain, parts[from], from) ?? firstUncertain(chain, parts[from === 0 ? 1 : 0], from);
}

/** What tells links apart: constants that all channels share are the same for each. */
function keyOf({ node, channel }: Link): readonly [string, number] {
  const shared = node.kind === 'elementwise' && node.attrs.steps.every(({ values }) => values.length === 1);
  return [node.name, shared ? 0 : channel];
}

/** Sources of all channels of a sign, each once: positions of a map share their channel's. */
function distinctSources(graph: Graph, sign: NodeOf<'sign'>): readonly Source[] {
  const id = inputOf(sign);
  const found = new Map<string, Source>();
  for (let channel = 0; channel < channelCount(typeOf(graph, id).shape); channel += 1) {
    for (const source of sourcesOf(graph, id, channel)) {
      found.set(JSON.stringify([source.id, source.channel, source.links.map(keyOf)]), source);
    }
  }
  return [...found.values()];
}

function nameOf(graph: Graph, id: ValueId): string {
  return producerOf(graph, id)?.name ?? valueOf(graph, id).name;
}

function certifySign(graph: Graph, sign: NodeOf<'sign'>, startAt: (id: ValueId) => Start | undefined): CertifiedSign {
  const sources = distinctSources(graph, sign);
  const uncertain: UncertainChannel[] = [];
  let [certain, least] = [0, Infinity];
  for (const source of sources) {
    const start = startAt(source.id);
    const chain = start && chainOf(graph, source, start);
    if (chain === undefined) continue;
    const { margin, accumulator } = leastMargin(chain);
    if (accumulator === null) {
      certain += 1;
      least = Math.min(least, margin);
      continue;
    }
    const { ends, error } = chain.at({ low: accumulator, high: accumulator });
    const low = firstUncertain(chain, chain.range, 0) ?? accumulator;
    const high = firstUncertain(chain, chain.range, 1) ?? accumulator;
    const { channel } = source;
    uncertain.push({ layer: nameOf(graph, source.id), channel, accumulator, value: ends[0], bound: error, margin, low, high });
  }
  return {
    sign: sign.name,
    channels: sources.length,
    certain,
    leastMargin: Number.isFinite(least) ? least : null,
    notCovered: sources.length - certain - uncertain.length,
    uncertain: uncertain.sort((a, b) => a.margin - b.margin),
  };
}

/** The certificate of a reference graph, whose meaning is fixed. */
export function certify(graph: Graph): Certificate {
  const starts = new Map<ValueId, Start | undefined>();
  const startAt = (id: ValueId): Start | undefined => {
    if (!starts.has(id)) starts.set(id, startOf(graph, id));
    return starts.get(id);
  };
  const signs = graph.nodes.flatMap((node) => (node.kind === 'sign' ? [certifySign(graph, node, startAt)] : []));
  const total = (count: (sign: CertifiedSign) => number): number => signs.reduce((sum, sign) => sum + count(sign), 0);
  return { channels: total((s) => s.channels), certain: total((s) => s.certain), notCovered: total((s) => s.notCovered), signs };
}
