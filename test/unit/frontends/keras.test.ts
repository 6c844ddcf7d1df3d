/** Keras' and Larq's files: one network in three forms and as ONNX, and what is wrong with damaged ones. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { detectFrontend } from '../../../compiler/frontends/index.ts';
import { keras } from '../../../compiler/frontends/keras/index.ts';
import type { FrontendOptions } from '../../../compiler/frontends/frontend.ts';
import { Diagnostics, type Diagnostic } from '../../../compiler/support/diagnostics.ts';
import { compileTwin, integerLayers } from '../../support/twins.ts';
import { interpretClasses } from '../../support/golden-classes.ts';
import { problemsIn } from '../../support/problems.ts';
import { NO_FILES } from './read-json.ts';

const FIXTURES = join(import.meta.dirname, '../../../fixtures');
const PIXELS = { input: 'u8', inputScale: '1/255' } as const;
const bytesOf = (name: string): Buffer => readFileSync(join(FIXTURES, 'digits-cnn/keras', name));

function problems(bytes: Uint8Array, options: Partial<FrontendOptions> = {}): readonly Diagnostic[] {
  return problemsIn(() => keras.read(bytes, NO_FILES, { file: 'model.h5', output: null, ...options }, new Diagnostics()));
}

/** The configuration of model.h5 with one text replaced by another of the same length, so that nothing moves. */
function edited(from: string, to: string): Buffer {
  expect(to).toHaveLength(from.length);
  const bytes = Buffer.from(bytesOf('model.h5'));
  const at = bytes.indexOf(from);
  expect(at).toBeGreaterThan(0);
  bytes.write(to, at, 'latin1');
  return bytes;
}

describe('digits-cnn', () => {
  const onnx = integerLayers(compileTwin({ file: 'digits-cnn/model.onnx', words: PIXELS }));

  it.each(['model.h5', 'model.keras'])('as %s has the packed weights and thresholds of its ONNX twin', (name) => {
    const native = integerLayers(compileTwin({ file: `digits-cnn/keras/${name}`, words: PIXELS }));
    const thresholds = (layers: typeof native) => layers.map((layer) => Array.from(layer.thresholds ?? []));
    expect(native.map(({ op }) => op)).toEqual(onnx.map(({ op }) => op));
    expect(thresholds(native)).toEqual(thresholds(onnx));
    expect(native.map(({ signs }) => signs)).toEqual(onnx.map(({ signs }) => signs));
  });

  it('gives the classes of its golden file', () => {
    const twin = compileTwin({ file: 'digits-cnn/keras/model.h5', words: PIXELS });
    const { classes, golden } = interpretClasses(twin, 'digits-cnn', 20);
    expect(classes).toEqual(golden);
  });

  it('as weights only needs --topology, and the message lists the tensors', () => {
    const [found] = problems(bytesOf('weights.h5'));
    expect(found).toMatchObject({ code: 'BNN1012' });
    expect(found?.details?.length).toBeGreaterThan(8);
  });

  it('is recognised by its content', () => {
    for (const name of ['model.h5', 'model.keras', 'weights.h5']) expect(detectFrontend(bytesOf(name)).name).toBe('keras');
  });
});

describe('a file of Keras is refused', () => {
  it('with layers that are not read, all of them, by name', () => {
    const found = problems(edited('"class_name": "MaxPooling2D"', '"class_name": "MaxPoolinggg"'));
    expect(found).toMatchObject([{ code: 'BNN1004' }]);
    expect(found[0]?.message).toContain('MaxPoolinggg');
  });

  it('with a quantizer of another kind', () => {
    const [found] = problems(edited('SteSign', 'DoReFaa'));
    expect(found).toMatchObject({ code: 'BNN1008' });
    expect(found?.message).toContain('DoReFaa');
  });

  it.each(['float16', 'float64'])('with a layer that computes in %s', (type) => {
    const name = '"max_pooling2d", "trainable": true, "dtype": ';
    const found = problems(edited(`${name}"float32"`, `${name}"${type}"`));
    expect(found.map(({ code, message }) => `${code} ${message}`)).toEqual([
      `BNN1008 "max_pooling2d" (MaxPooling2D) computes in ${type}; float32 works.`,
    ]);
  });

  it('where it ends early, whatever is missing', () => {
    for (const name of ['model.h5', 'model.keras']) {
      const bytes = bytesOf(name);
      for (const share of [0.02, 0.1, 0.3, 0.5, 0.8, 0.99]) {
        const [found] = problems(bytes.subarray(0, Math.floor(bytes.length * share)));
        expect(found?.code).toMatch(/^BNN10(03|09|10)$/);
      }
    }
  });
});
