/** Small graphs that TensorFlow 2.15 wrote, with what it computes for them: fixtures/tensorflow-graphs. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SUPPORTED } from '../../../../compiler/frontends/tensorflow/translate.ts';
import { node, placeholder, variable, writeCheckpoint, writeGraph } from '../../../support/tensorflow-files.ts';
import { expectGolden, readGolden } from '../golden-graphs.ts';
import { GRAPHS, readFile, readGraph, scoresOf } from './read-tensorflow.ts';

describe('a graph computes what TensorFlow computes', () => {
  it.each(readGolden(GRAPHS))('%s', (_, golden) => {
    expectGolden(readGraph(golden.file ?? ''), golden);
  });
});

describe('what was left out of a graph is said', () => {
  const taken = (name: string): string => `The placeholder "${name}" is taken as false: the network is used, not trained.`;
  const without = (name: string): string => `The dropout "${name}" is left out: the network is used, not trained.`;

  it.each([
    ['training-fused.meta', [taken('is_training')]],
    ['training-averages.pb', [taken('phase')]],
    ['dropout-keep-prob.pb', [without('dropout/SelectV2')]],
    ['dropout-always.pb', [without('dropout/SelectV2')]],
    ['dropout-older.pb', [without('dropout_1/mul_1'), without('dropout/mul')]],
    ['dropout-layers.pb', [taken('is_training')]],
    ['flatten-batch.pb', ['The graph fixes a batch of 4; it is compiled for one sample.']],
    ['condition-constant.pb', []],
    ['training-fused.index', [taken('is_training'), 'The network is that of "training-fused.meta", beside the checkpoint.']],
  ])('%s', (file, notes) => {
    expect(readGraph(file).notes).toEqual(notes);
  });
});

describe('a variable', () => {
  it.each(['Variable', 'VariableV2', 'AutoReloadVariable', 'VarHandleOp'])('is read from the checkpoint where it is a %s', (op) => {
    const graph = writeGraph([
      { ...placeholder('x', [-1, 2]), op: op === 'Variable' ? 'PlaceholderV2' : 'Placeholder' },
      { ...variable('w', [2, 2]), op },
      node('read', op === 'VarHandleOp' ? 'ReadVariableOp' : 'Identity', ['w']),
      node('scores', 'MatMul', ['x', 'read']),
    ]);
    const { index, files } = writeCheckpoint([{ name: 'w', shape: [2, 2], data: [1, 2, 3, 5] }], { prefix: 'model' });
    const imported = readFile(graph, {}, new Map([...files, ['model.index', index]]));
    expect(scoresOf(imported, [10, 1])).toEqual([13, 25]);
  });
});

describe('every operation that is read', () => {
  it('is in a graph that TensorFlow wrote, or of another version', () => {
    const graphs = readdirSync(GRAPHS, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(?:pb|meta)$/.test(name));
    const written = graphs.map((name) => readFileSync(join(GRAPHS, name), 'latin1'));
    // Field 2 of a node, a text.
    const field = (op: string): string => `\x12${String.fromCharCode(op.length)}${op}`;
    const missing = SUPPORTED.filter((op) => !written.some((text) => text.includes(field(op))));
    expect(missing).toEqual(['AutoReloadVariable', 'PlaceholderV2', 'Variable']);
  });
});
