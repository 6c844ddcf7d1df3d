/** HDF5 files that h5py wrote (test/support/hdf5/make.py), and damaged ones. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isHdf5, openHdf5, readHdf5Tensors } from '../../../compiler/frontends/hdf5/index.ts';
import { UserError } from '../../../compiler/support/diagnostics.ts';

const file = (name: string): Uint8Array => readFileSync(join(import.meta.dirname, '../../support/hdf5', `${name}.h5`));
const values = (name: string, path: string): readonly number[] =>
  Array.from(readHdf5Tensors(file(name), `${name}.h5`).tensors.get(path)?.read() ?? []);
const counted = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i - 3);

/** The first diagnostic of `work`. */
function problem(work: () => unknown): UserError['diagnostics'][number] | undefined {
  try {
    work();
  } catch (error) {
    if (error instanceof UserError) return error.diagnostics[0];
    throw error;
  }
  return undefined;
}

/** A copy with little-endian bytes of a number at a place. */
function patched(bytes: Uint8Array, at: number, value: number, width = 8): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (let i = 0; i < width; i += 1) copy[at + i] = Math.floor(value / 2 ** (8 * i)) % 256;
  return copy;
}

/** Where these letters stand first. */
const find = (bytes: Uint8Array, letters: string, from = 0): number => Buffer.from(bytes).indexOf(letters, from, 'latin1');

describe('HDF5', () => {
  it.each([
    ['plain', '/l1/bconv/W', 24],
    ['plain', '/chunks/rows', 70],
    ['plain', '/chunks/column', 70],
    ['plain', '/chunks/gzip', 35],
    ['plain', '/kinds/<f8', 5],
    ['plain', '/kinds/>f4', 5],
    ['plain', '/kinds/<f2', 5],
    ['plain', '/kinds/>i8', 5],
    ['plain', '/kinds/<i1', 5],
    ['plain', '/kinds/again', 5],
    ['latest', '/l1/bconv/W', 24],
    ['latest', '/single', 35],
    ['ordered', '/few/W', 2],
    ['user-block', '/W', 4],
  ])('%s.h5 gives the elements of %s', (name, path, count) => {
    expect(values(name, path)).toEqual(counted(count));
  });

  it('gives element types, shapes and the byte where elements begin', () => {
    const bytes = file('plain');
    const tensor = readHdf5Tensors(bytes, 'plain.h5').tensors.get('/l1/bconv/W');
    expect(tensor).toMatchObject({ element: 'float32', shape: [2, 3, 4], origin: { file: 'plain.h5', path: 'dataset "/l1/bconv/W"' } });
    const { position } = tensor?.origin ?? {};
    const byte = position !== undefined && 'byte' in position ? position.byte : -1;
    expect(new DataView(bytes.buffer, bytes.byteOffset).getFloat32(byte, true)).toBe(-3);
  });

  it('wraps what an unsigned type holds and gives truth values as 0 and 1', () => {
    expect(values('plain', '/kinds/<u2')).toEqual([65533, 65534, 65535, 0, 1]);
    expect(values('plain', '/kinds/?')).toEqual([1, 1, 1, 0, 1]);
    expect(values('plain', '/kinds/scalar')).toEqual([7]);
  });

  it('fills what was never written', () => {
    const [a, b] = [2.5, 1];
    expect(values('plain', '/chunks/holes')).toEqual([a, a, b, b, a, a, b, b, a, a, a, a, a, a, a, a]);
    expect(values('plain', '/chunks/never')).toEqual([0, 0, 0]);
  });

  it('reads groups of several nodes', () => {
    const names = Array.from({ length: 40 }, (_, i) => `/many/d${i}`);
    expect(names.map((name) => values('plain', name)[0])).toEqual(names.map((_, i) => i));
  });

  it('leaves out texts, empty datasets, links by name, other files and groups inside themselves', () => {
    const names = [...readHdf5Tensors(file('plain'), 'plain.h5').tensors.keys()];
    for (const part of ['text', '/l1/bconv/b', 'soft', 'external', 'loop']) expect(names.filter((name) => name.includes(part))).toEqual([]);
  });

  it('reads attributes: text in the header and in the heap, lists, numbers', () => {
    expect(Object.fromEntries(openHdf5(file('plain'), 'plain.h5').attributes)).toEqual({
      text: ['naïve'],
      bytes: ['fixed'],
      names: ['first', 'second'],
      words: ['eins', 'zwei'],
      number: [0.5],
      integers: [1, -2, 3],
      none: null,
    });
    expect(Object.fromEntries(openHdf5(file('latest'), 'latest.h5').attributes)).toEqual({ text: ['naïve'], words: ['eins', 'zwei'] });
  });

  it('recognises its files, behind a user block too', () => {
    expect(['plain', 'latest', 'user-block'].map((name) => isHdf5(file(name)))).toEqual([true, true, true]);
    expect(isHdf5(new Uint8Array(600))).toBe(false);
  });
});

