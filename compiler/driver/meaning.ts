/**
 * Fixes what the imported network means on a chip, before any pass runs: the element type and scaling of the input,
 * which sums are exact integers, and what sign(0) gives. The graph that leaves here is the reference: its interpretation
 * is what the compiled code must equal, bit for bit.
 */
import { isLinear } from '../ir/accumulator.ts';
import { rebuild, type Replacement } from '../ir/builder.ts';
import { PLAIN, channelCount, isPlain } from '../ir/encoding.ts';
import { consumersOf, inputOf, producerOf, typeOf } from '../ir/graph.ts';
import { canSumExactly } from '../ir/linear.ts';
import { batchNormSteps } from '../ir/ops/batch-norm.ts';
import { printType } from '../ir/print.ts';
import type { Step } from '../ir/attributes.ts';
import type { Encoding, Graph, Node, TensorType } from '../ir/types.ts';
import { checkConstants } from '../passes/check-constants.ts';
import type { Diagnostics } from '../support/diagnostics.ts';
import { ZERO, equals } from '../support/rational.ts';
import { affineChange, bitChange, twoValued } from './exact-change.ts';
import { canAverageExactly, canCombineExactly } from './exact-sums.ts';
import { zeroOf } from './sign-zero.ts';

export interface InputMeaning {
  /** Stored element type of the header's input; null keeps the type that the model file states. */
  readonly type: 'u8' | 'i8' | 'f32' | 'b1' | null;
  /** Real value of a stored element, exactly; null when the user said nothing. */
  readonly encoding: Encoding | null;
  /** What sign(0) gives where the file leaves it 0; null to refuse if it can occur. */
  readonly signZero: 'plus' | 'minus' | null;
}

/** @returns the reference graph. Problems go to `diagnostics`, which is stopped at the end. */
export function fixMeaning(graph: Graph, meaning: InputMeaning, diagnostics: Diagnostics): Graph {
  checkConstants.run(graph, diagnostics); // also a pass; but the exact numbers of the next lines must be finite too
  const input = inputType(graph, meaning, diagnostics);
  diagnostics.stopOnErrors();
  const recognised = recogniseSigns(rebuild(graph, relaxSum, input));
  const exact = fixSums(recognised, meaning, diagnostics);
  diagnostics.stopOnErrors();
  return makeOutputReadable(exact);
}

/** A file that states an integer input has exact sums; with another input they may have to be float32 again. */
function relaxSum(node: Node, inputs: readonly TensorType[]): readonly Replacement[] | undefined {
  const [input] = inputs;
  if (node.kind === 'combine' && node.attrs.sum === 'exact' && inputs.some(({ encoding }) => encoding === undefined))
    return [{ kind: 'combine', attrs: { ...node.attrs, sum: 'sequential' } }];
  if (node.kind === 'average-pool' && node.attrs.sum === 'exact' && input?.encoding === undefined)
    return [{ kind: 'average-pool', attrs: { ...node.attrs, sum: 'sequential' } }];
  if (!isLinear(node) || input === undefined || node.attrs.sum !== 'exact' || node.attrs.threshold !== null) return undefined;
  if (canSumExactly(node.attrs, input)) return undefined;
  return node.kind === 'conv2d'
    ? [{ kind: 'conv2d', attrs: { ...node.attrs, sum: 'sequential' } }]
    : [{ kind: 'dense', attrs: { ...node.attrs, sum: 'sequential' } }];
}

function inputType(graph: Graph, meaning: InputMeaning, diagnostics: Diagnostics): TensorType {
  const stated = typeOf(graph, graph.input);
  const origin = graph.values.get(graph.input)?.origin;
  const dtype = meaning.type ?? (['u8', 'i8', 'b1'].includes(stated.dtype) ? (stated.dtype as 'u8' | 'i8' | 'b1') : 'f32');
  const { encoding } = meaning;
  const problem = (message: string, details: readonly string[], help: string): void =>
    diagnostics.error({ code: 'BNN2008', message, ...(origin ? { origin } : {}), details, help });
  if (dtype === 'f32') {
    if (encoding !== null)
      problem(
        'a float input takes no --input-scale or --input-offset',
        ['input type  f32'],
        'Drop the scaling, or choose --input u8 or i8.',
      );
    return { dtype, shape: stated.shape };
  }
  const channels = channelCount(stated.shape);
  for (const [name, list] of [['scale', encoding?.scale ?? []] as const, ['offset', encoding?.offset ?? []] as const]) {
    if (list.length > 1 && list.length !== channels) {
      problem(
        `${list.length} values of input ${name} for an input of ${channels} channels`,
        [`input  [${stated.shape.join(', ')}]${stated.shape.length === 3 ? ', height × width × channels' : ''}`],
        'Give one value, or one per channel.',
      );
    }
  }
  if (encoding?.scale.some((s) => equals(s, ZERO)))
    problem('an input scale is 0', [], 'A scale of 0 makes every input the same; pixels divided by 255 have --input-scale 1/255.');
  const kept = dtype === stated.dtype ? stated.encoding : undefined;
  if (encoding === null && kept === undefined && stated.encoding !== undefined && !isPlain(stated.encoding)) {
    problem(
      `--input ${dtype} is another type than the file's, whose scale does not fit it`,
      [`file  ${printType(stated)}`],
      'Say with --input-scale and --input-offset what its elements are worth.',
    );
  }
  return { dtype, shape: stated.shape, encoding: encoding ?? kept ?? PLAIN };
}

/** A comparison is a sign where every reader chooses between two different constants by it. */
function isSign(graph: Graph, compare: Node): boolean {
  return consumersOf(graph, compare.output).every((n) => n.kind === 'select' && n.attrs.whenTrue !== n.attrs.whenFalse);
}

