/** eBNN's files: its C read as data, against plain arithmetic, and the same network as header, HDF5 and ONNX. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ebnn } from '../../../compiler/frontends/ebnn/index.ts';
import type { Imported } from '../../../compiler/frontends/frontend.ts';
import { detectFrontend } from '../../../compiler/frontends/index.ts';
import { Diagnostics, type Diagnostic } from '../../../compiler/support/diagnostics.ts';
import { header, layer } from '../../support/ebnn-model.ts';
import { importNarrow } from '../../support/narrow-checkpoint.ts';
import { problemsIn } from '../../support/problems.ts';
import { EBNN, ebnnParts } from '../../support/published/ebnn.ts';
import { compileTwin, integerLayers } from '../../support/twins.ts';
import { testPublished } from './published.ts';
import { NO_FILES } from './read-json.ts';
import { runImported } from './read-model.ts';

const FIXTURE = join(import.meta.dirname, '../../../fixtures/ebnn-conv-pool');
const PIXELS = { input: 'u8', inputScale: '1/255' } as const;

function read(text: string): Imported {
  return ebnn.read(new TextEncoder().encode(text), NO_FILES, { file: 'net.h', output: null }, new Diagnostics());
}

const problems = (text: string): readonly Diagnostic[] => problemsIn(() => read(text));

const NEUTRAL = { b: [0], beta: [0], gamma: [1], mean: [0], std: [1] };
const twice = (part: typeof NEUTRAL) =>
  Object.fromEntries(Object.entries(part).map(([key, list]) => [key, [...list, ...list]])) as typeof NEUTRAL;

describe('a layer of eBNN', () => {
  it('on floats has the bits of a filter one behind the other, the highest of a byte first', () => {
    // One filter of 2 channels, 2×2: + - + - - - + + and no more.
    const conv = layer('l0', {
      weights: [0b10100011],
      constants: NEUTRAL,
      call: 'fconv_layer',
      numbers: [1, 1, 2, 2, 2, 2, 2, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0],
      input: 'float',
    });
    const last = layer('l1', { weights: [0b11111111], constants: NEUTRAL, call: 'blinear_sm_layer', numbers: [1, 1, 1] });
    const imported = read(header([conv, last], ['l0', 'l1']));
    expect(imported.inputShape).toEqual([2, 2, 2]);
    const sample = [1, 2, 3, 4, 5, 6, 7, 8];
    const sum = 1 - 2 + 3 - 4 - 5 - 6 + 7 + 8;
    expect(Array.from(runImported(imported, sample))).toEqual([sum >= 0 ? 1 : -1]);
    expect(
      Array.from(
        runImported(
          imported,
          sample.map((value) => -value),
        ),
      ),
    ).toEqual([-sum >= 0 ? 1 : -1]);
  });

  it('on bits fills the bits of every channel up to bytes', () => {
    // Channel 0: + - + -, channel 1: - - + +, each in a byte of its own, filled with ones.
    const conv = layer('l0', {
      weights: [0b10101111, 0b00111111],
      constants: NEUTRAL,
      call: 'bconv_layer',
      numbers: [1, 1, 2, 2, 2, 2, 2, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0],
    });
    const last = layer('l1', { weights: [0b11111111], constants: NEUTRAL, call: 'blinear_sm_layer', numbers: [1, 1, 1] });
    const imported = read(header([conv, last], ['l0', 'l1']));
    expect(imported.notes.join()).toContain('--input b1');
    const same = [1, -1, 1, -1, -1, -1, 1, 1];
    expect(Array.from(runImported(imported, same))).toEqual([1]);
    expect(
      Array.from(
        runImported(
          imported,
          same.map((value, i) => (i < 5 ? -value : value)),
        ),
      ),
    ).toEqual([-1]);
  });

  it('normalizes in the order of the C code, by a deviation', () => {
    const constants = { b: [0.5, 0.1], beta: [0.25, -0.3], gamma: [-2, 0.7], mean: [1.5, 0.3], std: [0.3, 1.7] };
    const dense = layer('l0', { weights: [0b11011111, 0b10111111], constants, call: 'blinear_sm_layer', numbers: [1, 3, 2] });
    const { fround } = Math;
    const wanted = [1 + 1 - 1, 1 - 1 + 1].map((sum, o) => {
      const at = (part: keyof typeof constants): number => fround(constants[part][o] ?? 0);
      const centered = fround(fround(fround(sum + at('b')) - at('mean')) / at('std'));
      return fround(fround(centered * at('gamma')) + at('beta'));
    });
    expect(Array.from(runImported(read(header([dense], ['l0'])), [1, 1, 1]))).toEqual(wanted);
  });

  it('gives bits where it is a hidden dense layer, with +1 at 0', () => {
    const hidden = layer('l0', { weights: [0b11111111, 0b10111111], constants: twice(NEUTRAL), call: 'blinear_layer', numbers: [1, 2, 2] });
    const last = layer('l1', { weights: [0b11111111], constants: NEUTRAL, call: 'blinear_sm_layer', numbers: [1, 2, 1] });
    expect(Array.from(runImported(read(header([hidden, last], ['l0', 'l1'])), [1, -1]))).toEqual([2]); // sums 0 and 2
  });
});

describe('C that eBNN does not write', () => {
  const conv = (numbers: readonly number[]): string =>
    header([layer('l0', { weights: [255], constants: NEUTRAL, call: 'fconv_layer', numbers, input: 'float' })], ['l0']);

  it.each([
    ['a map that is not square', conv([1, 1, 4, 2, 1, 2, 2, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0]), 'BNN1008', 'not square'],
    ['several images at once', conv([2, 1, 2, 2, 1, 2, 2, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0]), 'BNN1008', '2 images'],
    ['a missing argument', conv([1, 1, 2, 2, 1, 2, 2, 1, 1, 0, 0, 1, 1, 1, 1, 0]), 'BNN1008', '24 arguments; it has 25'],
    ['an array that is too short', conv([1, 9, 2, 2, 1, 2, 2, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0]), 'BNN1008', 'uint8_t[9]; it is uint8_t[1]'],
    ['a statement', 'void ebnn_compute(float *input, uint8_t *output){ system("rm"); x = 1; }', 'BNN1003', 'something else than calls'],
    [
      'another function',
      'void f(int a){}\nint main(void) { return 0; }\nvoid ebnn_compute(float *input, uint8_t *output){}',
      'BNN1003',
      'neither an array',
    ],
    [
      'an unknown layer',
      'void g(float* a, uint8_t* b){ h(a, b); }\nvoid ebnn_compute(float *input, uint8_t *output){ g(input, output); }',
      'BNN1004',
      'no layer of eBNN',
    ],
    ['a word in an array', 'float a[2] = {1, foo};\nvoid ebnn_compute(float *i, uint8_t *o){}', 'BNN1003', '"foo" at element 1'],
  ])('with %s is refused', (_what, text, code, part) => {
    const found = problems(text);
    expect(found.map((problem) => problem.code)).toEqual([code]);
    expect(found[0]?.message).toContain(part);
  });

  it('is refused at its line', () => {
    const found = problems('#include "ebnn.h"\n\n  float a[1] = {zero};\nvoid ebnn_compute(float *i, uint8_t *o){}');
    expect(found).toMatchObject([{ origin: { position: { line: 3, column: 3 } } }]);
  });

  it('has the problems of all its layers named at once', () => {
    const dense = (name: string, numbers: readonly number[]): ReturnType<typeof layer> =>
      layer(name, { weights: [255], constants: NEUTRAL, call: 'blinear_layer', numbers });
    const text = header([dense('l0', [2, 1, 1]), dense('l1', [1, 9, 1])], ['l0', 'l1']);
    expect(problems(text).map(({ code, message }) => `${code} ${message}`)).toEqual([
      expect.stringContaining('BNN1008 "l0" (blinear_layer)'),
      expect.stringContaining('BNN1008 "l1" (blinear_layer)'),
    ]);
    const unknown = ['g', 'h'].map((name) => `void ${name}(float* a, uint8_t* b){ some(a, b); }`);
    const calls = 'void ebnn_compute(float *input, uint8_t *output){ g(input, t); h(t, output); }';
    expect(problems([...unknown, calls].join('\n')).map(({ message }) => message)).toEqual([
      'ebnn_compute calls "g", which is no layer of eBNN.',
      'ebnn_compute calls "h", which is no layer of eBNN.',
    ]);
  });
});

describe('the fixture', () => {
  const onnx = integerLayers(compileTwin({ file: 'ebnn-conv-pool/model.onnx', words: PIXELS }));

  it.each([{ file: 'ebnn-conv-pool/ebnn/model.h' }, { file: 'ebnn-conv-pool/ebnn/model.hdf5', topology: 'topology.json' }])(
    '$file has the packed weights and thresholds of its ONNX twin',
    (twin) => {
      expect(onnx.length).toBeGreaterThan(2);
      expect(integerLayers(compileTwin({ ...twin, words: PIXELS }))).toEqual(onnx);
    },
  );

  it('is recognised by its content', () => {
    for (const name of ['ebnn/model.h', 'ebnn/model.hdf5']) expect(detectFrontend(readFileSync(join(FIXTURE, name))).name).toBe('ebnn');
  });
});

describe('an HDF5 file of the trainer', () => {
  testPublished(EBNN, ebnnParts, ({ word, shapes }, values) => importNarrow(ebnn.topologies ?? [], word, shapes, values));

  it('asks for --topology by the tensors that it has', () => {
    const bytes = readFileSync(join(FIXTURE, 'ebnn/model.hdf5'));
    expect(() => ebnn.read(bytes, NO_FILES, { file: 'model.hdf5', output: null }, new Diagnostics())).toThrow('BNN1012');
  });
});
