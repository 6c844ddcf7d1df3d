/** Containers of torch.save that are damaged. */
import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../../../compiler/support/diagnostics.ts';
import { dictOf, floats, pickled, tensorOf, torchLegacy, type StorageSpec } from '../../../support/torch-file.ts';
import { zipFile, type ZipEntry } from '../../../support/zip-file.ts';
import { damage, problemsOf, tensorsOf } from './read-torch.ts';

const w = floats('0', 1, 2, 3, 4, 5, 6);
const b = floats('1', -1, 0.5);
const state = dictOf({ 'fc.weight': tensorOf(w, [2, 3]), 'fc.bias': tensorOf(b, [2]) });
const SAVE = 'torch.save(model.state_dict(), "weights.pth")';

const find = (bytes: Uint8Array, text: string | Uint8Array): number => Buffer.from(bytes).indexOf(text);

/** The parts of a zip file of torch.save, some of them in another form. */
function zip(entries: Readonly<Record<string, Partial<ZipEntry>>> = {}): Uint8Array {
  const parts: Record<string, ZipEntry> = {
    'net/data.pkl': { name: 'net/data.pkl', bytes: pickled(state) },
    'net/data/0': { name: 'net/data/0', bytes: w.bytes },
    'net/data/1': { name: 'net/data/1', bytes: b.bytes },
  };
  for (const [name, entry] of Object.entries(entries)) parts[name] = { name, bytes: new Uint8Array(0), ...parts[name], ...entry };
  return zipFile(Object.values(parts));
}

const whole = { 'fc.weight': { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] }, 'fc.bias': { shape: [2], data: [-1, 0.5] } };

describe('a zip file', () => {
  const bytes = zip();
  const size = bytes.length;
  const pickle = pickled(state);

  it('is read as it is', () => {
    expect(tensorsOf(bytes)).toEqual(whole);
  });

  it.each([60, 300, 700, 900].map((cut) => size - cut).filter((length) => length > 4))(
    'cut after %i bytes is asked for whole',
    (length) => {
      expect(problemsOf(bytes.subarray(0, length))).toEqual([
        damage('the zip container has no directory at its end.', 'zip directory', length, {
          help: 'Is the file whole? Copy or download it again.',
        }),
      ]);
    },
  );

  it('with a pickle that ends too early says so', () => {
    const cut = zip({ 'net/data.pkl': { bytes: pickle.subarray(0, -1) } });
    const end = 30 + 'net/data.pkl'.length + pickle.length - 1;
    expect(problemsOf(cut)).toEqual([
      damage('the file ends inside the next opcode of the pickle: 1 bytes are needed, 0 follow.', 'net/data.pkl', end),
    ]);
  });

  it('with a storage that ends too early names the tensors that lie in it', () => {
    const cut = zip({ 'net/data/0': { bytes: w.bytes.subarray(0, 20) } });
    expect(problemsOf(cut)).toMatchObject([
      { message: 'the tensor "fc.weight" lies in storage "0", which has 20 bytes where its type and size need 24.' },
    ]);
  });

  it('without a storage names the tensors that lie in it', () => {
    const root = dictOf({ a: tensorOf(floats('../../../../etc/passwd', 1), [1]) });
    expect(problemsOf(zip({ 'net/data.pkl': { bytes: pickled(root) } }))).toMatchObject([
      { code: 'BNN1009', message: 'the tensor "a" lies in storage "../../../../etc/passwd", which the file does not have.' },
    ]);
  });

  it('with a member that was changed names the member and its first byte', () => {
    const changed = zip();
    const byte = find(changed, w.bytes);
    changed[byte + 3] = 0x40;
    expect(problemsOf(changed)).toEqual([
      damage('the checksum of "net/data/0" is wrong: its bytes have changed.', 'member "net/data/0"', byte, {
        help: 'Copy or download the file again.',
      }),
    ]);
  });

  it('with a member that grows when it is unpacked is refused', () => {
    const bomb = zip({ 'net/data/0': { bytes: new Uint8Array(2 ** 20), deflated: true, says: { size: 24 } } });
    const byte = find(bomb, 'net/data/0') + 'net/data/0'.length;
    expect(problemsOf(bomb)).toEqual([
      damage('"net/data/0" is larger than the 24 bytes of the zip directory.', 'member "net/data/0"', byte),
    ]);
  });

  it.each<readonly [string, Uint8Array, string]>([
    ['no pickle', zipFile([{ name: 'data/0', bytes: w.bytes }]), 'no member ".../data.pkl"'],
    ['two pickles', zip({ 'other/data.pkl': { bytes: pickle } }), 'more than one member ".../data.pkl"'],
  ])('with %s is refused with what it has', (_what, container, members) => {
    const names = _what === 'no pickle' ? ['data/0'] : ['net/data.pkl', 'net/data/0', 'net/data/1', 'other/data.pkl'];
    expect(problemsOf(container)).toEqual([
      damage(`the zip container has ${members}, where torch.save keeps the objects.`, 'zip directory', null, {
        details: names.map((name) => `member  "${name}"`),
        help: `Save the weights with ${SAVE}.`,
      }),
    ]);
  });

  it('may say that its storages are big-endian', () => {
    const swapped = { 'net/data/0': { bytes: Buffer.from(w.bytes).swap32() }, 'net/data/1': { bytes: Buffer.from(b.bytes).swap32() } };
    expect(tensorsOf(zip({ ...swapped, 'net/byteorder': { bytes: Buffer.from('big') } }))).toEqual(whole);
    expect(tensorsOf(zip({ 'net/byteorder': { bytes: Buffer.from('little') } }))).toEqual(whole);
  });

  it('with another order of bytes is refused', () => {
    const middle = zip({ 'net/byteorder': { bytes: Buffer.from('middle') } });
    expect(problemsOf(middle)).toEqual([
      damage('the order of bytes is "middle".', 'member "net/byteorder"', find(middle, 'middle'), {
        details: ['wanted  "little" or "big"'],
      }),
    ]);
  });
});

