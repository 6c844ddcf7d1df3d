import { isPadded, outputSize, type Window } from '../attributes.ts';
import { DTYPES, elementCount, realValues } from '../encoding.ts';
import { integerTerms, type IntegerTerms } from '../integer-terms.ts';
import { exactOutput, linearOutput, sequentialOutput, termsOf, type LinearAttrs } from '../linear.ts';
import { printLinear, printWindow } from '../print-attrs.ts';
import type { OpDef, Tensor, TensorData, TensorType } from '../types.ts';

/** Weights are [outputs][kernel height][kernel width][inputs / groups]. */
export interface Conv2dAttrs extends LinearAttrs, Window {
  readonly groups: number;
  /** Real value of a padded tap. */
  readonly padValue: 0 | 1 | -1;
}

/** The integer sum of an exact convolution on this input. */
export function conv2dTerms(attrs: Conv2dAttrs, input: TensorType): IntegerTerms {
  return integerTerms(input, isPadded(attrs.padding), attrs.padValue);
}

/**
 * Copies the window of one output position into `patch` ([kernel height][kernel width][channels of the group]).
 * `padded` fills the taps outside the image.
 */
function gather(
  attrs: Conv2dAttrs,
  shape: readonly number[],
  image: Int32Array | Float32Array,
  padded: number,
  position: { readonly y: number; readonly x: number; readonly group: number },
  patch: Int32Array | Float32Array,
): void {
  const [height = 0, width = 0, channels = 0] = shape;
  const [kernelHeight, kernelWidth] = attrs.kernel;
  const perGroup = channels / attrs.groups;
  let at = 0;
  for (let ky = 0; ky < kernelHeight; ky += 1) {
    const y = position.y * attrs.stride[0] - attrs.padding.top + ky * attrs.dilation[0];
    for (let kx = 0; kx < kernelWidth; kx += 1) {
      const x = position.x * attrs.stride[1] - attrs.padding.left + kx * attrs.dilation[1];
      const inside = y >= 0 && y < height && x >= 0 && x < width;
      const start = (y * width + x) * channels + position.group * perGroup;
      for (let c = 0; c < perGroup; c += 1) patch[at + c] = inside ? (image[start + c] as number) : padded;
      at += perGroup;
    }
  }
}

function infer(attrs: Conv2dAttrs, [input]: readonly TensorType[]): TensorType | { readonly error: string } {
  if (input?.shape.length !== 3)
    return { error: `a convolution needs a [height, width, channels] input, not [${input?.shape.join(', ')}]` };
  const [height = 0, width = 0, channels = 0] = input.shape;
  const { weights, groups, kernel, stride, dilation, padding } = attrs;
  if (channels % groups !== 0 || weights.outputs % groups !== 0) {
    return { error: `${groups} groups do not divide ${channels} input and ${weights.outputs} output channels` };
  }
  const taps = kernel[0] * kernel[1] * (channels / groups) * weights.outputs;
  const count = weights.kind === 'binary' ? weights.signs.length : weights.values.length;
  if (taps !== count)
    return { error: `${count} weights where ${weights.outputs} × ${kernel.join('×')} × ${channels / groups} = ${taps} are needed` };
  const rows = outputSize(height, padding.top, padding.bottom, kernel[0], stride[0], dilation[0]);
  const columns = outputSize(width, padding.left, padding.right, kernel[1], stride[1], dilation[1]);
  if (rows < 1 || columns < 1) return { error: `the ${kernel.join('×')} window does not fit into the ${height}×${width} input` };
  return linearOutput(attrs, input, [rows, columns, weights.outputs], () => conv2dTerms(attrs, input), groups);
}

function evaluate(attrs: Conv2dAttrs, [input]: readonly Tensor[], output: TensorType): TensorData {
  if (input === undefined) throw new Error('conv2d without input');
  const [rows = 0, columns = 0, outputs = 0] = output.shape;
  const { shape } = input.type;
  const channels = shape[2] ?? 0;
  const { weights } = attrs;
  const result = DTYPES[output.dtype].allocate(elementCount(output.shape));
  const patchLength = attrs.kernel[0] * attrs.kernel[1] * (channels / attrs.groups);
  const perGroup = outputs / attrs.groups;
  const signs = attrs.sum === 'exact' && weights.kind === 'binary' ? weights.signs : null;
  const terms = signs ? conv2dTerms(attrs, input.type) : undefined;
  const image = terms ? termsOf(input.data, channels, terms) : realValues(input);
  const integers = new Int32Array(patchLength);
  const reals = new Float32Array(patchLength);
  for (let y = 0; y < rows; y += 1) {
    for (let x = 0; x < columns; x += 1) {
      for (let group = 0; group < attrs.groups; group += 1) {
        gather(attrs, shape, image, terms ? terms.pad : attrs.padValue, { y, x, group }, terms ? integers : reals);
        for (let o = group * perGroup; o < (group + 1) * perGroup; o += 1) {
          result[(y * columns + x) * outputs + o] =
            signs === null ? sequentialOutput(reals, attrs, o) : exactOutput(integers, signs, o, attrs.threshold);
        }
      }
    }
  }
  return result;
}

export const conv2d: OpDef<'conv2d', Conv2dAttrs> = {
  kind: 'conv2d',
  doc: 'Two-dimensional correlation with stride, dilation, groups and padding by 0, +1 or -1.',
  infer,
  evaluate,
  print: (attrs) => [...printLinear(attrs), ...printWindow(attrs), `groups=${attrs.groups}`, `pad-value=${attrs.padValue}`],
};
