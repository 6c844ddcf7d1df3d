/** Models of Larq Compute Engine: the scores of its own interpreter, the weights of their twin in ONNX, and damaged files. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { detectFrontend } from '../../../compiler/frontends/index.ts';
import type { Imported } from '../../../compiler/frontends/frontend.ts';
import { tflite } from '../../../compiler/frontends/tflite/index.ts';
import { verifyGraph } from '../../../compiler/ir/verify.ts';
import { Diagnostics, UserError, type Diagnostic } from '../../../compiler/support/diagnostics.ts';
import { compileTwin, integerLayers } from '../../support/twins.ts';
import { NO_FILES, runImported } from './read-model.ts';

const DIGITS = join(import.meta.dirname, '../../../fixtures/digits-cnn');
const MODEL = readFileSync(join(DIGITS, 'keras/model.tflite'));
const ONE_PADDING = readFileSync(join(DIGITS, 'keras/one-padding.tflite'));
const PIXELS = { input: 'u8', inputScale: '1/255' } as const;
const IMAGES = 20;

interface Golden {
  readonly scores: readonly (readonly number[])[];
  readonly classes: readonly number[];
}

function golden(file: string): Golden {
  const { scores, pred, pred_all } = JSON.parse(readFileSync(join(DIGITS, file), 'utf8')) as {
    readonly scores: readonly (readonly number[])[];
    readonly pred?: Iterable<number | string>;
    readonly pred_all?: string;
  };
  return { scores, classes: Array.from(pred ?? pred_all ?? [], Number) };
}

function read(bytes: Uint8Array): Imported {
  const imported = tflite.read(bytes, NO_FILES, { file: 'model.tflite', output: null }, new Diagnostics());
  expect(verifyGraph(imported.graph)).toEqual([]);
  return imported;
}

function problems(bytes: Uint8Array): readonly Diagnostic[] {
  try {
    tflite.read(bytes, NO_FILES, { file: 'model.tflite', output: null }, new Diagnostics());
  } catch (error) {
    if (error instanceof UserError) return error.diagnostics;
    throw error;
  }
  return [];
}

const pixels = gunzipSync(readFileSync(join(DIGITS, 'vectors-images.idx3-ubyte.gz'))).subarray(16);
const image = (i: number): Float32Array => Float32Array.from(pixels.subarray(784 * i, 784 * (i + 1)), (pixel) => pixel / 255);

/** Every place of a text, overwritten by another of the same length. */
function renamed(bytes: Uint8Array, from: string, to: string): Uint8Array {
  return Buffer.from(Buffer.from(bytes).toString('latin1').replaceAll(from, to), 'latin1');
}

describe('a model of Larq Compute Engine', () => {
  it.each([
    ['float outputs and padding by 0', MODEL, 'golden.json'],
    ['bit-packed outputs, thresholds, pools of bits and padding by +1', ONE_PADDING, 'keras/one-padding.json'],
  ] as const)('with %s gives the scores that were recorded', (_, bytes, file) => {
    expect(detectFrontend(bytes).name).toBe('tflite');
    const imported = read(bytes);
    expect(imported.inputShape).toEqual([28, 28, 1]);
    const { scores, classes } = golden(file);
    for (let i = 0; i < IMAGES; i += 1) {
      const found = Array.from(runImported(imported, image(i)));
      expect(found.indexOf(Math.max(...found))).toBe(classes[i]);
      for (const [k, score] of (scores[i] ?? []).entries()) expect(Math.abs((found[k] ?? 0) - score)).toBeLessThan(1e-4);
    }
  });

  it('has the packed weights of its twin in ONNX', () => {
    const [ours, theirs] = ['digits-cnn/keras/model.tflite', 'digits-cnn/model.onnx'].map((file) =>
      integerLayers(compileTwin({ file, words: PIXELS })).filter(({ op }) => op === 'conv2d'),
    );
    expect(ours?.length).toBe(3);
    expect(ours?.map(({ signs }) => signs)).toEqual(theirs?.map(({ signs }) => signs));
  });
});

describe('a file that cannot be compiled', () => {
  it('has all its unknown operators named at once', () => {
    const found = problems(renamed(MODEL, 'LceBconv2d', 'LceXconv2d'));
    expect(found.map(({ code }) => code)).toEqual(['BNN1004', 'BNN1004']);
    expect(found[0]?.message).toContain('uses the operator LceXconv2d');
  });

  it('has the problems of its branches named at once, and none of what is behind them', () => {
    const bytes = readFileSync(join(DIGITS, '../tflite-operators/add-branches-relu.tflite'));
    const zeroed = (places: readonly number[]): readonly string[] => {
      const damaged = Uint8Array.from(bytes);
      for (const place of places) damaged[place] = 0;
      return problems(damaged).map(({ message }) => message);
    };
    const isStride = (place: number): boolean => bytes[place] === 1 && zeroed([place])[0]?.endsWith('numbers of at least 1 work.') === true;
    const strides = Array.from(bytes.keys()).filter(isStride);
    // Two strides of each of the two convolutions.
    expect(strides.length).toBe(4);
    expect(zeroed(strides)).toEqual([
      '"Conv2D1" (CONV_2D) has the kernel, strides and dilations [3, 3, 0, 0, 1, 1]; numbers of at least 1 work.',
      '"Conv2D_12" (CONV_2D) has the kernel, strides and dilations [1, 1, 0, 0, 1, 1]; numbers of at least 1 work.',
    ]);
  });

  it('says which custom option is missing', () => {
    expect(problems(renamed(MODEL, 'stride_height', 'strixe_height'))).toMatchObject([{ code: 'BNN1008' }]);
  });

  it('is damaged at the byte that is named', () => {
    const bytes = Uint8Array.from(MODEL);
    bytes.set([0xff, 0xff, 0xff, 0x7f]);
    expect(problems(bytes)).toMatchObject([{ code: 'BNN1003', origin: { position: { byte: 0x7fffffff } } }]);
    expect(problems(new Uint8Array(4))).toMatchObject([{ code: 'BNN1003', origin: { position: { byte: 4 } } }]);
  });

  it('is refused at any length', () => {
    for (const whole of [MODEL, ONE_PADDING])
      for (let length = 0; length < whole.length; length += length < 256 ? 1 : 97)
        expect(problems(whole.subarray(0, length)).length).toBeGreaterThan(0);
  });
});
