/** What a wrong JSON model is told: where, what was seen, what is wanted, and all problems at once. */
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { json } from '../../../compiler/frontends/json/index.ts';
import { detectFrontend } from '../../../compiler/frontends/index.ts';
import { npy } from '../cli/run-cli.ts';
import { document, filesOf, problemsOf, problemsOfText, read, summaryOf } from './read-json.ts';

const DENSE = {
  op: 'dense',
  name: 'fc',
  weights: [
    [1, -1, 1, 1],
    [1, 1, 1, -1],
  ],
};
const SIGN = { op: 'sign', zero: 'plus' };

describe('recognising the format', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

  it('goes by "format", wherever it stands', () => {
    expect(json.accepts(bytes('{"format": "bnnc"'))).toBe(true);
    expect(json.accepts(bytes('\ufeff \n{ "nodes": [], "format":"bnnc" }'))).toBe(true);
  });

  it.each(['{"nodes": [{"op": "null"}], "arg_nodes": [0]}', '["format", "bnnc"]', '"format": "bnnc"', ''])('%j is another file', (text) => {
    expect(json.accepts(bytes(text))).toBe(false);
  });

  it('says of other JSON what is missing', () => {
    expect(() => detectFrontend(bytes('{"a": 1}'), null, 'a.json')).toThrow('it is JSON without "format": "bnnc"');
  });
});

describe('text that is no JSON', () => {
  it.each([
    ['{"format": "bnnc",\n "version": 1,\n}', 'a key in double quotes should stand here', 3, 1],
    ['{"format": "bnnc"\n "version": 1}', 'a comma or } should stand here', 2, 2],
    ['{"format": "bnnc", "nodes": [1, 2', 'the text ends here; a comma or ] should stand here', 1, 34],
    ['{"format": "bnnc", "x": NaN}', 'NaN is no JSON number; write "NaN" as text', 1, 25],
    ['{"format": "bnnc", "x": "a\\q"}', 'this is no escape that JSON has', 1, 27],
    ['{"format": "bnnc", "x": "a', 'this text has no closing quote', 1, 25],
    ['{"format": "bnnc",\r\n "x": 1, "x": 2}', 'the key "x" stands twice in one object', 2, 10],
    ['{"format": "bnnc"} {}', 'the text should end here', 1, 20],
    [`{"format": "bnnc", "x": ${'['.repeat(100_000)}`, 'values are nested more than 64 deep', 1, 89],
    ['', 'the text ends here; a value should stand here', 1, 1],
  ])('%# is shown with line and column', (text, what, line, column) => {
    const [problem] = problemsOfText(text);
    expect(problem).toMatchObject({ code: 'BNN1020', origin: { file: 'net.json', position: { line, column } } });
    expect(problem?.message).toBe(`"net.json" is not valid JSON: ${what}`);
    const [shown = '', mark = ''] = problem?.details ?? [];
    expect(shown.length).toBeLessThanOrEqual(72);
    expect(shown[mark.length - 1] ?? 'end').toBe(text.replace(/\r/g, ' ').split('\n')[line - 1]?.[column - 1] ?? 'end');
  });

  it('is not read as Latin-1', () => {
    expect(() => json.read(Uint8Array.of(0x7b, 0xff), filesOf({}), { file: 'a.json', output: null }, undefined as never)).toThrow(
      'is not text in UTF-8',
    );
  });
});

