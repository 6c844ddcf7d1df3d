import { rewriteAll, type Rewriting } from '../ir/builder.ts';
import type { Step } from '../ir/attributes.ts';
import { channelCount } from '../ir/encoding.ts';
import { inputOf, producerOf, typeOf } from '../ir/graph.ts';
import { elementOf } from '../ir/ops/slice.ts';
import { direction, isMonotone, isPerElement, spreadSteps, stepsOfChannels } from '../ir/steps.ts';
import type { Graph, Node, NodeOf, TensorType, ValueId } from '../ir/types.ts';
import { stepsBefore } from './fold-elementwise.ts';
import type { Pass } from './pass.ts';

/** A sign, the float32 steps before it, and what it rearranges. */
interface Binarized {
  readonly sign: NodeOf<'sign'>;
  readonly steps: readonly Step[];
  /** Name of the steps. */
  readonly stepsName: string;
}

/** sign(steps(x)) as new nodes; the steps are those of the channels of x. */
function binarize({ sign, stepsName }: Binarized, steps: readonly Step[], x: ValueId, to: Rewriting): ValueId {
  const before = steps.length === 0 ? x : to.add({ kind: 'elementwise', name: stepsName, attrs: { steps } }, x);
  return to.add({ kind: 'sign', attrs: sign.attrs }, before);
}

/**
 * Do steps of the channels behind a reshape mean the same before it? Yes, where channels stay channels or do not matter. An
 * image of bytes keeps its reshape: binarized as a vector its bits are one stream, as an image they would start a word at each
 * pixel.
 */
function commutes(before: TensorType, after: TensorType, steps: readonly Step[]): boolean {
  if (channelCount(before.shape) === channelCount(after.shape)) return true;
  return before.dtype !== 'u8' && before.dtype !== 'i8' && steps.every(({ values }) => values.length === 1);
}

/** 1 for the channels in which the maximum before the steps is the minimum after them. */
function minimumChannels(steps: readonly Step[], previous: Uint8Array | null, channels: number): Uint8Array | null {
  const flags = Uint8Array.from({ length: channels }, (_, c) => (direction(steps, c) === -1 ? 1 : 0) ^ (previous?.[c] ?? 0));
  return flags.some((f) => f === 1) ? flags : null;
}

/** The rearrangement of signs that equals the sign of what `node` makes; undefined for nodes that rearrange nothing. */
function rearranged(graph: Graph, node: Node, found: Binarized, to: Rewriting): ValueId | undefined {
  const { steps } = found;
  const { name, origin } = node;
  const after = typeOf(graph, node.output);
  const channels = channelCount(after.shape);
  if (isPerElement(steps, channels)) return undefined;
  switch (node.kind) {
    case 'reshape': {
      const x = inputOf(node);
      if (!commutes(typeOf(graph, x), after, steps)) return undefined;
      return to.add({ kind: 'reshape', name, origin, attrs: node.attrs }, binarize(found, steps, to.value(x), to));
    }
    case 'max-pool': {
      if (Array.from({ length: channels }, (_, c) => c).some((c) => !isMonotone(steps, c))) return undefined;
      const minimum = minimumChannels(steps, node.attrs.minimum, channels);
      const signs = binarize(found, steps, to.value(inputOf(node)), to);
      return to.add({ kind: 'max-pool', name, origin, attrs: { ...node.attrs, minimum } }, signs);
    }
    case 'slice': {
      const x = inputOf(node);
      const range = node.attrs.ranges.at(-1);
      const of = Array.from({ length: range?.size ?? 0 }, (_, i) => (range === undefined ? i : elementOf(range, i)));
      const spread = spreadSteps(steps, of, channelCount(typeOf(graph, x).shape));
      return to.add({ kind: 'slice', name, origin, attrs: node.attrs }, binarize(found, spread, to.value(x), to));
    }
    case 'concat': {
      let first = 0;
      const parts = node.inputs.map((id) => {
        const count = channelCount(typeOf(graph, id).shape);
        const own = stepsOfChannels(
          steps,
          Array.from({ length: count }, (_, c) => first + c),
        );
        first += count;
        return binarize(found, own, to.value(id), to);
      });
      return to.add({ kind: 'concat', name, origin, attrs: {} }, ...parts);
    }
    default:
      return undefined;
  }
}

/** The sign moved before the operation that makes its input, steps included; undefined where it stays. */
function moved(graph: Graph, sign: Node, to: Rewriting): ValueId | undefined {
  if (sign.kind !== 'sign') return undefined;
  const { source, steps } = stepsBefore(graph, inputOf(sign));
  const node = producerOf(graph, source);
  const stepsName = producerOf(graph, inputOf(sign))?.name ?? sign.name;
  return node && rearranged(graph, node, { sign, steps, stepsName }, to);
}

export const moveSignToSums: Pass = {
  name: 'move-sign-to-sums',
  doc: 'sign(f(R x)) = R sign(f(x)) where R only rearranges: a reshape, a slice, a concat, or a pool (f is monotone, since rounding keeps order: max of signs, and min where f decreases). Bits are rearranged instead of sums.',
  run: (graph) => rewriteAll(graph, moved),
};
