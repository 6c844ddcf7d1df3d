/** Containers of torch.save, and the tensors in them. */
import { describe, expect, it } from 'vitest';
import { pytorch } from '../../../../compiler/frontends/pytorch/index.ts';
import { detectFrontend } from '../../../../compiler/frontends/index.ts';
import { dictOf, floats, pickled, tensorOf, torchLegacy, torchZip, type Py, type StorageSpec } from '../../../support/torch-file.ts';
import { problemsOf, stateDictOf, tensorsOf } from './read-torch.ts';

const w = floats('0', 1, 2, 3, 4, 5, 6);
const b = floats('1', -1, 0.5);
const state = dictOf({ 'fc.weight': tensorOf(w, [2, 3]), 'fc.bias': tensorOf(b, [2]) });
const whole = { 'fc.weight': { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] }, 'fc.bias': { shape: [2], data: [-1, 0.5] } };

const CONTAINERS: readonly (readonly [string, (root: Py, storages: readonly StorageSpec[]) => Uint8Array])[] = [
  ['a zip file', torchZip],
  ['a compressed zip file', (root, storages) => torchZip(root, storages, { level: 6 })],
  ['a stream of pickles', torchLegacy],
];

describe.each(CONTAINERS)('%s', (_name, write) => {
  it('gives the tensors of a state_dict', () => {
    const bytes = write(state, [w, b]);
    expect(tensorsOf(bytes)).toEqual(whole);
    expect(detectFrontend(bytes).name).toBe('pytorch');
  });

  it('gives views with an offset and strides, row by row', () => {
    const transposed = tensorOf(w, [3, 2], [1, 3]);
    const column = tensorOf(w, [2], [3], 2);
    const repeated = tensorOf(w, [2, 2], [0, 1], 4);
    expect(tensorsOf(write(dictOf({ transposed, column, repeated }), [w]))).toEqual({
      transposed: { shape: [3, 2], data: [1, 4, 2, 5, 3, 6] },
      column: { shape: [2], data: [3, 6] },
      repeated: { shape: [2, 2], data: [5, 6, 5, 6] },
    });
  });

  it.each([
    ['HalfStorage', Uint16Array.of(0x3c00, 0xc000), [1, -2]],
    ['BFloat16Storage', Uint16Array.of(0x3f80, 0xc000), [1, -2]],
    ['DoubleStorage', Float64Array.of(0.1, -2), [0.1, -2]],
    ['CharStorage', Int8Array.of(1, -2), [1, -2]],
    ['ByteStorage', Uint8Array.of(1, 254), [1, 254]],
    ['ShortStorage', Int16Array.of(1, -2), [1, -2]],
    ['IntStorage', Int32Array.of(1, -2), [1, -2]],
    ['LongStorage', BigInt64Array.of(1n, -2n), [1, -2]],
    ['BoolStorage', Uint8Array.of(0, 1), [0, 1]],
  ] as const)('reads elements of torch.%s', (type, elements, values) => {
    const storage = { key: '7', type, count: 2, bytes: new Uint8Array(elements.buffer) };
    expect(tensorsOf(write(dictOf({ t: tensorOf(storage, [2]) }), [storage]))).toEqual({ t: { shape: [2], data: values } });
  });

  it('may hold a checkpoint with the state_dict among other things', () => {
    const optimizer = dictOf({ state: { dict: [[0, dictOf({ momentum_buffer: tensorOf(w, [6]) })]] } });
    const namespace: Py = { call: { global: 'argparse.Namespace' }, args: [], state: dictOf({ lr: 0.1 }) };
    const accuracy: Py = {
      call: { global: 'numpy.core.multiarray.scalar' },
      args: [{ call: { global: 'numpy.dtype' }, args: ['f8', 0, 1] }, new Uint8Array(Float64Array.of(98.5).buffer)],
    };
    const root = dictOf({ epoch: 3, args: namespace, best: accuracy, optimizer, state_dict: state });
    const bytes = write(root, [w, b]);
    expect(tensorsOf(bytes)).toEqual(whole);
    expect(stateDictOf(bytes).notes).toEqual(['The tensors are those under "state_dict".']);
  });
});