describe('fields', () => {
  it('are all checked at once, with the line of each', () => {
    const problems = problemsOf(
      document([{ op: 'sign' }, { op: 'conv2d', weights: 'x', padding: [1, 2], stride: 0, dilatoin: 2 }], { nam: 'x' }),
    );
    expect(summaryOf(problems)).toEqual([
      expect.stringMatching(/^BNN1021 \| nam is no field that is known here \| wanted {2}.*Did you mean "name"\?$/),
      'BNN1021 | nodes[0].zero is missing | wanted  what sign(0) gives: "plus" (BinaryNet, Larq, QONNX), "minus" (x > 0 spellings), or "zero" (torch.sign), where --sign-zero decides',
      'BNN1021 | nodes[1].weights has a value that cannot be used | seen    "x" | wanted  the weights with their shape, ±α for a binary layer',
      expect.stringContaining('nodes[1].stride has a value that cannot be used | seen    0 | wanted'),
      expect.stringContaining('nodes[1].padding has a value that cannot be used | seen    [1,2] | wanted'),
      expect.stringMatching(/nodes\[1\]\.dilatoin is no field .*Did you mean "dilation"\?$/),
    ]);
    expect(problems.every(({ origin }) => origin?.position !== undefined && 'line' in origin.position)).toBe(true);
  });

  it.each([
    ['another format', { format: 'onnx' }, 'BNN1021 | format is another one | seen    "onnx" | wanted  "bnnc"'],
    ['a newer version', { version: 2 }, 'BNN1010 | version is one that this bnnc does not read | seen    2 | wanted  1'],
    ['no nodes', { nodes: [] }, 'BNN1021 | nodes has a value that cannot be used | seen    [] | wanted  a list of at least one node'],
    ['a shape of 0', { input: { type: 'u8', shape: 0 } }, 'input.shape has a value that cannot be used'],
    ['a shape of 2^40 elements', { input: { type: 'u8', shape: [1048576, 1024, 1024] } }, 'input.shape is too large'],
    ['a scale of 0', { input: { type: 'u8', shape: 4, scale: '0/5' } }, 'input.scale is 0'],
    ['a scale beyond float32', { input: { type: 'u8', shape: 4, scale: '1e999' } }, 'input has a scale or an offset beyond float32'],
    ['a scale that is text', { input: { type: 'u8', shape: 4, scale: 'one' } }, 'input.scale is not an exact number | seen    "one"'],
    [
      'three scales for four features',
      { input: { type: 'u8', shape: 4, scale: [1, 2, 3] } },
      'input.scale has the wrong length | seen    3 | wanted  1 value or 4',
    ],
    ['scale and mean', { input: { type: 'u8', shape: 4, scale: 1, mean: 0 } }, 'input has scale or offset, and mean or std as well'],
    ['a scale for floats', { input: { type: 'f32', shape: 4, scale: 2 } }, 'input has scale for a float input'],
    [
      'an order of 3 elements',
      { input: { type: 'u8', shape: 4, data: { shape: [4], order: [0, 1, 2] } } },
      'input.data.order has the wrong length',
    ],
    [
      'an order with a number twice',
      { input: { type: 'u8', shape: 4, data: { shape: [4], order: [0, 1, 1, 2] } } },
      'does not name every element once',
    ],
    ['an output that is no node', { output: 'fcc' }, 'BNN1022 | output is the name of no node | seen    "fcc" | Did you mean "fc"?'],
  ])('%s', (_what, fields, wanted) => {
    expect(summaryOf(problemsOf(document([DENSE], fields)))[0]).toContain(wanted);
  });

  it('of many wrong nodes are not all listed', () => {
    const problems = problemsOf(document(Array.from({ length: 90 }, () => ({ op: 'sign' }))));
    expect(problems).toHaveLength(21);
    expect(problems.at(-1)?.message).toBe('"net.json" has 70 more problems of this kind');
  });
});

