/** The shape arguments of the functions of runtime-c that move a window over a map. */
import type { Window } from '../ir/attributes.ts';
import type { Conv2dAttrs } from '../ir/ops/conv2d.ts';
import type { TensorType } from '../ir/types.ts';
import type { ShapeArgument } from './kernel.ts';

const LIMIT = 32767;

/** Kernel, stride, dilation and padding, in the order of bnn1_conv2d_shape and bnn1_pool_shape. */
function windowFields({ kernel, stride, dilation, padding }: Window): ShapeArgument['fields'] {
  return [
    ['kernel_height', kernel[0]],
    ['kernel_width', kernel[1]],
    ['stride_y', stride[0]],
    ['stride_x', stride[1]],
    ['dilation_y', dilation[0]],
    ['dilation_x', dilation[1]],
    ['pad_top', padding.top],
    ['pad_left', padding.left],
  ];
}

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
      ...windowFields(attrs),
      ['groups', attrs.groups],
    ],
  };
}

/** `words` lie between one pixel and the next (bytes in maps of bytes). */
export function poolShape(window: Window, input: TensorType, output: TensorType, words: number): ShapeArgument {
  const [height = 0, width = 0] = input.shape;
  const [outHeight = 0, outWidth = 0] = output.shape;
  return {
    type: 'bnn1_pool_shape',
    fields: [
      ['height', height],
      ['width', width],
      ['words', words],
      ['out_height', outHeight],
      ['out_width', outWidth],
      ...windowFields(window),
    ],
  };
}

/** A reason when a size does not fit into the 16-bit fields with the signed arithmetic of the C code. */
export function tooLarge(...types: readonly TensorType[]): string | undefined {
  const size = types.flatMap((t) => t.shape).find((d) => d > LIMIT);
  return size === undefined ? undefined : `a dimension of ${size} is above ${LIMIT}`;
}
