/** The shape argument of the convolution functions of runtime-c. */
import type { Conv2dAttrs } from '../ir/ops/conv2d.ts';
import type { TensorType } from '../ir/types.ts';
import type { ShapeArgument } from './kernel.ts';

const LIMIT = 32767;

export function convShape(attrs: Conv2dAttrs, input: TensorType, output: TensorType): ShapeArgument {
  const [height = 0, width = 0, channels = 0] = input.shape;
  const [, outWidth = 0, outChannels = 0] = output.shape;
  return {
    type: 'bnn1_conv2d_shape',
    fields: [
      ['height', height],
      ['width', width],
      ['channels', channels],
      ['out_width', outWidth],
      ['out_channels', outChannels],
      ['kernel_height', attrs.kernel[0]],
      ['kernel_width', attrs.kernel[1]],
      ['stride_y', attrs.stride[0]],
      ['stride_x', attrs.stride[1]],
      ['dilation_y', attrs.dilation[0]],
      ['dilation_x', attrs.dilation[1]],
      ['pad_top', attrs.padding.top],
      ['pad_left', attrs.padding.left],
      ['groups', attrs.groups],
    ],
  };
}

/** A reason when a size does not fit into the 16-bit fields with the signed arithmetic of the C code. */
export function tooLarge(...types: readonly TensorType[]): string | undefined {
  const size = types.flatMap((t) => t.shape).find((d) => d > LIMIT);
  return size === undefined ? undefined : `a dimension of ${size} is above ${LIMIT}`;
}
