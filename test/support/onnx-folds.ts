/** A random constant subgraph for each ONNX operator that the frontend computes itself. */
import { axesOf, count, type Case, type Draw } from './onnx-cases/case.ts';
import { floatTensor, int64Tensor, type AttributeValue, type OnnxModel } from './onnx-model.ts';

export interface FoldCase {
  readonly opsets: Case['opsets'];
  /** Returns a tensor of any type that depends on constants alone. */
  readonly build: (model: OnnxModel, draw: Draw) => string;
}

const ALL = [7, 21] as const;

type Build = (model: OnnxModel, constant: string, draw: Draw, shape: readonly number[]) => string;

/** On floats of a random shape of rank 1 to 3. */
function fold(opsets: Case['opsets'], build: Build, value: (v: number) => number = (v) => v): FoldCase {
  return {
    opsets,
    build: (model, draw) => {
      const shape = draw.integers(1, 4, draw.int(1, 3));
      return build(model, model.floats(shape, draw.values(count(shape)).map(value)), draw, shape);
    },
  };
}

function unary(op: string, first = 7, value?: (v: number) => number): FoldCase {
  return fold([first, 21], (model, c) => model.node(op, [c]), value);
}

/** With an operand that is broadcast. */
function binary(op: string, first = 7, value: (v: number) => number = (v) => v): FoldCase {
  return fold([first, 21], (model, c, draw, shape) => {
    const other = draw.pick([[], [shape.at(-1) ?? 1], shape]);
    return model.node(op, [c, model.floats(other, draw.values(count(other)).map(value))]);
  });
}

function logic(op: string): FoldCase {
  return fold([9, 21], (model, c, draw) => {
    const truth = model.node('Greater', [c, model.float(0)]);
    return model.node(op, op === 'Not' ? [truth] : [truth, model.node('Less', [c, model.float(draw.value())])]);
  });
}

/** On integers, whose sums do not depend on their order. */
function reduction(op: string, axesInput: number): FoldCase {
  return {
    opsets: ALL,
    build: (model, draw) => {
      const shape = draw.integers(1, 4, 3);
      const [inputs, attributes] = axesOf(model, [draw.int(-3, 2)], axesInput);
      const values = model.floats(shape, draw.integers(-4, 4, count(shape)));
      return model.node(op, [values, ...inputs], { ...(model.opset < 11 ? {} : attributes), keepdims: draw.int(0, 1) });
    },
  };
}

const table = (model: OnnxModel, draw: Draw): string => model.floats([3, 4], draw.values(12));

function built(opsets: Case['opsets'], build: FoldCase['build']): FoldCase {
  return { opsets, build };
}

