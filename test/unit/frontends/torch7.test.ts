/** Networks of Torch7, against plain arithmetic and against their twins in ONNX. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { detectFrontend } from '../../../compiler/frontends/index.ts';
import { torch7 } from '../../../compiler/frontends/torch7/index.ts';
import type { FrontendOptions, Imported } from '../../../compiler/frontends/frontend.ts';
import { verifyGraph } from '../../../compiler/ir/verify.ts';
import { Diagnostics, type Diagnostic } from '../../../compiler/support/diagnostics.ts';
import { problemsIn } from '../../support/problems.ts';
import { randomFrom } from '../../support/random.ts';
import { list, object, sequential, storage, table, tensor, writeTorch7, type T7Mode, type T7Value } from '../../support/torch7-file.ts';
import { binaryNet, checkpoint, conv, linear, pool, residualNet, view, xnorNet } from '../../support/torch7-networks.ts';
import { compileTwin, integerLayers } from '../../support/twins.ts';
import { NO_FILES, runImported } from './read-model.ts';

const FIXTURES = join(import.meta.dirname, '../../../fixtures');
const MODES: readonly T7Mode[] = ['long8', 'long4', 'text'];

function readBytes(bytes: Uint8Array, options: Partial<FrontendOptions> = {}): Imported {
  const imported = torch7.read(bytes, NO_FILES, { file: 'model.t7', output: null, ...options }, new Diagnostics());
  expect(verifyGraph(imported.graph)).toEqual([]);
  return imported;
}

const read = (value: T7Value, options: Partial<FrontendOptions> = {}): Imported => readBytes(writeTorch7(value), options);
const run = (value: T7Value, sample: readonly number[], options: Partial<FrontendOptions> = {}): number[] => [
  ...runImported(read(value, options), sample),
];

function problems(bytes: Uint8Array, options: Partial<FrontendOptions> = {}): readonly Diagnostic[] {
  return problemsIn(() => readBytes(bytes, options));
}

const refused = (value: T7Value): readonly Diagnostic[] => problems(writeTorch7(value));

/** A dense layer with given weights and no bias, on as many numbers as each row has. */
const dense = (className: string, rows: readonly (readonly number[])[], type: 'Float' | 'Double' = 'Float') =>
  object(className, { weight: tensor([rows.length, rows[0]?.length ?? 0], rows.flat(), { type }) });

describe('the form of the file', () => {
  it.each(MODES)('%s: the same network, and a file is recognised', (mode) => {
    const bytes = writeTorch7(xnorNet(), mode);
    expect(detectFrontend(bytes).name).toBe('torch7');
    const imported = readBytes(bytes);
    expect(imported.inputShape).toEqual([2, 6, 7]);
    const sample = Array.from({ length: 84 }, (_, i) => ((i * 7) % 11) - 5);
    expect([...runImported(imported, sample)]).toEqual(run(xnorNet(), sample));
  });

  it('says how the file is written where it is not by a computer of 64 bits', () => {
    expect(readBytes(writeTorch7(binaryNet(), 'long4')).notes.join()).toContain('longs of 4 bytes');
    expect(readBytes(writeTorch7(binaryNet(), 'text')).notes.join()).toContain('text');
  });

  it.each(MODES)('%s: views of a shared storage, functions, references and two values before DataParallelTable', (mode) => {
    const bytes = writeTorch7(checkpoint(), mode);
    expect(detectFrontend(bytes).name).toBe('torch7');
    expect(readBytes(bytes).inputShape).toEqual([8]);
  });

  it('follows strides and offsets', () => {
    const shared = storage([9, 1, 4, 2, 5, 3, 6], 'Float');
    const layer = object('nn.Linear', { weight: tensor([2, 3], shared, { offset: 1, strides: [1, 2] }) });
    expect(run(sequential(layer), [1, 10, 100])).toEqual([1 + 20 + 300, 4 + 50 + 600]);
  });

  it('names the byte where a file ends, and the object that it ends in', () => {
    const [problem] = problems(writeTorch7(binaryNet()).subarray(0, 900));
    expect(problem).toMatchObject({ code: 'BNN1003', origin: { file: 'model.t7' } });
    expect(problem?.details?.join()).toContain('longs of 8 bytes');
  });

  it('a module that contains itself is refused', () => {
    const inner = sequential();
    const root = sequential(inner);
    inner.fields = table({ modules: list(root) });
    expect(refused(root)).toMatchObject([{ code: 'BNN1003', message: 'model:get(1):get(1) contains itself.' }]);
  });

  it('a tensor beyond its storage is refused with the numbers that say so', () => {
    const layer = object('nn.Linear', { weight: tensor([2, 3], storage([1, 2, 3], 'Float')) });
    expect(refused(sequential(layer))).toMatchObject([
      { code: 'BNN1009', details: ['first element  1', 'strides        3, 1', 'last element   6', 'storage        3 elements'] },
    ]);
  });

  it.each([
    ['an optimizer', table({ learningRate: 0.1, dfdx: tensor([2], [1, 2]) }), 'the state of an optimizer'],
    ['a checkpoint list', table({ epoch: 3, modelFile: 'model_3.t7' }), 'a list of the files of a checkpoint'],
    ['data', table({ data: tensor([1, 2], [1, 2]) }), 'a table of 1 tensors'],
    ['a tensor', tensor([2], [1, 2]), 'a torch.FloatTensor of size 2'],
  ] as const)('says what a file without a network is: %s', (_name, value, what) => {
    const [problem] = refused(value);
    expect(problem).toMatchObject({ code: 'BNN1002' });
    expect(problem?.message).toContain(what);
  });

  it('does not claim other files', () => {
    expect(torch7.accepts(readFileSync(join(FIXTURES, 'lbcnn/model.onnx')))).toBe(false);
    expect(torch7.accepts(Buffer.from('4\n1\nhello\n'))).toBe(false);
    expect(torch7.accepts(Buffer.from([4, 0, 0, 0, 1, 0, 0, 0, 200, 0, 0, 0, 1]))).toBe(false);
  });
});