/** x > c ? a : b and its relatives become sign(x - c), exactly: float32 subtraction never loses the sign of x - c. */
function recogniseSigns(graph: Graph): Graph {
  return rebuild(graph, (node): readonly Replacement[] | undefined => {
    if (node.kind === 'compare' && isSign(graph, node)) {
      const { operator, values } = node.attrs;
      // x < c is not (x >= c): the sign is then +1 where the comparison is false, and the two constants swap below.
      const zero = operator === 'greater-or-equal' || operator === 'less' ? 'plus' : 'minus';
      const centred: readonly Replacement[] = values.every((v) => v === 0)
        ? []
        : [{ kind: 'elementwise', name: `${node.name}.centred`, attrs: { steps: [{ operator: 'subtract', values }] } }];
      return [...centred, { kind: 'sign', attrs: { zero } }];
    }
    if (node.kind !== 'select') return undefined;
    const producer = producerOf(graph, inputOf(node));
    if (producer?.kind !== 'compare' || !isSign(graph, producer)) return undefined;
    const swapped = producer.attrs.operator === 'less' || producer.attrs.operator === 'less-or-equal';
    const [plus, minus] = swapped ? [node.attrs.whenFalse, node.attrs.whenTrue] : [node.attrs.whenTrue, node.attrs.whenFalse];
    return [{ kind: 'rescale', attrs: { change: twoValued([minus], [plus]) } }];
  });
}

/** Node by node, in order: types of inputs are already final when a node is reached. */
function fixSums(graph: Graph, meaning: InputMeaning, diagnostics: Diagnostics): Graph {
  let current = graph;
  for (let index = 0; index < current.nodes.length; index += 1) {
    const node = current.nodes[index];
    const replacement = node && fixNode(current, node, meaning, diagnostics);
    if (replacement === undefined) continue;
    current = rebuild(current, (n) => (n === node ? replacement : undefined));
    if (replacement.length === 0) index -= 1;
  }
  return current;
}

function fixNode(graph: Graph, node: Node, meaning: InputMeaning, diagnostics: Diagnostics): readonly Replacement[] | undefined {
  const [id] = node.inputs;
  if (id === undefined) return undefined;
  const input = typeOf(graph, id);
  switch (node.kind) {
    case 'conv2d':
      if (node.attrs.sum === 'exact' || !canSumExactly(node.attrs, input)) return undefined;
      return [{ kind: 'conv2d', attrs: { ...node.attrs, sum: 'exact' } }];
    case 'dense':
      if (node.attrs.sum === 'exact' || !canSumExactly(node.attrs, input)) return undefined;
      return [{ kind: 'dense', attrs: { ...node.attrs, sum: 'exact' } }];
    case 'combine':
      return node.attrs.sum === 'exact' || !canCombineExactly(graph, node)
        ? undefined
        : [{ kind: 'combine', attrs: { ...node.attrs, sum: 'exact' } }];
    case 'average-pool':
      return node.attrs.sum === 'exact' || !canAverageExactly(graph, node)
        ? undefined
        : [{ kind: 'average-pool', attrs: { ...node.attrs, sum: 'exact' } }];
    case 'batch-norm':
    case 'elementwise': {
      const steps = node.kind === 'batch-norm' ? batchNormSteps(node.attrs) : node.attrs.steps;
      const change = exactChange(graph, node, steps, input);
      return change === undefined ? undefined : [{ kind: 'rescale', attrs: { change } }];
    }
    case 'sign':
      if (node.attrs.zero !== 'zero') return undefined;
      return [{ kind: 'sign', attrs: { zero: meaning.signZero ?? zeroOf(graph, node, diagnostics) } }];
    default:
      return undefined;
  }
}

/**
 * Float steps that only change what integers are worth, exactly:
 * - on bits, any steps: each of the two float32 results is a number of its own;
 * - on an 8-bit input that goes on to a linear layer, affine steps, as part of that layer's exact sum.
 */
function exactChange(graph: Graph, node: Node, steps: readonly Step[], input: TensorType): Encoding | undefined {
  if (graph.output === node.output) return undefined;
  if (input.dtype === 'b1') return bitChange(steps, input);
  if ((input.dtype !== 'u8' && input.dtype !== 'i8') || !feedsLinear(graph, node)) return undefined;
  return affineChange(steps, channelCount(input.shape));
}

/** Every reader is a linear layer, or an operation on bytes before one. */
function feedsLinear(graph: Graph, node: Node): boolean {
  return consumersOf(graph, node.output).every((next) => {
    if (isLinear(next)) return true;
    if (next.kind === 'elementwise' && affineChange(next.attrs.steps, channelCount(typeOf(graph, next.output).shape)) === undefined)
      return false;
    return BEFORE_LINEAR.has(next.kind) && next.output !== graph.output && feedsLinear(graph, next);
  });
}

const BEFORE_LINEAR: ReadonlySet<Node['kind']> = new Set(['reshape', 'elementwise', 'batch-norm', 'rescale', 'slice', 'concat']);

/**
 * Integer sums that are not their own real value leave the network as float32 scores. A reshape at the very end is left out:
 * the C output is the same numbers in the same order.
 */
function makeOutputReadable(graph: Graph): Graph {
  const last = producerOf(graph, graph.output);
  if (last?.kind === 'reshape' && graph.nodes.length > 1) {
    return makeOutputReadable(rebuild(graph, (node) => (node === last ? [] : undefined)));
  }
  const { encoding } = typeOf(graph, graph.output);
  if (encoding === undefined || isPlain(encoding)) return graph;
  return rebuild(graph, (node) =>
    node.output === graph.output ? [node, { kind: 'elementwise', name: `${node.name}.scores`, attrs: { steps: [] } }] : undefined,
  );
}
