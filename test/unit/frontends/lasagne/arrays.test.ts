/** Arrays of .npz files: what numpy writes (test/support/npz/make.py), and what is refused. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { detectFrontend } from '../../../../compiler/frontends/index.ts';
import { readArrays } from '../../../../compiler/frontends/lasagne/arrays.ts';
import { lasagne } from '../../../../compiler/frontends/lasagne/index.ts';
import { Diagnostics, type Diagnostic } from '../../../../compiler/support/diagnostics.ts';
import { npyFile, type NpyOptions } from '../../../support/npy-file.ts';
import { problemsIn } from '../../../support/problems.ts';
import { zipFile, type ZipEntry } from '../../../support/zip-file.ts';
import { NO_FILES } from '../read-json.ts';

function native(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../../../support/npz/${name}`, import.meta.url)));
}

function arraysOf(bytes: Uint8Array): Readonly<Record<string, { readonly shape: readonly number[]; readonly data: readonly number[] }>> {
  const { tensors } = readArrays(bytes, 'net.npz');
  return Object.fromEntries(Array.from(tensors.values(), ({ name, shape, read }) => [name, { shape, data: Array.from(read()) }]));
}

function problemsOf(bytes: Uint8Array): readonly Diagnostic[] {
  return problemsIn(() => lasagne.read(bytes, NO_FILES, { file: 'net.npz', output: null }, new Diagnostics()));
}

const counted = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

describe.each(['stored.npz', 'compressed.npz'])('%s of numpy', (name) => {
  it('is recognised, and gives elements of every type in both orders of bytes', () => {
    const data = [-2, -1, 0, 1, 2, 3];
    const wrapped = (bits: number): readonly number[] => data.map((value) => (value < 0 ? value + 2 ** bits : value));
    const kinds = {
      i1: data,
      u1: wrapped(8),
      i2: data,
      u2: wrapped(16),
      i4: data,
      u4: wrapped(32),
      i8: data,
      u8: wrapped(64),
      f2: data,
      f4: data,
      f8: data,
    };
    const wanted = { ...kinds, '?': [1, 1, 0, 1, 1, 1] };
    expect(detectFrontend(native(name)).name).toBe('lasagne');
    expect(arraysOf(native(name))).toMatchObject(
      Object.fromEntries(Object.entries(wanted).map(([kind, values]) => [`kind ${kind}`, { shape: [2, 3], data: values }])),
    );
  });

  it('gives elements row by row, however they are stored', () => {
    expect(arraysOf(native(name))).toMatchObject({
      rows: { shape: [2, 3, 4], data: counted(24) },
      columns: { shape: [2, 3, 4], data: counted(24) },
      column: { shape: [3], data: [0, 1, 2] },
      scalar: { shape: [], data: [7] },
      nothing: { shape: [0, 3], data: [] },
      'not contiguous': { shape: [2, 4], data: [3, 2, 1, 0, 11, 10, 9, 8] },
    });
    expect(Object.keys(arraysOf(native(name)))).toHaveLength(18);
  });
});

it('versions 1, 2 and 3 of the format are read', () => {
  expect(arraysOf(native('versions.npz'))).toEqual({
    arr_0: { shape: [2], data: [1, 1] },
    arr_1: { shape: [2], data: [2, 2] },
    arr_2: { shape: [2], data: [3, 3] },
  });
});

const SIX = new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer);
/** A local header of a zip file with the name of the member, and what stands before the header of the array. */
const MEMBER = 30 + 'arr_0.npy'.length;
const HEADER = MEMBER + 10;

function one(content: Uint8Array, entry: Partial<ZipEntry> = {}): Uint8Array {
  return zipFile([{ name: 'arr_0.npy', bytes: content, ...entry }]);
}

function refusal(what: string, wanted: string, byte: number, path = 'array "arr_0"'): Diagnostic {
  return {
    code: 'BNN1003',
    severity: 'error',
    message: `the array "arr_0" cannot be read: ${what}.`,
    origin: { file: 'net.npz', path, position: { byte } },
    details: [`wanted  ${wanted}`],
  };
}

