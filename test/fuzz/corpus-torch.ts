/** Small files of torch.save and of Lasagne, each with its topology; and what damages their pickles and zip directories. */
import { zipSync } from 'fflate';
import { randomFrom } from '../support/random.ts';
import type { Random } from '../support/random.ts';
import { dictOf, floats, pickled, tensorOf, torchLegacy, torchZip, type Py, type StorageSpec } from '../support/torch-file.ts';
import { replaced } from './mutate-bytes.ts';
import { EXTREMES, HOSTILE_NAMES, type Mutator, type Seed } from './reader.ts';

function topology(nodes: readonly unknown[], shape: unknown): NonNullable<Seed['topology']> {
  const document = { format: 'bnnc', version: 1, layout: 'channels-first', input: { type: 'f32', shape }, nodes };
  return { word: 'topology.json', document: { file: 'topology.json', bytes: Buffer.from(JSON.stringify(document, null, 1)) } };
}

function drawn(random: Random, key: string, count: number): StorageSpec {
  return floats(key, ...Array.from({ length: count }, () => random.unit() * 2 - 1));
}

const SIGN = { op: 'sign', zero: 'plus' };
const NORM = {
  op: 'batch-norm',
  gamma: { tensor: 'bn.weight' },
  beta: { tensor: 'bn.bias' },
  mean: { tensor: 'bn.running_mean' },
  variance: 1,
  epsilon: 1e-5,
  form: 'scale-shift',
};
const NETWORK = topology(
  [
    {
      op: 'conv2d',
      weights: { tensor: 'conv.weight', binarize: 'plus' },
      scale: { tensor: 'conv.weight', reduce: 'mean-absolute' },
      padding: 1,
    },
    NORM,
    SIGN,
    { op: 'reshape' },
    { op: 'dense', weights: { tensor: 'fc.weight', binarize: 'plus' }, bias: { tensor: 'fc.bias' } },
  ],
  [1, 3, 3],
);

/** A convolution, a batch norm, a dense layer that is stored as a transposed view. */
function torchFiles(): readonly Seed[] {
  const random = randomFrom(11);
  const storages = [drawn(random, '0', 18), drawn(random, '1', 6), drawn(random, '2', 54), drawn(random, '3', 3)];
  const [conv, norm, fc, bias] = storages as [StorageSpec, StorageSpec, StorageSpec, StorageSpec];
  const state = dictOf({
    'conv.weight': tensorOf(conv, [2, 1, 3, 3]),
    'bn.weight': tensorOf(norm, [2]),
    'bn.bias': tensorOf(norm, [2], [1], 2),
    'bn.running_mean': tensorOf(norm, [2], [2], 3),
    'fc.weight': tensorOf(fc, [3, 18], [1, 3]),
    'fc.bias': tensorOf(bias, [3]),
  });
  const namespace: Py = { call: { global: 'argparse.Namespace' }, args: [], state: dictOf({ lr: 0.1, name: 'net' }) };
  const checkpoint = dictOf({ epoch: 3, args: namespace, optimizer: { dict: [[0, tensorOf(norm, [6])]] }, state_dict: state });
  const array: Py = {
    call: { global: 'numpy.core.multiarray._reconstruct' },
    args: [{ global: 'numpy.ndarray' }, [0], Uint8Array.of(98)],
    state: [
      1,
      [2, 2],
      { call: { global: 'numpy.dtype' }, args: ['f4', 0, 1], state: [3, '<', null, null, null, -1, -1, 0] },
      true,
      conv.bytes.subarray(0, 16),
    ],
  };
  const dense = topology([{ op: 'dense', weights: { tensor: 'w' } }], 2);
  return [
    { name: 'state_dict, zip', bytes: torchZip(state, storages), topology: NETWORK },
    { name: 'checkpoint, zip', bytes: torchZip(checkpoint, storages), topology: NETWORK },
    { name: 'checkpoint, compressed', bytes: torchZip(checkpoint, storages, { level: 6 }), topology: NETWORK },
    { name: 'state_dict, stream', bytes: torchLegacy(state, storages), topology: NETWORK },
    { name: 'checkpoint, stream', bytes: torchLegacy(checkpoint, storages), topology: NETWORK },
    { name: 'numpy in a pickle', bytes: pickled(dictOf({ w: array })), topology: dense },
    { name: 'no topology', bytes: torchLegacy(state, storages) },
  ];
}

