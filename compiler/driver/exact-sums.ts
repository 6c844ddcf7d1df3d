/** Which sums of two values, and which averages, are exact integers. */
import { isPadded } from '../ir/attributes.ts';
import { channelCount } from '../ir/encoding.ts';
import { inputOf, typeOf } from '../ir/graph.ts';
import { exactCombination } from '../ir/ops/combine.ts';
import type { Graph, NodeOf, TensorType, ValueId } from '../ir/types.ts';
import { valueRange } from '../ir/value-range.ts';

/** Room for thresholds just outside the range, and for the negation of both. */
const LIMIT = 2 ** 31 - 3;

/** Larger multipliers mean that two scales have nothing to do with each other; float32 is then what the network was trained with. */
const LARGEST_MULTIPLIER = 2 ** 15;

function largest(graph: Graph, id: ValueId): number {
  const type = typeOf(graph, id);
  const range = valueRange(graph, id);
  return Array.from({ length: channelCount(type.shape) }, (_, c) => range(c)).reduce(
    (most, { low, high }) => Math.max(most, -low, high),
    0,
  );
}

function hasIntegers({ dtype, encoding }: TensorType): boolean {
  return encoding !== undefined && dtype !== 'f32';
}

/** Both operands are integers of one unit, and their sum fits into 32 bits for every input. */
export function canCombineExactly(graph: Graph, node: NodeOf<'combine'>): boolean {
  const { operator } = node.attrs;
  const [a, b] = node.inputs;
  if (operator === 'multiply' || a === undefined || b === undefined) return false;
  const [p, q] = [typeOf(graph, a), typeOf(graph, b)];
  if (!hasIntegers(p) || !hasIntegers(q)) return false;
  const exact = exactCombination(operator, p, q);
  if (exact === undefined) return false;
  const [m, n] = exact.multipliers.map((list) => list.reduce((most, value) => Math.max(most, Math.abs(value)), 0));
  if (m === undefined || n === undefined || Math.max(m, n) > LARGEST_MULTIPLIER) return false;
  return m * largest(graph, a) + n * largest(graph, b) <= LIMIT;
}

/** Integers without padding whose sum fits into 32 bits. */
export function canAverageExactly(graph: Graph, node: NodeOf<'average-pool'>): boolean {
  const { kernel, padding } = node.attrs;
  const id = inputOf(node);
  if (!hasIntegers(typeOf(graph, id)) || isPadded(padding)) return false;
  return kernel[0] * kernel[1] * largest(graph, id) <= LIMIT;
}