describe('a stream of pickles', () => {
  const bytes = torchLegacy(state, [w, b]);
  const i64 = 8;
  const first = bytes.length - b.bytes.length - i64 - w.bytes.length - i64;
  const ends = (what: string, byte: number, needed: number, follow: number, path: string): Diagnostic =>
    damage(`the file ends inside ${what}: ${needed} bytes are needed, ${follow} follow.`, path, byte);

  it.each<readonly [string, number, Diagnostic]>([
    ['in the magic number', 9, ends('an integer', 4, 10, 5, 'pickle')],
    ['behind the magic number', 15, ends('the next opcode of the pickle', 15, 1, 0, 'protocol')],
    ['in the description of the computer', 30, ends('the length of a text', 28, 4, 2, 'description of the computer')],
    ['in the object', find(bytes, 'fc.bias'), ends('bytes of the pickle', find(bytes, 'fc.bias'), 7, 0, 'pickle')],
    ['in the keys of the storages', first - 1, ends('the next opcode of the pickle', first - 1, 1, 0, 'keys of the storages')],
    ['in the size of a storage', first + 4, ends('the size of storage "0"', first, 8, 4, 'storages')],
    ['in a storage', first + 12, ends('storage "0"', first + 8, 24, 4, 'storages')],
    ['before the last storage', first + 32, ends('the size of storage "1"', first + 32, 8, 0, 'storages')],
  ])('cut %s', (_where, length, wanted) => {
    expect(problemsOf(bytes.subarray(0, length))).toEqual([wanted]);
  });

  it('has storages of the sizes that the object says', () => {
    const wrong = bytes.slice();
    wrong[first] = 7;
    expect(problemsOf(wrong)).toEqual([damage('storage "0" has 7 elements, and the object says 6.', 'storages', first)]);
  });

  it('has no storage that the object does not use', () => {
    const more = torchLegacy(dictOf({ a: tensorOf(w, [6]) }), [w, b]);
    const byte = more.length - b.bytes.length - i64;
    expect(problemsOf(more)).toEqual([damage('there is a storage "1" that the object does not use.', 'storages', byte)]);
  });

  it('cannot have storages of a type that is not read, as it does not say where the next one begins', () => {
    const complex: StorageSpec = { key: '0', type: 'ComplexFloatStorage', count: 1, bytes: new Uint8Array(8) };
    const stream = torchLegacy(dictOf({ a: tensorOf(complex, [1]) }), [complex]);
    expect(problemsOf(stream)).toEqual([
      damage('storage "0" is a torch.ComplexFloatStorage, whose elements bnnc cannot read.', 'storages', stream.length - 16),
    ]);
  });

  it('must have keys, and no storages before the object', () => {
    const parts = [bytes.subarray(0, 15), pickled(1001), pickled(null), pickled(state)];
    const before = Buffer.concat(parts).length;
    expect(problemsOf(Uint8Array.from(Buffer.concat([...parts, pickled({ list: [null] })])))).toEqual([
      damage('behind the object there is no list of the keys of its storages.', 'keys of the storages', before),
    ]);
    const early = [bytes.subarray(0, 15), pickled(1001), pickled({ persistent: 'x' })];
    expect(problemsOf(Uint8Array.from(Buffer.concat(early)))).toEqual([
      damage('the pickle refers to storages before the object begins.', 'description of the computer', 15 + 8 + 2 + 6),
    ]);
  });

  it('must be of the protocol that is known', () => {
    const other = Uint8Array.from(Buffer.concat([bytes.subarray(0, 15), pickled(1002)]));
    expect(problemsOf(other)).toEqual([
      {
        ...damage('the file is of a version of torch.save that is not known.', 'protocol', 15, { details: ['wanted  1001'] }),
        code: 'BNN1010',
      },
    ]);
  });
});
