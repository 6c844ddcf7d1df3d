import { isLinear, type LinearNode } from '../ir/accumulator.ts';
import { rewriteAll, type Replacement, type Rewriting } from '../ir/builder.ts';
import { channelCount } from '../ir/encoding.ts';
import { consumersOf, inputOf, producerOf, typeOf } from '../ir/graph.ts';
import { channelRange, channelSlice, elementOf, sliceList, type Range } from '../ir/ops/slice.ts';
import { selectOutputs } from '../ir/select-outputs.ts';
import { isPerElement, stepsOfChannels } from '../ir/steps.ts';
import type { Graph, Node, NodeOf, ValueId } from '../ir/types.ts';
import type { Pass } from './pass.ts';

function channelsOf(range: Range): readonly number[] {
  return Array.from({ length: range.size }, (_, i) => elementOf(range, i));
}

/** Only slices of channels read the value, and none reads a channel of another: to cut it up makes no work twice. */
function isCutUp(graph: Graph, id: ValueId): boolean {
  const { shape } = typeOf(graph, id);
  const seen = new Set<number>();
  return consumersOf(graph, id).every((node) => {
    const range = node.kind === 'slice' ? channelRange(node.attrs, shape) : undefined;
    return range !== undefined && channelsOf(range).every((channel) => !seen.has(channel) && seen.add(channel));
  });
}

/** The slice of a layer's sums is the layer with some of its outputs, on the input channels of their groups. */
function ofLayer(layer: LinearNode, range: Range, to: Rewriting): ValueId | undefined {
  const input = to.value(inputOf(layer));
  const selected = selectOutputs(layer, channelsOf(range), to.typeOf(input));
  if (selected === undefined) return undefined;
  const named = { name: layer.name, origin: layer.origin };
  const { shape } = to.typeOf(input);
  if (selected.inputs.size === channelCount(shape)) return to.add({ ...selected.layer, ...named }, input);
  const part = to.add({ kind: 'slice', attrs: channelSlice(shape, selected.inputs) }, input);
  return to.add({ ...selected.layer, ...named }, part);
}

/** slice(concat x y): the channels that each part has of the range, where they follow each other. */
function ofConcat(graph: Graph, concat: NodeOf<'concat'>, range: Range, to: Rewriting): ValueId {
  const parts: ValueId[] = [];
  let first = 0;
  for (const id of concat.inputs) {
    const { shape } = typeOf(graph, id);
    const count = channelCount(shape);
    const inside = channelsOf(range).filter((channel) => channel >= first && channel < first + count);
    const [start] = inside;
    if (start !== undefined) {
      const own = { start: start - first, size: inside.length, step: range.step };
      parts.push(inside.length === count ? to.value(id) : to.add({ kind: 'slice', attrs: channelSlice(shape, own) }, to.value(id)));
    }
    first += count;
  }
  const [only] = parts;
  return only !== undefined && parts.length === 1
    ? only
    : to.add({ kind: 'concat', name: concat.name, attrs: {}, origin: concat.origin }, ...parts);
}

/** The slice moved before the operation that makes its input; undefined where it stays. */
function moved(graph: Graph, slice: Node, to: Rewriting): ValueId | undefined {
  if (slice.kind !== 'slice') return undefined;
  const id = inputOf(slice);
  const producer = producerOf(graph, id);
  const type = typeOf(graph, id);
  const range = channelRange(slice.attrs, type.shape);
  if (producer === undefined || range === undefined) return undefined;
  if (producer.kind === 'concat') return ofConcat(graph, producer, range, to);
  if (producer.kind === 'slice') return undefined;
  if (type.dtype === 'b1' && !isCutUp(graph, id)) return undefined;
  if (isLinear(producer)) return ofLayer(producer, range, to);
  const step = slicedStep(producer, range, channelCount(type.shape));
  if (step === undefined) return undefined;
  const source = to.value(inputOf(producer));
  return to.add(step, to.add({ kind: 'slice', attrs: channelSlice(to.typeOf(source).shape, range) }, source));
}

/** A channel-wise operation on some channels of its input. */
function slicedStep(node: Node, range: Range, channels: number): Replacement | undefined {
  const { name, origin } = node;
  switch (node.kind) {
    case 'elementwise':
      if (isPerElement(node.attrs.steps, channels)) return undefined;
      return { kind: 'elementwise', name, origin, attrs: { steps: stepsOfChannels(node.attrs.steps, channelsOf(range)) } };
    case 'rescale': {
      const { scale, offset } = node.attrs.change;
      return { kind: 'rescale', name, origin, attrs: { change: { scale: sliceList(scale, range), offset: sliceList(offset, range) } } };
    }
    case 'sign':
      return { kind: 'sign', name, origin, attrs: node.attrs };
    case 'max-pool': {
      const { minimum } = node.attrs;
      return {
        kind: 'max-pool',
        name,
        origin,
        attrs: { ...node.attrs, minimum: minimum && Uint8Array.from(channelsOf(range), (c) => minimum[c] ?? 0) },
      };
    }
    default:
      return undefined;
  }
}

export const moveSliceToSums: Pass = {
  name: 'move-slice-to-sums',
  doc: 'A slice of channels moves before channel-wise operations into the layer that makes them, whose other outputs are not computed for it.',
  run: (graph) => rewriteAll(graph, moved),
};
