/** The many ways to write a sign: each must be one comparison, with the value at zero that its arithmetic gives. */
import { describe, expect, it } from 'vitest';
import { OnnxModel } from '../../support/onnx-model.ts';
import { problemsOf, readModel, runImported, runOnnxRuntime } from './read-model.ts';

type Spell = (model: OnnxModel, x: string) => string;

const SAMPLE = [-3, -0.5, 0, 0.5, 3];
const cast = (m: OnnxModel, x: string, to = 1): string => m.node('Cast', [x], { to });
const doubles = (m: OnnxModel, value: number): string => m.node('Cast', [m.float(value)], { to: 11 });

/** Spelling, values at SAMPLE, node kinds. */
const SPELLINGS: readonly (readonly [string, Spell])[] = [
  ['Sign(Sign(x) + 0.1)', (m, x) => m.node('Sign', [m.node('Add', [m.node('Sign', [x]), m.float(0.1)])])],
  ['Sign(Sign(x) - 0.1)', (m, x) => m.node('Sign', [m.node('Sub', [m.node('Sign', [x]), m.float(0.1)])])],
  [
    'Where(Or(x > 0, x == 0), 1, -1)',
    (m, x) => {
      const zero = m.float(0);
      const or = m.node('Or', [m.node('Greater', [x, zero]), m.node('Equal', [x, zero])]);
      return m.node('Where', [or, m.float(1), m.float(-1)]);
    },
  ],
  ['Sign(x) + Cast(x == 0)', (m, x) => m.node('Add', [m.node('Sign', [x]), cast(m, m.node('Equal', [x, m.float(0)]))])],
  [
    'Sign(x) + (1 - Abs(Sign(x)))',
    (m, x) => {
      const sign = m.node('Sign', [x]);
      return m.node('Add', [sign, m.node('Sub', [m.float(1), m.node('Abs', [sign])])]);
    },
  ],
  [
    'Cast(x >= 0) - Cast(x < 0)',
    (m, x) => {
      const zero = m.float(0);
      return m.node('Sub', [cast(m, m.node('GreaterOrEqual', [x, zero])), cast(m, m.node('Less', [x, zero]))]);
    },
  ],
  [
    '2·Cast(x >= 0) - 1',
    (m, x) => m.node('Sub', [m.node('Mul', [cast(m, m.node('GreaterOrEqual', [x, m.float(0)])), m.float(2)]), m.float(1)]),
  ],
  [
    'Where(Sign(x) == 0, 1, Sign(x))',
    (m, x) => {
      const sign = m.node('Sign', [x]);
      return m.node('Where', [m.node('Equal', [sign, m.float(0)]), m.float(1), sign]);
    },
  ],
  [
    '2·Round(HardSigmoid(x)) - 1',
    (m, x) => {
      const soft = m.node('HardSigmoid', [x], { alpha: { float: 0.5 } });
      return m.node('Sub', [m.node('Mul', [m.node('Round', [soft]), m.float(2)]), m.float(1)]);
    },
  ],
  [
    'HardSigmoid(x) - 0.5 > 0',
    (m, x) => {
      const centred = m.node('Sub', [m.node('HardSigmoid', [x]), m.float(0.5)]);
      return m.node('Where', [m.node('Greater', [centred, m.float(0)]), m.float(1), m.float(-1)]);
    },
  ],
  [
    'Sign(Sign(Clip(x)) + 0.5)',
    (m, x) => m.node('Sign', [m.node('Add', [m.node('Sign', [m.node('Clip', [x, m.float(-1), m.float(1)])]), m.float(0.5)])]),
  ],
  ['Sign(Sign(Tanh(x)) + 0.5)', (m, x) => m.node('Sign', [m.node('Add', [m.node('Sign', [m.node('Tanh', [x])]), m.float(0.5)])])],
  ['choices in double', (m, x) => cast(m, m.node('Where', [m.node('Less', [x, m.float(0)]), doubles(m, -1), doubles(m, 1)]))],
  [
    'a comparison in double with no float32',
    (m, x) => {
      const third = m.node('Div', [doubles(m, 1), doubles(m, 3)]);
      return m.node('Where', [m.node('Less', [cast(m, x, 11), third]), m.float(-1), m.float(1)]);
    },
  ],
  [
    'integers: 1 - 2·(x < 0)',
    (m, x) => {
      const truth = cast(m, m.node('Less', [x, m.float(0)]), 7);
      return cast(m, m.node('Sub', [m.integers([1]), m.node('Mul', [truth, m.integers([2])])]));
    },
  ],
  [
    'Not(And(x <= 0, x < 0))',
    (m, x) => {
      const zero = m.float(0);
      const and = m.node('And', [m.node('LessOrEqual', [x, zero]), m.node('Less', [x, zero])]);
      return m.node('Where', [m.node('Not', [and]), m.float(1), m.float(-1)]);
    },
  ],
];

