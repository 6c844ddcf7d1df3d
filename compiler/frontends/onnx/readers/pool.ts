/** MaxPool. */
import { NO_PADDING, outputSize, type Window } from '../../../ir/attributes.ts';
import {
  activationInput,
  asImage,
  asVector,
  imageResult,
  optionalConstant,
  paddedInput,
  type ImportContext,
  type NodeReader,
} from '../context.ts';
import { resolveAxis } from '../indexing.ts';
import type { Activation, PendingPad } from '../layout.ts';
import { integerAttribute, integersAttribute, refuse, type OnnxNode } from '../node.ts';
import { readWindow } from './window.ts';

/** Padding after the last element that makes room for one more, partly filled window, as ceil_mode wants. */
function ceilPadding(node: OnnxNode, window: Window, size: number, axis: 0 | 1): number {
  const { padding } = window;
  const [before, after] = axis === 0 ? [padding.top, padding.bottom] : [padding.left, padding.right];
  const [kernel, stride, dilation] = [window.kernel[axis], window.stride[axis], window.dilation[axis]];
  const rest = (outputSize(size, before, after, kernel, stride, dilation) - 1) * stride + dilation * (kernel - 1) + 1;
  const left = size + before + after - rest;
  if (left <= 0) return after;
  const start = rest - dilation * (kernel - 1) - 1 + stride;
  // Runtimes disagree on a last window that begins in the padding: some drop it, some return -infinity.
  if (start >= size + before) return refuse(node, 'has ceil_mode 1 and a last window that begins outside the image');
  return after + stride - left;
}

export const readMaxPool: NodeReader = (node, context) => {
  const x = paddedInput(node, context);
  if (x.pad !== null && !isNeutral(x.pad)) {
    return refuse(node, `reads what "${x.pad.by}" (Pad) has padded with ${x.pad.value}`, 'Use the pads of MaxPool itself: they never win.');
  }
  const image = asImage(context, node, { ...x, pad: null });
  const [, , height = 0, width = 0] = image.shape;
  const { top = 0, left = 0, bottom = 0, right = 0 } = x.pad ?? {};
  const own = readWindow(node, [height + top + bottom, width + left + right], null);
  const { padding } = own;
  const window: Window = {
    ...own,
    padding: { top: padding.top + top, left: padding.left + left, bottom: padding.bottom + bottom, right: padding.right + right },
  };
  const ceil = integerAttribute(node, 'ceil_mode', 0) !== 0;
  const bottomRight = ceil ? { bottom: ceilPadding(node, window, height, 0), right: ceilPadding(node, window, width, 1) } : {};
  const attrs = { ...window, padding: { ...window.padding, ...bottomRight }, minimum: null };
  return { ...imageResult(context, node, 'max-pool', attrs, image), range: x.range };
};

/** The largest element of each channel: a window as large as the image. */
function poolAll(node: OnnxNode, context: ImportContext): Activation {
  const image = asImage(context, node, activationInput(node, context));
  const [, , height = 0, width = 0] = image.shape;
  const window = { kernel: [height, width], stride: [1, 1], dilation: [1, 1], padding: NO_PADDING, minimum: null } as const;
  return { ...imageResult(context, node, 'max-pool', window, image), range: image.range };
}

export const readGlobalMaxPool: NodeReader = poolAll;

/** Over rows and columns, all of them. Axes are an input since operator set 18. */
export const readReduceMax: NodeReader = (node, context) => {
  const x = activationInput(node, context);
  const input = optionalConstant(node, context, 1, 'its axes');
  const axes = (input === undefined ? integersAttribute(node, 'axes') : Array.from(input.data)) ?? [];
  const resolved = axes.map((axis) => resolveAxis(axis, x.shape.length)).sort();
  if (x.shape.length !== 4 || resolved.join() !== '2,3')
    return refuse(
      node,
      `takes the maximum over axes [${axes.join(', ')}] of a tensor of shape [${x.shape.join(', ')}]; rows and columns, [2, 3], work`,
    );
  const pooled = poolAll(node, context);
  if (integerAttribute(node, 'keepdims', 1) !== 0) return pooled;
  return asVector(context, node, { ...pooled, shape: pooled.shape.slice(0, 2) });
};

/** Padded with a value that never wins. */
function isNeutral({ value }: PendingPad): boolean {
  return value === -Infinity || value <= -3.4e38;
}