export function torchCorpus(): readonly Seed[] {
  return torchFiles();
}

function npy(shape: readonly number[], values: readonly number[], order = 'False'): Uint8Array {
  const text = `{'descr': '<f4', 'fortran_order': ${order}, 'shape': (${shape.map((size) => `${size},`).join(' ')}), }\n`;
  const length = Buffer.from([text.length & 255, text.length >> 8]);
  return Buffer.concat([
    Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
    length,
    Buffer.from(text),
    new Uint8Array(Float32Array.from(values).buffer),
  ]);
}

function npz(shapes: readonly (readonly number[])[], level: 0 | 6, order?: string): Uint8Array {
  const random = randomFrom(12);
  const arrays = shapes.map((shape, i): [string, Uint8Array] => {
    const count = shape.reduce((product, size) => product * size, 1);
    return [
      `arr_${i}.npy`,
      npy(
        shape,
        Array.from({ length: count }, () => 0.1 + random.unit()),
        order,
      ),
    ];
  });
  return zipSync(Object.fromEntries(arrays), { level, mtime: new Date(2020, 1, 1) });
}

export function lasagneCorpus(): readonly Seed[] {
  const layer = (weights: readonly number[], width: number) => [weights, ...Array.from({ length: 5 }, () => [width])];
  const dense = [...layer([9, 4], 4), ...layer([4, 3], 3)];
  const conv = [...layer([2, 1, 3, 3], 2), ...layer([18, 3], 3)];
  const arrays = (from: number) => ({
    beta: { tensor: `arr_${from + 2}` },
    gamma: { tensor: `arr_${from + 3}` },
    mean: { tensor: `arr_${from + 4}` },
    inverseDeviation: { tensor: `arr_${from + 5}` },
  });
  const network = topology(
    [
      { op: 'conv2d', weights: { tensor: 'arr_0', binarize: 'plus', flip: [2, 3] }, bias: { tensor: 'arr_1' }, padding: 1 },
      { op: 'batch-norm', form: 'lasagne', ...arrays(0) },
      SIGN,
      { op: 'reshape' },
      { op: 'dense', layout: 'io', weights: { tensor: 'arr_6', binarize: 'plus' }, bias: { tensor: 'arr_7' } },
      { op: 'batch-norm', form: 'lasagne', ...arrays(6) },
    ],
    [1, 3, 3],
  );
  return [
    { name: 'dense', bytes: npz(dense, 0) },
    { name: 'dense, compressed', bytes: npz(dense, 6) },
    { name: 'dense, columns first', bytes: npz(dense, 0, 'True') },
    { name: 'conv', bytes: npz(conv, 0), topology: network },
    { name: 'conv, no topology', bytes: npz(conv, 0) },
  ];
}

/** Places where these bytes are; the checksum of a stored member is put to 0 first, which is not looked at. */
function placesOf(bytes: Uint8Array, wanted: readonly number[]): readonly number[] {
  const found: number[] = [];
  for (let at = 0; at + wanted.length <= bytes.length; at += 1) if (wanted.every((byte, i) => bytes[at + i] === byte)) found.push(at);
  return found;
}

const DIRECTORY = [0x50, 0x4b, 1, 2];

/** So that a change of a member is seen by its reader, and not only by the checksum. */
function withoutChecksums(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  for (const at of placesOf(copy, DIRECTORY)) copy.fill(0, at + 16, at + 20);
  return copy;
}

/** Opcodes with what follows them, of every kind and of none. */
const OPCODES: readonly (readonly number[])[] = [
  ...Array.from({ length: 256 }, (_, code) => [code]),
  [0x68, 0],
  [0x6a, 255, 255, 255, 255],
  [0x72, 255, 255, 255, 127],
  [0x58, 255, 255, 255, 255],
  [0x8b, 255, 255, 255, 127],
  [0x8b, 255, 255, 255, 255],
  [0x8d, 0, 0, 0, 0, 1, 0, 0, 0],
  [0x95, 255, 255, 255, 255, 255, 255, 255, 255],
  [...Buffer.from('cos\nsystem\n')],
  [...Buffer.from('cbuiltins\neval\n')],
  [...Buffer.from('c__builtin__\ndict\n')],
  [...Buffer.from('ctorch._tensor\n_rebuild_from_type_v2\n')],
  [...Buffer.from('I99999999999999999999999\n')],
  [...Buffer.from('F1e999\n')],
  [...Buffer.from("S'\\x1b[2J'\n")],
];

