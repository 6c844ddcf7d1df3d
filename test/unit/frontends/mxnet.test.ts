/** MXNet's files: sizes that they do not state, both files of a model, its own models, and what is wrong with damaged ones. */
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readModel } from '../../../compiler/cli/files.ts';
import { mxnet } from '../../../compiler/frontends/mxnet/index.ts';
import type { Imported } from '../../../compiler/frontends/frontend.ts';
import { Diagnostics } from '../../../compiler/support/diagnostics.ts';
import { paramsFile, symbolFile } from '../../support/mxnet-model.ts';
import { topologyOf } from '../../support/topology.ts';
import { compileTwin, integerLayers } from '../../support/twins.ts';
import { document, filesOf, NO_FILES } from './read-json.ts';
import { problemsIn } from '../../support/problems.ts';
import { f32, readMxnet, variable, type Model } from './mxnet/read-mxnet.ts';
import { runImported } from './read-model.ts';

const MXNET = join(import.meta.dirname, '../../../fixtures/bmxnet-lenet/mxnet');
const PIXELS = { input: 'u8', inputScale: '1/255', inputShape: '1x28x28' } as const;

describe('BatchNorm', () => {
  const norm = (attrs: Readonly<Record<string, string>>): Model => ({
    nodes: [
      variable('data'),
      ...['gamma', 'beta', 'moving_mean', 'moving_var'].map((part) => variable(`bn_${part}`)),
      { op: 'BatchNorm', name: 'bn', attrs, inputs: [0, 1, 2, 3, 4] },
    ],
    arrays: [
      f32('arg:bn_gamma', [1], [3]),
      f32('arg:bn_beta', [1], [0.5]),
      f32('aux:bn_moving_mean', [1], [2]),
      f32('aux:bn_moving_var', [1], [0.25]),
    ],
    options: { inputShape: [1, 1, 1] },
  });
  const { fround, sqrt } = Math;
  const inverse = (eps: number): number => fround(1 / fround(sqrt(fround(0.25 + fround(eps)))));

  it('has gamma 1 and eps 1e-3 where the file says nothing', () => {
    expect(Array.from(runImported(readMxnet(norm({})), [7]))).toEqual([fround(fround(5 * inverse(1e-3)) + 0.5)]);
  });

  it('has its own gamma where fix_gamma is False', () => {
    expect(Array.from(runImported(readMxnet(norm({ fix_gamma: 'False', eps: '2e-05' })), [7]))).toEqual([
      fround(fround(fround(5 * inverse(2e-5)) * 3) + 0.5),
    ]);
  });
});

describe('the sizes of the input', () => {
  const lenet = (size: number, kernel: number): Model => ({
    nodes: [
      variable('data'),
      variable('w'),
      {
        op: 'Convolution',
        name: 'c',
        attrs: { kernel: `(${kernel}, ${kernel})`, stride: `(${kernel}, ${kernel})`, num_filter: '2', no_bias: 'True' },
        inputs: [0, 1],
      },
      variable('v'),
      { op: 'FullyConnected', name: 'fc', attrs: { num_hidden: '1', no_bias: 'True' }, inputs: [2, 3] },
    ],
    arrays: [
      f32(
        'arg:w',
        [2, 3, kernel, kernel],
        Array.from({ length: 6 * kernel * kernel }, () => 1),
      ),
      f32(
        'arg:v',
        [1, 2 * size * size],
        Array.from({ length: 2 * size * size }, () => 1),
      ),
    ],
  });

  it('are those that a dense layer behind the last map needs, if only one fits', () => {
    const imported = readMxnet(lenet(4, 1));
    expect(imported).toMatchObject({ inputShape: [3, 4, 4], notes: [expect.stringContaining('3x4x4')] as unknown });
  });

  it('are listed where windows that leave rows out let several fit, what fits exactly first', () => {
    const [found] = problemsIn(() => readMxnet(lenet(2, 3)));
    expect(found).toMatchObject({ code: 'BNN1005', details: ['fits  3x6x6', 'fits  3x7x7', 'fits  3x8x8'] });
    expect(found?.help).toContain('--input-shape 3x6x6');
  });

  it('are asked for where nothing tells them', () => {
    const nodes = [
      variable('data'),
      variable('w'),
      { op: 'Convolution', name: 'c', attrs: { kernel: '(3, 3)', num_filter: '2', no_bias: 'True' }, inputs: [0, 1] },
    ];
    const [found] = problemsIn(() =>
      readMxnet({
        nodes,
        arrays: [
          f32(
            'arg:w',
            [2, 3, 3, 3],
            Array.from({ length: 54 }, () => 1),
          ),
        ],
      }),
    );
    expect(found).toMatchObject({ code: 'BNN1005', help: expect.stringContaining('--input-shape 3x') as unknown });
  });
});

