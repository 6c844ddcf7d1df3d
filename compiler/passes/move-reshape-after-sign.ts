import { rebuild, type Replacement } from '../ir/builder.ts';
import { channelCount } from '../ir/encoding.ts';
import { onlyConsumerOf, typeOf } from '../ir/graph.ts';
import type { Graph, Node } from '../ir/types.ts';
import type { Pass } from './pass.ts';

/**
 * Does a channel-wise node mean the same before this reshape? Yes, where channels stay channels or do not matter. An image of
 * bytes keeps its reshape: binarized as a vector its bits are one stream, as an image they would start a word at each pixel.
 */
function commutes(graph: Graph, reshape: Node, next: Node): boolean {
  const [id] = reshape.inputs;
  if (id === undefined) return false;
  const { dtype, shape } = typeOf(graph, id);
  if (channelCount(shape) === channelCount(typeOf(graph, reshape.output).shape)) return next.kind === 'elementwise' || next.kind === 'sign';
  if (dtype === 'u8' || dtype === 'i8') return false;
  return next.kind === 'sign' || (next.kind === 'elementwise' && next.attrs.steps.every(({ values }) => values.length === 1));
}

/** One pair at a time, until none is left: several operations may stand behind one reshape. */
function run(graph: Graph): Graph {
  for (const node of graph.nodes) {
    if (node.kind !== 'reshape') continue;
    const next = onlyConsumerOf(graph, node.output);
    if (next === undefined || !commutes(graph, node, next)) continue;
    const swapped: readonly Replacement[] = [next, { kind: 'reshape', name: node.name, attrs: node.attrs }];
    return run(rebuild(graph, (n) => (n === node ? [] : n === next ? swapped : undefined)));
  }
  return graph;
}

export const moveReshapeAfterSign: Pass = {
  name: 'move-reshape-after-sign',
  doc: 'A flatten between a layer and its channel-wise steps or sign moves behind them: elements keep their order and their channel.',
  run,
};
