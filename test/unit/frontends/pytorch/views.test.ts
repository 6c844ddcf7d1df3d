/** Tensors that are not in their storages, and files in which no state_dict can be found. */
import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../../../compiler/support/diagnostics.ts';
import { dictOf, floats, pickled, tensorOf, torchLegacy, torchZip, type Py } from '../../../support/torch-file.ts';
import { damage, problemsOf, stateDictOf, tensorsOf } from './read-torch.ts';

const w = floats('0', 1, 2, 3, 4, 5, 6);

function unreadable(name: string, shape: readonly number[], message: string, byte: number, help?: string): Diagnostic {
  return {
    code: 'BNN1009',
    severity: 'error',
    message: `the tensor "${name}" ${message}.`,
    origin: { file: 'net.pth', path: `tensor "${name}"`, position: { byte } },
    details: [`shape  [${shape.join(', ')}]`],
    ...(help === undefined ? {} : { help }),
  };
}

describe('a tensor', () => {
  const stream = (tensor: Py): Uint8Array => torchLegacy(dictOf({ a: tensor }), [w]);
  /** The call that makes the tensor is the last opcode but two of its pickle. */
  const callOf = (tensor: Py): number => Buffer.from(stream(tensor)).indexOf(Buffer.from('Ru.\x80', 'latin1'));

  it.each<readonly [string, Py, readonly number[], string]>([
    ['with an offset beyond its storage', tensorOf(w, [1], [1], 6), [1], 'reaches beyond storage "0": element 6 of 6'],
    ['that is larger than its storage', tensorOf(w, [2, 4]), [2, 4], 'reaches beyond storage "0": element 7 of 6'],
    ['whose strides leave its storage', tensorOf(w, [2, 2], [5, 1]), [2, 2], 'reaches beyond storage "0": element 6 of 6'],
    [
      'with strides beyond all numbers',
      tensorOf(w, [2, 2], [2 ** 53 - 1, 2 ** 53 - 1]),
      [2, 2],
      `reaches beyond storage "0": element ${2 ** 54 - 2} of 6`,
    ],
    ['of 2^27 elements that are one', tensorOf(w, [2 ** 27], [0]), [2 ** 27], 'is too large: it has more than 67108864 elements'],
    ['of 2^104 elements', tensorOf(w, [2 ** 52, 2 ** 52]), [2 ** 52, 2 ** 52], 'is too large: it has more than 67108864 elements'],
  ])('%s', (_what, tensor, shape, message) => {
    expect(problemsOf(stream(tensor))).toEqual([unreadable('a', shape, message, callOf(tensor))]);
  });

  it('of complex numbers, or negated when it is read, is refused with what to save', () => {
    const negated: Py = {
      call: { global: 'torch._utils._rebuild_tensor_v2' },
      args: [...(tensorOf(w, [6]) as { readonly args: readonly Py[] }).args, dictOf({ neg: true, conj: false })],
    };
    expect(problemsOf(stream(negated))).toEqual([
      unreadable(
        'a',
        [6],
        'is of type torch.FloatStorage with "neg", which bnnc cannot read',
        callOf(negated),
        'Save it as plain numbers: what tensor.float(), tensor.dequantize() or tensor.to_dense() gives.',
      ),
    ]);
  });

  it('is one too many where all together have more than 2^27 elements', () => {
    const repeated = tensorOf(w, [2 ** 26], [0]);
    const found = problemsOf(torchLegacy(dictOf({ a: repeated, b: repeated, c: tensorOf(w, [6]) }), [w]));
    expect(found.map(({ message }) => message)).toEqual([
      'the tensor "c" is one too many: all tensors together have more than 134217728 elements.',
    ]);
  });

  it('is refused with every other of the file that cannot be read', () => {
    const root = dictOf({ a: tensorOf(w, [7]), b: tensorOf(w, [6]), c: tensorOf(w, [2], [6]) });
    expect(problemsOf(torchZip(root, [w])).map(({ message }) => message)).toEqual([
      'the tensor "a" reaches beyond storage "0": element 6 of 6.',
      'the tensor "c" reaches beyond storage "0": element 6 of 6.',
    ]);
  });
});

