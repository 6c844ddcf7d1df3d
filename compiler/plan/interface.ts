/** The C types, sizes and scales of the header's input and output. */
import { elementCount } from '../ir/encoding.ts';
import type { DType, TensorType } from '../ir/types.ts';
import { floatLiteral } from '../support/c-literals.ts';
import { ONE, ZERO, printRational, toFloat32, type Rational } from '../support/rational.ts';
import type { InputPlan, OutputPlan, ScaleText } from './plan.ts';

function imageOf(shape: readonly number[]): readonly [number, number, number] | null {
  const [height, width, channels] = shape;
  return shape.length === 3 && height !== undefined && width !== undefined && channels !== undefined ? [height, width, channels] : null;
}

function scaleText(value: Rational): ScaleText {
  return { exact: printRational(value), literal: floatLiteral(toFloat32(value)) };
}

function ctypeOf(dtype: DType): InputPlan['ctype'] {
  switch (dtype) {
    case 'b1':
      return 'uint32_t';
    case 'i8':
      return 'int8_t';
    case 'f32':
      return 'float';
    default:
      return 'uint8_t';
  }
}

export function inputPlan({ dtype, shape, encoding }: TensorType): InputPlan {
  const length = elementCount(shape);
  return {
    ctype: ctypeOf(dtype),
    length,
    image: imageOf(shape),
    words: dtype === 'b1' ? Math.ceil(length / 32) : null,
    scale: (encoding?.scale ?? [ONE]).map(scaleText),
    offset: (encoding?.offset ?? [ZERO]).map(scaleText),
  };
}

export function outputPlan({ dtype, shape }: TensorType): OutputPlan {
  return { ctype: dtype === 'f32' ? 'float' : 'int32_t', length: elementCount(shape), image: imageOf(shape) };
}
