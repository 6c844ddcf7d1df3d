/** Files that PyTorch 1.13 and Python's pickle wrote: test/support/torch/make.py says what is in each. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { detectFrontend } from '../../../../compiler/frontends/index.ts';
import { readLegacyFile } from '../../../../compiler/frontends/pytorch/legacy-file.ts';
import { isObject, type PickleValue } from '../../../../compiler/frontends/pytorch/pickle/value.ts';
import { problemsOf, stateDictOf, tensorsOf } from './read-torch.ts';

function native(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../../../support/torch/${name}`, import.meta.url)));
}

const whole = { 'fc.weight': { shape: [2, 3], data: [0, 1, 2, 3, 4, 5] }, 'fc.bias': { shape: [2], data: [-1, 0.5] } };
const base = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
const SAVE = 'torch.save(model.state_dict(), "weights.pth")';

/** Lists and tuples as arrays, dictionaries as pairs. */
function plain(value: PickleValue): unknown {
  if (!isObject(value)) return value;
  if (value.kind === 'dict') return Array.from(value.entries, ([key, entry]) => [key, plain(entry)]);
  return value.kind === 'list' || value.kind === 'tuple' ? value.items.map(plain) : value.kind;
}

describe.each([0, 1, 2, 3, 4, 5])('a pickle of protocol %i', (protocol) => {
  const bytes = native(`arrays-${protocol}.pkl`);

  it('gives arrays of numpy, whatever their elements, their bytes and their axes', () => {
    const rows = [0, 0.5, 1, 1.5, 2, 2.5];
    expect(tensorsOf(bytes)).toEqual({
      rows: { shape: [2, 3], data: rows },
      columns: { shape: [2, 3], data: rows },
      'every other': { shape: [2, 2], data: [0, 1, 1.5, 2.5] },
      big: { shape: [2, 3], data: rows },
      half: { shape: [2, 3], data: rows },
      wide: { shape: [2], data: [-(2 ** 40), 2 ** 40] },
      truth: { shape: [2, 3], data: [0, 0, 0, 1, 1, 1] },
      scalar: { shape: [], data: [7] },
      nothing: { shape: [0, 3], data: [] },
    });
  });

  it('gives numbers, texts and bytes as Python has them', () => {
    const { root } = readLegacyFile(bytes, 'net.pkl');
    const beside = isObject(root) && root.kind === 'dict' ? root.entries.get('beside') : undefined;
    expect(plain(beside ?? null)).toEqual([
      ['numbers', [0, 1, -1, 255, 256, 65536, 2 ** 31, -(2 ** 31), 2n ** 70n, -(2n ** 70n), 1.5, Infinity, -Infinity]],
      ['texts', ['', 'plain', 'tab\tand\nline', '\'"\\', 'é', '中', '😀', 'x'.repeat(300)]],
      [
        'others',
        [
          null,
          true,
          false,
          [],
          [1],
          [1, 2],
          [1, 2, 3],
          [1, 2, 3, 4],
          [1],
          [2],
          new Uint8Array(0),
          Uint8Array.of(0, 255),
          Uint8Array.of(97, 98),
        ],
      ],
      ['accuracy', 98.5],
    ]);
  });
});

it.each(['zip-1', 'zip-2', 'zip-4', 'stream-1', 'stream-2', 'stream-4', 'parameters'])(
  '%s.pth is recognised and gives its tensors',
  (name) => {
    expect(detectFrontend(native(`${name}.pth`)).name).toBe('pytorch');
    expect(tensorsOf(native(`${name}.pth`))).toEqual(whole);
  },
);

it.each([
  ['zip-0', "'0', 'cpu', 6", 'zip-0/data.pkl', 149],
  ['stream-0', "'37287712', 'cpu', 6, None", 'pickle', 237],
])('%s.pth, which torch.load cannot read either, is recognised and refused', (name, seen, path, byte) => {
  expect(detectFrontend(native(`${name}.pth`)).name).toBe('pytorch');
  expect(problemsOf(native(`${name}.pth`))).toEqual([
    {
      code: 'BNN1003',
      severity: 'error',
      message: `a persistent id of the pickle is "('storage', <class 'torch.FloatStorage'>, ${seen})", and torch.save has ("storage", type, key, location, elements).`,
      origin: { file: 'net.pth', path, position: { byte } },
    },
  ]);
});

