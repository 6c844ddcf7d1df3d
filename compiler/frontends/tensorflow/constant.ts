/** The value of a Const node. */
import { elementCount } from '../../ir/encoding.ts';
import { fail } from '../../support/diagnostics.ts';
import { decodeElements, elementBytes, float16, bfloat16, type ElementData, type ElementType } from '../../support/elements.ts';
import type { GraphNode } from './graph.ts';
import { sizesOf } from './shape.ts';
import { elementOf, typeName } from './stored-types.ts';
import type { Tensor } from './tensorflow_pb.ts';

export interface ConstantValue {
  readonly element: ElementType;
  readonly shape: readonly number[];
  readonly data: ElementData;
}

/** Elements of one constant. */
const MOST_ELEMENTS = 2 ** 26;

const LISTS: { readonly [E in ElementType]: (tensor: Tensor) => readonly (number | bigint | boolean)[] } = {
  float32: ({ floatVal }) => floatVal,
  float64: ({ doubleVal }) => doubleVal,
  int32: ({ intVal }) => intVal,
  int16: ({ intVal }) => intVal,
  int8: ({ intVal }) => intVal,
  uint8: ({ intVal }) => intVal,
  uint16: ({ intVal }) => intVal,
  int64: ({ int64Val }) => int64Val,
  uint32: ({ uint32Val }) => uint32Val,
  uint64: ({ uint64Val }) => uint64Val,
  bool: ({ boolVal }) => boolVal,
  float16: ({ halfVal }) => halfVal.map(float16),
  bfloat16: ({ halfVal }) => halfVal.map(bfloat16),
};

/**
 * From bytes, or from a list whose last entry stands for all that follow it; no entries are zeros.
 * @throws UserError BNN1009 for other element types, and where data and shape disagree
 */
export function constantOf(node: GraphNode): ConstantValue {
  const refuse = (what: string): never => fail({ code: 'BNN1009', message: `the constant "${node.name}" ${what}.`, origin: node.origin });
  const tensor = node.attributes.get('value')?.tensor;
  if (tensor === undefined) return refuse('has no value');
  const element = elementOf(tensor.dtype);
  if (element === undefined) return refuse(`has elements of type ${typeName(tensor.dtype)}, which cannot be read`);
  const shape = sizesOf(tensor.tensorShape);
  const count = elementCount(shape);
  const stated = `[${shape.join(', ')}] ${element}`;
  if (shape.some((size) => size < 0) || !(count <= MOST_ELEMENTS)) return refuse(`has the impossible shape [${shape.join(', ')}]`);
  const { tensorContent } = tensor;
  if (tensorContent.length > 0) {
    const needed = count * elementBytes(element);
    if (tensorContent.length !== needed) return refuse(`has ${tensorContent.length} bytes of data where ${stated} needs ${needed}`);
    return { element, shape, data: decodeElements(tensorContent, element) };
  }
  const listed = LISTS[element](tensor);
  if (listed.length > count) return refuse(`has ${listed.length} elements of data where ${stated} needs ${count}`);
  const data = decodeElements(new Uint8Array(count * elementBytes(element)), element);
  data.fill(Number(listed.at(-1) ?? 0));
  listed.forEach((value, i) => {
    data[i] = Number(value);
  });
  return { element, shape, data };
}
