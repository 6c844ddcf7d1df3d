/** Convolutions and dense layers, with real weights, with BinaryNet's and with XNOR-Net's. */
import { elementCount } from '../../../ir/encoding.ts';
import { meanMagnitudes } from '../../magnitudes.ts';
import { describeSizes, isImage, type LayerReader, type Leaf } from '../layer.ts';
import { hasField, optionalFloats, refuse, requiredFloats, tensorField, wholeField, type Module } from '../module.ts';
import type { Budget } from '../tensor.ts';

/** Latent weights, in the order of the file, to those with which the network computes. */
type WeightRule = (latent: Float32Array, outputs: number, isDouble: boolean) => Float32Array;

const asTheyAre: WeightRule = (latent) => latent;

/**
 * round(clamp((w + 1)/2, 0, 1))·2 − 1, a half rounded up: +1 where the sum w + 1, rounded to the type of the tensor, is at least 1. That
 * holds for 0, and in float32 for all above −2^−25. (BinaryNet's BinaryLinear.lua and cudnnBinarySpatialConvolution.lua; their weightB
 * is what was left by the last step of training, and is older than the weights.)
 */
const binaryNetSigns: WeightRule = (latent, _outputs, isDouble) =>
  latent.map((w) => (Number.isNaN(w) ? w : (isDouble ? w + 1 : Math.fround(w + 1)) >= 1 ? 1 : -1));

/** sign(w)·mean |w| of its filter, where sign(0) = 0 (XNOR-Net's util.lua, binarizeConvParms, which test.lua runs first). */
const xnorNetSigns: WeightRule = (latent, outputs) => {
  const inputs = latent.length / outputs;
  const scales = meanMagnitudes(latent, outputs, inputs);
  return latent.map((w, i) => Math.sign(w) * (scales[Math.floor(i / inputs)] ?? 0));
};

function weightsOf(module: Module, outputs: number, count: number, budget: Budget, rule: WeightRule): Float32Array {
  const latent = requiredFloats(module, 'weight', count, budget);
  return rule(latent, outputs, tensorField(module, 'weight')?.element === 'float64');
}

/** Modules older than padW have one number for both sides. */
function paddingOf(module: Module): readonly [rows: number, columns: number] {
  const both = wholeField(module, 'padding', 0, 0);
  const columns = wholeField(module, 'padW', 0, both);
  return [wholeField(module, 'padH', 0, columns), columns];
}

function convolution(module: Module, budget: Budget, rule: WeightRule): Leaf {
  const [inputs, outputs] = [wholeField(module, 'nInputPlane', 1), wholeField(module, 'nOutputPlane', 1)];
  const kernel = [wholeField(module, 'kH', 1), wholeField(module, 'kW', 1)] as const;
  const strides = [wholeField(module, 'dH', 1, 1), wholeField(module, 'dW', 1, 1)] as const;
  const dilations = [wholeField(module, 'dilationH', 1, 1), wholeField(module, 'dilationW', 1, 1)] as const;
  const padding = paddingOf(module);
  const groups = wholeField(module, 'groups', 1, 1);
  if (inputs % groups !== 0 || outputs % groups !== 0) refuse(module, `has ${groups} groups of ${inputs} inputs and ${outputs} outputs`);
  const shape = [outputs, inputs / groups, ...kernel];
  if (!hasField(module, 'weight')) requiredFloats(module, 'weight', elementCount(shape), budget);
  const outputSize = (size: number, axis: 0 | 1): number =>
    Math.floor((size + 2 * padding[axis] - dilations[axis] * (kernel[axis] - 1) - 1) / strides[axis]) + 1;
  return {
    kind: 'leaf',
    module,
    input: { channels: inputs },
    sizes: (input) => {
      if (!isImage(input) || input[0] !== inputs) return `reads ${inputs} channels of an image, and gets ${describeSizes(input)}`;
      const [height, width] = [outputSize(input[1], 0), outputSize(input[2], 1)];
      return height < 1 || width < 1
        ? `has a kernel of ${kernel.join('x')}, larger than its input ${describeSizes(input)}`
        : [outputs, height, width];
    },
    emit: (network, x, _input, source) => {
      const weights = network.constant(shape, weightsOf(module, outputs, elementCount(shape), budget, rule));
      const bias = optionalFloats(module, 'bias', outputs, budget);
      const pads = [...padding, ...padding];
      const inputNames = [x, weights, ...(bias === undefined ? [] : [network.constant([outputs], bias)])];
      return network.add('Conv', inputNames, { kernel_shape: kernel, strides, dilations, pads, group: groups }, source);
    },
  };
}

function dense(module: Module, budget: Budget, rule: WeightRule): Leaf {
  const weight = tensorField(module, 'weight');
  const [outputs = 0, inputs = 0] = weight?.sizes ?? [];
  if (weight === undefined) requiredFloats(module, 'weight', 1, budget);
  if (weight?.sizes.length !== 2) refuse(module, `has weights of size ${describeSizes(weight?.sizes ?? [])}; a matrix works`);
  return {
    kind: 'leaf',
    module,
    input: { sizes: [inputs] },
    sizes: (input) => (input.length === 1 && input[0] === inputs ? [outputs] : `reads ${inputs} numbers, and gets ${describeSizes(input)}`),
    emit: (network, x, _input, source) => {
      const weights = network.constant([outputs, inputs], weightsOf(module, outputs, outputs * inputs, budget, rule));
      const bias = optionalFloats(module, 'bias', outputs, budget);
      const inputNames = [x, weights, ...(bias === undefined ? [] : [network.constant([outputs], bias)])];
      return network.add('Gemm', inputNames, { transB: 1 }, source);
    },
  };
}

const realConvolution: LayerReader = (module, { budget, scaledSigns }) =>
  convolution(module, budget, scaledSigns.has(module.instance) ? xnorNetSigns : asTheyAre);
const binaryConvolution: LayerReader = (module, { budget }) => convolution(module, budget, binaryNetSigns);

export const LINEAR: Readonly<Record<string, LayerReader>> = {
  'nn.SpatialConvolution': realConvolution,
  'nn.SpatialConvolutionMM': realConvolution,
  'nn.SpatialDilatedConvolution': realConvolution,
  'cudnn.SpatialConvolution': realConvolution,
  // LBCNN's fixed filters: 0 and ±c, with one c below 1 where weight decay acted on them (lbcnn.torch's RandomBinaryConvolution.lua).
  'cudnn.RandomBinaryConvolution': realConvolution,
  'nn.RandomBinaryConvolution': realConvolution,
  BinarySpatialConvolution: binaryConvolution,
  cudnnBinarySpatialConvolution: binaryConvolution,
  'nn.Linear': (module, { budget }) => dense(module, budget, asTheyAre),
  BinaryLinear: (module, { budget }) => dense(module, budget, binaryNetSigns),
};
