/** Tensors of a state dictionary of PyTorch: their sizes, and what they are. */
import type { PartOf, Shapes } from '../narrow-checkpoint.ts';

export function weights(name: string, shape: readonly number[], bias = true): Shapes {
  return { [`${name}.weight`]: shape, ...(bias ? { [`${name}.bias`]: [shape[0] ?? 0] } : {}) };
}

export function norm(name: string, channels: number, affine = true): Shapes {
  return {
    ...(affine ? weights(name, [channels]) : {}),
    [`${name}.running_mean`]: [channels],
    [`${name}.running_var`]: [channels],
    [`${name}.num_batches_tracked`]: [],
  };
}

export function merge(parts: readonly Shapes[]): Shapes {
  return Object.fromEntries(parts.flatMap((part) => Object.entries(part)));
}

/** Of torch.nn: a `weight` of one dimension is that of a norm, and so is a `bias` with a mean beside it. */
export const torchParts: PartOf = (name, shape, shapes) => {
  if (name.endsWith('running_var')) return 'variance';
  if (name.endsWith('running_mean')) return 'mean';
  if (name.endsWith('num_batches_tracked')) return 'other';
  if (name.endsWith('.weight')) return shape.length === 1 ? 'gamma' : 'weight';
  return name.replace(/bias$/, 'running_mean') in shapes ? 'beta' : 'bias';
};
