/** Kernel size, stride, dilation and padding of Conv and MaxPool. */
import type { Padding, Window } from '../../../ir/attributes.ts';
import { integersAttribute, refuse, textAttribute, type OnnxNode } from '../node.ts';

function pair(node: OnnxNode, name: string, least: number): readonly [number, number] {
  const [y = 1, x = 1, ...rest] = integersAttribute(node, name) ?? [];
  const usable = (value: number): boolean => Number.isSafeInteger(value) && value >= least;
  if (rest.length > 0 || !usable(y) || !usable(x))
    return refuse(node, `has ${name} [${[y, x, ...rest].join(', ')}]; two numbers of at least ${least} work`);
  return [y, x];
}

/** Padding before and after along one axis so that ceil(size/stride) windows fit; the odd element goes after (UPPER) or before. */
function samePadding(
  size: number,
  kernel: number,
  stride: number,
  dilation: number,
  upper: boolean,
): readonly [before: number, after: number] {
  const windows = Math.ceil(size / stride);
  const total = Math.max(0, (windows - 1) * stride + dilation * (kernel - 1) + 1 - size);
  const small = Math.floor(total / 2);
  return upper ? [small, total - small] : [total - small, small];
}

/**
 * The window of a node on an image of height × width. `kernel` is the size that the weights have; null when the
 * attribute kernel_shape alone says it.
 * @throws UserError BNN1008 for attributes without a meaning
 */
export function readWindow(node: OnnxNode, [height, width]: readonly [number, number], kernel: readonly [number, number] | null): Window {
  const stated = node.attributes.has('kernel_shape') ? pair(node, 'kernel_shape', 1) : (kernel ?? refuse(node, 'has no kernel_shape'));
  if (kernel !== null && (kernel[0] !== stated[0] || kernel[1] !== stated[1])) {
    refuse(node, `has kernel_shape [${stated.join(', ')}] but weights of ${kernel.join('×')}`);
  }
  const stride = pair(node, 'strides', 1);
  const dilation = pair(node, 'dilations', 1);
  const mode = textAttribute(node, 'auto_pad', 'NOTSET');
  if (mode === 'SAME_UPPER' || mode === 'SAME_LOWER') {
    const upper = mode === 'SAME_UPPER';
    const [top, bottom] = samePadding(height, stated[0], stride[0], dilation[0], upper);
    const [left, right] = samePadding(width, stated[1], stride[1], dilation[1], upper);
    return { kernel: stated, stride, dilation, padding: { top, left, bottom, right } };
  }
  if (mode !== 'NOTSET' && mode !== 'VALID' && mode !== '')
    refuse(node, `has auto_pad ${mode}; NOTSET, VALID, SAME_UPPER and SAME_LOWER work`);
  const padding = mode === 'VALID' ? { top: 0, left: 0, bottom: 0, right: 0 } : readPads(node);
  return { kernel: stated, stride, dilation, padding };
}

function readPads(node: OnnxNode): Padding {
  const pads = integersAttribute(node, 'pads') ?? [0, 0, 0, 0];
  const [top = 0, left = 0, bottom = 0, right = 0] = pads;
  if (pads.length !== 4 || pads.some((pad) => !Number.isSafeInteger(pad) || pad < 0 || pad > 2 ** 20)) {
    refuse(node, `has pads [${pads.join(', ')}]; four numbers of at least 0 work`);
  }
  return { top, left, bottom, right };
}
