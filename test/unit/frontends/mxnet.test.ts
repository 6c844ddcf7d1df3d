/** MXNet's files: the conventions of its operators against plain arithmetic, its own models, and what is wrong with damaged ones. */
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readModel } from '../../../compiler/cli/files.ts';
import { mxnet } from '../../../compiler/frontends/mxnet/index.ts';
import type { FrontendOptions, Imported } from '../../../compiler/frontends/frontend.ts';
import { Diagnostics, UserError, type Diagnostic } from '../../../compiler/support/diagnostics.ts';
import { paramsFile, symbolFile, type ArraySpec, type NodeSpec } from '../../support/mxnet-model.ts';
import { compileTwin, integerLayers } from '../../support/twins.ts';
import { filesOf } from './read-json.ts';
import { runImported } from './read-model.ts';

const MXNET = join(import.meta.dirname, '../../../fixtures/bmxnet-lenet/mxnet');
const PIXELS = { input: 'u8', inputScale: '1/255', inputShape: '1x28x28' } as const;

interface Model {
  readonly nodes: readonly NodeSpec[];
  readonly arrays: readonly ArraySpec[];
  readonly options?: Partial<FrontendOptions>;
  readonly version?: 0 | 1 | 2 | 3;
}

function read({ nodes, arrays, options = {}, version = 2 }: Model): Imported {
  const side = filesOf({ 'net-0000.params': paramsFile(arrays, version) });
  const diagnostics = new Diagnostics();
  return mxnet.read(symbolFile(nodes), side, { file: 'net-symbol.json', output: null, ...options }, diagnostics);
}

function problems(work: () => unknown): readonly Diagnostic[] {
  try {
    work();
  } catch (error) {
    if (error instanceof UserError) return error.diagnostics;
    throw error;
  }
  throw new Error('nothing was wrong');
}

const variable = (name: string): NodeSpec => ({ op: 'null', name });
const f32 = (name: string, shape: readonly number[], values: readonly number[]): ArraySpec => ({ name, shape, values });

/** The bits of words that the file types as floats. */
function packed(name: string, shape: readonly number[], words: readonly number[]): ArraySpec {
  return { name, shape, values: [], raw: new Uint8Array(Uint32Array.from(words).buffer) };
}

/** 2 channels of 2×2. */
const IMAGE = [1, -2, 0, 4, -5, 6, -7, 0];

describe('a binary layer', () => {
  /** 16 taps of 2×2×… on 4 channels would be more than a person wants to read: one filter of 2 channels, 2×2. */
  const weights = [0.5, -0.5, 0, -2, 1, 1, -1, -1];
  const signs = [1, -1, 1, -1, 1, 1, -1, -1];
  const bits = IMAGE.map((value) => (value >= 0 ? 1 : -1));
  const equal = bits.filter((bit, i) => bit === signs[i]).length;

  it.each([0, 1, 2, 3] as const)('counts equal bits, with 0 as +1 on both sides (arrays of version %i)', (version) => {
    const nodes = [
      variable('data'),
      variable('q_weight'),
      { op: 'QConvolution', name: 'q', attrs: { kernel: '(2, 2)', num_filter: '1' }, inputs: [0, 1] },
    ];
    const model = { nodes, arrays: [f32('arg:q_weight', [1, 2, 2, 2], weights)], options: { inputShape: [2, 2, 2] }, version };
    expect(Array.from(runImported(read(model), IMAGE))).toEqual([equal]);
  });

  it('pads with +1', () => {
    const nodes = [
      variable('data'),
      variable('q_weight'),
      { op: 'QConvolution', name: 'q', attrs: { kernel: '(3, 3)', num_filter: '1', pad: '(1, 1)' }, inputs: [0, 1] },
    ];
    const ones = Array.from({ length: 9 }, () => 1);
    const model = { nodes, arrays: [f32('arg:q_weight', [1, 1, 3, 3], ones)], options: { inputShape: [1, 1, 1] } };
    expect(Array.from(runImported(read(model), [-3]))).toEqual([8]);
  });

  it('takes packed filters bit by bit, the lowest first, and never as the floats that the file calls them', () => {
    const nodes = [
      variable('data'),
      variable('q_weight'),
      { op: 'QConvolution', name: 'q', attrs: { kernel: '(1, 1)', num_filter: '2', binarized_weights_only: 'True' }, inputs: [0, 1] },
    ];
    const words = [0x7fa00001, 0xffffffff]; // the first is a signalling NaN
    const model = { nodes, arrays: [packed('arg:q_weight', [2], words)], options: { inputShape: [32, 1, 1] } };
    const sample = Array.from({ length: 32 }, (_, i) => (i % 3 === 0 ? -1 : 1));
    const counts = words.map((word) => sample.filter((value, i) => (((word >>> i) & 1) === 1) === value > 0).length);
    expect(Array.from(runImported(read(model), sample))).toEqual(counts);
  });

  it('takes a packed matrix word by word, then output by output', () => {
    const nodes = [
      variable('data'),
      variable('q_weight'),
      { op: 'QFullyConnected', name: 'q', attrs: { num_hidden: '2', binarized_weights_only: 'True' }, inputs: [0, 1] },
    ];
    const words = [1, 2, 4, 8]; // inputs 0-31 of outputs 0 and 1, then inputs 32-63
    const model = { nodes, arrays: [packed('arg:q_weight', [4], words)] };
    const sample = Array.from({ length: 64 }, (_, i) => (i === 0 || i === 35 ? 1 : -1));
    // Output 0 has +1 at inputs 0 and 34, output 1 at inputs 1 and 35.
    expect(Array.from(runImported(read(model), sample))).toEqual([62, 62]);
  });

  it('scales by one number for the whole layer where scaling_mode is forward', () => {
    const attrs = { kernel: '(2, 2)', num_filter: '1', scaling_mode: 'forward' };
    const nodes = [variable('data'), variable('q_weight'), { op: 'QConvolution', name: 'q', attrs, inputs: [0, 1] }];
    const model = { nodes, arrays: [f32('arg:q_weight', [1, 2, 2, 2], weights)], options: { inputShape: [2, 2, 2] } };
    const mean = weights.reduce((sum, weight) => sum + Math.abs(weight), 0) / 8;
    expect(Array.from(runImported(read(model), IMAGE))).toEqual([Math.fround(equal * Math.fround(mean))]);
  });

  it('of more than one bit is refused', () => {
    const attrs = { kernel: '(2, 2)', num_filter: '1', act_bit: '4' };
    const nodes = [variable('data'), variable('q_weight'), { op: 'QConvolution', name: 'q', attrs, inputs: [0, 1] }];
    const model = { nodes, arrays: [f32('arg:q_weight', [1, 2, 2, 2], weights)], options: { inputShape: [2, 2, 2] } };
    expect(problems(() => read(model))).toMatchObject([
      { code: 'BNN1008', message: '"q" (QConvolution) has act_bit 4; bnnc compiles one bit.' },
    ]);
  });
});

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
    expect(Array.from(runImported(read(norm({})), [7]))).toEqual([fround(fround(5 * inverse(1e-3)) + 0.5)]);
  });

  it('has its own gamma where fix_gamma is False', () => {
    expect(Array.from(runImported(read(norm({ fix_gamma: 'False', eps: '2e-05' })), [7]))).toEqual([
      fround(fround(fround(5 * inverse(2e-5)) * 3) + 0.5),
    ]);
  });
});

