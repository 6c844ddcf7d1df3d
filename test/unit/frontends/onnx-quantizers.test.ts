import { describe, expect, it } from 'vitest';
import { OnnxModel } from '../../support/onnx-model.ts';
import { codesOf, problemsOf, readModel, runImported } from './read-model.ts';

const DOMAINS = ['onnx.brevitas', 'qonnx.custom_op.general', 'finn.custom_op.general', ''];

/** x → Quant with these constants. */
function quantized(
  attributes: Readonly<Record<string, number | string>>,
  scale: number,
  zeroPoint: number,
  bits: number,
  op = 'Quant',
): OnnxModelAndOutput {
  const model = new OnnxModel(9);
  const inputs = [model.input('x', [1, 6]), model.float(scale), model.float(zeroPoint), model.float(bits)];
  return { bytes: model.bytes(model.node(op, inputs, attributes, { name: 'q', domain: 'qonnx.custom_op.general' })) };
}

interface OnnxModelAndOutput {
  readonly bytes: Uint8Array;
}

describe('BipolarQuant', () => {
  it.each(DOMAINS)('in domain "%s" is a sign with +1 at zero, times its scale', (domain) => {
    const model = new OnnxModel(9);
    const y = model.node('BipolarQuant', [model.input('x', [1, 4]), model.float(0.5)], {}, { domain });
    const imported = readModel(model.bytes(y));
    expect(imported.graph.nodes[0]).toMatchObject({ kind: 'sign', attrs: { zero: 'plus' } });
    expect(Array.from(runImported(imported, [-3, -0, 0, 2]))).toEqual([-0.5, 0.5, 0.5, 0.5]);
  });

  it('with scale 1 is a sign alone', () => {
    const model = new OnnxModel(9);
    const y = model.node('BipolarQuant', [model.input('x', [1, 4]), model.floats([1], [1])], {}, { domain: 'onnx.brevitas' });
    expect(readModel(model.bytes(y)).graph.nodes.map(({ kind }) => kind)).toEqual(['sign']);
  });

  it('on weights is folded, through a Transpose too', () => {
    const model = new OnnxModel(9);
    const latent = model.floats([2, 3], [0.3, -0.1, 0, -0.7, 0.2, 0.9]);
    const weights = model.node('BipolarQuant', [latent, model.float(0.25)], {}, { domain: 'onnx.brevitas' });
    const y = model.node('MatMul', [model.input('x', [1, 3]), model.node('Transpose', [weights], { perm: [1, 0] })]);
    const [dense] = readModel(model.bytes(y)).graph.nodes;
    expect(dense?.kind === 'dense' && dense.attrs.weights).toEqual({
      kind: 'binary',
      outputs: 2,
      signs: Int8Array.of(1, -1, 1, -1, 1, 1),
      scale: Float32Array.of(0.25),
    });
  });

  it('with a scale of 0 or computed at run time is refused', () => {
    const zero = new OnnxModel(9);
    expect(codesOf(zero.bytes(zero.node('BipolarQuant', [zero.input('x', [1, 4]), zero.float(0)])))).toEqual(['BNN1008']);
    const computed = new OnnxModel(9);
    const x = computed.input('x', [1, 4]);
    expect(codesOf(computed.bytes(computed.node('BipolarQuant', [x, x])))).toEqual(['BNN1008']);
  });
});

describe('Quant', () => {
  it('with 1 signed bit is ±scale, + at zero', () => {
    const imported = readModel(quantized({ signed: 1, narrow: 1 }, 2, 0, 1).bytes);
    expect(Array.from(runImported(imported, [-3, -0.1, 0, 0.1, 1, 9]))).toEqual([-2, -2, 2, 2, 2, 2]);
  });

  it('with 1 unsigned bit is {0, scale} and rounds half to even', () => {
    const imported = readModel(quantized({ signed: 0, narrow: 0, rounding_mode: 'ROUND' }, 4, 0, 1, 'IntQuant').bytes);
    expect(Array.from(runImported(imported, [-9, 0, 2, 2.0001, 4, 99]))).toEqual([0, 0, 0, 4, 4, 4]);
  });

  it('with 1 unsigned bit and a zero point is shifted before rounding and after', () => {
    const imported = readModel(quantized({ signed: 0 }, 2, 1, 1).bytes);
    expect(Array.from(runImported(imported, [-3, -1.5, -1, -0.5, 0, 3]))).toEqual([-2, -2, -2, 0, 0, 0]);
  });

  it('with several bits names the node and its width', () => {
    const [problem] = problemsOf(quantized({ signed: 1 }, 0.5, 0, 4).bytes);
    expect(problem).toMatchObject({ code: 'BNN1007', origin: { path: 'graph.node[0] "q" (Quant)' } });
    expect(problem?.message).toContain('to 4 bits');
  });

  it.each([
    ['narrow and unsigned', { signed: 0, narrow: 1 }, 0],
    ['another rounding', { signed: 0, rounding_mode: 'FLOOR' }, 0],
    ['a signed zero point', { signed: 1 }, 1],
  ] as const)('with 1 bit and %s is refused', (_name, attributes, zeroPoint) => {
    expect(codesOf(quantized(attributes, 1, zeroPoint, 1).bytes)).toEqual(['BNN1008']);
  });

  it('on latent weights is folded to ±scale', () => {
    const model = new OnnxModel(9);
    const constants = [0.5, 0, 1].map((value) => model.float(value));
    const weights = model.node('Quant', [model.floats([1, 4], [0.3, -0.2, 0, -1]), ...constants], { signed: 1, narrow: 1 });
    const y = model.node('Gemm', [model.input('x', [1, 4]), weights], { transB: 1 });
    expect(Array.from(runImported(readModel(model.bytes(y)), [1, 2, 3, 4]))).toEqual([-1]);
  });
});
