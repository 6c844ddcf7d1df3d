/** Pieces of the text form of attributes. Large constants print as shape and digest, so a dump stays readable and comparable. */
import { sha256 } from '../support/hash.ts';
import type { Window } from './attributes.ts';
import type { LinearAttrs } from './linear.ts';
import type { TensorData } from './types.ts';

/** Up to 8 values in full, more as `<length>#<first 8 digits of the SHA-256 of the little-endian bytes>`. */
export function digest(values: TensorData): string {
  if (values.length <= 8) return `[${Array.from(values).join(',')}]`;
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return `${values.length}#${sha256(bytes).slice(0, 8)}`;
}

export function printWindow({ kernel, stride, dilation, padding }: Window): readonly string[] {
  const { top, left, bottom, right } = padding;
  return [
    `kernel=${kernel.join('x')}`,
    `stride=${stride.join('x')}`,
    `dilation=${dilation.join('x')}`,
    `padding=${top},${left},${bottom},${right}`,
  ];
}

export function printLinear({ weights, bias, sum, threshold }: LinearAttrs): readonly string[] {
  const values =
    weights.kind === 'binary' ? `±1:${digest(weights.signs)} scale=${digest(weights.scale)}` : `real:${digest(weights.values)}`;
  return [
    `outputs=${weights.outputs}`,
    `weights=${values}`,
    ...(bias ? [`bias=${digest(bias)}`] : []),
    `sum=${sum}`,
    ...(threshold ? [`threshold=${digest(threshold)}`] : []),
  ];
}
