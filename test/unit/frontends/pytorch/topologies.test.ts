/** Built-in topologies with few channels and random weights. */
import { describe, expect, it } from 'vitest';
import { TOPOLOGIES } from '../../../../compiler/frontends/pytorch/topologies/index.ts';
import { realValues } from '../../../../compiler/ir/encoding.ts';
import { interpret } from '../../../../compiler/ir/interpret.ts';
import { importNarrow, type Narrow, type Shapes } from '../../../support/narrow-checkpoint.ts';

function linear(name: string, shape: readonly number[], bias = true): Shapes {
  return { [`${name}.weight`]: shape, ...(bias ? { [`${name}.bias`]: [shape[0] ?? 0] } : {}) };
}

function norm(name: string, channels: number, affine = true): Shapes {
  return {
    ...(affine ? linear(name, [channels]) : {}),
    [`${name}.running_mean`]: [channels],
    [`${name}.running_var`]: [channels],
    [`${name}.num_batches_tracked`]: [],
  };
}

function merge(parts: readonly Shapes[]): Shapes {
  return Object.fromEntries(parts.flatMap((part) => Object.entries(part)));
}

function classifier(inputs: number, outputs: number, affine: boolean): Shapes {
  return merge([
    linear('classifier.0', [5, inputs]),
    norm('classifier.1', 5),
    linear('classifier.3', [4, 5]),
    norm('classifier.4', 4),
    linear('classifier.6', [outputs, 4]),
    norm('classifier.7', outputs, affine),
  ]);
}

type Convolution = readonly [at: number, norm: number, inputs: number, outputs: number, kernel: number];

function features(convolutions: readonly Convolution[]): Shapes {
  return merge(convolutions.flatMap(([at, to, i, o, k]) => [linear(`features.${at}`, [o, i, k, k]), norm(`features.${to}`, o)]));
}

function block(name: string, inputs: number, outputs: number): Shapes {
  const down = [linear(`${name}.downsample.0`, [outputs, inputs, 1, 1], false), norm(`${name}.downsample.1`, outputs)];
  return merge([
    linear(`${name}.conv1`, [outputs, inputs, 3, 3], false),
    norm(`${name}.bn1`, outputs),
    linear(`${name}.conv2`, [outputs, outputs, 3, 3], false),
    norm(`${name}.bn2`, outputs),
    ...(inputs === outputs ? [] : down),
  ]);
}

// prettier-ignore
const VGG: readonly Convolution[] = [[0, 1, 3, 4, 3], [3, 5, 4, 3, 3], [7, 8, 3, 5, 3], [10, 12, 5, 4, 3], [14, 15, 4, 6, 3], [17, 19, 6, 2, 3]];
// prettier-ignore
const ALEXNET: readonly Convolution[] = [[0, 2, 3, 2, 11], [4, 6, 2, 3, 5], [8, 9, 3, 4, 3], [11, 12, 4, 3, 3], [14, 16, 3, 2, 3]];
const MNIST = merge([
  ...[784, 6, 8].flatMap((inputs, i) => [linear(`fc${i + 1}`, [[6, 8, 5][i] ?? 0, inputs]), norm(`bn${i + 1}`, [6, 8, 5][i] ?? 0)]),
  linear('fc4', [10, 5]),
]);
const RESNET = merge([
  linear('conv1', [4, 3, 3, 3], false),
  norm('bn1', 4),
  ...[block('layer1.0', 4, 4), block('layer1.1', 4, 4), block('layer2.0', 4, 6), block('layer2.1', 6, 6)],
  ...[block('layer3.0', 6, 8), block('layer3.1', 8, 8), norm('bn2', 8), linear('fc', [10, 8]), norm('bn3', 10)],
]);

function brevitas(units: number): Shapes {
  const hidden = [2, 6, 10].flatMap((at) => [
    linear(`features.${at}`, [units, at === 2 ? 784 : units], false),
    norm(`features.${at + 1}`, units),
  ]);
  return merge([...hidden, linear('fc', [10, units], false)]);
}

function narrow(word: string, shapes: Shapes): Narrow {
  return importNarrow(TOPOLOGIES, word, shapes, (name) => name.endsWith('running_var'));
}

describe('a checkpoint', () => {
  it.each([
    ['vgg-cifar10-binary', merge([features(VGG), classifier(32, 10, false)])],
    ['alexnet-binary', merge([features(ALEXNET), classifier(72, 12, true)])],
    ['mnist-binary', MNIST],
    ['resnet-cifar10-binary', RESNET],
    ['brevitas-sfc', brevitas(256)],
    ['brevitas-lfc', brevitas(1024)],
  ])('of %s is imported, and all of its tensors are used', (word, shapes) => {
    const { unused } = narrow(word, shapes);
    // The last block of the ResNet saves a batch norm that its program does not apply.
    const expected = Object.keys(shapes).filter((name) => name.endsWith('num_batches_tracked') || name.startsWith('layer3.1.bn2.'));
    expect(unused).toEqual(expected);
  });
});

describe('mnist-binary', () => {
  it('is three layers of signs, HardTanh, and a real layer', () => {
    const { imported, values } = narrow('mnist-binary', MNIST);
    const get = (name: string): Float32Array => values.get(name) ?? new Float32Array();
    const image = Uint8Array.from({ length: 784 }, (_, i) => (i * 37 + (i >> 3) * 11) & 255);
    const matrix = (name: string, x: readonly number[], weight: (w: number) => number): readonly number[] =>
      Array.from(get(`${name}.bias`), (bias, o) =>
        x.reduce((sum, v, i) => sum + v * weight(get(`${name}.weight`)[o * x.length + i] ?? 0), bias),
      );
    let x: readonly number[] = Array.from(image, (pixel) => (pixel / 255 - 0.1307) / 0.3081);
    for (const n of [1, 2, 3]) {
      x = matrix(`fc${n}`, n === 1 ? x : x.map(Math.sign), Math.sign).map((v, o) => {
        const parameter = (name: string): number => get(`bn${n}.${name}`)[o] ?? 0;
        const normed = (v - parameter('running_mean')) / Math.sqrt(parameter('running_var') + 1e-5);
        return Math.max(-1, Math.min(1, normed * parameter('weight') + parameter('bias')));
      });
    }
    const wanted = matrix('fc4', x, (w) => w);
    const scores = Array.from(realValues(interpret(imported.graph, image)));
    expect(scores).toHaveLength(10);
    scores.forEach((score, i) => expect(score).toBeCloseTo(wanted[i] ?? Number.NaN, 4));
  });
});
