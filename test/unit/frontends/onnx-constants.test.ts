import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import type { SideFiles } from '../../../compiler/frontends/frontend.ts';
import { bfloat16, float16 } from '../../../compiler/support/elements.ts';
import { SparseTensorProtoSchema, TensorProtoSchema } from '../../../compiler/frontends/onnx/onnx_pb.ts';
import { OnnxModel, floatTensor, int64Tensor } from '../../support/onnx-model.ts';
import { NO_FILES, codesOf, expectSameAsOnnxRuntime, problemsOf, randomSource, readModel, runImported } from './read-model.ts';

type TensorFields = MessageInitShape<typeof TensorProtoSchema>;

/** x·W for x = [1, 10, 100] where W is the tensor, cast to float. */
function product(fields: TensorFields, side: SideFiles = NO_FILES): readonly number[] {
  const model = new OnnxModel();
  const weights = model.node('Cast', [model.initializer(create(TensorProtoSchema, { dims: [3n, 1n], ...fields }))], { to: 1 });
  return Array.from(runImported(readModel(model.bytes(model.node('MatMul', [model.input('x', [1, 3]), weights])), {}, side), [1, 10, 100]));
}

const bytesOf = (array: ArrayBufferView): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

describe('initializers', () => {
  it.each([
    ['float_data', { dataType: 1, floatData: [1, 2, 3] }],
    ['raw floats', { dataType: 1, rawData: bytesOf(Float32Array.of(1, 2, 3)) }],
    ['raw doubles', { dataType: 11, rawData: bytesOf(Float64Array.of(1, 2, 3)) }],
    ['double_data', { dataType: 11, doubleData: [1, 2, 3] }],
    ['raw int64', { dataType: 7, rawData: bytesOf(BigInt64Array.of(1n, 2n, 3n)) }],
    ['int64_data', { dataType: 7, int64Data: [1n, 2n, 3n] }],
    ['int32_data', { dataType: 6, int32Data: [1, 2, 3] }],
    ['int16', { dataType: 5, rawData: bytesOf(Int16Array.of(1, 2, 3)) }],
    ['uint8', { dataType: 2, int32Data: [1, 2, 3] }],
    ['int8', { dataType: 3, rawData: Uint8Array.of(1, 2, 3) }],
    ['uint32', { dataType: 12, uint64Data: [1n, 2n, 3n] }],
    ['float16', { dataType: 10, int32Data: [0x3c00, 0x4000, 0x4200] }],
    ['raw float16', { dataType: 10, rawData: bytesOf(Uint16Array.of(0x3c00, 0x4000, 0x4200)) }],
    ['raw bfloat16', { dataType: 16, rawData: Uint8Array.of(0x80, 0x3f, 0, 0x40, 0x40, 0x40) }],
    ['bfloat16', { dataType: 16, int32Data: [0x3f80, 0x4000, 0x4040] }],
    ['raw int32', { dataType: 6, rawData: bytesOf(Int32Array.of(1, 2, 3)) }],
    ['uint16', { dataType: 4, int32Data: [1, 2, 3] }],
    ['raw uint16', { dataType: 4, rawData: bytesOf(Uint16Array.of(1, 2, 3)) }],
    ['raw uint32', { dataType: 12, rawData: bytesOf(Uint32Array.of(1, 2, 3)) }],
    ['uint64', { dataType: 13, uint64Data: [1n, 2n, 3n] }],
    ['raw uint64', { dataType: 13, rawData: bytesOf(BigUint64Array.of(1n, 2n, 3n)) }],
    ['raw uint4', { dataType: 21, rawData: Uint8Array.of(0x21, 0xf3) }],
    ['uint4', { dataType: 21, int32Data: [0x21, 0x03] }],
    ['raw int4', { dataType: 22, rawData: Uint8Array.of(0x21, 0x03) }],
    ['int4', { dataType: 22, int32Data: [0x21, 0x03] }],
  ] as const)('are read from %s', (_name, fields) => {
    expect(product(fields as unknown as TensorFields)).toEqual([321]);
  });

  it('of negative four-bit integers keep their sign, of unsigned ones their size', () => {
    expect(product({ dataType: 22, rawData: Uint8Array.of(0x8f, 0x07) })).toEqual([-1 - 80 + 700]);
    expect(product({ dataType: 21, rawData: Uint8Array.of(0x8f, 0x07) })).toEqual([15 + 80 + 700]);
    expect(product({ dataType: 3, int32Data: [-1, 2, -3] })).toEqual([-281]);
  });

  it('of strings are refused with the reason', () => {
    expect(() => product({ dataType: 8, stringData: [new Uint8Array(1), new Uint8Array(1), new Uint8Array(1)] })).toThrow(
      'type string, which cannot be read: a network computes with numbers',
    );
  });

  describe('in sparse form', () => {
    const sparse = (values: readonly number[], indices: readonly number[], indexShape: readonly number[], dims = [3, 2]) => {
      const model = new OnnxModel();
      const weights = model.sparse(
        create(SparseTensorProtoSchema, {
          values: floatTensor([values.length], values, 'w'),
          indices: int64Tensor(indexShape, indices),
          dims: dims.map(BigInt),
        }),
      );
      return model.bytes(model.node('MatMul', [model.input('x', [1, 3]), weights]));
    };

    it('are 0 where nothing is stored, by flat or by full indices', () => {
      expect(Array.from(runImported(readModel(sparse([5, 7], [0, 3], [2])), [1, 10, 100]))).toEqual([5, 70]);
      expect(Array.from(runImported(readModel(sparse([5, 7], [0, 0, 1, 1], [2, 2])), [1, 10, 100]))).toEqual([5, 70]);
    });

    it.each([
      ['outside the shape', [5], [6], [1], [3, 2]],
      ['without a place for each value', [5, 7], [0], [1], [3, 2]],
      ['of a huge shape', [5], [0], [1], [2 ** 20, 2 ** 20]],
    ] as const)('are refused %s', (_name, values, indices, shape, dims) => {
      expect(codesOf(sparse(values, indices, shape, [...dims]))).toEqual(['BNN1009']);
    });
  });

  it('of truth values are 0 and 1', () => {
    expect(product({ dataType: 9, rawData: Uint8Array.of(1, 0, 7) })).toEqual([101]);
  });

  it('are read from files beside the model', () => {
    const file = new Uint8Array(20);
    file.set(bytesOf(Float32Array.of(1, 2, 3)), 8);
    const side: SideFiles = {
      list: () => [],
      read: (name, at = 0, length = 0) => (name === 'w.bin' && at + length <= 20 ? file.subarray(at, at + length) : undefined),
    };
    const externalData = [
      { key: 'location', value: 'w.bin' },
      { key: 'offset', value: '8' },
      { key: 'length', value: '12' },
    ];
    expect(product({ dataType: 1, dataLocation: 1, externalData }, side)).toEqual([321]);
    const short = externalData.map((pair) => (pair.key === 'offset' ? { ...pair, value: '12' } : pair));
    expect(() => product({ dataType: 1, dataLocation: 1, externalData: short }, side)).toThrow('BNN1009');
  });

  it.each(['/etc/passwd', '../w.bin', 'a/../../w.bin', 'C:\\w.bin', ''])('outside the model folder are refused: "%s"', (location) => {
    expect(() => product({ dataType: 1, dataLocation: 1, externalData: [{ key: 'location', value: location }] })).toThrow(
      /BNN1009.*outside/,
    );
  });

  it.each([
    ['too short', { dataType: 1, floatData: [1, 2] }],
    ['too long in raw form', { dataType: 1, rawData: new Uint8Array(16) }],
    ['of strings', { dataType: 8 }],
    ['of an unknown type', { dataType: 99 }],
    ['of impossible size', { dataType: 1, dims: [2n ** 40n, 2n ** 40n] }],
    ['of negative size', { dataType: 1, dims: [-3n, 1n] }],
    ['huge beside their data', { dataType: 1, dims: [2n ** 31n, 2n], floatData: [1] }],
  ] as const)('that are %s are refused', (_name, fields) => {
    expect(() => product(fields as unknown as TensorFields)).toThrow('BNN1009');
  });

  it('that are bad are all named at once', () => {
    const model = new OnnxModel();
    const bad = ['w', 'b'].map((name) => model.initializer(create(TensorProtoSchema, { name, dataType: 1, dims: [3n, 1n] })));
    const y = model.node('Add', [model.node('MatMul', [model.input('x', [1, 3]), bad[0] ?? '']), bad[1] ?? '']);
    expect(problemsOf(model.bytes(y)).map(({ code, message }) => `${code} ${message.slice(0, 14)}`)).toEqual([
      'BNN1009 the tensor "b"',
      'BNN1009 the tensor "w"',
    ]);
  });

  it('of 16-bit floats keep their exact values', () => {
    expect([0x3555, 0x0001, 0xfbff, 0x7c00, 0x8000].map(float16)).toEqual([0.333251953125, 2 ** -24, -65504, Infinity, -0]);
    expect([0x3f80, 0xc049, 0x0001].map(bfloat16)).toEqual([1, -3.140625, 2 ** -133]);
  });
});

