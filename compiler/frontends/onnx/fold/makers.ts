/** Folding of operators that make constants: Constant, ConstantOfShape, Shape, Size. */
import { elementCount } from '../../../ir/encoding.ts';
import { allocate, constant, int64s, readSparseTensor, readTensor, type Constant } from '../constant.ts';

import {
  floatAttribute,
  floatsAttribute,
  integerAttribute,
  integersAttribute,
  refuse,
  sparseAttribute,
  tensorAttribute,
  type OnnxNode,
} from '../node.ts';
import type { Fold } from './index.ts';
import { checkCount, needed } from './inputs.ts';

const makeConstant: Fold = (node, _inputs, { side }) => {
  const value = tensorAttribute(node, 'value');
  if (value !== undefined) return readTensor(value, side, node.origin);
  const sparse = sparseAttribute(node, 'sparse_value');
  if (sparse !== undefined) return readSparseTensor(sparse, side, node.origin);
  const floats = floatsAttribute(node, 'value_floats');
  if (floats !== undefined) return constant('float32', [floats.length], Float32Array.from(floats));
  const integers = integersAttribute(node, 'value_ints');
  if (integers !== undefined) return int64s(integers);
  if (node.attributes.has('value_float')) return constant('float32', [], Float32Array.of(floatAttribute(node, 'value_float', 0)));
  if (node.attributes.has('value_int')) return constant('int64', [], Float64Array.of(integerAttribute(node, 'value_int', 0)));
  return refuse(node, 'is neither a tensor nor a number', 'Strings cannot be read.');
};

const constantOfShape: Fold = (node, inputs, { side }) => {
  const shape = Array.from(needed(node, inputs, 0).data);
  const proto = tensorAttribute(node, 'value');
  const value = proto === undefined ? constant('float32', [1], new Float32Array(1)) : readTensor(proto, side, node.origin);
  const data = allocate(value.element, checkCount(node, shape, 0));
  data.fill(value.data[0] ?? 0);
  return constant(value.element, shape, data);
};

/** Shape of a tensor, [start, end) of it in operator set 15 and later. */
export function shapeConstant(node: OnnxNode, shape: readonly number[]): Constant {
  return int64s(shape.slice(integerAttribute(node, 'start', 0), integerAttribute(node, 'end', shape.length)));
}

export const MAKERS: readonly (readonly [string, Fold])[] = [
  ['Constant', makeConstant],
  ['ConstantOfShape', constantOfShape],
  ['Shape', (node, inputs) => shapeConstant(node, needed(node, inputs, 0).shape)],
  ['Size', (node, inputs) => constant('int64', [], Float64Array.of(elementCount(needed(node, inputs, 0).shape)))],
];
