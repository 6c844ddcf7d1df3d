/** What a user sees of the equivalence certificate. */
import { describe, expect, it } from 'vitest';
import type { CertifiedSign } from '../../../compiler/driver/certificate.ts';
import { equivalenceText } from '../../../compiler/cli/equivalence-text.ts';
import { OnnxModel } from '../../support/onnx-model.ts';
import { PERCEPTRON, npy, placeWith } from './run-cli.ts';

/** Three bytes of scale 1/10 in: the class is 0 where a + b − c >= 0, and 1 elsewhere. */
function balance(): Uint8Array {
  const model = new OnnxModel();
  const x = model.input('x', ['N', 3]);
  const sum = model.node('MatMul', [x, model.floats([3, 1], [1, 1, -1])], {}, { name: 'balance' });
  const holds = model.node('GreaterOrEqual', [sum, model.float(0)], {}, { name: 'sign' });
  const bit = model.node('Where', [holds, model.float(1), model.float(-1)]);
  return model.bytes(model.node('MatMul', [bit, model.floats([1, 2], [1, -1])], {}, { name: 'classes' }));
}

const AS_TENTHS = ['net.onnx', '--input', 'u8', '--input-scale', '1/10'];
/** Balanced triples a, b, a + b, and behind them unbalanced ones. */
const TRIPLES = [1, 2, 3, 4, 5, 6, 7].flatMap((a) => [1, 2, 3, 4, 5, 6].map((b) => [a, b + 6, a + b + 6]));
const SAMPLES = [...TRIPLES, ...TRIPLES.map(([a = 0, b = 0, c = 0]) => [a, b, c + 1])];

const sign: CertifiedSign = { sign: 's', channels: 7, certain: 0, leastMargin: null, notCovered: 1, uncertain: [] };
const channel = { layer: 'l', accumulator: 3, value: 1e-7, bound: 1e-6, low: 2, high: 4 };

describe('bnnc inspect', () => {
  it('says how many channels cannot differ, and lists the others with sum, value, bound and margin', async () => {
    const { stdout } = await placeWith({ 'net.onnx': balance() }).run('inspect', ...AS_TENTHS);
    expect(stdout).toContain('\nequivalence: 0 of 1 channel cannot differ in any float32 implementation; 1 can:\n');
    expect(stdout).toMatch(
      /\nsign +layer +channel +at the sum +value +error bound +margin\n\S*sign\S* +balance +0 +0 +0.00e\+0 +\d\.\d\de-\d +0.000\n$/,
    );
  });

  it('has only good news for a network that nothing can change', async () => {
    const { stdout } = await placeWith(PERCEPTRON).run('inspect', 'net.onnx', '--input', 'u8', '--input-scale', '1/256');
    expect(stdout).toMatch(/\nequivalence: 4 of 4 channels cannot differ in any float32 implementation\.\n$/);
  });

  it('--json has the whole certificate', async () => {
    const { stdout } = await placeWith({ 'net.onnx': balance() }).run('inspect', ...AS_TENTHS, '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      equivalence: {
        channels: 1,
        certain: 0,
        notCovered: 0,
        signs: [
          {
            channels: 1,
            certain: 0,
            leastMargin: null,
            notCovered: 0,
            uncertain: [{ layer: 'balance', channel: 0, accumulator: 0, value: 0, margin: 0, low: 0, high: 0 }],
          },
        ],
      },
    });
  });
});

describe('the text of a certificate', () => {
  it('lists the five worst channels of all signs, worst first, and counts the rest', () => {
    const uncertain = [0.5, 0.2, 0.9].map((margin, i) => ({ ...channel, channel: i, margin }));
    const signs = [
      { ...sign, uncertain },
      { ...sign, sign: 't', uncertain: uncertain.map((u) => ({ ...u, margin: u.margin / 2 })) },
    ];
    const text = equivalenceText({ channels: 14, certain: 6, notCovered: 2, signs });
    expect(text).toContain('6 of 14 channels cannot differ in any float32 implementation; 2 channels are not covered; 6 can:\n');
    expect(
      text
        .split('\n')
        .slice(3, 8)
        .map((line) => line.split(/ {2,}/).at(-1)),
    ).toEqual(['0.100', '0.200', '0.250', '0.450', '0.500']);
    expect(text).toContain('2 to 4');
    expect(text).toMatch(/\nand 1 more; --json lists them all\n$/);
  });

  it('is empty for a network without signs', () => {
    expect(equivalenceText({ channels: 0, certain: 0, notCovered: 0, signs: [] })).toBe('');
  });
});

describe('bnnc verify --reference onnxruntime', () => {
  it('names the sum that rounding turned, for predictions that differ', async () => {
    const place = placeWith({ 'net.onnx': balance(), 'data.npy': npy([SAMPLES.length, 3], SAMPLES.flat()) });
    const { exit, stdout, stderr } = await place.run(
      'verify',
      ...AS_TENTHS,
      '--data',
      'data.npy',
      '--reference',
      'onnxruntime',
      '--json=out.json',
    );
    expect(exit).toBe(1);
    expect(stdout).toContain(`${SAMPLES.length} of ${SAMPLES.length}`);
    expect(stderr).toMatch(
      /sample \d+: 0, onnxruntime says 1\n +\| +rounding can turn the sum 0 of channel 0 of "balance" before "[^"]*sign[^"]*"\n/,
    );
    const { runtime } = JSON.parse(place.read('out.json')) as { runtime: { differing: readonly unknown[] } };
    expect(runtime.differing[0]).toMatchObject({ expected: 1, actual: 0, uncertain: [{ layer: 'balance', channel: 0, accumulator: 0 }] });
  });
});
