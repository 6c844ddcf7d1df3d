import { multiply, rational } from '../../support/rational.ts';
import { isPadded, outputSize, type Sum, type Window } from '../attributes.ts';
import { DTYPES, elementCount, realValues } from '../encoding.ts';
import { printWindow } from '../print-attrs.ts';
import type { OpDef, Tensor, TensorData, TensorType } from '../types.ts';

export interface AveragePoolAttrs extends Window {
  /** Padded taps are zeros that count as taps; otherwise the sum is divided by the number of taps inside the map. */
  readonly countPadding: boolean;
  /**
   * `sequential`: float32 sum in the order (y, x), rounded after each addition, then one division.
   * `exact`: integers without padding; the integer sum, worth 1/(number of taps) of its elements.
   */
  readonly sum: Sum;
}

function infer(attrs: AveragePoolAttrs, [input]: readonly TensorType[]): TensorType | { readonly error: string } {
  if (input?.shape.length !== 3) return { error: `average-pool needs a [height, width, channels] input, not [${input?.shape.join(', ')}]` };
  const [height = 0, width = 0, channels = 0] = input.shape;
  const { kernel, stride, dilation, padding, sum } = attrs;
  if (padding.top >= kernel[0] || padding.bottom >= kernel[0] || padding.left >= kernel[1] || padding.right >= kernel[1]) {
    return { error: 'the padding of a pool must be smaller than its window' };
  }
  const rows = outputSize(height, padding.top, padding.bottom, kernel[0], stride[0], dilation[0]);
  const columns = outputSize(width, padding.left, padding.right, kernel[1], stride[1], dilation[1]);
  if (rows < 1 || columns < 1) return { error: `the ${kernel.join('×')} window does not fit into the ${height}×${width} input` };
  const shape = [rows, columns, channels];
  if (sum === 'sequential') return { dtype: 'f32', shape };
  if (input.encoding === undefined || isPadded(padding))
    return { error: `an exact average needs integers without padding, not ${input.dtype}` };
  const share = rational(1, kernel[0] * kernel[1]);
  const { scale, offset } = input.encoding;
  return { dtype: 'i32', shape, encoding: { scale: scale.map((s) => multiply(s, share)), offset } };
}

function evaluate(attrs: AveragePoolAttrs, [input]: readonly Tensor[], output: TensorType): TensorData {
  if (input === undefined) throw new Error('average-pool without input');
  const [height = 0, width = 0, channels = 0] = input.type.shape;
  const [rows = 0, columns = 0] = output.shape;
  const { kernel, stride, dilation, padding, countPadding } = attrs;
  const exact = attrs.sum === 'exact';
  const data = exact ? input.data : realValues(input);
  const result = DTYPES[output.dtype].allocate(elementCount(output.shape));
  for (let y = 0; y < rows; y += 1) {
    for (let x = 0; x < columns; x += 1) {
      for (let c = 0; c < channels; c += 1) {
        let [sum, count] = [0, 0];
        for (let ky = 0; ky < kernel[0]; ky += 1) {
          const iy = y * stride[0] - padding.top + ky * dilation[0];
          for (let kx = 0; kx < kernel[1]; kx += 1) {
            const ix = x * stride[1] - padding.left + kx * dilation[1];
            if (iy < 0 || iy >= height || ix < 0 || ix >= width) continue;
            const value = data[(iy * width + ix) * channels + c] as number;
            sum = exact ? sum + value : Math.fround(sum + value);
            count += 1;
          }
        }
        const divisor = countPadding ? kernel[0] * kernel[1] : count;
        result[(y * columns + x) * channels + c] = exact ? sum : Math.fround(sum / divisor);
      }
    }
  }
  return result;
}

export const averagePool: OpDef<'average-pool', AveragePoolAttrs> = {
  kind: 'average-pool',
  doc: 'Mean of each window, per channel; of integers without padding it is an exact sum.',
  infer,
  evaluate,
  print: (attrs) => [...printWindow(attrs), `count-padding=${attrs.countPadding}`, `sum=${attrs.sum}`],
};
