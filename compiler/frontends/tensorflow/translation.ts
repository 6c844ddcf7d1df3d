/** The network under construction: what the outputs of translated nodes are as tensors of ONNX. */
import { imageAxes, type ImageAxes } from './attributes.ts';
import { constantOf, type ConstantValue } from './constant.ts';
import { inputOf, refuse, type Edge, type GraphNode } from './graph.ts';
import type { Attributes, NodeSource, OperatorNetwork } from '../onnx/network.ts';
import { keyOf, type Resolver } from './resolve.ts';
import { sizesOf } from './shape.ts';
import { isVariable, type Values } from './variables.ts';

/**
 * A tensor of the file. Operations on images exist in ONNX for channels-first tensors only; `first` is the same tensor in that order.
 * Transposes cost nothing, but a Pad must stand directly before its convolution, so they are made on demand.
 */
export interface Known {
  /** Number of dimensions, where it is known. */
  readonly rank: number | undefined;
  /** Whether all elements are one number, as tf.ones_like makes them. */
  readonly uniform?: boolean;
  /** In the order of the file. */
  last?: string;
  /** [batch][channels][height][width] of an image that is [batch][height][width][channels] in the file. */
  first?: string;
}

export type Translator = (node: GraphNode, to: Translation) => Known | readonly Known[];

const TO_FIRST = [0, 3, 1, 2];
const TO_LAST = [0, 2, 3, 1];
const IMAGE = 4;
const MOST_NEAR = 64;

export class Translation {
  readonly network: OperatorNetwork;
  readonly values: Values;
  readonly #resolver: Resolver;
  readonly #known = new Map<string, Known>();
  readonly #computed = new Set<string>();
  /** The batch size that the placeholder fixes; it is read as 1. */
  batch = 1;
  /** Sentences for the user. */
  readonly notes: string[] = [];

  constructor(network: OperatorNetwork, resolver: Resolver, values: Values) {
    this.network = network;
    this.#resolver = resolver;
    this.values = values;
  }

  set(edge: Edge, known: Known): void {
    this.#known.set(keyOf(edge), known);
  }

  /** Notes that values of the node depend on the input. */
  setComputed({ name }: GraphNode): void {
    this.#computed.add(name);
  }

  /** Whether values at input `position`, not its shape alone, depend on the network's input. */
  isComputed(node: GraphNode, position: number): boolean {
    return this.#computed.has(this.producer(node, position).name);
  }

  get(edge: Edge): Known | undefined {
    return this.#known.get(keyOf(edge));
  }

  /** The tensor at input `position`. */
  input(node: GraphNode, position: number): Known {
    const known = this.get(this.#resolver.resolve(inputOf(node, position), node));
    return (
      known ??
      refuse(node, `reads output ${inputOf(node, position).port} of "${inputOf(node, position).node}", which bnnc does not compute`)
    );
  }

  /** The node behind input `position`. */
  producer(node: GraphNode, position: number): GraphNode {
    return this.#resolver.producer(node, position);
  }

  /** The value at input `position` if it is a constant of the graph, such as a list of axes. */
  constantAt(node: GraphNode, position: number): ConstantValue | undefined {
    const producer = this.producer(node, position);
    return producer.op === 'Const' ? constantOf(producer) : undefined;
  }

  /**
   * The shape of a constant or variable of `rank` dimensions from which input `position` is made, such as the weights behind the
   * operations that binarize them.
   */
  shapeBehind(node: GraphNode, position: number, rank: number): readonly number[] | undefined {
    const near = new Set([this.#resolver.producer(node, position)]);
    for (const maker of near) {
      const shape =
        maker.op === 'Const'
          ? sizesOf(maker.attributes.get('value')?.tensor?.tensorShape)
          : isVariable(maker)
            ? (this.values.checkpoint?.tensors.get(maker.name)?.shape ?? [])
            : [];
      if (shape.length === rank) return shape;
      maker.inputs.forEach((_, i) => {
        if (near.size < MOST_NEAR) near.add(this.#resolver.producer(maker, i));
      });
    }
    return undefined;
  }

  /** A list of integers in a constant. @throws UserError BNN1008 where it is computed */
  integersAt(node: GraphNode, position: number, what: string): readonly number[] {
    const value = this.constantAt(node, position);
    return value === undefined ? refuse(node, `computes ${what}`, 'bnnc needs it as a constant of the graph.') : Array.from(value.data);
  }

  /** One integer in a constant. */
  integerAt(node: GraphNode, position: number, what: string): number {
    const [value, ...rest] = this.integersAt(node, position, what);
    return value === undefined || rest.length > 0 ? refuse(node, `has ${rest.length + 1} numbers as ${what}`) : value;
  }

  /** In the order of the file. */
  inOrder(known: Known, node: GraphNode): string {
    known.last ??= this.network.add('Transpose', [known.first ?? ''], { perm: TO_LAST }, sourceOf(node));
    return known.last;
  }

  stored(node: GraphNode, position: number): string {
    return this.inOrder(this.input(node, position), node);
  }

  /** Channels first, of an image that has its channels last. */
  channelsFirst(known: Known, node: GraphNode): string {
    known.first ??= this.network.add('Transpose', [known.last ?? ''], { perm: TO_FIRST }, sourceOf(node));
    return known.first;
  }

  /** The image at an input as ONNX has it, whatever the node's data_format, and how a result of that form is kept. */
  image(node: GraphNode, position: number): ImageAxes & { readonly x: string; readonly keep: (name: string) => Known } {
    const axes = imageAxes(node);
    const known = this.input(node, position);
    if (known.rank !== undefined && known.rank !== IMAGE) refuse(node, `works on a tensor of ${known.rank} dimensions; four are needed`);
    return axes.channelsLast
      ? { ...axes, x: this.channelsFirst(known, node), keep: (first) => ({ rank: IMAGE, first }) }
      : { ...axes, x: this.inOrder(known, node), keep: (last) => ({ rank: IMAGE, last }) };
  }

  /** An operator of ONNX with the node's name. */
  add(node: GraphNode, op: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.network.add(op, inputs, attributes, sourceOf(node));
  }
}

export function sourceOf({ name, op, origin }: GraphNode): NodeSource {
  return { name, shown: op, origin };
}

/** A constant of the network. */
export function held({ network }: Translation, { element, shape, data }: ConstantValue): Known {
  // Shapes are int32 or int64, as it comes; they are computed with together.
  if (element === 'int32') return { rank: shape.length, last: network.typed('int64', shape, Float64Array.from(data)) };
  return { rank: shape.length, last: network.typed(element, shape, data) };
}
