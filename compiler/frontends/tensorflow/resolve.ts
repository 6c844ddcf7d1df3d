/** Where a value comes from, behind what training put around it: control flow, straight-through estimators and dropout. */
import { ControlFlow } from './control.ts';
import { inputOf, producerOf, refuse, type Edge, type GraphNode, type TensorflowGraph } from './graph.ts';

export class Resolver {
  readonly graph: TensorflowGraph;
  readonly control: ControlFlow;
  readonly #known = new Map<string, Edge>();
  /** Dropouts that were left out. */
  readonly dropouts = new Set<string>();

  constructor(graph: TensorflowGraph) {
    this.graph = graph;
    this.control = new ControlFlow(graph);
  }

  /** The output of a node that computes something. */
  resolve(edge: Edge, reader: GraphNode | null): Edge {
    const key = keyOf(edge);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const seen = new Set<string>();
    let at = this.control.source(edge, reader);
    for (;;) {
      const node = producerOf(this.graph, at, reader);
      const behind = this.#straightThrough(node) ?? this.#dropout(node);
      if (behind === undefined) break;
      if (seen.has(node.name)) return refuse(node, 'reads itself');
      seen.add(node.name);
      at = this.control.source(behind, node);
    }
    this.#known.set(key, at);
    return at;
  }

  /** The node behind input `position`. */
  producer(node: GraphNode, position: number): GraphNode {
    return producerOf(this.graph, this.resolve(inputOf(node, position), node), node);
  }

  /**
   * x + stop_gradient(y − x) and x − stop_gradient(x − y) are y with the gradient of x. So they are read, whatever float32 makes of
   * the difference: with y the rounding of an x between 0 and 1, both subtraction and sum are exact.
   */
  #straightThrough(node: GraphNode): Edge | undefined {
    const [a, b] = node.inputs;
    if (a === undefined || b === undefined || node.inputs.length !== 2) return undefined;
    const isSum = node.op === 'Add' || node.op === 'AddV2';
    if (!isSum && node.op !== 'Sub') return undefined;
    const pairs = isSum
      ? ([
          [a, b],
          [b, a],
        ] as const)
      : ([[a, b]] as const);
    for (const [x, stopped] of pairs) {
      const difference = producerOf(this.graph, this.control.source(stopped, node), node);
      const [first, second] = difference.inputs;
      if (difference.op !== 'Sub' || first === undefined || second === undefined) continue;
      const [y, subtracted] = isSum ? [first, second] : [second, first];
      if (keyOf(this.control.source(subtracted, difference)) === keyOf(this.control.source(x, node))) return y;
    }
    return undefined;
  }

  /** tf.nn.dropout without a condition around it: x/keep times floor(keep + random), or x·scale where a random number says so. */
  #dropout(node: GraphNode): Edge | undefined {
    if (node.op !== 'Mul' && node.op !== 'SelectV2' && node.op !== 'Select') return undefined;
    const pairs = node.op === 'Mul' ? [[0, 1] as const, [1, 0] as const] : [[0, 1] as const];
    for (const [mask, kept] of pairs) {
      const [maskEdge, keptEdge] = [node.inputs[mask], node.inputs[kept]];
      if (maskEdge === undefined || keptEdge === undefined || !this.#isRandom(maskEdge, node)) continue;
      this.dropouts.add(node.name);
      const scaled = producerOf(this.graph, this.control.source(keptEdge, node), node);
      const [x, factor] = scaled.inputs;
      if (x === undefined || factor === undefined) return keptEdge;
      if (scaled.op === 'RealDiv' || scaled.op === 'Div') return x;
      if (scaled.op !== 'Mul') return keptEdge;
      const isFactor = (edge: Edge): boolean => {
        const { op } = producerOf(this.graph, this.control.source(edge, scaled), scaled);
        return op === 'Const' || op === 'RealDiv' || op === 'Reciprocal' || op === 'Placeholder';
      };
      return isFactor(factor) ? x : isFactor(x) ? factor : keptEdge;
    }
    return undefined;
  }

  /** Is the mask made of random numbers? They are a few nodes away. */
  #isRandom(edge: Edge, reader: GraphNode): boolean {
    const first = producerOf(this.graph, this.control.source(edge, reader), reader);
    if (first.op !== 'Floor' && first.op !== 'Cast' && first.op !== 'GreaterEqual') return false;
    const near = new Set([first]);
    for (const node of near) {
      if (node.op.startsWith('RandomUniform') || node.op.startsWith('StatelessRandomUniform')) return true;
      for (const input of node.inputs) {
        const next = this.graph.nodes.get(input.node);
        if (next !== undefined && near.size < FEW) near.add(next);
      }
    }
    return false;
  }
}

const FEW = 16;

export function keyOf({ node, port }: Edge): string {
  return `${port}:${node}`;
}
