/** Channels in another order: shuffles, permutations, groups behind them. */
import type { OnnxModel } from '../onnx-model.ts';
import { count, on, probe, type Case, type Draw } from './case.ts';

type Image = readonly [name: string, channels: number, height: number, width: number];

/** Reshape, Transpose, Reshape: channel j·g + i is channel i·(C/g) + j of before. */
function shuffled(model: OnnxModel, draw: Draw, [x, channels, height, width]: Image): Image {
  const groups = draw.pick([2, 3].filter((g) => channels % g === 0));
  const apart = model.node('Reshape', [x, model.integers([1, groups, channels / groups, height, width])]);
  const turned = model.node('Transpose', [apart], { perm: [0, 2, 1, 3, 4] });
  return [model.node('Reshape', [turned, model.integers([1, channels, height, width])]), channels, height, width];
}

/** Any channels, in any order, some of them perhaps twice. */
function gathered(model: OnnxModel, draw: Draw, [x, channels, height, width]: Image): Image {
  const indices = draw.integers(0, channels - 1, draw.pick([channels, 6]));
  return [model.node('Gather', [x, model.integers(indices)], { axis: 1 }), indices.length, height, width];
}

function convolved(model: OnnxModel, draw: Draw, [x, channels, height, width]: Image): Image {
  const groups = draw.pick([1, 2, 3, channels].filter((g) => channels % g === 0));
  const outputs = groups * draw.int(1, 3);
  const weights = draw.integers(-2, 2, (outputs * channels) / groups);
  const bias = model.floats([outputs], draw.integers(-3, 3, outputs));
  const constants = [model.floats([outputs, channels / groups, 1, 1], weights), bias];
  return [model.node('Conv', [model.node('Sign', [x]), ...constants], { group: groups }), outputs, height, width];
}

/** What may stand behind a shuffle; all results are exact. */
const BEHIND: readonly ((model: OnnxModel, draw: Draw, image: Image) => Image)[] = [
  convolved,
  gathered,
  (model, draw, [x, channels, height, width]) => [
    model.node('PRelu', [x, model.floats([channels, 1, 1], draw.values(channels))]),
    channels,
    height,
    width,
  ],
  (model, draw, [x, channels, height, width]) => [
    model.node('Add', [x, model.floats([channels, height, width], draw.values(channels * height * width))]),
    channels,
    height,
    width,
  ],
  (model, _draw, [x, channels, height, width]) => [model.node('MaxPool', [x], { kernel_shape: [height, 1] }), channels, 1, width],
  (model, draw, [x, channels, height, width]) => {
    const first = draw.int(0, channels - 1);
    const part = model.node('Slice', [x, ...[[first], [channels], [1]].map((list) => model.integers(list))]);
    return [part, channels - first, height, width];
  },
  (model, draw, image) => {
    const [x, channels, height, width] = image;
    const other = model.node('Neg', [x]);
    return [model.node('Concat', draw.flag() ? [x, other] : [other, x], { axis: 1 }), 2 * channels, height, width];
  },
  (model, draw, image) => {
    const [x, channels, height, width] = image;
    if (channels % 2 !== 0 && channels % 3 !== 0) return image;
    const [other] = shuffled(model, draw, image);
    return [model.node(draw.pick(['Add', 'Sub', 'Mul']), draw.flag() ? [x, other] : [other, x]), channels, height, width];
  },
  (model, _draw, [x, channels, height, width]) => [model.node('Mul', [model.node('GlobalMaxPool', [x]), x]), channels, height, width],
];

/** A shuffle of an image, and three nodes behind it. */
function behind(shuffle: (model: OnnxModel, draw: Draw, image: Image) => Image): Case {
  return on(
    [10, 21],
    (model, x, draw, [, channels = 1, height = 1, width = 1]) => {
      const weights = model.floats([6, channels, 1, 1], draw.integers(-2, 2, 6 * channels));
      let image = shuffle(model, draw, [model.node('Conv', [model.node('Sign', [x]), weights]), 6, height, width]);
      for (let i = draw.int(0, 3); i > 0; i -= 1) image = draw.pick(BEHIND)(model, draw, image);
      return draw.flag() ? image[0] : probe(model, image[0], draw, count(image.slice(1) as number[]));
    },
    4,
  );
}

export const SHUFFLES: Readonly<Record<string, Case>> = {
  'Transpose that shuffles channels': behind(shuffled),
  'Gather of channels in any order': behind(gathered),
  'Add of tensors flattened in different orders': on(
    [9, 21],
    (model, x, draw, shape) => {
      const size = count(shape);
      const plain = model.node('Reshape', [x, model.integers([1, size])]);
      const turned = model.node('Reshape', [model.node('Transpose', [x], { perm: [0, 2, 3, 1] }), model.integers([1, size])]);
      return probe(model, model.node('Add', draw.flag() ? [plain, turned] : [turned, plain]), draw, size);
    },
    4,
  ),
};