it('elements of every type are the numbers that they stand for', () => {
  const signed = [-2, -1, 0, 1, 2, 3];
  const data = { uint8: [254, 255, 0, 1, 2, 3], bool: [1, 1, 0, 1, 1, 1] };
  const names = ['float16', 'bfloat16', 'float32', 'float64', 'int8', 'uint8', 'int16', 'int32', 'int64', 'bool'];
  expect(tensorsOf(native('types.pth'))).toEqual(
    Object.fromEntries(names.map((name) => [name, { shape: [2, 3], data: name in data ? data[name as keyof typeof data] : signed }])),
  );
});

it.each(['views.pth', 'views-stream.pth'])('views of shared storages in %s are row by row', (name) => {
  expect(tensorsOf(native(name))).toEqual({
    base: { shape: [3, 4], data: base },
    transposed: { shape: [4, 3], data: [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11] },
    column: { shape: [3], data: [1, 5, 9] },
    inner: { shape: [2, 2], data: [5, 6, 9, 10] },
    'every other': { shape: [2, 2], data: [0, 2, 8, 10] },
    expanded: { shape: [2, 4], data: [0, 1, 2, 3, 0, 1, 2, 3] },
    // Element [k][i][j] is that of [i][j][k] in 2 x 3 x 2.
    permuted: { shape: [2, 2, 3], data: [0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11] },
    'channels last': { shape: [1, 2, 2, 2], data: [0, 1, 2, 3, 4, 5, 6, 7] },
    scalar: { shape: [], data: [11] },
    empty: { shape: [0, 4], data: [] },
  });
});

it('a checkpoint of DataParallel with its optimizer gives the model, and says which part that is', () => {
  expect(tensorsOf(native('checkpoint.pth'))).toEqual(whole);
  expect(stateDictOf(native('checkpoint.pth')).notes).toEqual([
    'The tensors are those under "model".',
    'All names begin with "module.", as torch.nn.DataParallel leaves them; it is taken off.',
  ]);
});

it.each([
  ['model.pth', 'model/data.pkl', [66, 498]],
  ['model-stream.pth', 'pickle', [153, 875]],
] as const)('a whole model, %s, is refused with the classes that it needs and what to save', (name, path, bytes) => {
  expect(problemsOf(native(name))).toEqual([
    {
      code: 'BNN1003',
      severity: 'error',
      message: 'the file is a pickle that needs 2 Python classes or functions, and bnnc runs no code of a model file.',
      origin: { file: 'net.pth', path, position: { byte: bytes[0] } },
      details: [`byte ${bytes[0]}  "__main__.Positive"`, `byte ${bytes[1]}  "torch.nn.modules.linear.Linear"`],
      notes: ['It holds a whole model (torch.save(model, …)), which only its own program can load.'],
      help: `Load it with that program and save only the weights: ${SAVE}.`,
    },
  ]);
});

it('a program of TorchScript is refused, with the member that makes it one', () => {
  expect(problemsOf(native('script.pth'))).toEqual([
    {
      code: 'BNN1010',
      severity: 'error',
      message: 'the file is a TorchScript program (torch.jit.save), of which bnnc reads neither code nor weights.',
      origin: { file: 'net.pth', path: 'member "script/code/__torch__.py"', position: { byte: 694 } },
      help: 'Save the weights, torch.save(torch.jit.load(file).state_dict(), "weights.pth"), or export the model with torch.onnx.export.',
    },
  ]);
});

it('quantized, sparse and complex tensors are refused by name, all at once', () => {
  const refused = [
    ['scaled', 'torch.QInt8Storage', [2], 266],
    ['channels', 'torch.QUInt8Storage', [2, 1], 540],
    ['sparse', 'torch.sparse_coo', [2, 2], 813],
    ['complex', 'torch.ComplexFloatStorage', [2], 903],
  ] as const;
  expect(problemsOf(native('unread.pth'))).toEqual(
    refused.map(([name, type, shape, byte]) => ({
      code: 'BNN1009',
      severity: 'error',
      message: `the tensor "${name}" is of type ${type}, which bnnc cannot read.`,
      origin: { file: 'net.pth', path: `tensor "${name}"`, position: { byte } },
      details: [`shape  [${shape.join(', ')}]`],
      help: 'Save it as plain numbers: what tensor.float(), tensor.dequantize() or tensor.to_dense() gives.',
    })),
  );
});
