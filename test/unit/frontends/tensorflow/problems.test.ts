/** What cannot be right is refused, with the name of the node, tensor or file and what to do: files that TensorFlow wrote. */
import { describe, expect, it } from 'vitest';
import { decompressSnappy } from '../../../../compiler/frontends/tensorflow/snappy.ts';
import { runImported } from '../read-model.ts';
import { problemsIn } from '../../../support/problems.ts';
import { readGraph } from './read-tensorflow.ts';

/** Code, message and help. */
type Line = readonly [code: string, message: string, help?: string];

const CONDITION =
  'bnnc compiles networks without loops and conditions; a condition on a boolean placeholder such as is_training is taken as false.';
const STATISTIC = 'takes a statistic of the whole batch, as batch norm does in training.';
const SAVE =
  'Save the graph for inference: training=False, or a boolean placeholder, which bnnc takes as false. It must normalize with moving averages.';
const FUNCTIONS =
  'TensorFlow 2 keeps networks in functions. Save the Keras model (.keras, .h5), or freeze the function and write its graph: convert_variables_to_constants_v2(f).graph.as_graph_def().';
const DILATIONS = 'tf.nn.conv2d with the argument dilations makes one Conv2D of it.';
const PARTS = 'Save the model again without partitioned variables (partitioner=None), or freeze the graph.';
const unsupported = (name: string, op: string, help: string): Line => [
  'BNN1004',
  `"${name}" uses the operation ${op}, which bnnc does not support.`,
  help,
];
const cut = (name: string): string => `Build the graph without it, or cut it before with --output "${name}".`;

function linesOf(work: () => unknown): readonly Line[] {
  return problemsIn(work).map(({ code, message, help }) => (help === undefined ? [code, message] : [code, message, help]));
}

describe('a graph', () => {
  it.each<readonly [file: string, why: string, lines: readonly Line[]]>([
    [
      'batch-fused.pb',
      'that normalizes with the batch, fused',
      [
        [
          'BNN1008',
          '"batch_normalization/FusedBatchNormV3" (FusedBatchNormV3) normalizes with the statistics of the batch (is_training).',
          'Build the graph for inference: training=False, or a boolean placeholder, which bnnc takes as false.',
        ],
      ],
    ],
    ['batch-moments.pb', 'with tf.nn.moments', [['BNN1008', `"batch_normalization/moments/mean" (Mean) ${STATISTIC}`, SAVE]]],
    ['own-moments.pb', 'with moments of its own', [['BNN1008', `"Mean" (Mean) ${STATISTIC}`, SAVE]]],
    ['own-mean.pb', 'with a mean of the batch alone', [['BNN1008', `"Mean" (Mean) ${STATISTIC}`, SAVE]]],
    [
      'decided-by-values.pb',
      'whose branch depends on values',
      [['BNN1008', '"cond/Switch" (Switch) depends on a condition that is computed while the network runs.', CONDITION]],
    ],
    [
      'repeated.pb',
      'with a loop',
      [['BNN1008', '"while/Switch" (Switch) depends on a condition that is computed while the network runs.', CONDITION]],
    ],
    [
      'unknown-shape.pb',
      'whose placeholder has no shape',
      [
        [
          'BNN1005',
          'the placeholder "vector" has no shape; all sizes but the first, the batch, must be known.',
          'Give the placeholder its shape, such as tf.placeholder(tf.float32, [None, 784]), and save the graph again.',
        ],
      ],
    ],
    [
      'dilated.pb',
      'with a dilated convolution between reorderings',
      [
        unsupported('conv/Conv2D/SpaceToBatchND', 'SpaceToBatchND', DILATIONS),
        unsupported('conv/Conv2D/BatchToSpaceND', 'BatchToSpaceND', DILATIONS),
      ],
    ],
    [
      'strange.pb',
      'with several operations that are not known',
      [
        unsupported('LRN', 'LRN', cut('Conv2D')),
        unsupported('ResizeNearestNeighbor', 'ResizeNearestNeighbor', cut('LRN')),
        unsupported('scores', 'Conv2DBackpropInput', cut('ResizeNearestNeighbor')),
      ],
    ],
    ['of-functions.pb', 'with a condition between functions', [unsupported('cond', 'StatelessIf', FUNCTIONS)]],
    ['functions/saved_model.pb', 'of TensorFlow 2', [unsupported('StatefulPartitionedCall', 'StatefulPartitionedCall', FUNCTIONS)]],
    [
      'first-version.pb',
      'beside a checkpoint of the first version',
      [
        [
          'BNN1010',
          '"first-version" is a checkpoint of TensorFlow\'s first version, of before 2017.',
          'Restore it and save it again with tf.train.Saver(write_version=tf.train.SaverDef.V2).',
        ],
      ],
    ],
    [
      'parts.pb',
      'with a partitioned variable',
      [0, 1].map((part) => [
        'BNN1009',
        `the variable "weights/part_${part}" is a part of "weights", which "parts.index" holds in slices.`,
        PARTS,
      ]),
    ],
  ])('%s, %s', (file, _, lines) => {
    expect(linesOf(() => readGraph(file))).toEqual(lines);
  });

  it('with two heads names them, and compiles either', () => {
    expect(problemsIn(() => readGraph('heads.pb'))).toMatchObject([
      {
        code: 'BNN1006',
        message: 'the graph ends in 2 places; bnnc compiles one output.',
        details: ['output  "class" (MatMul)', 'output  "box" (AddV2)'],
        help: 'Choose the node of the scores with --output, for example --output "class".',
      },
    ]);
    // Weights of 1 throughout: eight units, all +1 or all -1.
    const box = readGraph('heads.pb', { output: 'box' });
    expect([1, -1].map((value) => Array.from(runImported(box, new Float32Array(12).fill(value))))).toEqual([
      [9, 9],
      [-7, -7],
    ]);
    expect(linesOf(() => readGraph('heads.pb', { output: 'boxs' }))).toEqual([
      ['BNN1006', 'the graph has no node named "boxs".', 'Did you mean "box"?'],
    ]);
  });
});

