/** Kernel size, stride, dilation and padding of Conv and pools. */
import { NO_PADDING, type Padding, type Window } from '../../../ir/attributes.ts';
import { integersAttribute, refuse, textAttribute, type OnnxNode } from '../node.ts';

/** Sizes of a node along rows and columns. A node on sequences states one number, along its one row. */
type Sizes = readonly [y: number, x: number];

/** `dimensions` numbers of at least `least`, 1 where the file states none. */
function sizes(node: OnnxNode, name: string, dimensions: 1 | 2): Sizes {
  const listed = integersAttribute(node, name) ?? Array.from({ length: dimensions }, () => 1);
  if (listed.length !== dimensions || !listed.every((value) => Number.isSafeInteger(value) && value >= 1))
    return refuse(node, `has ${name} [${listed.join(', ')}]; ${dimensions === 2 ? 'two numbers' : 'one number'} of at least 1 work here`);
  const [y = 1, x = 1] = dimensions === 1 ? [1, ...listed] : listed;
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
 * The window of a node on an image of height × width, or on a sequence (`dimensions` 1), whose height is 1. `kernel` is the size that
 * the weights have; null when the attribute kernel_shape alone says it.
 * @throws UserError BNN1008 for attributes without a meaning
 */
export function readWindow(node: OnnxNode, [height, width]: Sizes, dimensions: 1 | 2, kernel: Sizes | null): Window {
  const stated = node.attributes.has('kernel_shape')
    ? sizes(node, 'kernel_shape', dimensions)
    : (kernel ?? refuse(node, 'has no kernel_shape'));
  if (kernel !== null && (kernel[0] !== stated[0] || kernel[1] !== stated[1])) {
    refuse(node, `has kernel_shape [${stated.slice(-dimensions).join(', ')}] but weights of ${kernel.slice(-dimensions).join('×')}`);
  }
  const stride = sizes(node, 'strides', dimensions);
  const dilation = sizes(node, 'dilations', dimensions);
  const mode = textAttribute(node, 'auto_pad', 'NOTSET');
  if (mode === 'SAME_UPPER' || mode === 'SAME_LOWER') {
    const upper = mode === 'SAME_UPPER';
    const [top, bottom] = samePadding(height, stated[0], stride[0], dilation[0], upper);
    const [left, right] = samePadding(width, stated[1], stride[1], dilation[1], upper);
    return { kernel: stated, stride, dilation, padding: { top, left, bottom, right } };
  }
  if (mode !== 'NOTSET' && mode !== 'VALID' && mode !== '')
    refuse(node, `has auto_pad ${mode}; NOTSET, VALID, SAME_UPPER and SAME_LOWER work`);
  return { kernel: stated, stride, dilation, padding: mode === 'VALID' ? NO_PADDING : readPads(node, dimensions) };
}

function readPads(node: OnnxNode, dimensions: 1 | 2): Padding {
  const pads = integersAttribute(node, 'pads') ?? Array.from({ length: 2 * dimensions }, () => 0);
  if (pads.length !== 2 * dimensions || pads.some((pad) => !Number.isSafeInteger(pad) || pad < 0 || pad > 2 ** 20)) {
    refuse(node, `has pads [${pads.join(', ')}]; ${dimensions === 2 ? 'four' : 'two'} numbers of at least 0 work here`);
  }
  const [top = 0, left = 0, bottom = 0, right = 0] = dimensions === 2 ? pads : [0, pads[0], 0, pads[1]];
  return { top, left, bottom, right };
}