describe('nodes', () => {
  it.each([
    ['an unknown operation', [DENSE, { op: 'sgn' }], 'BNN1004 | nodes[1].op is no operation that is known | seen    "sgn"'],
    ['no operation', [{ name: 'x' }], 'BNN1021 | nodes[0] has no "op"'],
    ['no object', [7], 'BNN1021 | nodes[0] is no node | seen    7'],
    ['a name twice', [DENSE, { ...SIGN, name: 'fc' }], 'BNN1022 | nodes[1].name is also the name of nodes[0] | seen    "fc"'],
    ['the name of the input', [{ ...DENSE, name: 'input' }], 'nodes[0].name is also the name of the input'],
    [
      'an input that does not exist',
      [DENSE, { ...SIGN, inputs: ['fd'] }],
      'BNN1022 | nodes[1].inputs[0] is the name of no node | seen    "fd" | Did you mean "fc"?',
    ],
    [
      'an input that is made later',
      [
        { ...SIGN, name: 's', inputs: ['fc'] },
        { ...DENSE, inputs: ['input'] },
      ],
      'nodes[0].inputs[0] is made only after it, by nodes[1] | seen    "fc" | wanted  nodes in the order in which they are computed | Move nodes[1] before nodes[0].',
    ],
    [
      'a cycle',
      [
        { ...SIGN, name: 'a', inputs: ['b'] },
        { ...SIGN, name: 'b', inputs: ['a'] },
      ],
      'nodes[0].inputs[0] closes a cycle | seen    "b" | wanted  a network without cycles | The cycle is a → b → a.',
    ],
    ['its own output', [{ ...SIGN, name: 'a', inputs: ['a'] }], 'The cycle is a → a.'],
    [
      'two inputs',
      [DENSE, { ...SIGN, inputs: ['fc', 'input'] }],
      'nodes[1].inputs has 2 names | seen    ["fc","input"] | wanted  one: sign reads one value',
    ],
  ])('%s', (_what, nodes, wanted) => {
    expect(summaryOf(problemsOf(document(nodes)))[0]).toContain(wanted);
  });

  it('say which names --output has', () => {
    expect(summaryOf(problemsOf(document([DENSE]), undefined, 'fd'))[0]).toBe(
      'BNN1006 | "fd" is no node of the model. | node  "fc" | Did you mean "fc"?',
    );
  });
});

