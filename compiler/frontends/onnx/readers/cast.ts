/** Cast and CastLike. */
import { paddedInput, requiredTensor, type ImportContext, type NodeReader, type Tensor } from '../context.ts';
import { answered, mapAnswers, threeWayOf } from '../deferred.ts';
import { castConstant } from '../fold/cast.ts';
import { elementOf, storedTypeName, type ElementType } from '../stored-types.ts';
import { integerAttribute, refuse, type OnnxNode } from '../node.ts';
import type { Activation } from '../layout.ts';
import { select } from './comparison.ts';

const WIDE_INTEGERS: ReadonlySet<ElementType> = new Set(['int16', 'int32', 'int64']);

function kindOf(target: ElementType | undefined): Activation['element'] | undefined {
  if (target === 'float32') return 'float';
  if (target === 'float64') return 'double';
  if (target === 'bool') return 'bool';
  return target !== undefined && WIDE_INTEGERS.has(target) ? 'integer' : undefined;
}

/** Between number types only what loses nothing; a truth value becomes 1 or 0. */
function castTo(node: OnnxNode, context: ImportContext, target: ElementType | undefined, name: string): Tensor {
  const tensor = requiredTensor(node, context, 0);
  const to = kindOf(target);
  const three = threeWayOf(tensor);
  if (tensor.kind === 'squashed' && to === 'float') return tensor;
  const convert = (value: number): number => (to === 'bool' ? (value === 0 ? 0 : 1) : to === 'integer' ? Math.trunc(value) : value);
  const converted = to && three && answered(three, to, mapAnswers(three, convert));
  if (tensor.kind === 'three-way' && converted !== undefined) return converted;
  const x = paddedInput(node, context);
  if (to !== undefined && to !== 'bool') {
    if (x.element === 'bool' && x.pad === null) return { ...select(context, node, x, 1, 0), element: to, three: converted };
    if (x.element === 'integer' || x.element === to || (x.element === 'float' && to === 'double'))
      return { ...x, element: to, three: converted };
    // The float32 stored for a double that came from a choice is the double, rounded as this Cast does.
    if (x.element === 'double' && to === 'float') return { ...x, element: to, three: converted };
  }
  if (to === 'bool' && x.element === 'bool') return x;
  if (converted !== undefined) return converted;
  return refuse(
    node,
    `casts ${x.element === 'bool' ? 'truth values' : `${x.element} values`} to ${name}`,
    'Casts to float work, and from truth values or 8-bit integers to wider integers.',
  );
}

export const readCast: NodeReader = (node, context) => {
  const to = integerAttribute(node, 'to', 0);
  // float16 and bfloat16 are held as float32 in constants, but computing in them rounds differently.
  return castTo(node, context, to === 10 || to === 16 ? undefined : elementOf(to), storedTypeName(to));
};

const LIKE: { readonly [E in Activation['element']]: ElementType } = {
  float: 'float32',
  double: 'float64',
  integer: 'int64',
  bool: 'bool',
};
/** As Cast, to the type of the second input. */
export const readCastLike: NodeReader = (node, context) => {
  const like = requiredTensor(node, context, 1);
  const target = like.kind === 'constant' ? like.element : like.kind === 'squashed' ? 'float32' : LIKE[like.element];
  const x = requiredTensor(node, context, 0);
  if (x.kind !== 'constant') return castTo(node, context, target, target);
  return castConstant(x, target);
};
