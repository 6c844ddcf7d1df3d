/** Pickles that must be refused: what they name, and where they are damaged. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { floats, pickled, tensorOf, torchLegacy, torchZip, type Py } from '../../../support/torch-file.ts';
import { damage, problemsOf, tensorsOf } from './read-torch.ts';

const folder = mkdtempSync(join(tmpdir(), 'bnnc-pickles-'));
const marker = join(folder, 'executed');
const command = `touch ${marker}`;
afterAll(() => rmSync(folder, { recursive: true }));

/** Opcodes: texts stand for their characters. */
function raw(...parts: readonly (string | number)[]): Py {
  return { raw: parts.flatMap((part) => (typeof part === 'number' ? [part] : [...Buffer.from(part, 'latin1')])) };
}

const short = (text: string): string => `\x8c${String.fromCharCode(text.length)}${text}`;
const refusal = (name: string, byte: number, path = 'pickle') =>
  damage(`the file is a pickle that needs the Python class or function "${name}", and bnnc runs no code of a model file.`, path, byte, {
    help: 'Load it with that program and save only the weights: torch.save(model.state_dict(), "weights.pth").',
  });

describe('a class or function that is not plain data is refused and not executed', () => {
  it.each<readonly [string, Py, number]>([
    ['called by REDUCE', { call: { global: 'os.system' }, args: [command] }, 2],
    ['named by STACK_GLOBAL', raw(short('os'), short('system'), 0x93, short(command), 0x85, 'R'), 14],
    ['called by INST', raw('(', short(command), 'ios\nsystem\n'), 5 + command.length],
    ['called by OBJ', raw('(cos\nsystem\n', short(command), 'o'), 3],
    ['made by NEWOBJ', raw('cos\nsystem\n', short(command), 0x85, 0x81), 2],
    ['made by NEWOBJ_EX', raw('cos\nsystem\n', short(command), 0x85, '}', 0x92), 2],
    ['given a state by BUILD', { call: { global: 'os.system' }, args: [], state: command }, 2],
    ['among the values of a dictionary', { dict: [['a', { call: { global: 'os.system' }, args: [command] }]] }, 10],
    [
      'that makes the arguments of another',
      { call: { global: 'os.system' }, args: [{ call: { global: 'os.system' }, args: [command] }] },
      2,
    ],
    ['only named', { global: 'os.system' }, 2],
  ])('%s', (_how, root, byte) => {
    expect(problemsOf(pickled(root))).toEqual([refusal('os.system', byte)]);
    expect(existsSync(marker)).toBe(false);
  });

  it('in a zip file, with the member and the byte of the file', () => {
    const bytes = torchZip({ call: { global: 'builtins.eval' }, args: ['1'] }, []);
    const byte = Buffer.from(bytes).indexOf('cbuiltins\neval');
    expect(byte).toBeGreaterThan(30);
    expect(problemsOf(bytes)).toEqual([refusal('builtins.eval', byte, 'archive/data.pkl')]);
  });

  it('before the storages of a stream are looked at', () => {
    const bytes = torchLegacy({ global: 'posix.system' }, [floats('0', 1)]).subarray(0, -2);
    expect(problemsOf(bytes)).toEqual([refusal('posix.system', Buffer.from(bytes).indexOf('cposix'))]);
  });

  it('each one once in one problem, which lists twelve at most', () => {
    const names = Array.from({ length: 14 }, (_, i) => `module.f${i + 10}`);
    const root: Py = { list: [...names, ...names].map((name): Py => ({ call: { global: name }, args: [] })) };
    // Each is c, module, a line feed, f10, a line feed, an empty tuple in two opcodes, and R.
    const listed = names.slice(0, 12).map((name, i) => `byte ${4 + i * 15}  "${name}"`);
    expect(problemsOf(pickled(root))).toEqual([
      damage('the file is a pickle that needs 14 Python classes or functions, and bnnc runs no code of a model file.', 'pickle', 4, {
        details: [...listed, 'and 2 more'],
        help: 'Load it with that program and save only the weights: torch.save(model.state_dict(), "weights.pth").',
      }),
    ]);
  });

  it('also as the class of a persistent id', () => {
    const id: Py = { persistent: ['module', { global: '__main__.Net' }, 'net.py', 'class Net: pass'] };
    const byte = 2 + 1 + 5 + 'module'.length;
    expect(problemsOf(pickled({ dict: [['net', id]] }))).toEqual([refusal('__main__.Net', byte + 2 + 5 + 'net'.length)]);
  });
});

