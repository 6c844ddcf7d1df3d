import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import {
  AttributeProto_AttributeType as Kind,
  AttributeProtoSchema,
  NodeProtoSchema,
  type AttributeProto,
  type NodeProto,
} from '../../../compiler/frontends/onnx/onnx_pb.ts';
import { OnnxModel, attribute, type FunctionFields } from '../../support/onnx-model.ts';
import { expectSameAsOnnxRuntime, problemsOf, randomSource, readModel, runImported } from './read-model.ts';

const DOMAIN = 'local';

function node(fields: MessageInitShape<typeof NodeProtoSchema>): NodeProto {
  return create(NodeProtoSchema, fields);
}

/** An attribute of a node that takes the value of an attribute of its function. */
function reference(name: string, of: string, type: Kind): AttributeProto {
  return create(AttributeProtoSchema, { name, refAttrName: of, type });
}

/** Clips x to ±limit: a constant from the attribute, its negative, and Clip. */
function clamp(fallback?: number): FunctionFields {
  return {
    name: 'Clamp',
    domain: DOMAIN,
    input: ['x'],
    output: ['y'],
    ...(fallback === undefined ? { attribute: ['limit'] } : { attributeProto: [attribute('limit', { float: fallback })] }),
    opsetImport: [{ domain: '', version: 13n }],
    node: [
      node({ opType: 'Constant', output: ['high'], attribute: [reference('value_float', 'limit', Kind.FLOAT)] }),
      node({ opType: 'Neg', input: ['high'], output: ['low'] }),
      node({ opType: 'Clip', input: ['x', 'low', 'high'], output: ['y'], name: 'cut' }),
    ],
  };
}

const SAMPLE = [-4, -1, 0, 1, 4];