describe('an array is refused', () => {
  const EXAMPLE = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}";
  const npy = (descr: string, options: NpyOptions = {}): Uint8Array => npyFile(descr, SIX, options);
  const whole = npy('<f4');

  it.each<readonly [string, Uint8Array, string, string, number]>([
    ['of objects', npy('|O'), "its elements have type '|O'", 'numbers or truth values', HEADER],
    ['of texts', npy('<U4'), "its elements have type '<U4'", 'numbers or truth values', HEADER],
    ['of complex numbers', npy('<c8'), "its elements have type '<c8'", 'numbers or truth values', HEADER],
    ['of dates', npy('<M8[ns]'), "its elements have type '<M8[ns]'", 'numbers or truth values', HEADER],
    ['of floats of 16 bytes', npy('<f16'), "its elements have type '<f16'", 'numbers or truth values', HEADER],
    ['of records', npy("[('a', '<f4')]"), 'its elements are records', 'numbers or truth values', HEADER],
    [
      'with a header that is no dictionary',
      npy('<f4', { header: 'float32 (2, 3)\n' }),
      'its header does not state type, order and shape',
      EXAMPLE,
      HEADER,
    ],
    [
      'with a header without an order',
      npy('<f4', { header: "{'descr': '<f4', 'shape': (2, 3)}" }),
      'its header does not state type, order and shape',
      EXAMPLE,
      HEADER,
    ],
    ['with a negative size', npy('<f4', { shape: '(-2, -3)' }), 'its header does not state type, order and shape', EXAMPLE, HEADER],
    ['with a size that is no number', npy('<f4', { shape: '(2 3,)' }), 'its shape is (2 3,)', 'whole numbers', HEADER],
    [
      'with a size beyond all numbers',
      npy('<f4', { shape: `(${'9'.repeat(20)},)` }),
      `its shape is (${'9'.repeat(20)},)`,
      'whole numbers',
      HEADER,
    ],
    ['of 33 dimensions', npy('<f4', { shape: `(${'1, '.repeat(33)})` }), 'it has 33 dimensions', 'at most 32', HEADER],
    ['of version 4', npy('<f4', { version: 4 }), 'it is of version 4 of its format', 'version 1, 2 or 3', MEMBER + 6],
    ['of version 0', npy('<f4', { version: 0 }), 'it is of version 0 of its format', 'version 1, 2 or 3', MEMBER + 6],
    ['that is something else', Uint8Array.of(1, 2, 3), 'it is no numpy array', 'an array that numpy.save or numpy.savez wrote', MEMBER],
    ['that ends before its header', whole.subarray(0, 9), 'it ends inside its header', 'a whole .npy file', MEMBER + 9],
    ['that ends in its header', whole.subarray(0, 20), 'it ends inside its header', 'a whole .npy file', MEMBER + 20],
    [
      'with a header of a megabyte',
      npy('<f4', { version: 2, header: ' '.repeat(2 ** 20) }),
      'its header is said to have 1048576 bytes',
      'at most 65536',
      MEMBER + 8,
    ],
    [
      'that ends in its elements',
      whole.subarray(0, -1),
      'it ends after 23 bytes of elements',
      '24 bytes for shape [2, 3]',
      MEMBER + whole.length - 1,
    ],
    [
      'that is larger than can be',
      npy('<f4', { shape: '(4294967296, 4194304)' }),
      'it ends after 24 bytes of elements',
      `${2 ** 56} bytes for shape [4294967296, 4194304]`,
      MEMBER + whole.length + 15,
    ],
  ])('%s', (_what, content, what, wanted, byte) => {
    expect(problemsOf(one(content))).toEqual([refusal(what, wanted, byte)]);
  });

  it('with the byte of its content where it is compressed', () => {
    const compressed = one(whole.subarray(0, 20), { deflated: true });
    expect(problemsOf(compressed)).toEqual([refusal('it ends inside its header', 'a whole .npy file', 20, 'array "arr_0", decompressed')]);
  });

  it('where its bytes have changed, or more than the zip file says comes out of them', () => {
    const changed = one(whole);
    changed[MEMBER + whole.length - 1] = 0;
    const problem = (message: string, help?: string) => [
      {
        code: 'BNN1003',
        severity: 'error',
        message,
        origin: { file: 'net.npz', path: 'array "arr_0"', position: { byte: MEMBER } },
        ...(help === undefined ? {} : { help }),
      },
    ];
    expect(problemsOf(changed)).toEqual(
      problem('the checksum of "arr_0.npy" is wrong: its bytes have changed.', 'Copy or download the file again.'),
    );
    expect(problemsOf(one(new Uint8Array(2 ** 20), { deflated: true, says: { size: 100 } }))).toEqual(
      problem('"arr_0.npy" is larger than the 100 bytes of the zip directory.'),
    );
  });

  it('where all together are too large: two of 2^26 bytes and one more, in some kilobytes', () => {
    const large = npyFile('|b1', new Uint8Array(2 ** 26), { shape: `(${2 ** 26},)` });
    const entries = ['arr_0.npy', 'arr_1.npy'].map((name) => ({ name, bytes: large, deflated: true }));
    const bomb = zipFile([...entries, { name: 'arr_2.npy', bytes: whole }]);
    expect(bomb.length).toBeLessThan(2 ** 18);
    const [problem] = problemsOf(bomb);
    expect(problem?.message).toBe('the array "arr_2" cannot be read: with it the arrays are too large.');
    expect(problem?.details).toEqual(['wanted  at most 134217728 elements together']);
  });
});

describe('a file is refused', () => {
  const array = npyFile('<f4', SIX);
  const file = (...names: readonly string[]): Uint8Array => zipFile(names.map((name) => ({ name, bytes: array })));

  it('with one array missing in the middle', () => {
    expect(problemsOf(file('arr_0.npy', 'arr_1.npy', 'arr_3.npy'))).toEqual([
      {
        code: 'BNN1003',
        severity: 'error',
        message: 'the file has 3 arrays and no "arr_2" among them, where numpy.savez numbers them from 0.',
        origin: { file: 'net.npz', path: 'zip directory' },
        details: ['array  "arr_0"', 'array  "arr_1"', 'array  "arr_3"'],
        help: 'Save all parameters again: numpy.savez(path, *lasagne.layers.get_all_param_values(network)).',
      },
    ]);
  });

  it('with two arrays of one name', () => {
    expect(problemsOf(file('arr_0.npy', 'arr_0.npy'))).toMatchObject([
      { code: 'BNN1003', message: 'the zip container has two members "arr_0.npy".', origin: { path: 'zip directory' } },
    ]);
  });

  it('with other names only where no topology uses them', () => {
    const [problem] = problemsOf(file('weights.npy', '../bias.npy'));
    expect(problem?.code).toBe('BNN1012');
    expect(problem?.details?.slice(0, 2)).toEqual(['tensor  "weights" float32 [2, 3]', 'tensor  "../bias" float32 [2, 3]']);
  });

  it('with no array', () => {
    expect(problemsOf(zipFile([])).map(({ code, message }) => [code, message])).toEqual([
      ['BNN1012', '"net.npz" holds weights, but not the network that they belong to.'],
    ]);
  });
});
