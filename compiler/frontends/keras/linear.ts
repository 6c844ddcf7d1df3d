/** Convolutions and dense layers, with Larq's quantizers or without. Kernels are [height][width][inputs][outputs], or [inputs][outputs]. */
import type { Kernel, Value } from '../channels-last.ts';
import { refuseUse } from '../refuse-use.ts';
import { activate, applyQuantizer } from './activations.ts';
import { flag, inner, number, only, weight, window, type LayerContext, type LayerReader } from './layer.ts';
import { quantizeKernel, readQuantizer } from './quantizers.ts';

function quantizedInput(context: LayerContext, inputs: readonly Value[]): Value {
  const x = only(context, inputs);
  const source = inner(context, 'input_quantizer');
  const quantizer = readQuantizer(context.layer.config.get('input_quantizer'), 'input_quantizer', context.source);
  return applyQuantizer(context, quantizer, x, source);
}

/** The layer's node is the last one that it becomes. */
function ending(context: LayerContext): boolean {
  const activation = context.layer.config.get('activation');
  return activation === undefined || activation === null || activation === 'linear';
}

function finish(context: LayerContext, make: (last: boolean) => Value): Value {
  const isLast = ending(context);
  const x = make(isLast);
  return isLast ? x : activate(context, context.layer.config.get('activation'), x, context.source);
}

function bias(context: LayerContext, outputs: number): Float32Array | null {
  return flag(context, 'use_bias', true) ? weight(context, ['bias'], 1, [outputs]) : null;
}

export const dense: LayerReader = (context, inputs) => {
  const x = quantizedInput(context, inputs);
  const quantizer = readQuantizer(context.layer.config.get('kernel_quantizer'), 'kernel_quantizer', context.source);
  const outputs = number(context, 'units', 0);
  const kernel = quantizeKernel(weight(context, ['kernel'], 0, [x.shape.at(-1) ?? 0, outputs]), outputs, quantizer, context.source);
  return finish(context, (last) =>
    context.net.dense(x, kernel, outputs, bias(context, outputs), last ? context.source : inner(context, 'dense')),
  );
};

function padValue(context: LayerContext): number {
  const value = number(context, 'pad_values', 0);
  return value === 0 || value === 1 || value === -1 ? value : refuseUse(context.source, `has pad_values ${value}; 0, 1 and -1 work`);
}

function convolve(
  context: LayerContext,
  inputs: readonly Value[],
  kernelOf: (channels: number, size: readonly [number, number]) => Omit<Kernel, 'bias'>,
): Value {
  const x = quantizedInput(context, inputs);
  if (x.shape.length !== 4) return refuseUse(context.source, `works on images, and its input has the shape [${x.shape.join(', ')}]`);
  const geometry = window(context, 'kernel_size', 'one');
  const kernel = kernelOf(x.shape[3] ?? 0, geometry.kernel);
  const whole = { ...kernel, bias: bias(context, kernel.shape[0] ?? 0) };
  return finish(context, (last) =>
    context.net.conv(x, whole, geometry, padValue(context), last ? context.source : inner(context, 'convolution')),
  );
}

export const conv2D: LayerReader = (context, inputs) =>
  convolve(context, inputs, (channels, [height, width]) => {
    const quantizer = readQuantizer(context.layer.config.get('kernel_quantizer'), 'kernel_quantizer', context.source);
    const outputs = number(context, 'filters', 0);
    const groups = number(context, 'groups', 1);
    if (!(groups >= 1 && channels % groups === 0)) return refuseUse(context.source, `has ${groups} groups on ${channels} channels`);
    const perGroup = channels / groups;
    const stored = weight(context, ['kernel'], 0, [height, width, perGroup, outputs]);
    const values = quantizeKernel(stored, outputs, quantizer, context.source);
    const taps = height * width;
    // [tap][input][output] becomes [output][input][tap].
    const moved = Float32Array.from(values, (_, i) => {
      const [tap, rest] = [i % taps, Math.floor(i / taps)];
      return values[(tap * perGroup + (rest % perGroup)) * outputs + Math.floor(rest / perGroup)] ?? 0;
    });
    return { shape: [outputs, perGroup, height, width], values: moved, groups };
  });

export const depthwiseConv2D: LayerReader = (context, inputs) =>
  convolve(context, inputs, (channels, [height, width]) => {
    const quantizer = readQuantizer(context.layer.config.get('depthwise_quantizer'), 'depthwise_quantizer', context.source);
    const multiplier = number(context, 'depth_multiplier', 1);
    const stored = weight(context, ['depthwise_kernel', 'kernel'], 0, [height, width, channels, multiplier]);
    const values = quantizeKernel(stored, multiplier, quantizer, context.source);
    const [taps, outputs] = [height * width, channels * multiplier];
    const moved = Float32Array.from(values, (_, i) => values[(i % taps) * outputs + Math.floor(i / taps)] ?? 0);
    return { shape: [outputs, 1, height, width], values: moved, groups: channels };
  });