describe('constant subgraphs', () => {
  it('binarize weights with a scale of their mean magnitude', async () => {
    const model = new OnnxModel();
    const latent = model.floats([2, 2, 1, 2], [0.5, -0.25, 0.75, -0.5, 2, -1, -1, 4]);
    const alpha = model.node('ReduceMean', [model.node('Abs', [latent])], { axes: [1, 2, 3], keepdims: 1 });
    const weights = model.node('Mul', [model.node('Sign', [latent]), alpha]);
    const y = model.node('Conv', [model.input('x', [1, 2, 3, 3]), weights]);
    const imported = await expectSameAsOnnxRuntime(model.bytes(y), [1, 2, 3, 3], randomSource(1));
    expect(imported.graph.nodes).toHaveLength(1);
    expect(imported.graph.nodes[0]?.attrs).toMatchObject({ weights: { kind: 'binary', scale: Float32Array.of(0.5, 2) } });
  });

  it('binarize weights by a comparison and Where', () => {
    const model = new OnnxModel();
    const truth = model.node('GreaterOrEqual', [model.floats([3, 1], [0.1, -2, 0]), model.float(0)]);
    const weights = model.node('Where', [truth, model.float(1), model.float(-1)]);
    expect(
      Array.from(runImported(readModel(model.bytes(model.node('MatMul', [model.input('x', [1, 3]), weights]))), [1, 10, 100])),
    ).toEqual([91]);
  });

  it('evaluate the scalar normalization of QONNX in float32', async () => {
    const model = new OnnxModel(9);
    const x = model.node('Sub', [model.input('x', [1, 4]), model.floats([1], [0.5])]);
    const deviation = model.node('Pow', [model.node('Add', [model.floats([1], [14.75]), model.float(1.25)]), model.float(0.5)]);
    const y = model.node('Add', [model.node('Mul', [model.node('Div', [x, deviation]), model.floats([1], [3])]), model.floats([1], [-1])]);
    await expectSameAsOnnxRuntime(model.bytes(y), [1, 4], randomSource(2));
  });

  it('move elements as onnxruntime does', async () => {
    const random = randomSource(3);
    const values = Array.from({ length: 24 }, (_, i) => i - 11);
    const model = new OnnxModel();
    const tensor = model.floats([2, 3, 4], values);
    const slice = model.node('Slice', [
      tensor,
      model.integers([-1, 3]),
      model.integers([-9, 0]),
      model.integers([1, 2]),
      model.integers([-2, -1]),
    ]); // [2, 2, 3]
    const gathered = model.node('Gather', [slice, model.initializer(int64Tensor([2, 2], [1, 0, -1, 1]))], { axis: 1 }); // [2, 2, 2, 3]
    const joined = model.node('Concat', [gathered, model.node('Neg', [gathered])], { axis: -1 }); // [2, 2, 2, 6]
    const turned = model.node('Transpose', [joined], { perm: [3, 0, 2, 1] });
    const expanded = model.node('Expand', [model.node('Reshape', [turned, model.integers([6, 1, 8])]), model.integers([6, 2, 8])]);
    const filled = model.node('ConstantOfShape', [model.integers([2, 1])], { value: floatTensor([1], [3]) });
    const weights = model.node('Reshape', [model.node('Mul', [expanded, filled]), model.integers([6, -1])]);
    await expectSameAsOnnxRuntime(model.bytes(model.node('MatMul', [model.input('x', [1, 6]), weights])), [1, 6], random);
  });

  it('truncate integer division and casts', () => {
    const model = new OnnxModel();
    const quotient = model.node('Div', [model.integers([-7, 7, 9]), model.integers([2, 2, 4])]);
    const cast = model.node('Cast', [model.node('Cast', [model.floats([3], [-1.9, 1.9, 300.5])], { to: 7 })], { to: 1 });
    const sum = model.node('Add', [model.node('Cast', [quotient], { to: 1 }), cast]);
    const y = model.node('Add', [model.input('x', [1, 3]), sum]);
    expect(Array.from(runImported(readModel(model.bytes(y)), [0, 0, 0]))).toEqual([-4, 4, 302]);
  });

  it('that would fill the memory are refused', () => {
    const model = new OnnxModel();
    const huge = model.node('ConstantOfShape', [model.integers([2 ** 20, 2 ** 20])]);
    expect(codesOf(model.bytes(model.node('Add', [model.input('x', [1, 3]), huge])))).toEqual(['BNN1008']);
  });
});
