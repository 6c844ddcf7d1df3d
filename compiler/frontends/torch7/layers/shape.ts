/** View, Reshape and their relatives. All see a batch in front of a sample; sizes here are those of the sample. */
import { elementCount } from '../../../ir/encoding.ts';
import { describeSizes, isImage, type LayerReader, type Leaf, type Outcome, type Sizes } from '../layer.ts';
import { hasField, numberField, refuse, sizesField, truthField, wholeField, type Module } from '../module.ts';

/** The same elements under other sizes. */
function reshaping(module: Module, sizes: (input: Sizes) => Outcome, hint?: Sizes): Leaf {
  return {
    kind: 'leaf',
    module,
    ...(hint === undefined ? {} : { input: { sizes: hint } }),
    sizes,
    emit: (network, x, input, source) => {
      const wanted = sizes(input);
      if (typeof wanted === 'string') throw new Error('sizes were checked before');
      return network.add('Reshape', [x, network.integers([1, ...wanted])], {}, source);
    },
  };
}

/** As many elements as the sample has, or it would be mixed with others of its batch. */
function exactly(target: Sizes, input: Sizes): Outcome {
  return elementCount(target) === elementCount(input)
    ? target
    : `views ${describeSizes(input)}, ${elementCount(input)} elements, as ${describeSizes(target)}`;
}

function checkedSizes(module: Module, sizes: Sizes): Sizes {
  const fits = sizes.every((size) => Number.isSafeInteger(size) && (size === -1 || size >= 1) && size < 2 ** 31);
  if (!fits || sizes.filter((size) => size === -1).length > 1) refuse(module, `has the sizes ${sizes.join(', ')}`);
  return sizes;
}

/**
 * One of the sizes may be −1: the batch, where it is the first of several, or what is left (nn/View.lua). With numInputDims a batch
 * is added by the module.
 */
const view: LayerReader = (module, { budget }) => {
  const sizes = checkedSizes(module, sizesField(module, 'size', budget));
  const rest = sizes.indexOf(-1);
  if (rest < 0) {
    const sample = sizes.length > 1 && sizes[0] === 1 && sizes.length !== 3 ? sizes.slice(1) : sizes;
    return reshaping(module, (input) => exactly(sample, input), sample);
  }
  const isOwn = hasField(module, 'numInputDims') || sizes.length === 1;
  if (!isOwn && rest === 0) return reshaping(module, (input) => exactly(sizes.slice(1), input), sizes.slice(1));
  if (!isOwn) refuse(module, `has the sizes ${sizes.join(', ')} and no numInputDims, so that a batch goes into the second`);
  const known = sizes.reduce((product, size) => product * (size === -1 ? 1 : size), 1);
  return reshaping(module, (input) =>
    exactly(
      sizes.map((size) => (size === -1 ? Math.floor(elementCount(input) / known) : size)),
      input,
    ),
  );
};

/** nn/Reshape.lua: a batch is kept in front unless batchMode is false. */
const reshape: LayerReader = (module, { budget }) => {
  const sizes = checkedSizes(module, sizesField(module, 'size', budget));
  if (sizes.includes(-1)) refuse(module, `has the sizes ${sizes.join(', ')}`);
  const whole = hasField(module, 'batchMode') && !truthField(module, 'batchMode', true);
  const sample = whole && sizes.length > 1 && sizes[0] === 1 ? sizes.slice(1) : sizes;
  return reshaping(module, (input) => exactly(sample, input), sample);
};

const squeeze: LayerReader = (module) => {
  if (hasField(module, 'dim')) refuse(module, 'removes one dimension; without a dimension it works', 'Use nn.View.');
  return reshaping(module, (input) => {
    const sizes = input.filter((size) => size !== 1);
    return sizes.length === 0 ? [1] : sizes;
  });
};

/** Elements of one value before or behind a dimension (nn/Padding.lua); a negative number of them goes before. */
const padding: LayerReader = (module) => {
  const [dim, pad, value] = [wholeField(module, 'dim', 1), numberField(module, 'pad'), numberField(module, 'value', 0)];
  if (!Number.isSafeInteger(pad) || Math.abs(pad) > 2 ** 20) refuse(module, `pads by ${pad}`);
  if (wholeField(module, 'index', 1, 1) !== 1) refuse(module, 'pads between elements (index is not 1); the ends work');
  // Dimensions count from 1, the batch first unless the module says of how many dimensions a sample is.
  const axis = hasField(module, 'nInputDim') ? dim : dim - 1;
  if (axis === 0) refuse(module, 'pads the batch');
  return {
    kind: 'leaf',
    module,
    sizes: (input) =>
      axis > input.length
        ? `pads dimension ${axis} of ${describeSizes(input)}`
        : input.map((size, i) => (i === axis - 1 ? size + Math.abs(pad) : size)),
    emit: (network, x, input, source) => {
      const zeros = [0, ...input.map(() => 0)];
      const along = zeros.map((_, i) => (i === axis ? Math.abs(pad) : 0));
      const pads = network.integers(pad < 0 ? [...along, ...zeros] : [...zeros, ...along]);
      return network.add('Pad', [x, pads, network.constant([], [value])], {}, source);
    },
  };
};

export const SHAPE: Readonly<Record<string, LayerReader>> = {
  'nn.View': view,
  'nn.Reshape': reshape,
  'nn.Squeeze': squeeze,
  'nn.Padding': padding,
};

/** The dimension of a sample, from 1, that a module on tables names, or why it has none. */
export function joinedDimension(module: Module, input: Sizes): number | string {
  const dimension = numberField(module, 'dimension');
  const own = hasField(module, 'nInputDims') ? wholeField(module, 'nInputDims', 1) : null;
  // Without nInputDims the batch is dimension 1; a negative dimension counts from the end.
  const at = dimension < 0 ? input.length + dimension + 1 : own === input.length ? dimension : dimension - 1;
  if (isImage(input) && at === 1) return at;
  return input.length === 1 && at === 1
    ? at
    : `joins tensors of ${describeSizes(input)} along dimension ${dimension}; bnnc joins channels and vectors`;
}
