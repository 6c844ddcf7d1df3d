/** Checkpoints of TensorFlow: tables, checksums, data files, and the networks that are known by name. */
import { describe, expect, it } from 'vitest';
import { readCheckpoint } from '../../../../compiler/frontends/tensorflow/bundle.ts';
import { crc32c } from '../../../../compiler/frontends/tensorflow/crc32c.ts';
import { decompressSnappy } from '../../../../compiler/frontends/tensorflow/snappy.ts';
import { writeCheckpoint, writeTable, type WrittenTensor } from '../../../support/tensorflow-files.ts';
import { problemsOf, readFile, scoresOf, sideOf } from './read-tensorflow.ts';

const TENSORS: readonly WrittenTensor[] = [
  { name: 'fc/kernel', shape: [2, 2], data: [1, -2, 3, -4] },
  { name: 'fc/bias', shape: [2], data: [0.5, -0.5] },
  { name: 'fc/kernel/Adam', shape: [2, 2], data: [0, 0, 0, 0] },
  { name: 'step', shape: [], data: [7] },
];
const FILE = 'model.ckpt.index';
const PLACE = { file: 'x', path: '' };

describe('a checksum', () => {
  it('is CRC-32C, by its published check value', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
  });
});

describe('Snappy', () => {
  it('copies what it has written, also over what it is writing', () => {
    const bytes = Uint8Array.of(9, 2 << 2, 97, 98, 99, 1 | (2 << 2), 3);
    expect(Buffer.from(decompressSnappy(bytes, 0, bytes.length, PLACE, 100)).toString()).toBe('abcabcabc');
  });

  it.each([
    ['more than it states', [2, 2 << 2, 97, 98, 99]],
    ['a copy from before the beginning', [9, 0, 97, 1 | (2 << 2), 3]],
    ['less than it states', [9, 0, 97]],
    ['a huge size', [0xff, 0xff, 0xff, 0x7f, 0, 97]],
  ])('with %s is refused', (_, bytes) => {
    expect(() => decompressSnappy(Uint8Array.from(bytes), 0, bytes.length, PLACE, 100)).toThrow('BNN1003');
  });
});

describe('a checkpoint', () => {
  it.each([{}, { shards: 3 }, { compressed: true }, { bigEndian: true }])('written with %j has its tensors', (options) => {
    const { index, files } = writeCheckpoint(TENSORS, options);
    const { tensors } = readCheckpoint(index, FILE, sideOf(files));
    expect([...tensors.keys()].sort()).toEqual(TENSORS.map(({ name }) => name).sort());
    for (const { name, shape, data } of TENSORS) {
      expect(tensors.get(name)?.shape).toEqual(shape);
      expect(Array.from(tensors.get(name)?.read() ?? [])).toEqual(data);
    }
  });

  it('names the block whose checksum is wrong', () => {
    const { index, files } = writeCheckpoint(TENSORS);
    index[3] = 200;
    expect(problemsOf(index, { file: FILE }, files)).toMatchObject([{ code: 'BNN1003', origin: { position: { byte: 0 } } }]);
  });

  it('names the tensor and the byte whose checksum is wrong', () => {
    const { index, files } = writeCheckpoint(TENSORS);
    const [[name, data] = ['', new Uint8Array()]] = files;
    data[9] = 1;
    const { tensors } = readCheckpoint(index, FILE, sideOf(new Map([[name, data]])));
    expect(() => tensors.get('fc/kernel')?.read()).toThrow('BNN1003: the 16 bytes of "fc/kernel" have the checksum');
    expect(tensors.get('fc/kernel')?.origin).toMatchObject({ file: name, position: { byte: 8 } });
  });

  it('without its data file asks for it', () => {
    const { index } = writeCheckpoint(TENSORS);
    const { tensors } = readCheckpoint(index, FILE, sideOf(new Map()));
    expect(() => tensors.get('step')?.read()).toThrow('BNN1013');
  });

  it.each([
    ['slices', { slices: [{}] }, 'is stored in 1 slices'],
    ['another size', { size: 12n }, 'has 12 bytes of data where [2, 2] float32 needs 16'],
    ['a data file that is not there', { shardId: 4 }, 'data file 4 of 1'],
    ['a negative dimension', { shape: { dim: [{ size: -4n }] } }, 'impossible shape'],
  ])('with a tensor that has %s is refused', (_, changes, message) => {
    const [tensor] = TENSORS;
    if (tensor === undefined) throw new Error('there is one');
    const { index, files } = writeCheckpoint([{ ...tensor, changes }]);
    expect(() => readCheckpoint(index, FILE, sideOf(files)).tensors.get('fc/kernel')?.read()).toThrow(message);
  });

  it('leaves out tensors of strings and says which they are', () => {
    const { index, files } = writeCheckpoint([{ name: 'text', shape: [], data: [], changes: { dtype: 7 } }]);
    expect([...readCheckpoint(index, FILE, sideOf(files)).unreadable]).toEqual([['text', 'string']]);
  });

  it('of the first version is named so', () => {
    const index = writeTable([{ key: new Uint8Array(), value: Uint8Array.of(0x0a, 0) }]);
    expect(problemsOf(index, { file: FILE })).toMatchObject([{ code: 'BNN1010' }]);
  });

  it('whose names are not in order is damaged', () => {
    const entry = (key: string) => ({ key: new TextEncoder().encode(key), value: Uint8Array.of(8, 1) });
    const index = writeTable([{ key: new Uint8Array(), value: Uint8Array.of(8, 1) }, entry('b'), entry('a')]);
    expect(problemsOf(index, { file: FILE })).toMatchObject([{ code: 'BNN1003' }]);
  });

  it('alone asks for --topology', () => {
    const { index, files } = writeCheckpoint(TENSORS);
    expect(problemsOf(index, { file: FILE }, files)).toMatchObject([{ code: 'BNN1012' }]);
  });
});

