/** Uses of MXNet's operators that cannot be right are refused, with the node, the attribute and what is seen. */
import { describe, expect, it } from 'vitest';
import type { NodeSpec } from '../../../support/mxnet-model.ts';
import { problemsIn } from '../../../support/problems.ts';
import { f32, packed, readMxnet, variable } from './read-mxnet.ts';

const ones = (length: number): readonly number[] => Array.from({ length }, () => 1);

/** One operator on maps of 4x4x4, with arrays w [4, 4, 1, 1], b [4], gamma, beta, mean and variance [4]. */
function messagesOf(
  op: string,
  attrs: Readonly<Record<string, string>>,
  inputs: readonly number[] = [0],
): readonly (readonly [string, string])[] {
  const nodes: readonly NodeSpec[] = [
    variable('data'),
    ...['w', 'b', 'gamma', 'beta', 'mean', 'variance'].map(variable),
    { op: 'abs', name: 'computed', inputs: [0] },
    { op, name: 'x', attrs, inputs },
  ];
  const arrays = [
    f32('arg:w', [4, 4, 1, 1], ones(16)),
    ...['b', 'gamma', 'beta', 'mean', 'variance'].map((name) => f32(`arg:${name}`, [4], ones(4))),
  ];
  return problemsIn(() => readMxnet({ nodes, arrays, options: { inputShape: [4, 4, 4] } })).map(({ code, message }) => [code, message]);
}

const WEIGHTS = [0, 1, 2];
const NORM = [0, 3, 4, 5, 6];
const LAYOUT = 'has the layout NHWC; NCHW can be compiled.';

describe('an operator is refused', () => {
  it.each<readonly [op: string, attrs: Readonly<Record<string, string>>, inputs: readonly number[], message: string]>([
    ['Convolution', { kernel: '(1, 1)', num_filter: '4', layout: 'NHWC' }, WEIGHTS, LAYOUT],
    ['QConvolution', { kernel: '(1, 1)', num_filter: '4', layout: 'NHWC' }, WEIGHTS, LAYOUT],
    ['Pooling', { kernel: '(2, 2)', layout: 'NHWC' }, [0], LAYOUT],
    ['Pooling', { global_pool: 'True', layout: 'NHWC' }, [0], LAYOUT],
    ['Pooling', {}, [0], 'states no kernel.'],
    ['Pooling', { kernel: '(2, 2)', pool_type: 'sum' }, [0], 'has pool_type "sum"; max, avg can be compiled.'],
    ['Pooling', { kernel: '(2, 2)', pooling_convention: 'same' }, [0], 'has pooling_convention "same"; valid, full can be compiled.'],
    [
      'Pooling',
      { kernel: '(2, 2)', stride: '(2, 2)', pad: '(1, 1)', pooling_convention: 'full' },
      [0],
      'has a kernel of [2, 2], strides of [2, 2] and padding of [1, 1] with the convention full, whose last window may lie beside the image.',
    ],
    [
      'Convolution',
      { kernel: '(1, 1)', num_filter: '4', stride: '(1, 1, 1)' },
      WEIGHTS,
      'has stride [1, 1, 1] for a kernel of 2 dimensions.',
    ],
    ['Convolution', { kernel: '(1, one)', num_filter: '4' }, WEIGHTS, 'has kernel "(1, one)", which is no tuple of whole numbers.'],
    ['Convolution', { kernel: '(1, 1)', num_group: 'two' }, WEIGHTS, 'has num_group "two", which is no number.'],
    ['Convolution', { kernel: '(1, 1)', num_group: '1.5' }, WEIGHTS, 'has num_group "1.5", which is no whole number.'],
    ['Convolution', { kernel: '(1, 1)', no_bias: 'maybe' }, WEIGHTS, 'has no_bias "maybe", which is neither True nor False.'],
    ['Convolution', { kernel: '(1, 1)', num_filter: '4' }, [0, 1], 'lacks its input 2.'],
    ['QConvolution', { kernel: '(1, 1)', num_filter: '3' }, [0, 1], 'has weights of shape [4, 4, 1, 1] (float32) for 3 outputs.'],
    ['QConvolution', { kernel: '(1, 1)', num_filter: '4', weight_bit: '2' }, [0, 1], 'has weight_bit 2; bnnc compiles one bit.'],
    [
      'QConvolution',
      { kernel: '(1, 1)', num_filter: '4' },
      [0, 7],
      'takes its weights from what is computed at run time; bnnc needs an array of the .params file.',
    ],
    [
      'QConvolution',
      { kernel: '(1, 1)', num_filter: '4', binarized_weights_only: 'True', scaling_mode: 'forward' },
      [0, 1],
      'scales by the mean of its weights, and they are packed into bits.',
    ],
    ['QActivation', { act_bit: '2' }, [0], 'quantizes to 2 bits; bnnc compiles one bit.'],
    ['BatchNorm', { axis: '3' }, NORM, 'normalizes along axis 3; 1, the channels, can be compiled.'],
    ['BatchNorm', {}, [0, 3, 1, 5, 6], 'has its beta of shape [4, 4, 1, 1] where 4 elements are wanted.'],
    ['Activation', { act_type: 'softrelu' }, [0], 'has act_type "softrelu"; relu, tanh, sigmoid, softsign can be compiled.'],
    ['LeakyReLU', { act_type: 'elu' }, [0], 'has act_type "elu"; leaky, prelu can be compiled.'],
    ['LeakyReLU', { act_type: 'prelu' }, [0, 7], 'takes its slope from what is computed at run time.'],
    ['clip', { a_min: '-1' }, [0], 'states no a_max.'],
    ['_plus_scalar', {}, [0], 'states no scalar.'],
    ['_div_scalar', {}, [0], 'states no scalar.'],
    ['Pad', { mode: 'reflect', pad_width: '(0, 0, 0, 0, 1, 1, 1, 1)' }, [0], 'has mode "reflect"; constant can be compiled.'],
    ['Pad', { mode: 'constant' }, [0], 'states no pad_width.'],
    ['Reshape', { shape: '(-2,)' }, [0], 'has the shape (-2); sizes, 0 (kept) and one -1 can be compiled.'],
    ['Reshape', { shape: '(0, -1)', reverse: 'True' }, [0], 'has the shape (0, -1); sizes, 0 (kept) and one -1 can be compiled.'],
    ['Reshape', {}, [0], 'states no shape.'],
    ['SliceChannel', { num_outputs: '4', squeeze_axis: 'True' }, [0], 'removes the axis that it splits.'],
    ['SliceChannel', { num_outputs: '65' }, [0], 'has 65 outputs; 1 to 64 can be compiled.'],
    ['Dropout', { mode: 'always' }, [0], 'drops also when the network is used (mode always).'],
    ['Cast', { dtype: 'int8' }, [0], 'casts to int8; float32 and float64 can be compiled.'],
  ])('%s with %j', (op, attrs, inputs, message) => {
    expect(messagesOf(op, attrs, inputs)).toEqual([['BNN1008', `"x" (${op}) ${message}`]]);
  });

  it('together with all others that are', () => {
    const nodes = [
      variable('data'),
      { op: 'Dropout', name: 'a', attrs: { mode: 'always' }, inputs: [0] },
      { op: 'Cast', name: 'b', attrs: { dtype: 'int32' }, inputs: [0] },
      { op: 'elemwise_add', name: 'c', inputs: [1, 2] },
    ];
    expect(problemsIn(() => readMxnet({ nodes, arrays: [], options: { inputShape: [2] } })).map(({ message }) => message)).toEqual([
      '"a" (Dropout) drops also when the network is used (mode always).',
      '"b" (Cast) casts to int32; float32 and float64 can be compiled.',
    ]);
  });
});