describe('a checkpoint', () => {
  const only = (name: string, bytes: Uint8Array | undefined) => (all: Uint8Array, of: string) => (of === name ? bytes : all);
  const SHARD = 'sharded.data-00001-of-00002';

  it('without one of its data files names it, and every tensor that it holds', () => {
    const lines = linesOf(() => readGraph('sharded.pb', {}, only(SHARD, undefined)));
    expect(lines).toEqual(
      [
        ['three', 16, 144],
        ['four', 0, 16],
      ].map(([name, from, to]) => [
        'BNN1013',
        `the tensor "${name}" is kept in bytes ${from} to ${to} of "${SHARD}", and there is no such file beside the index or it is shorter.`,
        `Copy "${SHARD}" into the folder of "sharded.index".`,
      ]),
    );
  });

  it('with a changed byte in a data file names the tensor and both checksums', () => {
    const flip = (bytes: Uint8Array, name: string): Uint8Array =>
      name === SHARD ? bytes.map((byte, i) => (i === 3 ? byte ^ 64 : byte)) : bytes;
    const problems = problemsIn(() => readGraph('sharded.pb', {}, flip));
    expect(problems).toMatchObject([{ code: 'BNN1003', origin: { file: SHARD, path: 'tensor "four"', position: { byte: 0 } } }]);
    expect(problems[0]?.message).toMatch(/^the 16 bytes of "four" have the checksum 0x[0-9a-f]{8}, and the index states 0x[0-9a-f]{8}\.$/);
    expect(problems[0]?.help).toBe(`Copy "${SHARD}" and "sharded.index" again: one is damaged, or they are of different checkpoints.`);
  });

  it('whose index is cut off, or changed, says at which byte', () => {
    const cutOff = problemsIn(() => readGraph('sharded.pb', {}, (bytes, name) => (name === 'sharded.index' ? bytes.slice(0, 100) : bytes)));
    expect(cutOff).toMatchObject([{ code: 'BNN1003', origin: { file: 'sharded.index', path: 'footer', position: { byte: 92 } } }]);
    const changed = problemsIn(() =>
      readGraph('sharded.pb', {}, (bytes, name) =>
        name === 'sharded.index' ? bytes.map((byte, i) => (i === 20 ? byte ^ 1 : byte)) : bytes,
      ),
    );
    expect(changed).toMatchObject([{ code: 'BNN1003', origin: { file: 'sharded.index', path: 'block 0', position: { byte: 0 } } }]);
  });

  it('of the first version, itself, is named so', () => {
    expect(problemsIn(() => readGraph('first-version'))).toMatchObject([
      { code: 'BNN1010', message: '"first-version" is a checkpoint of TensorFlow\'s first version, of before 2017.' },
    ]);
  });
});

describe('Snappy', () => {
  const text = (bytes: readonly number[]): string =>
    Buffer.from(decompressSnappy(Uint8Array.from(bytes), 0, bytes.length, { file: 'x', path: '' }, 1000)).toString();
  const literal = [2 << 2, 97, 98, 99];

  it('copies from places of one, two and four bytes', () => {
    expect(text([7, ...literal, 1 | (0 << 2), 3])).toBe('abcabca');
    expect(text([8, ...literal, 2 | (4 << 2), 2, 0])).toBe('abcbcbcb');
    expect(text([5, ...literal, 3 | (1 << 2), 3, 0, 0, 0])).toBe('abcab');
  });

  it('counts long literals in one, two or more bytes', () => {
    const long = Array.from({ length: 300 }, (_, i) => 97 + (i % 26));
    const wanted = String.fromCharCode(...long);
    expect(text([200, 1, 60 << 2, 199, ...long.slice(0, 200)])).toBe(wanted.slice(0, 200));
    expect(text([172, 2, 61 << 2, 43, 1, ...long])).toBe(wanted);
    expect(text([172, 2, 62 << 2, 43, 1, 0, ...long])).toBe(wanted);
    expect(text([172, 2, 63 << 2, 43, 1, 0, 0, ...long])).toBe(wanted);
  });
});
