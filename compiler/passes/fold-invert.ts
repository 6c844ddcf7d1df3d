import { isLinear, termsOfNode, type LinearNode } from '../ir/accumulator.ts';
import { rebuild, type Replacement } from '../ir/builder.ts';
import { channelCount } from '../ir/encoding.ts';
import { flipInputs, flipOutputs } from '../ir/flip.ts';
import { consumersOf, onlyConsumerOf, producerOf, typeOf } from '../ir/graph.ts';
import { isDirect } from '../ir/integer-terms.ts';
import { ZERO, equals } from '../support/rational.ts';
import type { Graph, Node, NodeOf, ValueId } from '../ir/types.ts';
import type { Pass } from './pass.ts';

/** The node right before this one, if nothing else reads its output. */
function soleProducer(graph: Graph, reader: Node): Node | undefined {
  const [id] = reader.inputs;
  const producer = id === undefined ? undefined : producerOf(graph, id);
  return producer !== undefined && onlyConsumerOf(graph, producer.output) === reader ? producer : undefined;
}

/** not (acc >= T) = (-acc >= 1 - T): the layer before takes the inversion by flipping those rows. */
function backward(graph: Graph, invert: NodeOf<'invert'>): ReadonlyMap<Node, Replacement> | undefined {
  let producer = soleProducer(graph, invert);
  while (producer?.kind === 'rescale') producer = soleProducer(graph, producer); // its bits are the layer's
  if (!isLinear(producer)) return undefined;
  const { threshold } = producer.attrs;
  if (threshold === null) return undefined;
  const { channels } = invert.attrs;
  const negated = threshold.map((t, o) => (channels[o] === 1 ? 1 - t : t));
  return new Map([[producer, flipOutputs(producer, channels, negated)]]);
}

/**
 * Σ w·(-s) = Σ (-w)·s: the layer behind takes the inversion by flipping those columns. Only where nothing else in the sum
 * carries the sign of the weight: no ±1 padded taps, no offset folded into the real value.
 */
function takesInversion(graph: Graph, node: LinearNode): boolean {
  const [id] = node.inputs;
  if (id === undefined || node.attrs.sum !== 'exact') return false;
  const input = typeOf(graph, id);
  const terms = termsOfNode(node, input);
  return (
    input.dtype === 'b1' &&
    isDirect(terms) &&
    terms.pad === 0 &&
    (node.attrs.threshold !== null || terms.folded.every((f) => equals(f, ZERO)))
  );
}

/**
 * All layers that read the inverted value, through operations that only rename its elements, with their flipped columns.
 * Undefined when one of its readers cannot take the inversion. A layer reads a value once, so it is found once.
 */
function forward(graph: Graph, id: ValueId, channels: Uint8Array): ReadonlyMap<Node, Replacement> | undefined {
  const found = new Map<Node, Replacement>();
  for (const reader of consumersOf(graph, id)) {
    if (isLinear(reader)) {
      if (!takesInversion(graph, reader)) return undefined;
      found.set(reader, flipInputs(reader, channels));
      continue;
    }
    const renamed = flagsBehind(graph, reader, id, channels);
    const behind = renamed && forward(graph, reader.output, renamed);
    if (behind === undefined || [...behind.keys()].some((layer) => found.has(layer))) return undefined;
    for (const entry of behind) found.set(...entry);
  }
  return found.size === 0 ? undefined : found;
}

/** Channel flags behind an operation that renames elements; after a flatten they repeat along the vector. */
function flagsBehind(graph: Graph, reader: Node, id: ValueId, channels: Uint8Array): Uint8Array | undefined {
  const length = channelCount(typeOf(graph, reader.output).shape);
  if (reader.kind === 'reshape' || reader.kind === 'rescale')
    return Uint8Array.from({ length }, (_, i) => channels[i % channels.length] as number);
  if (reader.kind !== 'concat') return undefined;
  return Uint8Array.from(
    reader.inputs.flatMap((input) => (input === id ? [...channels] : new Array<number>(channelCount(typeOf(graph, input).shape)).fill(0))),
  );
}

/** One inversion at a time: two may touch the same layer. */
function run(graph: Graph): Graph {
  for (const node of graph.nodes) {
    if (node.kind !== 'invert') continue;
    const found = backward(graph, node) ?? forward(graph, node.output, node.attrs.channels);
    if (found === undefined) continue;
    return run(
      rebuild(graph, (n) => {
        const replacement = found.get(n);
        return n === node ? [] : replacement && [replacement];
      }),
    );
  }
  return graph;
}

export const foldInvert: Pass = {
  name: 'fold-invert',
  doc: 'Inverted channels become flipped rows of the layer before or flipped columns of the layer behind, at no cost on the chip.',
  run,
};
