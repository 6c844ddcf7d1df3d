/**
 * A random model for each ONNX operator that the frontend reads, at a random operator set: what test/unit and test/run compare with
 * onnxruntime. Operators that onnxruntime lacks come with their definition.
 */
import { int64Tensor, type AttributeValue, type OnnxModel } from './onnx-model.ts';

/** Small numbers from a seed. */
export class Draw {
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  int(low: number, high: number): number {
    return low + Math.floor(this.#random() * (high - low + 1));
  }

  flag(): boolean {
    return this.#random() < 0.5;
  }

  pick<T>(list: readonly T[]): T {
    const chosen = list[this.int(0, list.length - 1)];
    if (chosen === undefined) throw new Error('nothing to choose from');
    return chosen;
  }

  /** A float32 that is an integer, 0, or a few binary digits behind the point. */
  value(): number {
    return this.flag() ? this.int(-4, 4) : Math.fround(this.int(-200, 200) / this.pick([64, 3, 7]));
  }

  values(count: number): number[] {
    return Array.from({ length: count }, () => this.value());
  }

  integers(low: number, high: number, count: number): number[] {
    return Array.from({ length: count }, () => this.int(low, high));
  }

  /** [1, …] of this rank. */
  shape(rank = this.pick([2, 2, 4])): readonly number[] {
    return [1, ...this.integers(1, rank === 4 ? 5 : 9, rank - 1)];
  }
}

export interface Built {
  readonly output: string;
  /** Shape of the input `x`. */
  readonly shape: readonly number[];
  /** Terms of a float sum: results may differ by 2·K·2^-24·Σ|terms|. Absent where every result is exact. */
  readonly terms?: number;
  /** What an operator that onnxruntime lacks means, on the sample in the file's order. */
  readonly means?: (sample: readonly number[]) => readonly number[];
}

export interface Case {
  /** Operator sets in which the operator exists in this form. */
  readonly opsets: readonly [first: number, last: number];
  /** `magnitude` is applied to weights: the same model with |weights| and |x| sums |terms|. */
  readonly build: (model: OnnxModel, draw: Draw, magnitude: (value: number) => number) => Built;
}

export const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const ALL = [7, 21] as const;
const FLOAT = 1;

function on(
  opsets: Case['opsets'],
  build: (model: OnnxModel, x: string, draw: Draw, shape: readonly number[]) => string,
  rank?: number,
): Case {
  return {
    opsets,
    build: (model, draw) => {
      const shape = draw.shape(rank);
      return { output: build(model, model.input('x', shape), draw, shape), shape };
    },
  };
}

/** A constant that broadcasts to the shape: a number, one for each channel, or all elements. */
function operand(model: OnnxModel, draw: Draw, shape: readonly number[], value: () => number = () => draw.value()): string {
  const [, channels = 1, ...rest] = shape;
  const chosen = draw.pick([[], [1], [channels, ...rest.map(() => 1)], shape]);
  return model.floats(
    chosen,
    Array.from({ length: count(chosen) }, () => value()),
  );
}

function arithmetic(op: string, value?: (draw: Draw) => number, swaps = true): Case {
  return on(ALL, (model, x, draw, shape) => {
    const constant = operand(model, draw, shape, value && (() => value(draw)));
    return model.node(op, swaps && draw.flag() ? [constant, x] : [x, constant]);
  });
}

function variadic(op: string): Case {
  return on([8, 21], (model, x, draw, shape) => {
    const constants = Array.from({ length: draw.int(0, 2) }, () => operand(model, draw, shape));
    return model.node(op, [x, ...constants]);
  });
}

function unary(op: string, first = 7, attributes: (draw: Draw) => Record<string, AttributeValue> = () => ({})): Case {
  return on([first, 21], (model, x, draw) => model.node(op, [x], attributes(draw)));
}

const toFloat = (model: OnnxModel, truth: string): string => model.node('Cast', [truth], { to: FLOAT });

function comparison(op: string, first: number): Case {
  return on([first, 21], (model, x, draw, shape) => {
    const constant = operand(model, draw, shape);
    return toFloat(model, model.node(op, draw.flag() ? [constant, x] : [x, constant]));
  });
}

/** Two comparisons with one number, combined: every combination that changes at one place. */
function logic(op: string, pairs: readonly (readonly [string, string])[]): Case {
  return on([11, 21], (model, x, draw) => {
    const limit = model.float(draw.value());
    const [a, b] = draw.pick(pairs);
    const truth = model.node(op, [model.node(a, [x, limit]), model.node(b, [x, limit])]);
    return model.node('Where', [truth, model.float(1), model.float(-1)]);
  });
}

/** Two values by rounding what was clipped to a range of length 1. */
function rounding(op: string, first: number): Case {
  return on([first, 21], (model, x, draw) => {
    const low = draw.int(-2, 2);
    const clipped = model.node('Min', [model.node('Max', [x, model.float(low)]), model.float(low + 1)]);
    return model.node('Sub', [model.node('Mul', [model.node(op, [clipped]), model.float(2)]), model.float(1)]);
  });
}

/** Nothing but its sign is exact. */
function squash(op: string, center: number, first = 9): Case {
  return on([first, 21], (model, x, draw) => {
    const y = model.node(op, [x]);
    if (center === 0 && draw.flag()) return model.node('Sign', [y]);
    const truth = model.node(draw.pick(['Less', 'Greater']), [y, model.float(center)]);
    return model.node('Where', [truth, model.float(3), model.float(-2)]);
  });
}

/** A constant tensor of weights or biases. */
const linear = (model: OnnxModel, magnitude: (value: number) => number, shape: readonly number[], values: readonly number[]): string =>
  model.floats(shape, values.map(magnitude));

/** Integers, or numbers with fractions. */
const weightsOf = (draw: Draw, size: number): number[] => (draw.flag() ? draw.integers(-2, 2, size) : draw.values(size));

/** Axes as an input from operator set `first` on, as an attribute before. */
export const axesOf = (model: OnnxModel, axes: readonly number[], first: number): [string[], Record<string, AttributeValue>] =>
  model.opset >= first ? [[model.integers(axes)], {}] : [[], { axes }];

/** Sums the signs of the elements in the file's order with integer weights: a wrong order gives a wrong sum. */
function probe(model: OnnxModel, x: string, draw: Draw, size: number): string {
  const flat = model.node('Reshape', [x, model.integers([1, -1])]);
  return model.node('MatMul', [model.node('Sign', [flat]), model.floats([size, 3], draw.integers(-9, 9, size * 3))]);
}

/** Every operator on tensors that depend on the input. */
export const CASES: Readonly<Record<string, Case>> = {
  Conv: {
    opsets: ALL,
    build: (model, draw, magnitude) => {
      const groups = draw.int(1, 2);
      const [inputs, outputs, kh, kw] = [draw.int(1, 3), groups * draw.int(1, 3), draw.int(1, 3), draw.int(1, 3)];
      const shape = [1, inputs * groups, draw.int(6, 8), draw.int(6, 8)];
      const weights = linear(model, magnitude, [outputs, inputs, kh, kw], weightsOf(draw, outputs * inputs * kh * kw));
      const bias = linear(model, magnitude, [outputs], draw.values(outputs));
      const padding: Record<string, AttributeValue> = draw.flag()
        ? { pads: draw.integers(0, 2, 4), dilations: draw.integers(1, 2, 2) }
        : { auto_pad: draw.pick(['SAME_UPPER', 'SAME_LOWER', 'VALID', 'NOTSET']) };
      const attributes = { strides: draw.integers(1, 2, 2), group: groups, ...padding };
      const output = model.node('Conv', [model.input('x', shape), weights, ...(draw.flag() ? [bias] : [])], attributes);
      return { output, shape, terms: inputs * kh * kw + 1 };
    },
  },
  Gemm: {
    opsets: ALL,
    build: (model, draw, magnitude) => {
      const [inputs, outputs] = [draw.int(1, 40), draw.int(1, 6)];
      const transB = draw.int(0, 1);
      const weights = linear(model, magnitude, transB === 1 ? [outputs, inputs] : [inputs, outputs], weightsOf(draw, inputs * outputs));
      const bias = linear(model, magnitude, draw.flag() ? [outputs] : [1, outputs], draw.values(outputs));
      const scales = draw.flag() ? {} : { alpha: { float: draw.pick([0.5, 2]) }, beta: { float: draw.pick([0.25, 1, 3]) } };
      const output = model.node('Gemm', [model.input('x', [1, inputs]), weights, bias], { transB, ...scales });
      return { output, shape: [1, inputs], terms: inputs + 2 };
    },
  },
  MatMul: {
    opsets: ALL,
    build: (model, draw, magnitude) => {
      const [inputs, outputs] = [draw.int(1, 40), draw.int(1, 6)];
      const shape = draw.pick([[inputs], [1, inputs], [1, 1, inputs]]);
      const weights = linear(model, magnitude, [inputs, outputs], weightsOf(draw, inputs * outputs));
      return { output: model.node('MatMul', [model.input('x', shape), weights]), shape, terms: inputs };
    },
  },
  BatchNormalization: on(ALL, (model, x, draw, [, channels = 1]) => {
    const [gamma, beta, mean] = [0, 1, 2].map(() => model.floats([channels], draw.values(channels)));
    const variance = model.floats([channels], draw.values(channels).map(Math.abs));
    return model.node('BatchNormalization', [x, gamma ?? '', beta ?? '', mean ?? '', variance], { epsilon: { float: 1e-3 } });
  }),
  MaxPool: {
    opsets: ALL,
    build: (model, draw) => {
      const shape = [1, draw.int(1, 4), draw.int(6, 9), draw.int(6, 9)];
      const strides: Record<string, AttributeValue> = draw.flag() ? { strides: draw.integers(1, 3, 2) } : {};
      const newer: Record<string, AttributeValue> = model.opset >= 10 && draw.flag() ? { dilations: draw.integers(1, 2, 2) } : {};
      const attributes = { kernel_shape: draw.integers(2, 3, 2), pads: draw.integers(0, 1, 4), ...strides, ...newer };
      return { output: model.node('MaxPool', [model.input('x', shape)], attributes), shape };
    },
  },
  GlobalMaxPool: on(ALL, (model, x) => model.node('GlobalMaxPool', [x]), 4),
  ReduceMax: on(
    ALL,
    (model, x, draw) => {
      const [inputs, attributes] = axesOf(
        model,
        draw.pick([
          [2, 3],
          [-1, -2],
        ]),
        18,
      );
      return model.node('ReduceMax', [x, ...inputs], { ...attributes, keepdims: draw.int(0, 1) });
    },
    4,
  ),
  Sign: unary('Sign', 9),
  Greater: comparison('Greater', 7),
  GreaterOrEqual: comparison('GreaterOrEqual', 12),
  Less: comparison('Less', 7),
  LessOrEqual: comparison('LessOrEqual', 12),
  Equal: logic('Or', [
    ['Equal', 'Greater'],
    ['Less', 'Equal'],
  ]),
  Not: on([9, 21], (model, x, draw) => toFloat(model, model.node('Not', [model.node('Less', [x, model.float(draw.value())])]))),
  And: logic('And', [
    ['Less', 'Less'],
    ['Greater', 'Greater'],
  ]),
  Or: logic('Or', [
    ['Less', 'Equal'],
    ['Equal', 'Greater'],
    ['Greater', 'Greater'],
  ]),
  Xor: logic('Xor', [
    ['Less', 'Equal'],
    ['Equal', 'Greater'],
  ]),
  Where: on([9, 21], (model, x, draw) => {
    const truth = model.node(draw.pick(['Less', 'Greater']), [x, model.float(draw.value())]);
    return model.node('Where', [truth, model.floats(draw.pick([[], [1]]), [draw.value() || 1]), model.float(-7)]);
  }),
  Cast: on(ALL, (model, x, draw) => {
    const wide = model.node('Cast', [model.node('Greater', [x, model.float(draw.value())])], { to: draw.pick([FLOAT, 5, 6, 7, 11]) });
    return model.node('Cast', [wide], { to: FLOAT });
  }),
  CastLike: on([15, 21], (model, x, draw) => {
    const like = model.node('CastLike', [model.initializer(int64Tensor([], [draw.int(-3, 3)])), x]);
    return model.node('Add', [model.node('CastLike', [model.node('Greater', [x, like]), model.float(0)]), model.float(1)]);
  }),
  Add: arithmetic('Add'),
  Sub: arithmetic('Sub'),
  Mul: arithmetic('Mul'),
  Div: arithmetic('Div', (draw) => draw.value() || 3, false),
  Sum: variadic('Sum'),
  Max: variadic('Max'),
  Min: variadic('Min'),
  Pow: arithmetic('Pow', () => 1, false),
  Neg: unary('Neg'),
  Relu: unary('Relu'),
  HardSigmoid: unary('HardSigmoid', 7, (draw) => (draw.flag() ? {} : { alpha: { float: draw.pick([0.5, 1 / 6]) }, beta: { float: 0.25 } })),
  Clip: on(ALL, (model, x, draw) => {
    const [low, high] = [draw.int(-3, 0), draw.int(0, 3)];
    if (model.opset < 11) return model.node('Clip', [x], { min: { float: low }, ...(draw.flag() ? { max: { float: high } } : {}) });
    return model.node(
      'Clip',
      draw.pick([[x], [x, model.float(low)], [x, '', model.float(high)], [x, model.float(low), model.float(high)]]),
    );
  }),
  // sign(x) + (1 - |sign(x)|): +1 at zero.
  Abs: on([9, 21], (model, x) => {
    const sign = model.node('Sign', [x]);
    return model.node('Add', [sign, model.node('Sub', [model.float(1), model.node('Abs', [sign])])]);
  }),
  Round: rounding('Round', 11),
  Floor: rounding('Floor', 8),
  Ceil: rounding('Ceil', 8),
  Tanh: squash('Tanh', 0),
  Softsign: squash('Softsign', 0),
  Atan: squash('Atan', 0),
  Erf: squash('Erf', 0),
  Sigmoid: squash('Sigmoid', 0.5),
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
  BipolarQuant: {
    opsets: ALL,
    build: (model, draw) => {
      const [shape, scale] = [draw.shape(2), draw.pick([1, 0.5, 3])];
      const domain = draw.pick(['', 'onnx.brevitas', 'qonnx.custom_op.general', 'finn.custom_op.general']);
      const output = model.node('BipolarQuant', [model.input('x', shape), model.float(scale)], {}, { domain });
      return { output, shape, means: (sample) => sample.map((v) => (v >= 0 ? scale : -scale)) };
    },
  },
  Quant: quant('Quant'),
  IntQuant: quant('IntQuant'),
  MultiThreshold: {
    opsets: ALL,
    build: (model, draw) => {
      const image = draw.flag();
      const last = image && draw.flag();
      const shape = draw.shape(image ? 4 : 2);
      const [, channels = 1, height = 1, width = 1] = shape;
      const thresholds = draw.values(draw.flag() ? channels : 1);
      const [scale, bias] = draw.pick<readonly [number, number]>([
        [1, 0],
        [2, -1],
        [0.5, 3],
        [-1, 1],
      ]);
      const form = scale === 2 ? { out_dtype: 'BIPOLAR' } : scale === 1 ? { out_dtype: 'BINARY' } : {};
      const attributes = { out_scale: { float: scale }, out_bias: { float: bias }, ...form };
      const constant = model.floats([thresholds.length, 1], thresholds);
      const domain = draw.pick(['qonnx.custom_op.general', 'finn.custom_op.general']);
      const decide = (input: string, layout: Record<string, string>): string =>
        model.node('MultiThreshold', [input, constant], { ...attributes, ...layout }, { domain });
      let output = model.input('x', shape);
      if (last) {
        output = decide(model.node('Transpose', [output], { perm: [0, 2, 3, 1] }), { data_layout: 'NHWC' });
        output = model.node('Transpose', [output], { perm: [0, 3, 1, 2] });
      } else output = decide(output, draw.flag() ? {} : { data_layout: image ? 'NCHW' : 'NC' });
      const value = (v: number, channel: number): number =>
        (v >= (thresholds[thresholds.length === 1 ? 0 : channel] ?? 0) ? scale : 0) + bias;
      // The output of an image is given as [height][width][channel].
      const means = (sample: readonly number[]): readonly number[] =>
        Array.from({ length: count(shape) }, (_, i) => {
          const [channel, pixel] = [i % channels, Math.floor(i / channels)];
          return value(sample[channel * height * width + pixel] ?? 0, channel);
        });
      return { output, shape, means };
    },
  },
  XnorPopcountMatMul: {
    opsets: ALL,
    build: (model, draw) => {
      const [inputs, outputs] = [draw.int(1, 70), draw.int(1, 5)];
      const bits = draw.integers(0, 1, inputs * outputs);
      const x = model.node('Cast', [model.node('Greater', [model.input('x', [1, inputs]), model.float(0)])], { to: FLOAT });
      const output = model.node(
        'XnorPopcountMatMul',
        [x, model.floats([inputs, outputs], bits)],
        {},
        { domain: 'qonnx.custom_op.general' },
      );
      const means = (sample: readonly number[]): readonly number[] =>
        Array.from({ length: outputs }, (_, o) => sample.filter((v, i) => (v > 0 ? 1 : 0) === bits[i * outputs + o]).length);
      return { output, shape: [1, inputs], means };
    },
  },
};

/** One bit: signed is ±scale, unsigned is {0, scale} around the zero point. */
function quant(op: string): Case {
  return {
    opsets: ALL,
    build: (model, draw) => {
      const [shape, scale, signed] = [draw.shape(2), draw.pick([1, 0.5, 4]), draw.int(0, 1)];
      const zero = signed === 1 ? 0 : draw.int(0, 1);
      const inputs = [model.input('x', shape), model.float(scale), model.float(zero), model.float(1)];
      const output = model.node(
        op,
        inputs,
        { signed, narrow: signed },
        { domain: draw.pick(['', 'onnx.brevitas', 'qonnx.custom_op.general']) },
      );
      const unsigned = (v: number): number => {
        const level = Math.fround(Math.fround(v / scale) + zero);
        return ((level > 0.5 ? 1 : 0) - zero) * scale;
      };
      return { output, shape, means: (sample) => sample.map((v) => (signed === 1 ? (v >= 0 ? scale : -scale) : unsigned(v))) };
    },
  };
}
