/** Casts of constants, rounded as the type that they are cast to. */
import { allocate, constant, isFloat, type Constant } from '../constant.ts';
import { integerAttribute, refuse } from '../node.ts';
import { elementOf, storedTypeName, type ElementType } from '../stored-types.ts';
import type { Fold } from './index.ts';
import { needed } from './inputs.ts';

/** Half-way cases go to the even neighbour, as in IEEE 754 and numpy. */
export function roundHalfEven(x: number): number {
  const below = Math.floor(x);
  const fraction = x - below;
  if (fraction !== 0.5) return fraction < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

interface NarrowFloat {
  readonly fractionBits: number;
  readonly leastExponent: number;
  readonly largest: number;
}

/** 16-bit floats by their number in TensorProto.data_type. */
const NARROW: ReadonlyMap<number, NarrowFloat> = new Map([
  [10, { fractionBits: 10, leastExponent: -14, largest: 65504 }],
  [16, { fractionBits: 7, leastExponent: -126, largest: (2 - 2 ** -7) * 2 ** 127 }],
]);

/** The nearest number with so few bits; infinite beyond the largest. */
function narrowed(x: number, { fractionBits, leastExponent, largest }: NarrowFloat): number {
  const size = Math.abs(x);
  if (size === 0 || !Number.isFinite(x)) return x;
  let exponent = Math.floor(Math.log2(size)); // may be off by one next to a power of two
  if (2 ** exponent > size) exponent -= 1;
  else if (2 ** (exponent + 1) <= size) exponent += 1;
  const unit = 2 ** (Math.max(exponent, leastExponent) - fractionBits);
  const rounded = Math.sign(x) * roundHalfEven(size / unit) * unit;
  return Math.abs(rounded) > largest ? Math.sign(x) * Infinity : rounded;
}

/** The constant with elements of another type: truncated to integers, 0 and 1 as truth values. */
export function castConstant(x: Constant, element: ElementType, narrow?: NarrowFloat): Constant {
  const data = allocate(element, x.data.length);
  const convert =
    element === 'bool'
      ? (v: number) => (v === 0 ? 0 : 1)
      : isFloat(element)
        ? (v: number) => (narrow ? narrowed(v, narrow) : v)
        : Math.trunc;
  for (let i = 0; i < data.length; i += 1) data[i] = convert(x.data[i] ?? 0);
  return constant(element, x.shape, data);
}

export const cast: Fold = (node, inputs) => {
  const to = integerAttribute(node, 'to', 0);
  const element = elementOf(to) ?? refuse(node, `casts to ${storedTypeName(to)}`);
  return castConstant(needed(node, inputs, 0), element, NARROW.get(to));
};

export const castLike: Fold = (node, inputs) => castConstant(needed(node, inputs, 0), needed(node, inputs, 1).element);