describe('a state_dict', () => {
  const tensor = tensorOf(w, [6]);
  const part = dictOf({ weight: tensor });
  const NAMES = 'Save the weights with their names: torch.save(model.state_dict(), "weights.pth").';

  it.each<readonly [string, Py, string, readonly string[]]>([
    ['nothing', null, 'the file holds None, and no tensors with names.', []],
    ['one tensor', tensor, 'the file holds a tensor, and no tensors with names.', []],
    ['an empty dictionary', dictOf({}), 'the file holds no tensors with names.', []],
    ['tensors by number', { dict: [[0, tensor]] }, 'the file holds no tensors with names.', []],
    [
      'other things',
      dictOf({ epoch: 3, name: 'net', loss: 0.5, done: true, path: null, parts: { list: [] }, big: 2 ** 40, long: 'x'.repeat(100) }),
      'the file holds no tensors with names.',
      [
        '"epoch"  3',
        '"name"  "net"',
        '"loss"  0.5',
        '"done"  True',
        '"path"  None',
        '"parts"  a list',
        '"big"  1099511627776',
        '"long"  a text',
      ],
    ],
  ])('is not %s', (_what, root, message, details) => {
    expect(problemsOf(torchZip(root, [w]))).toEqual([damage(message, 'archive/data.pkl', null, { details, help: NAMES })]);
  });

  it.each(['state_dict', 'model_state_dict', 'model', 'net', 'network', 'weights', 'params', 'Generator_StateDict'])(
    'is found under "%s" beside an optimizer',
    (key) => {
      const root = dictOf({ optimizer: dictOf({ exp_avg: tensor }), [key]: part });
      expect(stateDictOf(torchZip(root, [w])).notes).toEqual([`The tensors are those under "${key}".`]);
      expect(tensorsOf(torchZip(root, [w]))).toEqual({ weight: { shape: [6], data: [1, 2, 3, 4, 5, 6] } });
    },
  );

  it('is found in two checkpoints, one in the other', () => {
    const root = dictOf({ checkpoint: dictOf({ state_dict: part, epoch: 1 }) });
    expect(stateDictOf(torchZip(root, [w])).notes).toEqual([
      'The tensors are those under "checkpoint".',
      'The tensors are those under "state_dict".',
    ]);
  });

  it('with two tensors of one name is refused', () => {
    expect(problemsOf(torchZip(dictOf({ 'fc.weight': tensor, fc: part }), [w]))).toEqual([
      damage('two tensors have the name "fc.weight".', 'archive/data.pkl', null),
    ]);
  });

  it('of more than 16384 tensors is refused', () => {
    const shared: Py = { raw: [...pickled(tensor).slice(2, -1), 0x71, 0] };
    const many: Py = { dict: Array.from({ length: 16_385 }, (_, i) => [`t${i}`, i === 0 ? shared : { raw: [0x68, 0] }]) };
    expect(problemsOf(torchZip(many, [w]))).toEqual([damage('the file holds more than 16384 tensors.', 'archive/data.pkl', null)]);
  });

  it('of dictionaries that hold each other over and over is refused, and none of it is left out', () => {
    // Ten entries, each of them the dictionary before, eight times: a hundred million tensors.
    const entry = (key: number, memo: number): readonly number[] => [...pickled(`k${key}`).slice(2, -1), 0x68, memo, 0x73];
    const level = (memo: number): readonly number[] => [
      0x7d,
      ...Array.from({ length: 10 }, (_, i) => entry(i, memo)).flat(),
      0x71,
      memo + 1,
      0x30,
    ];
    const first = [...pickled(dictOf({ t: tensor })).slice(2, -1), 0x71, 0, 0x30];
    const root: Py = { raw: [...first, ...Array.from({ length: 7 }, (_, i) => level(i)).flat(), 0x68, 7] };
    expect(problemsOf(torchZip(root, [w]))).toEqual([
      damage('the dictionaries of the file have more than 262144 entries.', 'archive/data.pkl', null),
    ]);
  });
});
