/** TensorFlow Lite's operators and Larq Compute Engine's: small networks, and what their own interpreters compute. */
import { describe, expect, it } from 'vitest';
import type { Imported } from '../../../compiler/frontends/frontend.ts';
import { tflite } from '../../../compiler/frontends/tflite/index.ts';
import { verifyGraph } from '../../../compiler/ir/verify.ts';
import { Diagnostics, type Diagnostic } from '../../../compiler/support/diagnostics.ts';
import { problemsIn } from '../../support/problems.ts';
import { smallNetworks, smallSample, type SmallNetwork } from '../../support/small-networks.ts';
import { NO_FILES, inGraphOrder, runImported } from './read-model.ts';

const LITE = smallNetworks('tflite-operators');
const LARQ = smallNetworks('larq-operators');

function read({ bytes, file }: SmallNetwork, output: string | null = null): Imported {
  const imported = tflite.read(bytes, NO_FILES, { file, output }, new Diagnostics());
  expect(verifyGraph(imported.graph)).toEqual([]);
  expect(imported.inputOrder).toBeNull();
  return imported;
}

/** Our outputs and theirs, of each sample. */
function both(network: SmallNetwork): readonly { readonly ours: readonly number[]; readonly theirs: readonly number[] }[] {
  const imported = read(network);
  return network.outputs.map((outputs, number) => ({
    ours: Array.from(runImported(imported, smallSample(imported, number)), (value) => value + 0),
    theirs: inGraphOrder(imported, outputs),
  }));
}

function problems({ bytes, file }: SmallNetwork): readonly Diagnostic[] {
  return problemsIn(() => tflite.read(bytes, NO_FILES, { file, output: null }, new Diagnostics()));
}

function networkOf(networks: ReadonlyMap<string, SmallNetwork>, name: string): SmallNetwork {
  const network = networks.get(name);
  if (network === undefined) throw new Error(`no network ${name}`);
  return network;
}

const ULP = 2 ** -23;

/**
 * Where results are rounded more than once, how far two of them may be from each other: each side of a logistic or tanh is within 1.5 units in the last
 * place of a result below 1; a hard swish of at most 2 is a product and a quotient, four roundings on both sides. A batch norm that a
 * convolution of 33·9 taps has taken in multiplies by at most 4: Larq Compute Engine multiplies the count of unequal bits by 2·4 and adds the
 * rest of the sum, 297·4, to the bias, with terms below 4096, in three roundings; we have two of values half as large.
 */
const BOUNDS: ReadonlyMap<string, number> = new Map([
  ['logistic', 3 * (ULP / 2)],
  ['tanh', 3 * (ULP / 2)],
  ['hard-swish', 4 * ULP],
  ['trained-batch-norm', 4 * (2048 * ULP)],
]);
const TAIL = ['softmax', 'log-softmax', 'arg-max'];
const REFUSED = ['concat-rows'];

function exactOf(networks: ReadonlyMap<string, SmallNetwork>): readonly (readonly [string, SmallNetwork])[] {
  return [...networks].filter(([name]) => !BOUNDS.has(name) && !TAIL.includes(name) && !REFUSED.includes(name));
}