const storage = floats('0', 1, 2);
const rebuild = 'torch._utils._rebuild_tensor_v2';
const call = (name: string, ...args: readonly Py[]): Py => ({ call: { global: name }, args });
const wanted = '(storage, offset, sizes, strides), sizes of at most 16 dimensions';
const persistentForm = 'torch.save has ("storage", type, key, location, elements)';

const OPCODES: readonly (readonly [Py, string, number])[] = [
  [raw(0xff), '0xff is no opcode of a pickle', 2],
  [raw('0'), 'the pickle takes a value from its stack, which is empty', 2],
  [raw('(t0.'), 'the pickle takes a value from its stack, which is empty', 5],
  [raw('Nt'), 'the pickle goes back to a mark that was not set', 3],
  [raw('h', 3), 'the pickle asks for memo 3, which it has not stored', 2],
  [raw('g12\n'), 'the pickle asks for memo 12, which it has not stored', 2],
  [raw('N]a'), 'something is appended to None', 4],
  [raw('](N', 'Nu'), 'an entry is set in a list', 6],
  [raw('}(Nu'), 'a dictionary is given a key without a value', 5],
  [raw('(Nd'), 'a dictionary is given a key without a value', 4],
  [raw('NNR'), 'a function is called with None and not with a tuple', 4],
  [raw('N)R'), 'None is called, which is no function', 4],
  [raw('K', 1, 'K', 2, 0x93), 'a class is named by 2 and not by a text', 6],
  [raw('N}b'), 'the state of None is set, which has none', 4],
  [raw(0x80, 6), 'the pickle has protocol 6, and there are 0 to 5', 2],
  [raw(0x82, 1), 'the pickle uses an extension code, which torch.save does not write', 2],
  [raw(0x97), 'the pickle uses data outside of the pickle, which torch.save does not write', 2],
  [raw('I12x\n'), 'a number of the pickle is written in another way than Python writes it', 2],
  [raw('F1e\n'), 'a number of the pickle is written in another way than Python writes it', 2],
  [raw(`p${'9'.repeat(20)}\n`), 'a number of the pickle is too large', 2],
  [raw('Sabc\n'), 'a text of the pickle has no quotes', 2],
  [raw(0x8b, '\x01\x01\x00\x00'), 'an integer of the pickle has 257 bytes', 2],
  [raw('I', 'x'.repeat(65_537), '\n'), 'a line of the pickle is longer than 65536 bytes', 2],
  [raw('NQ'), `a persistent id of the pickle is None, and ${persistentForm}`, 3],
];