describe('weights', () => {
  it("BinaryNet's sign is +1 at 0 and where w + 1 rounds to 1 in the type of the tensor", () => {
    const row = [0.5, -0.5, 0, -1e-30];
    const sample = [1, 10, 100, 1000];
    expect(run(sequential(dense('BinaryLinear', [row])), sample)).toEqual([1 - 10 + 100 + 1000]);
    const tiny = [0.5, -0.5, 0, -1e-12];
    expect(run(sequential(dense('BinaryLinear', [tiny], 'Double')), sample)).toEqual([1 - 10 + 100 - 1000]);
  });

  it('XNOR-Net: of three convolutions only the middle one is sign(w) times the mean of |w|, where its activations are binary', () => {
    const random = randomFrom(9);
    const one = (weight: readonly number[], inputs: number) =>
      conv(random, inputs, 1, { size: 1, weight, bias: null, className: 'cudnn.SpatialConvolution' });
    const net = (activation: string) =>
      sequential(view(2, 1, 1), one([0.5, 2], 2), object(activation), one([-0.25], 1), one([3], 1), view(1));
    const scaled = sequential(
      view(2, 1, 1),
      conv(random, 2, 2, { size: 1, weight: [1, 0, 0, 1], bias: null }),
      object('nn.BinActiveZ'),
      conv(random, 2, 1, { size: 1, weight: [-0.25, 0.75], bias: null }),
      one([2], 1),
      view(1),
    );
    expect(run(net('nn.Identity'), [2, 1])).toEqual([-0.25 * 3 * 3]);
    expect(run(scaled, [5, 7])).toEqual([2 * 0.5 * (-1 + 1)]);
    expect(run(scaled, [-5, 7])).toEqual([2 * 0.5 * (1 + 1)]);
  });

  it("LBCNN's filters stay as they are", () => {
    const random = randomFrom(9);
    const fixed = conv(random, 3, 1, { size: 1, weight: [0, 0.5, -0.5], bias: null, className: 'cudnn.RandomBinaryConvolution' });
    expect(run(sequential(view(3, 1, 1), fixed, view(1)), [1, 10, 100])).toEqual([5 - 50]);
  });
});