describe('functions of the file', () => {
  it('are inlined with the attributes of each call, as onnxruntime does', async () => {
    const model = new OnnxModel(13);
    model.define(clamp());
    const x = model.input('x', [1, 5]);
    const wide = model.node('Clamp', [x], { limit: { float: 3 } }, { domain: DOMAIN, name: 'a' });
    const narrow = model.node('Clamp', [model.node('Neg', [wide])], { limit: { float: 2 } }, { domain: DOMAIN, name: 'b' });
    const imported = await expectSameAsOnnxRuntime(model.bytes(narrow), [1, 5], randomSource(1));
    expect(Array.from(runImported(imported, SAMPLE))).toEqual([2, 1, -0, -1, -2]);
    expect(imported.graph.nodes.map(({ name }) => name)).toEqual(['a/cut', 'Neg_1', 'b/cut']);
    expect(imported.graph.nodes[2]?.origin.path).toBe('graph.node[2] "b" (Clamp).node[2] "cut" (Clip)');
  });

  it('take their default where a call does not give an attribute', async () => {
    const model = new OnnxModel(13);
    model.define(clamp(2));
    const y = model.node('Clamp', [model.input('x', [1, 5])], {}, { domain: DOMAIN });
    expect(Array.from(runImported(await expectSameAsOnnxRuntime(model.bytes(y), [1, 5], randomSource(1)), SAMPLE))).toEqual([
      -2, -1, 0, 1, 2,
    ]);
  });

  it('leave an attribute out that neither the call nor a default gives', () => {
    const model = new OnnxModel(13);
    model.define({
      name: 'Soft',
      domain: DOMAIN,
      input: ['x'],
      output: ['y'],
      attribute: ['alpha'],
      opsetImport: [{ domain: '', version: 13n }],
      node: [node({ opType: 'HardSigmoid', input: ['x'], output: ['y'], attribute: [reference('alpha', 'alpha', Kind.FLOAT)] })],
    });
    const read = (call: Record<string, { float: number }>) => {
      const y = model.node('Soft', [model.input(`x${Object.keys(call).length}`, [1, 5])], call, { domain: DOMAIN });
      return Array.from(runImported(readModel(model.bytes(y)), SAMPLE));
    };
    expect(read({})[3]).toBe(Math.fround(0.2 + 0.5));
    expect(read({ alpha: { float: 0.25 } })[3]).toBe(0.75);
  });

  it('may call each other, each with its own operator set, and pass inputs on', () => {
    const model = new OnnxModel(13);
    model.define(clamp(1));
    model.define({
      name: 'Outer',
      domain: DOMAIN,
      input: ['x', 'unused'],
      output: ['same', 'cut'],
      opsetImport: [
        { domain: '', version: 9n },
        { domain: DOMAIN, version: 1n },
      ],
      node: [
        node({ opType: 'Clip', input: ['x'], output: ['t'], attribute: [attribute('max', { float: 3 })] }), // operator set 9
        node({ opType: 'Clamp', domain: DOMAIN, input: ['t'], output: ['cut'] }),
        node({ opType: 'Identity', input: ['x'], output: ['same'] }),
      ],
    });
    const x = model.input('x', [1, 5]);
    const outputs = ['copy', 'small'];
    model.node('Outer', [x], {}, { domain: DOMAIN, outputs });
    expect(Array.from(runImported(readModel(model.bytes('copy')), SAMPLE))).toEqual(SAMPLE);
    expect(Array.from(runImported(readModel(model.bytes('small')), SAMPLE))).toEqual([-1, -1, 0, 1, 1]);
  });

  it('that give an input back are copies', () => {
    const model = new OnnxModel(13);
    model.define({ name: 'Same', domain: DOMAIN, input: ['a'], output: ['a'], opsetImport: [{ domain: '', version: 13n }] });
    const y = model.node('Same', [model.input('x', [1, 5])], {}, { domain: DOMAIN });
    expect(Array.from(runImported(readModel(model.bytes(model.node('Relu', [y]))), SAMPLE))).toEqual([0, 0, 0, 1, 4]);
  });

  const looping = (model: OnnxModel, name: string, calls: readonly string[]): void =>
    model.define({
      name,
      domain: DOMAIN,
      input: ['x'],
      output: ['y'],
      opsetImport: [{ domain: '', version: 13n }],
      node: calls.map((opType, i) =>
        node({ opType, domain: DOMAIN, input: [i === 0 ? 'x' : `t${i}`], output: [i === calls.length - 1 ? 'y' : `t${i + 1}`] }),
      ),
    });

  it('that call themselves are refused with the circle', () => {
    const model = new OnnxModel(13);
    looping(model, 'Ping', ['Pong']);
    looping(model, 'Pong', ['Ping']);
    const y = model.node('Ping', [model.input('x', [1, 5])], {}, { domain: DOMAIN });
    expect(problemsOf(model.bytes(y))).toMatchObject([
      { code: 'BNN1003', message: 'the function Ping calls itself.', details: ['calls  local:Ping → local:Pong → local:Ping'] },
    ]);
  });

  it('that multiply without end are refused before they fill the memory', () => {
    const model = new OnnxModel(13);
    for (let i = 0; i < 40; i += 1) looping(model, `F${i}`, [`F${i + 1}`, `F${i + 1}`]);
    model.define({
      name: 'F40',
      domain: DOMAIN,
      input: ['x'],
      output: ['y'],
      opsetImport: [{ domain: '', version: 13n }],
      node: [node({ opType: 'Neg', input: ['x'], output: ['y'] })],
    });
    const y = model.node('F0', [model.input('x', [1, 5])], {}, { domain: DOMAIN });
    expect(problemsOf(model.bytes(y)).map(({ code }) => code)).toEqual(['BNN1008']);
  });

  it('that are called with too many inputs, defined twice or for an unknown operator set are refused', () => {
    const called = new OnnxModel(13);
    called.define(clamp(1));
    const x = called.input('x', [1, 5]);
    expect(problemsOf(called.bytes(called.node('Clamp', [x, x], {}, { domain: DOMAIN }))).map(({ code }) => code)).toEqual(['BNN1003']);

    const twice = new OnnxModel(13);
    twice.define(clamp(1));
    twice.define(clamp(2));
    expect(problemsOf(twice.bytes(twice.node('Relu', [twice.input('x', [1, 5])]))).map(({ code }) => code)).toEqual(['BNN1003']);

    const newer = new OnnxModel(13);
    newer.define({ ...clamp(1), opsetImport: [{ domain: '', version: 99n }] });
    const y = newer.node('Clamp', [newer.input('x', [1, 5])], {}, { domain: DOMAIN });
    expect(problemsOf(newer.bytes(y))).toMatchObject([{ code: 'BNN1010', origin: { path: 'functions "Clamp" opset_import' } }]);
  });

  it('are the only place for references to attributes', () => {
    const model = new OnnxModel(13);
    const y = model.node('Clip', [model.input('x', [1, 5])], { min: reference('min', 'limit', Kind.FLOAT) });
    expect(problemsOf(model.bytes(y)).map(({ code }) => code)).toEqual(['BNN1003']);
  });
});