describe('the two files of a model', () => {
  const nodes = [
    variable('data'),
    variable('w'),
    { op: 'FullyConnected', name: 'fc', attrs: { num_hidden: '1', no_bias: 'True' }, inputs: [0, 1] },
  ];
  const symbol = symbolFile(nodes);
  const params = paramsFile([f32('arg:w', [1, 2], [1, 2])], 2);
  const at = (file: string, bytes: Uint8Array, files: Readonly<Record<string, Uint8Array>>): Imported =>
    mxnet.read(bytes, filesOf(files), { file, output: null }, new Diagnostics());

  it('are found from either', () => {
    const fromSymbol = at('net-symbol.json', symbol, { 'net-0007.params': params });
    const fromParams = at('net-0007.params', params, { 'net-symbol.json': symbol, 'net-0001.params': params });
    for (const imported of [fromSymbol, fromParams]) expect(Array.from(runImported(imported, [10, 100]))).toEqual([210]);
  });

  it('are listed where several epochs stand beside the graph', () => {
    const found = problemsIn(() => at('net-symbol.json', symbol, { 'net-0001.params': params, 'net-0002.params': params }));
    expect(found).toMatchObject([{ code: 'BNN1013', details: ['found   net-0001.params', 'found   net-0002.params'] }]);
  });

  it.each([
    ['net-symbol.json', symbol, 'net-0000.params'],
    ['net-0003.params', params, 'net-symbol.json'],
  ])('are missed by name: %s', (file, bytes, wanted) => {
    const [found] = problemsIn(() => at(file, bytes, {}));
    expect(found).toMatchObject({ code: 'BNN1013' });
    expect(found?.details?.join()).toContain(wanted);
  });

  it('are missed with the arrays that the network would be described by', () => {
    const [found] = problemsIn(() => at('net-0003.params', params, {}));
    expect(found?.details).toEqual(['wanted  net-symbol.json', 'array   "w" float32 [1, 2]']);
    expect(found?.help).toContain('--topology');
  });

  it('are refused where an array ends early, with the byte', () => {
    const [found] = problemsIn(() => at('net-0003.params', params.slice(0, 60), { 'net-symbol.json': symbol }));
    expect(found).toMatchObject({ code: 'BNN1003', origin: { position: { byte: 60 } } });
  });

  it('name every operator that is not supported at once', () => {
    const strange = [variable('data'), { op: 'LRN', name: 'a', inputs: [0] }, { op: 'Custom', name: 'b', inputs: [1] }];
    expect(
      problemsIn(() => at('net-symbol.json', symbolFile(strange), { 'net-0000.params': params })).map(({ code, message }) => [
        code,
        message,
      ]),
    ).toEqual([
      ['BNN1004', '"a" uses the operator LRN, which bnnc does not support.'],
      ['BNN1004', '"b" uses the operator Custom, which bnnc does not support.'],
    ]);
  });
});

describe('a file of arrays', () => {
  const read = (bytes: Uint8Array, weights: string): Imported => {
    const topology = topologyOf(document([{ op: 'dense', weights: { tensor: weights } }], { input: { type: 'f32', shape: 2 } }));
    return mxnet.read(bytes, NO_FILES, { file: 'net.params', output: null, topology }, new Diagnostics());
  };

  it.each([
    ['as gluon names them', '0.weight'],
    ['as a module names them', 'arg:0.weight'],
  ])('is the network of a topology, %s', (_, name) => {
    const arrays = paramsFile([f32(name, [1, 2], [1, 2])], 2);
    expect(Array.from(runImported(read(arrays, '0.weight'), [10, 100]))).toEqual([210]);
  });

  it('is asked for a name that it does not have', () => {
    const arrays = paramsFile([f32('0.weight', [1, 2], [1, 2])], 2);
    expect(problemsIn(() => read(arrays, '0.weights'))).toMatchObject([{ code: 'BNN1009', help: 'Did you mean "0.weight"?' }]);
  });

  it('is what --topology is for, and a graph is not', () => {
    expect(problemsIn(() => read(symbolFile([variable('data')]), 'w'))).toMatchObject([{ code: 'BNN0001' }]);
  });
});

describe('the fixture', () => {
  const twin = (file: string) => integerLayers(compileTwin({ file, words: PIXELS }));

  it('has the packed weights and thresholds of model.onnx where a topology describes its arrays', () => {
    const { inputShape: _, ...words } = PIXELS;
    const layers = integerLayers(compileTwin({ file: join(MXNET, 'training-0000.params'), topology: 'topology.json', words }));
    expect(layers.map(({ op }) => op)).toEqual(['conv2d', 'dense']);
    expect(layers).toEqual(twin(join(MXNET, '../model.onnx')));
  });

  it.each([
    ['training-symbol.json', '../model.onnx'],
    ['gluon-symbol.json', '../model.onnx'],
    ['wide-symbol.json', 'wide.onnx'],
    ['binarized-symbol.json', 'wide.onnx'],
    ['binarized64-symbol.json', 'wide.onnx'],
    ['gluon-converted-symbol.json', 'wide.onnx'],
  ])('%s has the packed weights and thresholds of %s', (file, onnx) => {
    const layers = twin(join(MXNET, file));
    expect(layers.length).toBeGreaterThan(1);
    expect(layers).toEqual(twin(join(dirname(join(MXNET, file)), onnx)));
  });

  it('is recognised by its content, whichever file is named', () => {
    for (const file of ['binarized-0000.params', 'gluon-symbol.json']) {
      const source = readModel(join(MXNET, file));
      expect(mxnet.accepts(source.bytes)).toBe(true);
      expect(basename(source.file)).toBe(file);
    }
  });
});