describe('what HDF5 has and bnnc does not read', () => {
  it('names a compression that is not gzip', () => {
    const bytes = file('packed');
    const tensor = readHdf5Tensors(bytes, 'packed.h5').tensors.get('/lzf');
    expect(problem(() => tensor?.read())).toMatchObject({
      code: 'BNN1009',
      message: 'the dataset "/lzf" is packed by lzf, which bnnc does not unpack.',
    });
  });

  it('names a group with a fractal heap, and what to do', () => {
    expect(problem(() => openHdf5(file('dense'), 'dense.h5'))).toMatchObject({
      code: 'BNN1010',
      message: 'the group "/g" keeps its links in a fractal heap, which bnnc does not read.',
    });
  });

  it('names an index of chunks that is none of the old ones', () => {
    const tensor = readHdf5Tensors(file('latest'), 'latest.h5').tensors.get('/array');
    expect(problem(() => tensor?.read())?.message).toMatch(/"\/array" is stored as chunks with an index of kind \d/);
  });
});

describe('damaged HDF5', () => {
  const plain = file('plain');
  /** One dataset, behind a user block of 512 bytes. */
  const small = file('user-block');

  it('names the byte where a file ends too early', () => {
    const whole = readHdf5Tensors(plain, 'x.h5').tensors.get('/l1/bconv/W');
    const { position } = whole?.origin ?? {};
    const byte = position !== undefined && 'byte' in position ? position.byte : -1;
    const cut = plain.slice(0, byte + 10);
    expect(problem(() => readHdf5Tensors(cut, 'x.h5').tensors.get('/l1/bconv/W')?.read())).toMatchObject({ code: 'BNN1003' });
  });

  it('says what stands in place of a node', () => {
    const bytes = Uint8Array.from(small);
    bytes.set(new TextEncoder().encode('EERT'), find(bytes, 'TREE'));
    expect(problem(() => openHdf5(bytes, 'x.h5'))).toMatchObject({
      code: 'BNN1003',
      message: 'a group node begins with "EERT", not with TREE.',
      origin: { position: { byte: find(small, 'TREE') } },
    });
  });

  it('does not follow a tree that leads back to itself', () => {
    const tree = find(small, 'TREE');
    const level = patched(small, tree + 5, 1, 1);
    expect(problem(() => openHdf5(patched(level, tree + 32, tree - 512), 'x.h5'))?.message).toBe(
      'a tree of group nodes leads back to itself.',
    );
  });

  it('does not unpack more than a chunk holds', () => {
    const bytes = file('packed');
    const tensor = readHdf5Tensors(bytes, 'packed.h5').tensors.get('/zeros');
    const sizes = find(bytes, Buffer.from([64, 0, 0, 0, 4, 0, 0, 0]).toString('latin1'));
    const narrow = readHdf5Tensors(patched(bytes, sizes, 8, 4), 'packed.h5').tensors.get('/zeros');
    expect(tensor?.read()).toHaveLength(64);
    expect(problem(() => narrow?.read())?.message).toMatch(/^the dataset "\/zeros" cannot be unpacked: .*\.$/);
  });

  it('makes nothing of an impossible shape', () => {
    const bytes = file('user-block');
    const sizes = find(bytes, Buffer.from([2, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]).toString('latin1'));
    const tensor = readHdf5Tensors(patched(bytes, sizes, 2 ** 40), 'x.h5').tensors.get('/W');
    expect(problem(() => tensor?.read())).toMatchObject({ code: 'BNN1009' });
  });

  it('is refused with a diagnostic wherever it is cut', () => {
    const bytes = file('ordered');
    for (let end = 0; end < bytes.length; end += 7) {
      const found = problem(() => {
        for (const tensor of readHdf5Tensors(bytes.slice(0, end), 'x.h5').tensors.values()) tensor.read();
      });
      expect(found?.code).toMatch(/^BNN10/);
    }
  });
});