describe("TensorFlow Lite's operators", () => {
  it.each(exactOf(LITE))('%s gives what its interpreter gives, to the last bit', (_, network) => {
    for (const { ours, theirs } of both(network)) expect(ours).toEqual(theirs);
  });

  it('give an image in its own order where --output names it', () => {
    // The whole network is this convolution and a Reshape to a vector.
    const network = networkOf(LITE, 'reshape-of-convolution');
    const imported = read(network, 'Conv2D2');
    expect(Array.from(runImported(imported, smallSample(imported, 0)))).toEqual(network.outputs[0]);
  });

  it('are refused where the rows of the input may change', () => {
    const network = networkOf(LITE, 'any-batch');
    const bytes = Buffer.from(network.bytes);
    const at = bytes.indexOf(Buffer.from(Int32Array.of(-1, 6, 8, 3).buffer));
    expect(at).toBeGreaterThan(0);
    bytes.writeInt32LE(-1, at + 4);
    expect(problems({ ...network, bytes })).toMatchObject([
      {
        code: 'BNN1005',
        message: 'the input "serving_default_x:0" has the shape [-1, -1, 8, 3]; a batch of 1 and fixed sizes of at least 1 work.',
      },
    ]);
  });

  it('are refused where a join of images is not along channels', () => {
    expect(problems(networkOf(LITE, 'concat-rows'))).toMatchObject([
      { code: 'BNN1008', message: '"PartitionedCall:0" (CONCATENATION) joins images along axis 1; along their channels, 3, works.' },
    ]);
  });

  it.each([
    ['softmax', 'SOFTMAX', (x: readonly number[]) => x.map((value) => Math.exp(value) / x.reduce((sum, each) => sum + Math.exp(each), 0))],
    [
      'log-softmax',
      'LOG_SOFTMAX',
      (x: readonly number[]) => x.map((value) => value - Math.log(x.reduce((sum, e) => sum + Math.exp(e), 0))),
    ],
    ['arg-max', 'ARG_MAX', (x: readonly number[]) => [x.indexOf(Math.max(...x))]],
  ] as const)('%s at the end is left out, with a note, and what is left gives the same', (name, shown, tail) => {
    const network = networkOf(LITE, name);
    expect(read(network).notes).toEqual([`"PartitionedCall:0" (${shown}) at the end is left out: the output is its input.`]);
    for (const { ours, theirs } of both(network)) {
      const ended = tail(ours);
      expect(ended).toHaveLength(theirs.length);
      ended.forEach((value, i) => {
        expect(Math.abs(value - (theirs[i] ?? Number.NaN))).toBeLessThanOrEqual(8 * ULP * Math.max(1, Math.abs(value)));
      });
    }
  });
});

describe("Larq Compute Engine's operators", () => {
  it.each(exactOf(LARQ))('%s gives what its interpreter gives, to the last bit', (_, network) => {
    for (const { ours, theirs } of both(network)) expect(ours).toEqual(theirs);
  });
});

/** The values of a convolution's options, one byte each, in the order of their names. */
const OPTIONS = [
  'channels_in',
  'dilation rows',
  'dilation columns',
  'activation',
  'pad_values',
  'padding',
  'stride rows',
  'stride columns',
];

describe("a convolution of Larq Compute Engine's is refused", () => {
  const name = 'packed-same-one';
  const stated = [5, 1, 1, 0, 1, 0, 2, 2];

  it.each([
    ['channels_in', 6, 'is said to have 6 channels; its input has 5.'],
    ['pad_values', 0, 'writes bits and pads with 0, which the engine refuses as well.'],
    ['pad_values', 2, 'has pad_values 2; 0 and 1 work.'],
    ['stride rows', 1, 'makes 3x4 pixels; SAME would give 5x4, VALID 3x3.'],
    ['stride columns', 4, 'makes 3x4 pixels; SAME would give 3x2, VALID 2x2.'],
  ])('where %s is %d', (option, value, message) => {
    const network = networkOf(LARQ, name);
    const bytes = Buffer.from(network.bytes);
    const at = bytes.indexOf(Buffer.from(stated));
    expect(at).toBeGreaterThan(0);
    bytes[at + OPTIONS.indexOf(option)] = value;
    const [problem] = problems({ ...network, bytes });
    expect(problem?.code).toBe('BNN1008');
    expect(problem?.message).toMatch(/^"[^"]+" \(LceBconv2d\) /);
    expect(problem?.message.replace(/^.*\(LceBconv2d\) /, '')).toBe(message);
  });
});

describe('operators that round', () => {
  it.each([...BOUNDS])('%s gives what the interpreter gives, within %d', (name, bound) => {
    const network = LITE.get(name) ?? networkOf(LARQ, name);
    for (const { ours, theirs } of both(network)) {
      expect(ours).toHaveLength(theirs.length);
      for (const [i, value] of theirs.entries()) expect(Math.abs((ours[i] ?? Number.NaN) - value)).toBeLessThanOrEqual(bound);
    }
  });
});
