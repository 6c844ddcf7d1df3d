/**
 * Which operations one function computes element by element: a source, and everything behind it that reads nothing else but
 * stored values, up to a sign, an end, or a value that several readers need. Between them nothing is stored.
 */
import { isLinear } from '../ir/accumulator.ts';
import { channelCount, elementCount } from '../ir/encoding.ts';
import { inputOf, onlyConsumerOf, typeOf } from '../ir/graph.ts';
import type { Graph, Node, TensorType } from '../ir/types.ts';
import type { WindowNode } from './element-window.ts';

export interface ElementChain {
  readonly head: Node;
  /** Everything behind the head, in order. */
  readonly stages: readonly Node[];
  /** A pool among the stages whose window is computed inside. */
  readonly window: WindowNode | null;
  /** The map whose positions the loops run over. */
  readonly positions: readonly number[];
  /** The last node; its output is what is stored. */
  readonly last: Node;
}

/** Operations that are computed element by element, because no kernel on bits takes them. */
export function isElementwise(graph: Graph, node: Node): boolean {
  const input = typeOf(graph, inputOf(node));
  switch (node.kind) {
    case 'conv2d':
    case 'dense':
      return node.attrs.threshold === null;
    case 'max-pool':
      return input.dtype !== 'b1';
    case 'threshold':
      return input.dtype === 'i32';
    case 'average-pool':
    case 'combine':
    case 'elementwise':
    case 'sign':
      return true;
    default:
      return false;
  }
}

/** A pool whose windows share no element: each element is computed once. */
function isDisjoint({ attrs: { kernel, stride, dilation } }: WindowNode): boolean {
  return stride[0] >= kernel[0] && stride[1] >= kernel[1] && dilation[0] === 1 && dilation[1] === 1;
}

/** Operands of another size are repeated along whole axes of an image only. */
function isRepeatable(shape: readonly number[], positions: readonly number[]): boolean {
  const same = elementCount(shape) === elementCount(positions);
  return same || elementCount(shape) === 1 || (positions.length === 3 && shape.length === 3);
}

/** @param isStored does the value with this id lie somewhere already? */
export function chainFrom(graph: Graph, head: Node, isStored: (id: Node['inputs'][number]) => boolean): ElementChain {
  const stages: Node[] = [];
  let window: WindowNode | null = null;
  let positions = typeOf(graph, head.output).shape;
  /** Behind a reshape to a vector, elements are counted; before a pool they are not. */
  let isReshaped = false;
  const takes = (last: Node, next: Node): boolean => {
    const type: TensorType = typeOf(graph, last.output);
    switch (next.kind) {
      case 'elementwise':
      case 'rescale':
        return true;
      case 'sign':
      case 'threshold':
        return type.dtype !== 'b1';
      case 'reshape': {
        const shape = typeOf(graph, next.output).shape;
        return shape.length === 1 || channelCount(shape) === channelCount(positions);
      }
      case 'combine': {
        const other = next.inputs.find((id) => id !== last.output);
        if (other === undefined || isReshaped || !isStored(other)) return false;
        const { shape } = typeOf(graph, other);
        const kept = elementCount(typeOf(graph, next.output).shape) === elementCount(positions);
        return kept && isRepeatable(shape, positions);
      }
      case 'max-pool':
        return isPoolable(last) && isDisjoint(next);
      case 'average-pool':
        return isPoolable(last) && isDisjoint(next) && (next.attrs.sum === 'sequential') === (type.dtype === 'f32');
      default:
        return false;
    }
  };
  /** Only what is worth more to compute inside a window than to store; positions are those of the window's elements then. */
  const isPoolable = (last: Node): boolean => {
    const before = [head, ...stages];
    const counted = before.some((node) => {
      if (node.kind === 'combine' || node.kind === 'reshape') return true;
      const channels = channelCount(typeOf(graph, node.output).shape);
      return node.kind === 'elementwise' && node.attrs.steps.some(({ values }) => values.length !== 1 && values.length !== channels);
    });
    return isLinear(head) && window === null && !counted && typeOf(graph, last.output).shape.length === 3;
  };
  let last = head;
  for (;;) {
    if (last.kind === 'sign' || last.kind === 'threshold') break;
    const next = onlyConsumerOf(graph, last.output);
    if (next === undefined || !takes(last, next)) break;
    if (next.kind === 'max-pool' || next.kind === 'average-pool') {
      window = next;
      positions = typeOf(graph, next.output).shape;
    }
    isReshaped ||= next.kind === 'reshape';
    stages.push(next);
    last = next;
  }
  while (last.kind === 'reshape' || last.kind === 'rescale') {
    // A new name at the end is no work: the walk gives it.
    stages.pop();
    last = stages.at(-1) ?? head;
  }
  return { head, stages, window, positions, last };
}