describe('modules', () => {
  const values = (...numbers: number[]) => tensor([numbers.length], numbers);
  const norm = (className: string, stored: string, affine: boolean) =>
    object(
      className,
      {
        eps: 1e-5,
        running_mean: values(1, 2),
        [stored]: values(4, 3),
        ...(affine ? { weight: values(2, -3), bias: values(0.5, 0.25) } : {}),
      },
      2,
    );

  it('batch normalization with a variance: ((x - mean)/sqrt(variance + eps))*gamma + beta, and without gamma and beta', () => {
    const inverse = (variance: number): number => Math.fround(1 / Math.fround(Math.sqrt(Math.fround(variance + Math.fround(1e-5)))));
    const f = Math.fround;
    expect(run(sequential(norm('nn.BatchNormalization', 'running_var', true)), [7, 5])).toEqual([
      f(f(f(6 * inverse(4)) * 2) + 0.5),
      f(f(f(3 * inverse(3)) * -3) + 0.25),
    ]);
    expect(run(sequential(norm('nn.BatchNormalization', 'running_var', false)), [7, 5])).toEqual([f(6 * inverse(4)), f(3 * inverse(3))]);
  });

  it('running_std is the inverse of the deviation; shift-based, it and gamma are rounded to powers of two', () => {
    expect(run(sequential(norm('nn.BatchNormalization', 'running_std', true)), [7, 5])).toEqual([6 * 4 * 2 + 0.5, 3 * 3 * -3 + 0.25]);
    expect(run(sequential(norm('BatchNormalizationShiftPow2', 'running_std', true)), [7, 5])).toEqual([6 * 4 * 2 + 0.5, 3 * 4 * -4 + 0.25]);
  });

  it('signs are 0 at 0', () => {
    const identity = dense('nn.Linear', [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]);
    for (const name of ['nn.BinActiveZ', 'BinarizedNeurons'])
      expect(run(sequential(identity, object(name)), [-2, 0, 3]).map((v) => v + 0)).toEqual([-1, 0, 1]);
  });

  it('dropout of the second version passes on; older ones and that of channels scale', () => {
    const drop = (name: string, fields: Record<string, T7Value>) =>
      run(sequential(view(2, 1, 1), object(name, { p: 0.25, ...fields })), [4, 8]);
    expect(drop('nn.Dropout', { v2: true })).toEqual([4, 8]);
    expect(drop('nn.Dropout', {})).toEqual([3, 6]);
    expect(drop('nn.SpatialDropout', {})).toEqual([3, 6]);
  });

  it('a flatten runs over channels, rows and columns', () => {
    const layer = dense('nn.Linear', [[1, 2, 3, 4, 5, 6, 7, 8]]);
    expect(run(sequential(view(2, 2, 2), view(8), layer), [1, 0, 0, 0, 1, 0, 0, 0])).toEqual([6]);
  });

  it('ceil_mode adds the last, partly filled window', () => {
    const net = (className: string) => sequential(view(1, 3, 3), pool(className, 2, 2, { ceil_mode: true }));
    expect(run(net('nn.SpatialMaxPooling'), [1, 2, 3, 4, 5, 6, 7, 8, 9])).toEqual([5, 6, 8, 9]);
    expect(run(net('nn.SpatialAveragePooling'), [1, 2, 3, 4, 5, 6, 7, 8, 9])).toEqual([3, 4.5, 7.5, 9]);
    expect(refused(net('cudnn.SpatialAveragePooling'))).toMatchObject([{ code: 'BNN2001' }]);
  });

  it('branches are joined along channels, and added', () => {
    const both = (join: T7Value) =>
      sequential(
        view(2, 1, 1),
        object('nn.ConcatTable', { modules: list(object('nn.Identity'), object('nn.MulConstant', { constant_scalar: 3 })) }),
        join,
      );
    expect(run(both(object('nn.JoinTable', { dimension: 1, nInputDims: 3 })), [1, 2])).toEqual([1, 2, 3, 6]);
    expect(run(both(object('nn.CAddTable')), [1, 2])).toEqual([4, 8]);
  });

  it('names every module without a meaning at once', () => {
    const found = refused(sequential(object('nn.ELU'), sequential(object('nn.Nothing')), linear(randomFrom(1), 2, 2)));
    expect(found.map(({ code, message }) => [code, message])).toEqual([
      ['BNN1004', '"ELU_1" is of class nn.ELU, which bnnc does not support.'],
      ['BNN1004', '"Nothing_2.1" is of class nn.Nothing, which bnnc does not support.'],
    ]);
  });

  it('a network of every kind of join and shape is read', () => {
    expect(read(residualNet(), { inputShape: [1, 7, 7] }).inputShape).toEqual([1, 7, 7]);
  });
});

