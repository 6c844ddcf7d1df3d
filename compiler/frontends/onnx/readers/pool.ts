/** MaxPool, AveragePool, and their global relatives. */
import { NO_PADDING, isPadded, outputSize, type Padding, type Window } from '../../../ir/attributes.ts';
import { activationInput, needFloat, paddedInput, type ImportContext, type NodeReader } from '../context.ts';
import { asPlacedImage, imageResult, imageSizes, type PlacedImage } from '../images.ts';
import type { Activation, PendingPad } from '../layout.ts';
import { integerAttribute, refuse, type OnnxNode } from '../node.ts';
import { readWindow } from './window.ts';

/** Padding after the last element that makes room for one more, partly filled window, as ceil_mode wants. */
function ceilPadding(window: Window, size: number, axis: 0 | 1): number {
  const { padding } = window;
  const [before, after] = axis === 0 ? [padding.top, padding.bottom] : [padding.left, padding.right];
  const [kernel, stride, dilation] = [window.kernel[axis], window.stride[axis], window.dilation[axis]];
  const rest = (outputSize(size, before, after, kernel, stride, dilation) - 1) * stride + dilation * (kernel - 1) + 1;
  const left = size + before + after - rest;
  if (left <= 0) return after;
  const start = rest - dilation * (kernel - 1) - 1 + stride;
  // A window that would begin behind the last element is left out, as by PyTorch and onnxruntime.
  return start >= size + before ? after : after + stride - left;
}

interface Pooled extends PlacedImage {
  /** The node's own padding. */
  readonly own: Padding;
  /** As the file states it, with a Pad before it. */
  readonly window: Window;
  /** The padding with which ceil_mode is floor mode. */
  readonly padding: Padding;
}

/** Image and window of a pool. */
function readPooled(node: OnnxNode, context: ImportContext, x: Activation): Pooled {
  const placed = asPlacedImage(context, node, { ...x, pad: null });
  const { image } = placed;
  const [, height, width] = imageSizes(node, image);
  const { top, left, bottom, right } = x.pad ?? NO_PADDING;
  const own = readWindow(node, [height + top + bottom, width + left + right], image.shape.length === 3 ? 1 : 2, null);
  const stated = {
    top: own.padding.top + top,
    left: own.padding.left + left,
    bottom: own.padding.bottom + bottom,
    right: own.padding.right + right,
  };
  const window = { ...own, padding: stated };
  if (integerAttribute(node, 'ceil_mode', 0) === 0) return { ...placed, own: own.padding, window, padding: stated };
  const beyond = { bottom: ceilPadding(window, height, 0), right: ceilPadding(window, width, 1) };
  if (beyond.bottom >= window.kernel[0] || beyond.right >= window.kernel[1])
    return refuse(node, 'has ceil_mode 1 and dilations, so that the last window reaches beyond the image by as many elements as it has');
  return { ...placed, own: own.padding, window, padding: { ...stated, ...beyond } };
}

export const readMaxPool: NodeReader = (node, context) => {
  const x = paddedInput(node, context);
  if (x.pad !== null && !isNeutral(x.pad)) {
    return refuse(node, `reads what "${x.pad.by}" (Pad) has padded with ${x.pad.value}`, 'Use the pads of MaxPool itself: they never win.');
  }
  const { image, places, window, padding } = readPooled(node, context, x);
  return { ...imageResult(context, node, 'max-pool', { ...window, padding, minimum: null }, image, places), range: x.range };
};

/** Has every window of one axis an element of the image? Dilated ones may reach over a small image. */
function reaches(window: Window, padding: Padding, size: number, axis: 0 | 1): boolean {
  const [before, after] = axis === 0 ? [padding.top, padding.bottom] : [padding.left, padding.right];
  const [kernel, stride, dilation] = [window.kernel[axis], window.stride[axis], window.dilation[axis]];
  const outputs = Math.max(0, outputSize(size, before, after, kernel, stride, dilation));
  const firstTap = Array.from({ length: outputs }, (_, i) => i * stride - before);
  return firstTap.every((first) => {
    const tap = Math.max(0, Math.ceil(-first / dilation));
    return tap < kernel && first + tap * dilation < size;
  });
}

const isSame = (a: Padding, b: Padding): boolean => a.bottom === b.bottom && a.right === b.right;

/**
 * Padded taps are zeros that count where the file says so, and so are those of a Pad. What ceil_mode adds never counts, as in PyTorch
 * and onnxruntime.
 */
export const readAveragePool: NodeReader = (node, context) => {
  const x = paddedInput(node, context);
  needFloat(node, x);
  if (x.pad !== null && x.pad.value !== 0)
    return refuse(node, `reads what "${x.pad.by}" (Pad) has padded with ${x.pad.value}; 0 works before an average`);
  const { image, places, own, window, padding } = readPooled(node, context, x);
  const counted = integerAttribute(node, 'count_include_pad', 0) !== 0;
  if (x.pad !== null && !counted && isPadded(own))
    return refuse(node, `pads with zeros that do not count what "${x.pad.by}" (Pad) has padded with zeros that count`);
  const countPadding = (x.pad !== null || counted) && isPadded(window.padding);
  if (countPadding && !isSame(window.padding, padding)) {
    return refuse(
      node,
      'has ceil_mode 1, and a last window that reaches beyond padding that counts',
      'Set count_include_pad to 0, or ceil_mode to 0.',
    );
  }
  const [, height, width] = imageSizes(node, image);
  if (!countPadding && !(reaches(window, padding, height, 0) && reaches(window, padding, width, 1)))
    return refuse(node, 'has a window that lies wholly in the padding, whose mean is 0/0');
  return {
    ...imageResult(context, node, 'average-pool', { ...window, padding, countPadding, sum: 'sequential' }, image, places),
    range: x.range,
  };
};

/** The largest element of each channel: a window as large as the image. */
export function maximumOfAll(node: OnnxNode, context: ImportContext): Activation {
  const { image, places } = asPlacedImage(context, node, activationInput(node, context));
  const [, height, width] = imageSizes(node, image);
  const window = { kernel: [height, width], stride: [1, 1], dilation: [1, 1], padding: NO_PADDING, minimum: null } as const;
  return { ...imageResult(context, node, 'max-pool', window, image, places), range: image.range };
}

/** The mean of `rows` × `columns` elements of each channel, which are all that the image has along these axes. */
export function meanOver(
  node: OnnxNode,
  context: ImportContext,
  x: Activation,
  kernel: readonly [rows: number, columns: number],
): Activation {
  const { image, places } = asPlacedImage(context, node, x);
  const window = { kernel, stride: [1, 1], dilation: [1, 1], padding: NO_PADDING, countPadding: false, sum: 'sequential' } as const;
  return { ...imageResult(context, node, 'average-pool', window, image, places), range: image.range };
}

export const readGlobalMaxPool: NodeReader = maximumOfAll;

export const readGlobalAveragePool: NodeReader = (node, context) => {
  const x = activationInput(node, context);
  needFloat(node, x);
  const [, height, width] = imageSizes(node, x);
  return meanOver(node, context, x, [height, width]);
};

/** Padded with a value that never wins. */
function isNeutral({ value }: PendingPad): boolean {
  return value === -Infinity || value <= -3.4e38;
}