describe('a sign spelled as', () => {
  it.each(SPELLINGS)('%s is two values, as onnxruntime gives them', async (_name, spell) => {
    const model = new OnnxModel(17);
    const y = model.node('Identity', [spell(model, model.input('x', [1, 5]))]);
    const bytes = model.bytes(y);
    const imported = readModel(bytes);
    const actual = Array.from(runImported(imported, SAMPLE));
    expect(actual).toEqual(await runOnnxRuntime(bytes, [1, 5], SAMPLE));
    expect(new Set(actual)).toEqual(new Set([-1, 1]));
    // No sign that gives 0 is left: nothing to ask --sign-zero for.
    expect(imported.graph.nodes.some((node) => node.kind === 'sign' && node.attrs.zero === 'zero')).toBe(false);
  });

  it('a comparison in double decides alike for the float32 on both sides of the limit', () => {
    const model = new OnnxModel(17);
    const third = model.node('Div', [doubles(model, 1), doubles(model, 3)]);
    const truth = model.node('GreaterOrEqual', [cast(model, model.input('x', [1, 3]), 11), third]);
    const y = model.node('Where', [truth, model.float(1), model.float(-1)]);
    const above = Math.fround(1 / 3); // above 1/3
    expect(Array.from(runImported(readModel(model.bytes(y)), [above - 2 ** -25, above, above + 2 ** -25]))).toEqual([-1, 1, 1]);
  });

  it('a sigmoid compared with 1/2 is a comparison with the float32 at which it rounds', () => {
    const model = new OnnxModel(17);
    const truth = model.node('GreaterOrEqual', [model.node('Sigmoid', [model.input('x', [1, 3])]), model.float(0.5)]);
    const y = model.node('Where', [truth, model.float(1), model.float(-1)]);
    expect(Array.from(runImported(readModel(model.bytes(y)), [-(2 ** -23), -(2 ** -24), 0]))).toEqual([-1, 1, 1]);
  });
});

describe('what has no exact form', () => {
  const refused: readonly (readonly [string, string, Spell])[] = [
    ['Softsign in front of arithmetic', 'the result of "Softsign_0"', (m, x) => m.node('Add', [m.node('Softsign', [x]), m.float(1)])],
    ['Erf as the output', 'the result of "Erf_0"', (m, x) => m.node('Erf', [x])],
    [
      'Atan compared with another number',
      'compares Atan with 0.5',
      (m, x) => cast(m, m.node('Greater', [m.node('Atan', [x]), m.float(0.5)])),
    ],
    ['two places of change', '0 below a limit, 1 at it and 0 above', (m, x) => cast(m, m.node('Equal', [x, m.float(0)]))],
    ['a constant in disguise', 'is 1 whatever the input is', (m, x) => m.node('Abs', [m.node('BipolarQuant', [x, m.float(1)])])],
    ['rounding without a range', 'whose range is not known', (m, x) => m.node('Round', [x])],
    ['rounding to three integers', 'integers from 0 to 2', (m, x) => m.node('Round', [m.node('Clip', [x, m.float(0), m.float(2)])])],
    ['arithmetic in double', 'computes with doubles', (m, x) => m.node('Mul', [cast(m, x, 11), doubles(m, 2)])],
    [
      'truth values of different comparisons',
      'different comparisons',
      (m, x) => cast(m, m.node('And', [m.node('Greater', [x, m.float(0)]), m.node('Less', [x, m.float(1)])])),
    ],
  ];

  it.each(refused)('is refused with the reason: %s', (_name, reason, spell) => {
    const model = new OnnxModel(17);
    const [problem] = problemsOf(model.bytes(spell(model, model.input('x', [1, 5]))));
    expect(problem).toMatchObject({ code: 'BNN1008' });
    expect(problem?.message).toContain(reason);
  });

  const threshold = (shape: readonly number[], attributes: Record<string, { float: number } | string>) => {
    const model = new OnnxModel(9);
    const count = shape.reduce((a, b) => a * b, 1);
    const constant = model.floats(shape, new Float32Array(count));
    const options = { domain: 'finn.custom_op.general', name: 'mt' };
    return model.bytes(model.node('MultiThreshold', [model.input('x', [1, 5]), constant], attributes, options));
  };

  it('MultiThreshold with several thresholds says how many values it has', () => {
    const [problem] = problemsOf(threshold([5, 3], { out_dtype: 'UINT2' }));
    expect(problem).toMatchObject({ code: 'BNN1007', details: ['thresholds  [5, 3]', 'out_dtype   UINT2'] });
    expect(problem?.message).toContain('so 4 values');
  });

  it.each([
    ['a type that its scale contradicts', [1, 1], { out_dtype: 'BIPOLAR' }, 'contradict'],
    ['thresholds for other channels', [3, 1], {}, 'for 3 channels'],
    ['a flat list of thresholds', [5], {}, '[channels, 1] works'],
  ] as const)('MultiThreshold with %s is refused', (_name, shape, attributes, reason) => {
    const [problem] = problemsOf(threshold(shape, attributes));
    expect(problem).toMatchObject({ code: 'BNN1008' });
    expect(problem?.message).toContain(reason);
  });

  it('XnorPopcountMatMul with weights that are no bits is refused', () => {
    const model = new OnnxModel(9);
    const options = { domain: 'finn.custom_op.general' };
    const y = model.node('XnorPopcountMatMul', [model.input('x', [1, 2]), model.floats([2, 1], [1, -1])], {}, options);
    expect(problemsOf(model.bytes(y))[0]?.message).toContain('has the weight -1');
  });
});
