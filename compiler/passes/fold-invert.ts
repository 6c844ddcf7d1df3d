import { isLinear, termsOfNode, type LinearNode } from '../ir/accumulator.ts';
import { rebuild, type Replacement } from '../ir/builder.ts';
import { flipInputs, flipOutputs } from '../ir/flip.ts';
import { onlyConsumerOf, producerOf, typeOf } from '../ir/graph.ts';
import { isDirect } from '../ir/integer-terms.ts';
import { ZERO, equals } from '../support/rational.ts';
import type { Graph, Node, NodeOf } from '../ir/types.ts';
import type { Pass } from './pass.ts';

/** The node right before this one, if nothing else reads its output. */
function soleProducer(graph: Graph, reader: Node): Node | undefined {
  const [id] = reader.inputs;
  const producer = id === undefined ? undefined : producerOf(graph, id);
  return producer !== undefined && onlyConsumerOf(graph, producer.output) === reader ? producer : undefined;
}

/** not (acc >= T) = (-acc >= 1 - T): the layer before takes the inversion by flipping those rows. */
function backward(graph: Graph, invert: NodeOf<'invert'>): readonly [Node, Replacement] | undefined {
  let producer = soleProducer(graph, invert);
  while (producer?.kind === 'rescale') producer = soleProducer(graph, producer); // its bits are the layer's
  if (!isLinear(producer)) return undefined;
  const { threshold } = producer.attrs;
  if (threshold === null) return undefined;
  const { channels } = invert.attrs;
  return [
    producer,
    flipOutputs(
      producer,
      channels,
      threshold.map((t, o) => (channels[o] === 1 ? 1 - t : t)),
    ),
  ];
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

function forward(graph: Graph, invert: NodeOf<'invert'>): readonly [Node, Replacement] | undefined {
  let next = onlyConsumerOf(graph, invert.output);
  while (next?.kind === 'reshape' || next?.kind === 'rescale') next = onlyConsumerOf(graph, next.output);
  if (!isLinear(next) || !takesInversion(graph, next)) return undefined;
  return [next, flipInputs(next, repeated(invert.attrs.channels, graph, next))];
}

/** After a flatten the channel flags repeat along the vector. */
function repeated(channels: Uint8Array, graph: Graph, node: LinearNode): Uint8Array {
  const [id] = node.inputs;
  const length = id === undefined ? 0 : (typeOf(graph, id).shape.at(-1) ?? 0);
  return Uint8Array.from({ length }, (_, i) => channels[i % channels.length] as number);
}

/** One inversion at a time: two may touch the same layer. */
function run(graph: Graph): Graph {
  for (const node of graph.nodes) {
    if (node.kind !== 'invert') continue;
    const found = backward(graph, node) ?? forward(graph, node);
    if (found === undefined) continue;
    const [layer, replacement] = found;
    return run(rebuild(graph, (n) => (n === node ? [] : n === layer ? [replacement] : undefined)));
  }
  return graph;
}

export const foldInvert: Pass = {
  name: 'fold-invert',
  doc: 'Inverted channels become flipped rows of the layer before or flipped columns of the layer behind, at no cost on the chip.',
  run,
};
