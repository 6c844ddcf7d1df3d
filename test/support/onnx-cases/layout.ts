/** Operators that move, take or join elements. */
import { ALL, FLOAT, axesOf, count, on, probe, unary, type Case } from './case.ts';

export const LAYOUT: Readonly<Record<string, Case>> = {
  Pad: on(
    ALL,
    (model, x, draw, [, channels = 1]) => {
      const pads = [0, 0, draw.int(0, 2), draw.int(0, 2), 0, 0, draw.int(0, 2), draw.int(0, 2)];
      const value = draw.pick([0, 1, -1]);
      const padded =
        model.opset < 11
          ? model.node('Pad', [x], { pads, value: { float: value } })
          : model.node('Pad', [x, model.integers(pads), model.float(value)]);
      return model.node('Conv', [
        padded,
        model.floats(
          [2, channels, 1, 1],
          draw.integers(-1, 1, 2 * channels).map((w) => w || 1),
        ),
      ]);
    },
    4,
  ),
  'Pad of channels': on(
    ALL,
    (model, x, draw) => {
      const pads = [0, draw.int(0, 6), 0, 0, 0, draw.int(0, 12), 0, 0];
      const value = draw.pick([0, 0, 1, -2.5]);
      const padded =
        model.opset < 11
          ? model.node('Pad', [x], { pads, value: { float: value } })
          : model.node('Pad', [x, model.integers(pads), model.float(value)]);
      return model.node('Neg', [padded]);
    },
    4,
  ),
  'Pad of sequences': on(
    [9, 21],
    (model, image, draw, [, channels = 1]) => {
      const x = model.node('Sign', [image]);
      const [pads, value] = [[0, 0, draw.int(1, 2), 0, 0, draw.int(0, 2)], draw.pick([0, 1, -1])];
      const padded =
        model.opset < 11
          ? model.node('Pad', [x], { pads, value: { float: value } })
          : model.node('Pad', [x, model.integers(pads), model.float(value)]);
      return model.node('Conv', [padded, model.floats([2, channels, 2], Array(4 * channels).fill(1))], { pads: [0, 0] });
    },
    3,
  ),
  Flatten: on([9, 21], (model, x, draw, shape) =>
    probe(model, model.node('Flatten', [x], { axis: draw.int(0, shape.length - 1) }), draw, count(shape)),
  ),
  Reshape: on([9, 21], (model, x, draw, shape) => {
    const [, channels = 1, ...rest] = shape;
    const target = draw.pick([[1, -1], [0, -1], [-1, count(rest), channels], [0, 0, count(rest)], [...shape]]);
    return probe(model, model.node('Reshape', [x, model.integers(target)]), draw, count(shape));
  }),
  Expand: on([8, 21], (model, x, draw, shape) =>
    model.node('Expand', [x, model.integers(draw.pick([[1], [...shape], shape.map(() => 1)]))]),
  ),
  Squeeze: on([9, 21], (model, x, draw, shape) => {
    const [inputs, attributes] = axesOf(model, draw.pick([[0], [-shape.length]]), 13);
    return probe(model, model.node('Squeeze', [x, ...inputs], attributes), draw, count(shape));
  }),
  Unsqueeze: on([9, 21], (model, x, draw, shape) => {
    const [inputs, attributes] = axesOf(model, draw.pick(model.opset < 11 ? [[0], [1, 2]] : [[0], [1, 2], [-1]]), 13);
    return probe(model, model.node('Unsqueeze', [x, ...inputs], attributes), draw, count(shape));
  }),
  Transpose: on(
    [9, 21],
    (model, x, draw, shape) => {
      const perm = draw.pick([
        [0, 2, 3, 1],
        [0, 3, 1, 2],
        [0, 1, 3, 2],
        [3, 2, 1, 0],
      ]);
      return probe(model, model.node('Transpose', [x], { perm }), draw, count(shape));
    },
    4,
  ),
  Slice: on(
    [10, 21],
    (model, x, draw, [, channels = 1, height = 1]) => {
      const [c, y] = [draw.int(0, channels - 1), draw.int(0, height - 1)];
      const [starts, ends] = [
        [c, y - height],
        [draw.int(c + 1, channels), 99],
      ];
      const steps = draw.flag() ? [model.integers([1, draw.int(1, 2)])] : [];
      return model.node('Slice', [x, model.integers(starts), model.integers(ends), model.integers([1, -2]), ...steps]);
    },
    4,
  ),
  Split: {
    opsets: [7, 17],
    build: (model, draw) => {
      const sizes = draw.integers(1, 4, 2);
      const shape = [1, (sizes[0] ?? 0) + (sizes[1] ?? 0), ...draw.pick([[], [draw.int(1, 4), draw.int(1, 4)]])];
      const outputs = ['first', 'second'];
      const [inputs, attributes] = model.opset >= 13 ? [[model.integers(sizes)], {}] : [[], { split: sizes }];
      model.node('Split', [model.input('x', shape), ...inputs], { axis: 1, ...attributes }, { outputs });
      return { output: draw.pick(outputs), shape };
    },
  },
  Gather: on(ALL, (model, x, draw, [, channels = 1]) => {
    const first = draw.int(0, channels - 1);
    const last = draw.int(first, channels - 1);
    return model.node('Gather', [x, model.integers(Array.from({ length: last - first + 1 }, (_, i) => first + i))], { axis: 1 });
  }),
  'Concat of sequences': on(
    [10, 21],
    (model, x, draw, [, channels = 1, length = 1]) => {
      const weights = model.floats([2, channels, 1], draw.integers(-2, 2, 2 * channels));
      const map = model.node('Conv', [model.node('Sign', [x]), weights]);
      const part = model.node('Slice', [
        x,
        ...[
          [0, 0],
          [1, length],
          [1, 2],
        ].map((list) => model.integers(list)),
      ]);
      const joined = model.node('Concat', [map, part], { axis: 1 });
      return probe(model, joined, draw, 3 * length);
    },
    3,
  ),
  Concat: on(ALL, (model, x, draw) =>
    model.node('Concat', [x, ...draw.pick([[], [model.node('Relu', [x])], [x, model.node('Neg', [x])]])], { axis: 1 }),
  ),
  Shape: on([9, 21], (model, x, draw, shape) => {
    const flat = model.node('Reshape', [x, model.integers([1, -1])]);
    return probe(model, model.node('Reshape', [flat, model.node('Shape', [x])]), draw, count(shape));
  }),
  Size: on(ALL, (model, x) => model.node('Add', [x, model.node('Cast', [model.node('Size', [x])], { to: FLOAT })])),
  Identity: unary('Identity'),
  Dropout: on(ALL, (model, x) => {
    if (model.opset < 12) return model.node('Dropout', [x], { ratio: { float: 0.25 } });
    return model.node('Dropout', [x, model.float(0.5)]);
  }),
};