/** A number of the pickle or of the zip file's tables, in its place. */
function setNumber(bytes: Uint8Array, at: number, random: Random): Uint8Array {
  const size = random.pick([1, 2, 4, 8]);
  const value = BigInt.asUintN(64, random.pick(EXTREMES));
  const number = Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
  return replaced(bytes, Math.max(0, Math.min(at, bytes.length - size)), size, number);
}

const NUMBERS = [0x4a, 0x4b, 0x4d, 0x58, 0x68, 0x71, 0x42];

function pickAt(bytes: Uint8Array, codes: readonly number[], random: Random): number {
  const end = Math.min(bytes.length, 8192);
  const start = random.integer(0, Math.max(0, end - 1));
  for (let i = 0; i < end; i += 1) if (codes.includes(bytes[(start + i) % end] as number)) return (start + i) % end;
  return start;
}

export const MUTATE_PICKLE: readonly Mutator[] = [
  { name: 'pickle-number', apply: (bytes, random) => setNumber(withoutChecksums(bytes), pickAt(bytes, NUMBERS, random) + 1, random) },
  {
    name: 'pickle-opcode',
    apply: (bytes, random) => {
      const opcode = random.pick(OPCODES);
      return replaced(withoutChecksums(bytes), pickAt(bytes, [...NUMBERS, 0x28, 0x52, 0x74, 0x75], random), opcode.length, opcode);
    },
  },
  {
    name: 'pickle-insert',
    apply: (bytes, random) =>
      replaced(withoutChecksums(bytes), pickAt(bytes, [0x28, 0x52, 0x74, 0x75, 0x58], random), 0, random.pick(OPCODES)),
  },
  {
    name: 'pickle-text',
    apply: (bytes, random) => {
      const at = pickAt(bytes, [0x58], random);
      const length = new DataView(bytes.buffer, bytes.byteOffset).getUint8(Math.min(at + 1, bytes.length - 1));
      const text = Buffer.from(random.pick(HOSTILE_NAMES));
      const size = [0, 8, 16, 24].map((shift) => (text.length >>> shift) & 255);
      return replaced(withoutChecksums(bytes), at + 1, 4 + length, [...size, ...text]);
    },
  },
  {
    name: 'pickle-swap',
    apply: (bytes, random, corpus) => {
      const other = random.pick(corpus).bytes;
      const from = random.integer(0, Math.max(0, other.length - 1));
      const piece = other.subarray(from, from + random.integer(1, 64));
      return replaced(withoutChecksums(bytes), random.integer(0, Math.max(0, bytes.length - 1)), piece.length, piece);
    },
  },
];

export const MUTATE_ZIP: readonly Mutator[] = [
  {
    name: 'zip-table',
    apply: (bytes, random) => {
      const places = [...placesOf(bytes, DIRECTORY), ...placesOf(bytes, [0x50, 0x4b, 3, 4]), ...placesOf(bytes, [0x50, 0x4b, 5, 6])];
      return places.length === 0 ? bytes : setNumber(bytes, random.pick(places) + random.integer(4, 45), random);
    },
  },
  {
    name: 'zip-content',
    apply: (bytes, random) => {
      const copy = withoutChecksums(bytes);
      return setNumber(copy, random.integer(0, Math.max(0, copy.length - 1)), random);
    },
  },
  {
    name: 'npy-header',
    apply: (bytes, random) => {
      const places = placesOf(bytes, [...Buffer.from("'shape'")]);
      if (places.length === 0) return bytes;
      const text = random.pick(['(0,', '(1,', '(-1', '(9,9,9', '(99999999999', '(', '(2,', '(1e9']);
      return replaced(withoutChecksums(bytes), random.pick(places) + 9, text.length, Buffer.from(text));
    },
  },
  {
    name: 'npy-type',
    apply: (bytes, random) => {
      const places = placesOf(bytes, [...Buffer.from("'<f4'")]);
      const type = random.pick(['>f4', '<f8', '<f2', '|b1', '<i8', '|O8', '<U4', '<f9']);
      return places.length === 0 ? bytes : replaced(withoutChecksums(bytes), random.pick(places) + 1, 3, Buffer.from(type));
    },
  },
];
