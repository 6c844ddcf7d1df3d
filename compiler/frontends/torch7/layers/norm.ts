/** Batch normalization at inference, whether the file was saved while training or not. */
import type { LayerReader, Leaf } from '../layer.ts';
import { describeSizes } from '../layer.ts';
import { hasField, numberField, optionalFloats, requiredFloats, tensorField, type Module } from '../module.ts';
import type { Budget } from '../tensor.ts';

/** Channels, from the running mean, which every version stores. */
function channelsOf(module: Module): number {
  const { sizes = [] } = tensorField(module, 'running_mean') ?? {};
  return sizes.reduce((product, size) => product * size, sizes.length === 0 ? 0 : 1);
}

function normalization(module: Module, budget: Budget, rank: 1 | 3, emit: (channels: number) => Leaf['emit']): Leaf {
  const channels = channelsOf(module);
  if (channels === 0) requiredFloats(module, 'running_mean', 1, budget);
  return {
    kind: 'leaf',
    module,
    input: rank === 3 ? { channels } : { sizes: [channels] },
    sizes: (input) =>
      input.length === rank && input[0] === channels
        ? input
        : `normalizes ${channels} ${rank === 3 ? 'channels of an image' : 'numbers'}, and gets ${describeSizes(input)}`,
    emit: emit(channels),
  };
}

/** γ and β; a network without them has `affine` false. */
function affine(module: Module, channels: number, budget: Budget): readonly [gamma: Float32Array, beta: Float32Array] {
  return [
    optionalFloats(module, 'weight', channels, budget) ?? new Float32Array(channels).fill(1),
    optionalFloats(module, 'bias', channels, budget) ?? new Float32Array(channels),
  ];
}

/**
 * ((x − mean)·1/√(variance + ε))·γ + β (nn/lib/THNN/generic/BatchNormalization.c). The first version of the module stored
 * running_std, which is 1/√(variance + ε) itself (nn/BatchNormalization.lua, read).
 */
function plain(rank: 1 | 3): LayerReader {
  return (module, { budget }) => {
    const epsilon = hasField(module, 'running_var') ? numberField(module, 'eps', 1e-5) : null;
    return normalization(module, budget, rank, (channels) => (network, x, _input, source) => {
      const spread = requiredFloats(module, epsilon === null ? 'running_std' : 'running_var', channels, budget);
      const mean = requiredFloats(module, 'running_mean', channels, budget);
      const constants = [...affine(module, channels, budget), mean, spread].map((values) => network.constant([channels], values));
      const attributes = { form: 'torch', ...(epsilon === null ? {} : { epsilon }) };
      return network.own('BatchNormalization', [x, ...constants], attributes, source);
    });
  };
}

/** (x − mean)·AP2(running_std)·AP2(γ) + β, where running_std is again 1/√(variance + ε) (BinaryNet's BatchNormalizationShiftPow2.lua). */
function shiftBased(rank: 1 | 3): LayerReader {
  return (module, { budget }) =>
    normalization(module, budget, rank, (channels) => (network, x, _input, source) => {
      const inverse = requiredFloats(module, 'running_std', channels, budget);
      const mean = requiredFloats(module, 'running_mean', channels, budget);
      const constants = [...affine(module, channels, budget), mean, inverse].map((values) => network.constant([channels], values));
      return network.own('BatchNormalization', [x, ...constants], { form: 'shift-based' }, source);
    });
}

export const NORM: Readonly<Record<string, LayerReader>> = {
  'nn.BatchNormalization': plain(1),
  'cudnn.BatchNormalization': plain(1),
  'nn.SpatialBatchNormalization': plain(3),
  'cudnn.SpatialBatchNormalization': plain(3),
  BatchNormalizationShiftPow2: shiftBased(1),
  SpatialBatchNormalizationShiftPow2: shiftBased(3),
};
