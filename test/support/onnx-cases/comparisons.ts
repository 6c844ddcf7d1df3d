/** Signs, comparisons, logic and rounding. */
import { int64Tensor, type OnnxModel } from '../onnx-model.ts';
import { ALL, FLOAT, on, operand, unary, type Case } from './case.ts';

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

export const COMPARISONS: Readonly<Record<string, Case>> = {
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
  // sign(x) + (1 - |sign(x)|): +1 at zero.
  'Abs of a sign': on([9, 21], (model, x) => {
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
};