const CALLS: readonly (readonly [Py, string])[] = [
  [
    { persistent: ['storage', { global: 'torch.FloatStorage' }, '0', 'cpu', -1] },
    `a persistent id of the pickle is a tuple, and ${persistentForm}`,
  ],
  [{ persistent: ['storage', 'float', '0', 'cpu', 1] }, `a persistent id of the pickle is a tuple, and ${persistentForm}`],
  [{ persistent: [1, 2] }, `a persistent id of the pickle is (1, 2), and ${persistentForm}`],
  [{ persistent: ['storage', { global: 'torch.FloatStorage' }, '0', 'cpu', 1, [0]] }, 'a view of a storage is not (key, offset, elements)'],
  [call(rebuild, 1, 2), `${rebuild} is called with (1, 2), and takes ${wanted}`],
  [tensorOf(storage, [2], [-1]), `${rebuild} is called with (a storage, 0, (2), (-1), False, a dict), and takes ${wanted}`],
  [tensorOf(storage, [2], [1], -1), `${rebuild} is called with (a storage, -1, (2), (1), False, a dict), and takes ${wanted}`],
  [tensorOf(storage, [2, 1], [1]), `${rebuild} is called with (a storage, 0, (2, 1), (1), False, a dict), and takes ${wanted}`],
  [tensorOf(storage, [1.5]), `${rebuild} is called with (a storage, 0, (1.5), (1), False, a dict), and takes ${wanted}`],
  [tensorOf(storage, [2 ** 60]), `${rebuild} is called with (a storage, 0, (${2 ** 60}), (1), False, a dict), and takes ${wanted}`],
  [
    tensorOf(
      storage,
      Array.from({ length: 17 }, () => 1),
    ),
    `${rebuild} is called with (a storage, 0, a tuple, a tuple, False, a dict), and takes ${wanted}`,
  ],
  [
    call('torch._utils._rebuild_tensor_v3'),
    'torch._utils._rebuild_tensor_v3 is called with (), and takes a torch.dtype as its seventh argument',
  ],
  [call('torch._utils._rebuild_parameter', 'x'), 'torch._utils._rebuild_parameter is called with ("x"), and takes a tensor'],
  [
    call('torch._tensor._rebuild_from_type_v2', { global: 'collections.OrderedDict' }, null, []),
    'torch._tensor._rebuild_from_type_v2 is called with (collections.OrderedDict, None, ()), and takes a function of torch._utils and its arguments',
  ],
  [
    call('torch._utils._rebuild_sparse_tensor', 1),
    'torch._utils._rebuild_sparse_tensor is called with (1), and takes (layout, (indices, values, sizes))',
  ],
  [call('torch.serialization._get_layout', 1), 'torch.serialization._get_layout is called with (1), and takes the name of a layout'],
  [call('torch.Tensor'), 'torch.Tensor is called with (), and takes no arguments in a state_dict'],
  [call('torch.Size', 3), 'torch.Size is called with (3), and takes a tuple'],
  [call('torch.device', 0), 'torch.device is called with (0), and takes the name of a device'],
  [call('collections.OrderedDict', 7), 'collections.OrderedDict is called with (7), and takes a list of pairs'],
  [call('collections.OrderedDict', { list: [[1, 2, 3]] }), 'collections.OrderedDict is called with (a list), and takes a list of pairs'],
  [call('numpy.dtype', 4), 'numpy.dtype is called with (4), and takes the name of a type'],
  [call('numpy.core.multiarray.scalar', 1), 'numpy.core.multiarray.scalar is called with (1), and takes (dtype, bytes)'],
  [call('numpy.core.numeric._frombuffer', 1), 'numpy.core.numeric._frombuffer is called with (1), and takes (bytes, dtype, shape, order)'],
  [call('_codecs.encode', 'x', 'utf-7'), '_codecs.encode is called with ("x", "utf-7"), and takes a text and "latin1"'],
  [call('builtins.bytes', 4), 'builtins.bytes is called with (4), and takes no arguments'],
  [call('copyreg._reconstructor', 'x'), 'copyreg._reconstructor is called with ("x"), and takes a class'],
  [
    { call: { global: 'numpy.core.multiarray._reconstruct' }, args: [], state: [1, 2] },
    'the state of a numpy.ndarray is not what numpy writes',
  ],
];

const messageFirst = <T extends readonly [Py, string, ...unknown[]]>(cases: readonly T[]) =>
  cases.map((each) => [each[1], ...each] as const);

describe('damage is reported with the byte of the opcode', () => {
  it.each(messageFirst(OPCODES))('%s', (_name, root, message, byte) => {
    expect(problemsOf(pickled(root))).toEqual([damage(`${message}.`, 'pickle', byte)]);
  });

  it.each(messageFirst(CALLS))('%s', (_name, root, message) => {
    const bytes = pickled(root);
    // The opcode that fails is the last but STOP.
    expect(problemsOf(bytes)).toEqual([damage(`${message}.`, 'pickle', bytes.length - 2)]);
  });

  it('and a pickle without an end is one that is too long', () => {
    expect(problemsOf(pickled(raw('N0'.repeat(2 ** 21))))).toEqual([
      damage('the pickle is longer than 4194304 opcodes.', 'pickle', 2 ** 22 + 1),
    ]);
  });
});

it('lists in lists, a million deep, are no trouble', () => {
  expect(problemsOf(pickled(raw(']'.repeat(1_000_000), 'a'.repeat(999_999))))[0]?.message).toBe(
    'the file holds a list, and no tensors with names.',
  );
});

it('a dictionary that holds itself gives its tensors at each of nine depths, and ends', () => {
  // An empty dictionary, stored as memo 0; its entry "t" is a tensor, its entry "s" is memo 0.
  const tensor = Buffer.from(pickled(tensorOf(storage, [2])).subarray(2, -1)).toString('latin1');
  const self = raw('}q', 0, short('t'), tensor, 's', short('s'), 'h', 0, 's');
  expect(Object.keys(tensorsOf(torchZip(self, [storage])))).toEqual(Array.from({ length: 9 }, (_, depth) => `${'s.'.repeat(depth)}t`));
});