describe('files that only belong to a checkpoint', () => {
  it('name the one to give', () => {
    const state = new TextEncoder().encode('model_checkpoint_path: "/home/me/model.ckpt-7"\n');
    expect(problemsOf(state, { file: 'checkpoint' })[0]?.help).toContain('"model.ckpt-7.index"');
    expect(problemsOf(new Uint8Array(8), { file: 'model.ckpt.data-00000-of-00001' })[0]?.help).toContain('"model.ckpt.index"');
  });
});

describe('--topology binarynet-mnist', () => {
  const norm = (k: string, size: number): readonly WrittenTensor[] => [
    { name: `batch_normalization${k}/gamma`, shape: [size], data: Array.from({ length: size }, () => 1) },
    { name: `batch_normalization${k}/beta`, shape: [size], data: Array.from({ length: size }, () => 0) },
    { name: `batch_normalization${k}/moving_mean`, shape: [size], data: Array.from({ length: size }, () => 0) },
    { name: `batch_normalization${k}/moving_variance`, shape: [size], data: Array.from({ length: size }, () => 1 - Math.fround(1e-4)) },
  ];
  const layer = (k: string, inputs: number, outputs: number, value: (i: number) => number): readonly WrittenTensor[] => [
    {
      name: `dense__binary_layer${k}/kernel`,
      shape: [inputs, outputs],
      data: Array.from({ length: inputs * outputs }, (_, i) => value(i)),
    },
    // A decoy of that system: random numbers that nothing reads.
    { name: `dense__binary_layer${k}/binary_weight`, shape: [inputs, outputs], data: Array.from({ length: inputs * outputs }, () => 0.3) },
    ...norm(k, outputs),
  ];
  /** Kernels whose signs are those of the system: 0, and what float32 rounds away, is −1. */
  const kernel = (i: number): number => [0.5, 0, 2 ** -24, -0.5][i % 4] ?? 0;

  it('takes the signs of kernels as that system rounds them, works without biases, and ignores binary_weight', () => {
    const { index, files } = writeCheckpoint([
      ...layer('', 784, 4, kernel),
      ...layer('_1', 4, 4, () => 0.1),
      ...layer('_2', 4, 4, () => 0.1),
      ...layer('_3', 4, 2, (i) => (i % 2 === 0 ? 1 : -1)),
    ]);
    const read = readFile(index, { file: FILE, topology: { word: 'binarynet-mnist', document: null } }, files);
    // Units of the first layer: +784, −784, −784, −784 on ones; then −2 of four: −1 everywhere.
    expect(
      scoresOf(
        read,
        Array.from({ length: 784 }, () => 1),
      ).map(Math.round),
    ).toEqual([-4, 4]);
    // A sum of exactly 0 is −1 as well: +1 never occurs.
    expect(
      scoresOf(
        read,
        Array.from({ length: 784 }, () => 0),
      ).map(Math.round),
    ).toEqual([-4, 4]);
  });
});
