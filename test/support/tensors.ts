/** Comparing tensors bit for bit. */
import type { Tensor, TensorData } from '../../compiler/ir/types.ts';

/** The bytes of the elements as hexadecimal text: -0 and +0 differ, as they do on the chip. */
export function bitsOf(data: TensorData): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex');
}

/** Null when both hold the same bits; otherwise the first difference in words. */
export function differenceOf(expected: Tensor, actual: Tensor): string | null {
  if (expected.type.dtype !== actual.type.dtype) return `${expected.type.dtype} became ${actual.type.dtype}`;
  if (expected.data.length !== actual.data.length) return `${expected.data.length} elements became ${actual.data.length}`;
  if (bitsOf(expected.data) === bitsOf(actual.data)) return null;
  const at = expected.data.findIndex((value, i) => !Object.is(value, actual.data[i]));
  const show = (value: number | undefined): string => (Object.is(value, -0) ? '-0' : `${value}`);
  return `element ${at}: ${show(expected.data[at])} became ${show(actual.data[at])}`;
}
