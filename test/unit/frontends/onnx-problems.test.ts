import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { FRONTENDS, detectFrontend } from '../../../compiler/frontends/index.ts';
import { onnx } from '../../../compiler/frontends/onnx/index.ts';
import { TensorProtoSchema, type TensorProto } from '../../../compiler/frontends/onnx/onnx_pb.ts';
import { UserError } from '../../../compiler/support/diagnostics.ts';
import { OnnxModel } from '../../support/onnx-model.ts';
import { codesOf, problemsOf, readModel } from './read-model.ts';

const text = (content: string): Uint8Array => new TextEncoder().encode(content);

function small(): Uint8Array {
  const model = new OnnxModel();
  return model.bytes(model.node('MatMul', [model.input('x', ['N', 3]), model.floats([3, 2], [1, -1, 1, 1, -1, -1])]));
}

function byteTensor(value: number): TensorProto {
  return create(TensorProtoSchema, { dataType: 2, int32Data: [value] });
}

function detectionProblem(bytes: Uint8Array, from?: string): UserError['diagnostics'][number] | undefined {
  try {
    detectFrontend(bytes, from, 'net.onnx');
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return error.diagnostics[0];
    throw error;
  }
}

describe('detection by content', () => {
  it('finds the ONNX frontend', () => {
    expect(detectFrontend(small())).toBe(onnx);
    expect(detectFrontend(text('anything'), 'onnx')).toBe(onnx);
  });

  it.each([
    ['an empty file', new Uint8Array(0), 'empty'],
    ['text', text('hello world\n'), 'text'],
    ['JSON', text('{"nodes": []}'), 'JSON without "format": "bnnc"'],
    ['a PNG image', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13), 'PNG'],
    ['a zip archive', Uint8Array.of(0x50, 0x4b, 3, 4, 20, 0, 0, 0), 'zip'],
    ['a git-lfs pointer', text('version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n'), 'git-lfs pointer'],
  ])('says what %s is', (_name, bytes, what) => {
    expect(onnx.accepts(bytes)).toBe(false);
    expect(detectionProblem(bytes)).toMatchObject({ code: 'BNN1002' });
    expect(detectionProblem(bytes)?.message).toContain(what);
    expect(problemsOf(bytes).map(({ code }) => code)).toEqual(['BNN1002']);
  });

  it('lists the formats for an unknown --from', () => {
    expect(detectionProblem(small(), 'caffe')).toMatchObject({
      code: 'BNN0001',
      details: [`formats  ${FRONTENDS.map(({ name, endings }) => `${name} (${endings.join(', ')})`).join(', ')}`],
    });
  });

  it('leads from the elements of a TensorFlow checkpoint to its index', () => {
    expect(() => detectFrontend(Uint8Array.of(1, 2, 3), null, 'model.ckpt-7.data-00000-of-00002')).toThrow(
      '"model.ckpt-7.data-00000-of-00002" is not a model that bnnc knows: it holds the elements of a TensorFlow checkpoint, without their names',
    );
  });

  it('recognises a file cut anywhere after its first field, and says how long it is', () => {
    const bytes = small();
    for (let length = 2; length < bytes.length; length += 1) {
      const cut = bytes.subarray(0, length);
      expect(onnx.accepts(cut)).toBe(true);
      const [problem] = problemsOf(cut);
      // Cut exactly between graph and operator set, the file lacks only the latter.
      expect(['BNN1003', 'BNN1010']).toContain(problem?.code);
      if (problem?.code === 'BNN1003') expect(problem.message).toContain(`${length} bytes`);
    }
  });
});