export const FOLDS: Readonly<Record<string, FoldCase>> = {
  Constant: built([12, 21], (model, draw) => {
    const values: readonly (readonly [string, AttributeValue])[] = [
      ['value', floatTensor([2], draw.values(2))],
      ['value_float', { float: draw.value() }],
      ['value_floats', { floats: draw.values(3) }],
      ['value_int', draw.int(-9, 9)],
      ['value_ints', draw.integers(-9, 9, 3)],
    ];
    return model.node('Constant', [], Object.fromEntries([draw.pick(values)]));
  }),
  ConstantOfShape: built([9, 21], (model, draw) =>
    model.node('ConstantOfShape', [model.integers(draw.integers(1, 4, 2))], draw.flag() ? {} : { value: floatTensor([1], draw.values(1)) }),
  ),
  Shape: built(ALL, (model, draw) =>
    model.node('Shape', [table(model, draw)], model.opset < 15 ? {} : draw.pick([{}, { start: -1 }, { start: 0, end: 1 }])),
  ),
  Size: built(ALL, (model, draw) => model.node('Size', [table(model, draw)])),
  Identity: unary('Identity'),
  Dropout: unary('Dropout', 12),
  Transpose: fold(ALL, (model, c, draw, shape) => {
    const perm = shape.map((_, axis) => (axis + 1) % shape.length);
    return model.node('Transpose', [c], draw.flag() ? {} : { perm });
  }),
  Reshape: fold(ALL, (model, c, draw) => model.node('Reshape', [c, model.integers(draw.pick([[-1], [1, -1], [0, -1]]))])),
  Flatten: fold(ALL, (model, c, draw, shape) => model.node('Flatten', [c], { axis: draw.int(0, shape.length) })),
  Squeeze: fold(ALL, (model, c) => {
    const [axes, attributes] = axesOf(model, [0], 13);
    return model.node('Squeeze', [model.node('Unsqueeze', [c, ...axes], attributes), ...axes], attributes);
  }),
  Unsqueeze: fold(ALL, (model, c) => {
    const [axes, attributes] = axesOf(model, [0, 2], 13);
    return model.node('Unsqueeze', [c, ...axes], attributes);
  }),
  Gather: built(ALL, (model, draw) => {
    const indices = model.initializer(int64Tensor([2, 2], draw.integers(model.opset < 11 ? 0 : -3, 2, 4)));
    return model.node('Gather', [table(model, draw), indices], { axis: draw.int(0, 1) });
  }),
  Concat: built(ALL, (model, draw) => {
    const axis = draw.int(0, 1);
    return model.node('Concat', [table(model, draw), table(model, draw)], { axis });
  }),
  Slice: built(ALL, (model, draw) => {
    const [starts, ends, axes] = [draw.integers(-4, 2, 2), draw.integers(4, 9, 2), [1, 0]];
    if (model.opset < 10) return model.node('Slice', [table(model, draw)], { starts, ends, axes });
    const steps = draw.flag() ? [model.integers(draw.integers(1, 2, 2))] : [];
    return model.node('Slice', [table(model, draw), model.integers(starts), model.integers(ends), model.integers(axes), ...steps]);
  }),
  Expand: built([8, 21], (model, draw) =>
    model.node('Expand', [model.floats([3, 1], draw.values(3)), model.integers(draw.pick([[3, 4], [2, 3, 1], [1]]))]),
  ),
  Cast: fold(ALL, (model, c, draw) => model.node('Cast', [c], { to: draw.pick([1, 6, 7, 9, 10, 11]) })),
  CastLike: fold([15, 21], (model, c) => model.node('CastLike', [c, model.integers([1])])),
  Add: binary('Add'),
  Sub: binary('Sub'),
  Mul: binary('Mul'),
  Sum: binary('Sum', 8),
  Div: built(ALL, (model, draw) => {
    if (draw.flag())
      return model.node('Div', [
        table(model, draw),
        model.floats(
          [4],
          draw.values(4).map((v) => v || 3),
        ),
      ]);
    return model.node('Div', [model.integers(draw.integers(-20, 20, 4)), model.integers(draw.integers(1, 6, 4))]);
  }),
  Pow: fold(ALL, (model, c, draw) => model.node('Pow', [c, model.float(draw.pick([0.5, 1, 2]))]), Math.abs),
  Max: binary('Max', 8),
  Min: binary('Min', 8),
  Greater: binary('Greater'),
  GreaterOrEqual: binary('GreaterOrEqual', 12),
  Less: binary('Less'),
  LessOrEqual: binary('LessOrEqual', 12),
  Equal: binary('Equal', 11),
  And: logic('And'),
  Or: logic('Or'),
  Xor: logic('Xor'),
  Not: logic('Not'),
  Neg: unary('Neg'),
  Abs: unary('Abs'),
  Sign: unary('Sign', 9),
  Sqrt: unary('Sqrt', 7, Math.abs),
  Reciprocal: unary('Reciprocal', 7, (v) => v || 3),
  Floor: unary('Floor'),
  Ceil: unary('Ceil'),
  Round: unary('Round', 11),
  Relu: unary('Relu'),
  Clip: fold(ALL, (model, c) =>
    model.opset < 11
      ? model.node('Clip', [c], { min: { float: -1 }, max: { float: 2 } })
      : model.node('Clip', [c, model.float(-1), model.float(2)]),
  ),
  Where: fold([9, 21], (model, c, draw, shape) =>
    model.node('Where', [
      model.node('Less', [c, model.float(draw.value())]),
      c,
      model.floats([shape.at(-1) ?? 1], draw.values(shape.at(-1) ?? 1)),
    ]),
  ),
  ReduceMean: reduction('ReduceMean', 18),
  ReduceSum: reduction('ReduceSum', 13),
  ReduceProd: reduction('ReduceProd', 18),
  ReduceMax: reduction('ReduceMax', 18),
  ReduceMin: reduction('ReduceMin', 18),
  ReduceL1: reduction('ReduceL1', 18),
};