describe('weights that are NaN', () => {
  const attrs = { num_hidden: '1' };
  const values = [1, -1, 0, Number.NaN, 2, Number.NaN];
  const head = 24;
  /** Version 2: the version, storage, number of dimensions, two sizes, device and type. */
  const arrayHead = 4 + 4 + 4 + 16 + 8 + 4;

  it.each([
    ['of a binary layer', [{ op: 'QFullyConnected', name: 'q', attrs, inputs: [0, 1] }]],
    [
      'behind det_sign',
      [
        { op: 'det_sign', name: 'signs', inputs: [1] },
        { op: 'FullyConnected', name: 'q', attrs: { ...attrs, no_bias: 'True' }, inputs: [0, 2] },
      ],
    ],
  ])('%s are refused with the array, the element and its byte', (_, layers) => {
    const model = {
      nodes: [variable('data'), variable('w'), ...layers],
      arrays: [f32('arg:w', [1, 6], values)],
      options: { inputShape: [6] },
    };
    expect(problemsIn(() => readMxnet(model))).toEqual([
      {
        severity: 'error',
        code: 'BNN1009',
        message: 'the array "arg:w", [1, 6] float32, is NaN at element 3, and NaN has no sign.',
        origin: { file: 'net-0000.params', path: 'array "arg:w"', position: { byte: head + arrayHead + 4 * 3 } },
        help: 'Export the model from before its training diverged. If a converter has packed it, the layer says "binarized_weights_only": "True".',
      },
    ]);
  });

  it('in packed words are bits like others', () => {
    const model = {
      nodes: [
        variable('data'),
        variable('w'),
        { op: 'QFullyConnected', name: 'q', attrs: { ...attrs, binarized_weights_only: 'True' }, inputs: [0, 1] },
      ],
      arrays: [packed('arg:w', [1, 1], [0x7fc00000])],
    };
    expect(readMxnet(model).graph.nodes.length).toBeGreaterThan(0);
  });
});