describe('the ends of the network', () => {
  const twoHeads = (): Uint8Array => {
    const model = new OnnxModel();
    const x = model.input('x', ['N', 4]);
    const first = model.node('Relu', [x], {}, { name: 'head1', outputs: ['a'] });
    model.node('NotAnOperator', [x], {}, { name: 'head2', outputs: ['b'] });
    return model.bytes(first, 'b');
  };

  it('several outputs are listed', () => {
    expect(problemsOf(twoHeads())).toMatchObject([{ code: 'BNN1006', details: ['output  "a"', 'output  "b"'] }]);
  });

  it.each(['a', 'head1'])('--output %s chooses one, and the rest of the graph is ignored', (output) => {
    expect(readModel(twoHeads(), { output }).graph.output).toBe('head1');
  });

  it('an unknown --output lists the outputs', () => {
    expect(problemsOf(twoHeads(), { output: 'c' })).toMatchObject([{ code: 'BNN1006', details: ['output  "a"', 'output  "b"'] }]);
  });

  it('two inputs that matter are listed', () => {
    const model = new OnnxModel();
    const y = model.node('Add', [model.input('p', [1, 4]), model.input('q', [1, 4])]);
    expect(problemsOf(model.bytes(y))).toMatchObject([{ code: 'BNN1006', details: ['input  "p"', 'input  "q"'] }]);
  });

  it('an input that does not matter is left out with a note, an initializer listed as input without', () => {
    const model = new OnnxModel();
    const x = model.input('x', [1, 4]);
    model.input('unused', ['a', 'b', 'c']);
    model.input('c0', [1]);
    const imported = readModel(model.bytes(model.node('Add', [x, model.floats([1], [1])])));
    expect(imported.notes).toEqual(['The input "unused" is not used by the output and left out.']);
  });

  it('a constant output is refused', () => {
    const model = new OnnxModel();
    model.input('x', [1, 4]);
    expect(codesOf(model.bytes(model.node('Neg', [model.float(1)])))).toEqual(['BNN1006']);
  });

  it('dynamic sizes beside the batch are listed', () => {
    const model = new OnnxModel();
    expect(problemsOf(model.bytes(model.node('Relu', [model.input('x', ['N', 1, 'height', 0])])))).toMatchObject([
      { code: 'BNN1005', details: ['dimension 2  "height"', 'dimension 3  unknown'] },
    ]);
    const shapeless = new OnnxModel();
    expect(codesOf(shapeless.bytes(shapeless.node('Relu', [shapeless.input('x', null)])))).toEqual(['BNN1005']);
  });

  it('an input of another element type is refused', () => {
    const model = new OnnxModel();
    expect(codesOf(model.bytes(model.node('Relu', [model.input('x', [1, 4], 7)])))).toEqual(['BNN1008']);
  });
});

describe('versions', () => {
  it.each([6, 22])('operator set %i is refused', (opset) => {
    const model = new OnnxModel(opset);
    expect(codesOf(model.bytes(model.node('Relu', [model.input('x', [1, 4])])))).toEqual(['BNN1010']);
  });

  it.each([7, 21])('operator set %i is read', (opset) => {
    const model = new OnnxModel(opset);
    expect(readModel(model.bytes(model.node('Relu', [model.input('x', [1, 4])]))).graph.nodes).toHaveLength(1);
  });
});