describe('arrays', () => {
  const weights = (value: unknown, more: object = {}): readonly unknown[] => [{ op: 'dense', name: 'fc', weights: value, ...more }];
  it.each([
    [
      'rows of other lengths',
      weights([
        [1, 1, 1, 1],
        [1, 1, 1],
      ]),
      'nodes[0].weights[1] has 3 entries where those beside it have 4',
    ],
    ['a list beside a number', weights([[1, 1, 1, 1], 5]), 'nodes[0].weights[1] is not a list like those beside it | seen    5'],
    ['text among numbers', weights([[1, 1, 'one', 1]]), 'nodes[0].weights[0][2] is not a number | seen    "one"'],
    ['a list without shape', weights([1, 1, 1, 1]), 'nodes[0].weights do not have the dimensions of this layer | seen    [4]'],
    ['a number beyond float32', weights([[1, 1, 1, 1e39]]), 'nodes[0].weights hold a number that float32 cannot | seen    1e+39'],
    [
      'a shape of another size',
      weights({ shape: [2, 4], values: [1, 1, 1] }),
      'nodes[0].weights.shape does not fit its elements | seen    [2,4]',
    ],
    ['nothing', weights({ shape: [2, 4] }), 'nodes[0].weights does not say where its elements are'],
    ['two places', weights({ shape: [2, 4], bits: 'AA==', f32: '' }), 'nodes[0].weights says 2 times where its elements are'],
    ['no base64', weights({ shape: [2, 4], bits: '?' }), 'BNN1009 | nodes[0].weights.bits is not base64'],
    ['too few bits', weights({ shape: [3, 4], bits: 'AA==' }), 'nodes[0].weights.bits has 1 bytes where 12 bits need 2'],
    ['a huge shape', weights({ shape: [2147483647, 2147483647], bits: 'AA==' }), 'nodes[0].weights.bits has 1 bytes where'],
    ['broken floats', weights({ shape: [1], f32: 'AAAA' }), 'nodes[0].weights.f32 has 3 bytes, which is no multiple of 4'],
    [
      'α and weights that are not ±1',
      weights([[1, 1, 2, 1]], { scale: 2 }),
      'BNN2002 | nodes[0].weights are not ±1, though "scale" gives their α | seen    2',
    ],
    ['an α of 0', weights([[1, 1, 1, 1]], { scale: 0 }), 'nodes[0].scale is no α | seen    0'],
    ['an α that is not finite', weights([[1, 1, 1, 1]], { scale: 'Infinity' }), 'nodes[0].scale is no α'],
    [
      'three biases for one output',
      weights([[1, 1, 1, 1]], { bias: [1, 2, 3] }),
      'nodes[0].bias has the wrong length | seen    3 | wanted  1 value',
    ],
    [
      'a threshold of a half',
      weights([[1, 1, 1, 1]], { threshold: 0.5 }),
      'nodes[0].threshold holds a number that cannot stand there | seen    0.5',
    ],
    ['a threshold on real weights', weights([[1, 2, 1, 1]], { threshold: 1 }), 'nodes[0].threshold needs an integer sum'],
    ['a scale of 0', [{ op: 'rescale', scale: 0 }], 'nodes[0].scale is 0'],
    ['a direction of 0', [{ op: 'threshold', thresholds: 1, directions: 0 }], 'nodes[0].directions hold a 0'],
    [
      'a select beyond float32',
      [
        { op: 'compare', operator: 'less', values: 0 },
        { op: 'select', whenTrue: 1e39, whenFalse: 0 },
      ],
      'nodes[1].whenTrue holds a number that float32 cannot',
    ],
    [
      'an enormous window',
      [
        { op: 'reshape', shape: [2, 2, 1] },
        { op: 'conv2d', weights: [[[[1]]]], padding: 4000 },
      ],
      'BNN1008 | nodes[1] makes a tensor that is too large',
    ],
    ['a layer that does not fit', weights([[1, 1, 1]]), 'BNN2001 | "fc" cannot work on its input: 3 weights where 1 × 4 are needed'],
  ])('%s', (_what, nodes, wanted) => {
    expect(summaryOf(problemsOf(document(nodes)))[0]).toContain(wanted);
  });

  const file = (name: string, array?: string): readonly unknown[] => weights({ file: name, ...(array === undefined ? {} : { array }) });
  const side = filesOf({
    'w.npy': npy([2, 4], [1, 1, 1, 1, 1, 1, 1, 1]),
    'text.npy': new TextEncoder().encode('hello'),
    'half.npy': npy([2, 4], [1, 1, 1]),
    'w.npz': zipSync({ 'fc.npy': npy([2, 4], [1, 1, 1, 1, 1, 1, 1, 1]), 'other.npy': npy([1], [1]) }),
    'bomb.npz': zipSync({ 'fc.npy': new Uint8Array(2 ** 27 + 1) }),
    'broken.npz': Uint8Array.of(0x50, 0x4b, 3, 4, 1, 2, 3),
  });

  it.each([
    ['in a file that is not there', file('v.npy'), 'names "v.npy", and there is no such file beside the model'],
    ['outside the folder', file('../w.npy'), 'names "../w.npy", and that is outside the folder of the model'],
    ['at an absolute path', file('/etc/passwd'), 'and that is outside the folder of the model'],
    ['in a file of text', file('text.npy'), 'names "text.npy", and it is no numpy array'],
    ['in half a file', file('half.npy'), 'it ends after 3 bytes of elements'],
    ['in a .npz without saying which', file('w.npz'), 'it holds several arrays | wanted  "array" with one of fc, other'],
    [
      'in a .npz that does not have it',
      file('w.npz', 'fd'),
      'the array "fd" is not in it or larger than 128 MiB | wanted  one of "fc, other"',
    ],
    ['in a .npz that unpacks to too much', file('bomb.npz', 'fc'), 'is not in it or larger than 128 MiB'],
    ['in a broken .npz', file('broken.npz', 'fc'), 'the zip container is damaged'],
  ])('%s', (_what, nodes, wanted) => {
    const [problem] = problemsOf(document(nodes), side);
    expect(problem?.code).toBe('BNN1009');
    expect(summaryOf(problem === undefined ? [] : [problem])[0]).toContain(wanted);
  });

  it('beside the model are read', () => {
    for (const nodes of [file('w.npy'), file('w.npz', 'fc'), file('w.npz', 'fc.npy')])
      expect(() => read(document(nodes), side)).not.toThrow();
  });
});