describe('version 2 of BMXNet', () => {
  it('pads maps with -1 by an operator of its own, and reads the offset from the graph', () => {
    const nodes = [
      variable('data'),
      { op: '_contrib_gradcancel', name: 'cancel', attrs: { threshold: '1.0' }, inputs: [0] },
      { op: 'det_sign', name: 'sign', inputs: [1] },
      { op: 'Pad', name: 'pad', attrs: { mode: 'constant', constant_value: '-1', pad_width: '(0, 0, 0, 0, 1, 1, 1, 1)' }, inputs: [2] },
      variable('w'),
      { op: 'det_sign', name: 'wsign', inputs: [4] },
      { op: 'Convolution', name: 'conv', attrs: { kernel: '(3, 3)', num_filter: '1', no_bias: 'True' }, inputs: [3, 5] },
      { op: '_plus_scalar', name: 'plus', attrs: { scalar: '9' }, inputs: [6] },
      { op: '_div_scalar', name: 'div', attrs: { scalar: '2' }, inputs: [7] },
    ];
    const weights = [0, 1, -1, 1, 0.3, -1, 1, 1, -0.2];
    const model = { nodes, arrays: [f32('arg:w', [1, 1, 3, 3], weights)], options: { inputShape: [1, 1, 1] } };
    // Eight padded taps of -1 and the pixel, +1 at 0: equal bits are those of the weights below 0, and the middle.
    expect(Array.from(runImported(read(model), [0]))).toEqual([4]);
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
    const imported = read(lenet(4, 1));
    expect(imported).toMatchObject({ inputShape: [3, 4, 4], notes: [expect.stringContaining('3x4x4')] as unknown });
  });

  it('are listed where windows that leave rows out let several fit, what fits exactly first', () => {
    const [found] = problems(() => read(lenet(2, 3)));
    expect(found).toMatchObject({ code: 'BNN1005', details: ['fits  3x6x6', 'fits  3x7x7', 'fits  3x8x8'] });
    expect(found?.help).toContain('--input-shape 3x6x6');
  });

  it('are asked for where nothing tells them', () => {
    const nodes = [
      variable('data'),
      variable('w'),
      { op: 'Convolution', name: 'c', attrs: { kernel: '(3, 3)', num_filter: '2', no_bias: 'True' }, inputs: [0, 1] },
    ];
    const [found] = problems(() =>
      read({
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
    const found = problems(() => at('net-symbol.json', symbol, { 'net-0001.params': params, 'net-0002.params': params }));
    expect(found).toMatchObject([{ code: 'BNN1013', details: ['found   net-0001.params', 'found   net-0002.params'] }]);
  });

  it.each([
    ['net-symbol.json', symbol, 'net-0000.params'],
    ['net-0003.params', params, 'net-symbol.json'],
  ])('are missed by name: %s', (file, bytes, wanted) => {
    const [found] = problems(() => at(file, bytes, {}));
    expect(found).toMatchObject({ code: 'BNN1013' });
    expect(found?.details?.join()).toContain(wanted);
  });

  it('are refused where an array ends early, with the byte', () => {
    const [found] = problems(() => at('net-0003.params', params.slice(0, 60), { 'net-symbol.json': symbol }));
    expect(found).toMatchObject({ code: 'BNN1003', origin: { position: { byte: 60 } } });
  });

  it('name every operator that is not supported at once', () => {
    const strange = [variable('data'), { op: 'LRN', name: 'a', inputs: [0] }, { op: 'Custom', name: 'b', inputs: [1] }];
    expect(
      problems(() => at('net-symbol.json', symbolFile(strange), { 'net-0000.params': params })).map(({ code, message }) => [code, message]),
    ).toEqual([
      ['BNN1004', '"a" uses the operator LRN, which bnnc does not support.'],
      ['BNN1004', '"b" uses the operator Custom, which bnnc does not support.'],
    ]);
  });
});

describe('the fixture', () => {
  const twin = (file: string) => integerLayers(compileTwin({ file, words: PIXELS }));

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