describe('the size of the input', () => {
  const random = randomFrom(5);
  const net = (className: string, more: Record<string, T7Value> = {}) => {
    const first = conv(random, 1, 2, { pad: 1, className });
    (first.fields as ReturnType<typeof table>).entries.push(...Object.entries(more));
    return sequential(first, pool(), view(2 * 4 * 4), linear(random, 32, 3));
  };

  it('several fit: it is asked for, and taken', () => {
    expect(refused(net('nn.SpatialConvolution'))).toMatchObject([{ code: 'BNN1005', details: ['that fit  1x8x8 to 1x9x9'] }]);
    expect(read(net('nn.SpatialConvolution'), { inputShape: [1, 9, 9] }).inputShape).toEqual([1, 9, 9]);
    expect(read(net('nn.SpatialConvolution'), { inputShape: [1, 8, 9] }).inputShape).toEqual([1, 8, 9]);
  });

  it('is what the modules remember of their last run', () => {
    expect(read(net('cudnn.SpatialConvolution', { iSize: storage([16, 1, 9, 9]) })).inputShape).toEqual([1, 9, 9]);
    expect(read(net('cudnn.SpatialConvolution', { iSize: storage([16, 1, 9, 8]) })).inputShape).toEqual([1, 9, 8]);
    expect(read(net('nn.SpatialConvolution', { output: tensor([4, 2, 9, 9], storage([], 'Float')) })).inputShape).toEqual([1, 9, 9]);
  });

  it('no size fits: the module that stops it is named', () => {
    const wrong = sequential(conv(random, 1, 2), view(7), linear(random, 7, 3));
    expect(refused(wrong)).toMatchObject([{ code: 'BNN2001' }]);
    expect(problems(writeTorch7(wrong), { inputShape: [1, 5, 5] })[0]?.message).toBe('"View_2" (nn.View) views 2x3x3, 18 elements, as 7.');
  });
});

describe('fixtures and their twins', () => {
  const PIXELS = { input: 'u8', inputScale: '1/255' } as const;
  const shape = { inputShape: '1x28x28' } as const;

  /** Where a file holds a float32. */
  it('binarynet-conv: the binary layers of ONNX', () => {
    const words = { input: 'u8', inputScale: '2/255', inputOffset: '-1', signZero: 'plus', ...shape } as const;
    const native = integerLayers(compileTwin({ file: 'binarynet-conv/torch7/model.t7', words }));
    expect(native).toEqual(integerLayers(compileTwin({ file: 'binarynet-conv/model.onnx', words: PIXELS })));
  });

  it('xnor-lenet-small: the binary layers of ONNX', () => {
    const words = { input: 'u8', mean: '0.1307', std: '0.3081', signZero: 'minus', ...shape } as const;
    const parts = ({ signs, thresholds, directions }: ReturnType<typeof integerLayers>[number]) => ({ signs, thresholds, directions });
    const native = integerLayers(compileTwin({ file: 'xnor-lenet-small/torch7/model.t7', words })).map(parts);
    expect(native).toEqual(integerLayers(compileTwin({ file: 'xnor-lenet-small/model.onnx', words: PIXELS })).map(parts));
  });

  it('lbcnn: one network in three encodings', () => {
    const tables = ['model', 'model-long4', 'model-ascii'].map((name) =>
      compileTwin({ file: `lbcnn/torch7/${name}.t7`, words: { ...PIXELS, ...shape } }).plan.tables.map(({ ctype, values }) => ({
        ctype,
        values,
      })),
    );
    expect(tables[1]).toEqual(tables[0]);
    expect(tables[2]).toEqual(tables[0]);
  });

  it('binarynet-conv with shift-based batch norms: the scores of the reference', () => {
    const { scores } = JSON.parse(readFileSync(join(FIXTURES, 'binarynet-conv/torch7/shift-based.json'), 'utf8')) as { scores: number[][] };
    const bytes = readFileSync(join(FIXTURES, 'binarynet-conv/torch7/shift-based.t7'));
    const imported = readBytes(bytes, { inputShape: [1, 28, 28] });
    const images = gunzipSync(readFileSync(join(FIXTURES, 'binarynet-conv/vectors-images.idx3-ubyte.gz'))).subarray(16);
    for (const n of [0, 1, 2]) {
      const sample = Array.from(images.subarray(784 * n, 784 * (n + 1)), (pixel) => Math.fround((2 * pixel) / 255 - 1));
      runImported(imported, sample).forEach((score, i) => {
        expect(score).toBeCloseTo(scores[n]?.[i] ?? Number.NaN, 4);
      });
    }
  });
});
