/** What a user sees of the equivalence certificate. */
import { describe, expect, it } from 'vitest';
import { OnnxModel } from '../../support/onnx-model.ts';
import { npy, placeWith } from './run-cli.ts';

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
