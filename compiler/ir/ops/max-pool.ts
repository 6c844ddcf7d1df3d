import { signOf } from '../../support/rational.ts';
import { outputSize, type Window } from '../attributes.ts';
import { DTYPES, channelCount, elementCount, perChannel } from '../encoding.ts';
import { printWindow } from '../print-attrs.ts';
import type { OpDef, Tensor, TensorData, TensorType } from '../types.ts';

export interface MaxPoolAttrs extends Window {
  /** Per channel 1 where the smallest real number is taken (a decreasing function was moved before the pool), or null for none. */
  readonly minimum: Uint8Array | null;
}

/** 1 for the channels whose scale is negative: there the largest real number is the smallest stored one; null for none. */
export function fallingChannels({ encoding, shape }: TensorType): Uint8Array | null {
  if (encoding === undefined) return null;
  const flags = Uint8Array.from({ length: channelCount(shape) }, (_, c) => (signOf(perChannel(encoding.scale, c)) < 0 ? 1 : 0));
  return flags.includes(1) ? flags : null;
}

/** 1 for the channels in which the smallest *stored* value wins; null for none. */
export function storedMinimum(attrs: MaxPoolAttrs, input: TensorType): Uint8Array | null {
  const falling = fallingChannels(input);
  if (falling === null || attrs.minimum === null) return falling ?? attrs.minimum;
  const flags = falling.map((flag, c) => flag ^ (attrs.minimum?.[c] ?? 0));
  return flags.includes(1) ? flags : null;
}

function infer(attrs: MaxPoolAttrs, [input]: readonly TensorType[]): TensorType | { readonly error: string } {
  if (input?.shape.length !== 3) return { error: `max-pool needs a [height, width, channels] input, not [${input?.shape.join(', ')}]` };
  const [height = 0, width = 0, channels = 0] = input.shape;
  const { kernel, stride, dilation, padding, minimum } = attrs;
  if (minimum !== null && minimum.length !== channels) return { error: `${minimum.length} pool directions for ${channels} channels` };
  if (padding.top >= kernel[0] || padding.bottom >= kernel[0] || padding.left >= kernel[1] || padding.right >= kernel[1]) {
    return { error: 'the padding of a pool must be smaller than its window' };
  }
  const rows = outputSize(height, padding.top, padding.bottom, kernel[0], stride[0], dilation[0]);
  const columns = outputSize(width, padding.left, padding.right, kernel[1], stride[1], dilation[1]);
  if (rows < 1 || columns < 1) return { error: `the ${kernel.join('×')} window does not fit into the ${height}×${width} input` };
  return { ...input, shape: [rows, columns, channels] };
}

function evaluate(attrs: MaxPoolAttrs, [input]: readonly Tensor[], output: TensorType): TensorData {
  if (input === undefined) throw new Error('max-pool without input');
  const [height = 0, width = 0, channels = 0] = input.type.shape;
  const [rows = 0, columns = 0] = output.shape;
  const minimum = storedMinimum(attrs, input.type);
  const result = DTYPES[output.dtype].allocate(elementCount(output.shape));
  for (let y = 0; y < rows; y += 1) {
    for (let x = 0; x < columns; x += 1) {
      for (let c = 0; c < channels; c += 1) {
        const takeMinimum = minimum?.[c] === 1;
        let best: number | undefined; // padded taps are neutral: they never win
        for (let ky = 0; ky < attrs.kernel[0]; ky += 1) {
          const iy = y * attrs.stride[0] - attrs.padding.top + ky * attrs.dilation[0];
          if (iy < 0 || iy >= height) continue;
          for (let kx = 0; kx < attrs.kernel[1]; kx += 1) {
            const ix = x * attrs.stride[1] - attrs.padding.left + kx * attrs.dilation[1];
            if (ix < 0 || ix >= width) continue;
            const value = input.data[(iy * width + ix) * channels + c] as number;
            if (best === undefined || (takeMinimum ? value < best : value > best)) best = value;
          }
        }
        result[(y * columns + x) * channels + c] = best ?? 0;
      }
    }
  }
  return result;
}

export const maxPool: OpDef<'max-pool', MaxPoolAttrs> = {
  kind: 'max-pool',
  doc: 'Largest real number of each window, per channel; padded taps never win.',
  infer,
  evaluate,
  print: (attrs) => [...printWindow(attrs), ...(attrs.minimum ? [`minimum=${attrs.minimum.reduce((n, m) => n + m, 0)}`] : [])],
};