describe('names', () => {
  it('of nested dictionaries are joined by dots', () => {
    const root = dictOf({ features: dictOf({ weight: tensorOf(w, [6]) }), head: dictOf({ bias: tensorOf(b, [2]) }) });
    expect(Object.keys(tensorsOf(torchZip(root, [w, b])))).toEqual(['features.weight', 'head.bias']);
  });

  it('lose the "module." of DataParallel, with a note', () => {
    const root = dictOf({ 'module.a': tensorOf(w, [6]), 'module.b': tensorOf(b, [2]) });
    const { tensors, notes } = stateDictOf(torchZip(root, [w, b]));
    expect([...tensors.tensors.keys()]).toEqual(['a', 'b']);
    expect(notes).toEqual(['All names begin with "module.", as torch.nn.DataParallel leaves them; it is taken off.']);
  });

  it('keep a "module." that not all of them have', () => {
    const root = dictOf({ 'module.a': tensorOf(w, [6]), b: tensorOf(b, [2]) });
    expect(Object.keys(tensorsOf(torchZip(root, [w, b])))).toEqual(['module.a', 'b']);
  });

  it('such as __proto__ are names like any other', () => {
    const root: Py = { dict: [['__proto__', tensorOf(w, [6])]] };
    expect([...stateDictOf(torchZip(root, [w])).tensors.tensors.keys()]).toEqual(['__proto__']);
  });
});

describe('where the network is', () => {
  it('is asked for when several dictionaries could be it', () => {
    const root = dictOf({ state_dict: state, ema_state_dict: state, epoch: 1 });
    expect(problemsOf(torchZip(root, [w, b]))).toMatchObject([
      {
        code: 'BNN1003',
        message: "the checkpoint has 2 dictionaries of tensors, and only one of them can be the network's.",
        details: ['"state_dict"  a dictionary with 2 tensors', '"ema_state_dict"  a dictionary with 2 tensors'],
        help: 'Save the one that you mean: torch.save(torch.load("net.pth")["state_dict"], "weights.pth").',
      },
    ]);
  });

  it('must be a dictionary', () => {
    expect(problemsOf(torchZip({ list: [tensorOf(w, [6])] }, [w]))).toMatchObject([
      {
        code: 'BNN1003',
        message: 'the file holds a list, and no tensors with names.',
        help: expect.stringContaining('state_dict()') as string,
      },
    ]);
  });

  it('without a topology the file is refused with its tensors', () => {
    expect(problemsOf(torchZip(state, [w, b]))).toMatchObject([
      { code: 'BNN1012', details: expect.arrayContaining(['tensor  "fc.weight" float32 [2, 3]']) as string[] },
    ]);
  });
});

describe('numpy arrays', () => {
  const dtype = (name: string, order: string): Py => ({
    call: { global: 'numpy.dtype' },
    args: [name, 0, 1],
    state: [3, order, null, null, null, -1, -1, 0],
  });
  const array = (sizes: readonly number[], type: Py, columns: boolean, bytes: Uint8Array): Py => ({
    call: { global: 'numpy.core.multiarray._reconstruct' },
    args: [{ global: 'numpy.ndarray' }, [0], Uint8Array.of(98)],
    state: [1, sizes, type, columns, bytes],
  });

  it('are tensors too, in both orders of axes and of bytes, also in a bare pickle', () => {
    const little = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);
    const root = dictOf({
      rows: array([2, 2], dtype('f4', '<'), false, little),
      columns: array([2, 2], dtype('f4', '<'), true, little),
      big: array([1], dtype('i2', '>'), false, Uint8Array.of(1, 2)),
    });
    expect(tensorsOf(pickled(root))).toEqual({
      rows: { shape: [2, 2], data: [1, 2, 3, 4] },
      columns: { shape: [2, 2], data: [1, 3, 2, 4] },
      big: { shape: [1], data: [258] },
    });
  });
});

describe('a file that is recognised and not read', () => {
  it('may be a program of TorchScript', () => {
    const bytes = torchZip(state, [w, b], { members: { 'archive/code/__torch__.py': Uint8Array.of(1) } });
    expect(problemsOf(bytes)).toMatchObject([{ code: 'BNN1010', message: expect.stringContaining('TorchScript') as string }]);
  });

  it('may be a tar archive of 2016', () => {
    const tar = new Uint8Array(1024);
    tar.set(Buffer.from('ustar'), 257);
    expect(pytorch.accepts(tar)).toBe(true);
    expect(problemsOf(tar)).toMatchObject([{ code: 'BNN1010', message: expect.stringContaining('tar archive') as string }]);
  });

  it('may have another protocol', () => {
    const bytes = torchLegacy(state, [w, b]);
    bytes[18] = 0xea;
    expect(problemsOf(bytes)[0]?.code).toBe('BNN1010');
  });
});