describe('operators', () => {
  it('without a meaning are all named at once, with what to do', () => {
    const model = new OnnxModel();
    const x = model.node('GlobalLpPool', [model.input('x', [1, 2, 3, 3])], {}, { name: 'gap' });
    const gelu = model.node('Gelu', [x], {}, { name: 'gelu', domain: 'com.microsoft' });
    const early = model.node('Relu', [model.node('Softmax', [gelu])]);
    const problems = problemsOf(model.bytes(early));
    expect(problems.map(({ code, origin }) => `${code} ${origin?.path}`)).toEqual([
      'BNN1004 graph.node[0] "gap" (GlobalLpPool)',
      'BNN1004 graph.node[1] "gelu" (Gelu)',
      'BNN1004 graph.node[2] "Softmax_2" (Softmax)',
    ]);
    expect(problems[1]).toMatchObject({ details: ['operator  Gelu', 'domain    com.microsoft'] });
    expect(problems[2]?.message).toContain('before the end');
    expect(problems.every(({ help }) => help !== undefined)).toBe(true);
  });

  it('of functions that bnnc has not say which it has', () => {
    const model = new OnnxModel();
    expect(problemsOf(model.bytes(model.node('Elu', [model.input('x', [1, 4])])))).toMatchObject([
      { code: 'BNN1004', help: expect.stringContaining('train with one of them') as string },
    ]);
  });

  it('of a standard name in a foreign domain are not mistaken for the standard ones', () => {
    const model = new OnnxModel();
    expect(codesOf(model.bytes(model.node('Conv', [model.input('x', [1, 4])], {}, { domain: 'com.example' })))).toEqual(['BNN1004']);
  });

  const refused: readonly (readonly [string, string, (m: OnnxModel) => string])[] = [
    [
      'a three-dimensional convolution',
      'BNN1008',
      (m) => m.node('Conv', [m.input('x', [1, 2, 3, 3, 3]), m.floats([1, 2, 1, 1, 1], [1, 1])]),
    ],
    [
      'weights computed at run time',
      'BNN1008',
      (m) => {
        const x = m.input('x', [1, 4]);
        return m.node('MatMul', [x, m.node('Relu', [x])]);
      },
    ],
    [
      'a quotient of two computed tensors',
      'BNN1008',
      (m) => {
        const x = m.input('x', [1, 4]);
        return m.node('Div', [x, m.node('Relu', [x])]);
      },
    ],
    ['a constant divided by a tensor', 'BNN1008', (m) => m.node('Div', [m.float(1), m.input('x', [1, 4])])],
    ['a square', 'BNN1008', (m) => m.node('Pow', [m.input('x', [1, 4]), m.float(2)])],
    ['a constant that enlarges the tensor', 'BNN1008', (m) => m.node('Add', [m.input('x', [1, 4]), m.floats([3, 1], [1, 2, 3])])],
    ['integer arithmetic', 'BNN1008', (m) => m.node('Div', [m.input('x', [1, 4], 2), m.initializer(byteTensor(3))])],
    [
      'training mode',
      'BNN1008',
      (m) => {
        const x = m.input('x', [1, 2]);
        const c = m.floats([2], [1, 1]);
        return m.node('BatchNormalization', [x, c, c, c, c], { training_mode: 1 });
      },
    ],
    [
      'statistics of another size',
      'BNN2001',
      (m) => {
        const x = m.input('x', [1, 2]);
        const c = m.floats([3], [1, 1, 1]);
        return m.node('BatchNormalization', [x, c, c, c, c]);
      },
    ],
    [
      'a reflecting Pad',
      'BNN1008',
      (m) => m.node('Pad', [m.input('x', [1, 1, 4, 4]), m.integers([0, 0, 1, 1, 0, 0, 1, 1])], { mode: 'reflect' }),
    ],
    ['a Pad of the batch', 'BNN1008', (m) => m.node('Pad', [m.input('x', [1, 1, 4, 4]), m.integers([1, 0, 0, 0, 0, 0, 0, 0])])],
    ['a Pad of a thousand channels', 'BNN1008', (m) => m.node('Pad', [m.input('x', [1, 1, 4, 4]), m.integers([0, 999, 0, 0, 0, 0, 0, 0])])],
    [
      'a Pad without a convolution',
      'BNN1008',
      (m) => m.node('Relu', [m.node('Pad', [m.input('x', [1, 1, 4, 4]), m.integers([0, 0, 1, 1, 0, 0, 1, 1])])]),
    ],
    [
      'a window with stride 0',
      'BNN1008',
      (m) => m.node('MaxPool', [m.input('x', [1, 1, 4, 4])], { kernel_shape: [2, 2], strides: [0, 1] }),
    ],
    ['a window that does not fit', 'BNN2001', (m) => m.node('MaxPool', [m.input('x', [1, 1, 4, 4])], { kernel_shape: [5, 5] })],
    ['a reshape that does not fit', 'BNN1008', (m) => m.node('Reshape', [m.input('x', [1, 4]), m.integers([1, 5])])],
    ['weights of another width', 'BNN1008', (m) => m.node('MatMul', [m.input('x', [1, 4]), m.floats([5, 1], [1, 1, 1, 1, 1])])],
    ['a cast to int8', 'BNN1008', (m) => m.node('Cast', [m.input('x', [1, 4])], { to: 3 })],
    ['a dense layer on an image', 'BNN1008', (m) => m.node('MatMul', [m.input('x', [1, 2, 3, 4]), m.floats([4, 1], [1, 1, 1, 1])])],
    ['truth values as the output', 'BNN1008', (m) => m.node('Greater', [m.input('x', [1, 4]), m.float(0)])],
    ['an attribute of the wrong type', 'BNN1008', (m) => m.node('MaxPool', [m.input('x', [1, 1, 4, 4])], { kernel_shape: 'wide' })],
    ['a tensor that nothing makes', 'BNN1003', (m) => m.node('Add', [m.input('x', [1, 4]), 'nowhere'])],
    [
      'a node before its input',
      'BNN1008',
      (m) => {
        const y = m.node('Relu', ['late']);
        m.node('Neg', [m.input('x', [1, 4])], {}, { outputs: ['late'] });
        return y;
      },
    ],
    [
      'a cycle',
      'BNN1008',
      (m) => {
        const x = m.input('x', [1, 4]);
        m.node('Add', [x, 'b'], {}, { outputs: ['a'] });
        return m.node('Relu', ['a'], {}, { outputs: ['b'] });
      },
    ],
  ];

  it.each(refused)('refuse %s (%s)', (_name, code, build) => {
    const model = new OnnxModel();
    expect(codesOf(model.bytes(build(model)))).toEqual([code]);
  });

  it('are all checked before the reading stops', () => {
    const model = new OnnxModel();
    const x = model.input('x', [1, 4]);
    const first = model.node('Pow', [x, model.float(2)]);
    const behind = model.node('Relu', [first]); // silent: its input failed already
    const second = model.node('Div', [model.float(1), x]);
    expect(codesOf(model.bytes(model.node('Add', [behind, second])))).toEqual(['BNN1008', 'BNN1008']);
  });
});
