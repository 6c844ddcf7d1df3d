/** The C types, sizes and scales of the header's input and output. */
import { elementCount } from '../ir/encoding.ts';
import type { TensorType } from '../ir/types.ts';
import { floatLiteral } from '../support/c-literals.ts';
import { printRational, toFloat32, type Rational } from '../support/rational.ts';
import type { InputPlan, OutputPlan, ScaleText } from './plan.ts';

function imageOf(shape: readonly number[]): readonly [number, number, number] | null {
  const [height, width, channels] = shape;
  return shape.length === 3 && height !== undefined && width !== undefined && channels !== undefined ? [height, width, channels] : null;
}

function scaleText(value: Rational): ScaleText {
  return { exact: printRational(value), literal: floatLiteral(toFloat32(value)) };
}

export function inputPlan({ dtype, shape, encoding }: TensorType): InputPlan {
  const length = elementCount(shape);
  return {
    ctype: dtype === 'b1' ? 'uint32_t' : dtype === 'i8' ? 'int8_t' : 'uint8_t',
    length,
    image: imageOf(shape),
    words: dtype === 'b1' ? Math.ceil(length / 32) : null,
    scale: (encoding?.scale ?? []).map(scaleText),
    offset: (encoding?.offset ?? []).map(scaleText),
  };
}

export function outputPlan({ dtype, shape }: TensorType): OutputPlan {
  return { ctype: dtype === 'f32' ? 'float' : 'int32_t', length: elementCount(shape), image: imageOf(shape) };
}
