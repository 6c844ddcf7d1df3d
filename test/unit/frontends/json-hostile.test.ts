/** Damaged JSON models give a model or a diagnostic: never another exception, a hang, or an allocation out of proportion. */
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { fixMeaning } from '../../../compiler/driver/meaning.ts';
import { json } from '../../../compiler/frontends/json/index.ts';
import { PIPELINE } from '../../../compiler/passes/index.ts';
import { runPasses } from '../../../compiler/passes/run.ts';
import { Diagnostics, UserError } from '../../../compiler/support/diagnostics.ts';
import { npy } from '../cli/run-cli.ts';
import { randomFrom, type Random } from '../../support/random.ts';
import { document, filesOf } from './read-json.ts';

const ROUNDS = 1500;
const MOST_MEMORY = 2 ** 30;

type Mutable = Record<string, unknown>;

const signs = (...sizes: readonly number[]): unknown =>
  sizes.length === 0 ? 1 : Array.from({ length: sizes[0] ?? 0 }, () => signs(...sizes.slice(1)));

const FILES = filesOf({
  'w.npz': zipSync({ 'fc.npy': npy([2, 8], new Array<number>(16).fill(1)), 'x.npy': npy([1], [1]) }),
  'w.npy': npy([2, 8], new Array<number>(16).fill(1)),
});

const NORM = { op: 'batch-norm', gamma: [1, -2], beta: 0, mean: [0, 0.5], variance: 1, epsilon: 0.001, form: 'normalize' };

const CONVOLUTIONAL = document(
  [
    { op: 'conv2d', weights: signs(2, 3, 3, 1), padding: 1, bias: [0, 'NaN'] },
    { ...NORM, name: 'bn' },
    { op: 'compare', operator: 'less', values: 0 },
    { op: 'select', whenTrue: -1, whenFalse: 1, name: 's' },
    { op: 'max-pool', kernel: 2, padding: { left: 1 }, inputs: ['s'] },
    { op: 'elementwise', steps: [{ operator: 'multiply', values: 2 }] },
    { op: 'sign', zero: 'zero' },
    { op: 'reshape' },
    { op: 'dense', weights: { file: 'w.npz', array: 'fc' } },
  ],
  { input: { type: 'u8', shape: [5, 3, 1], mean: '0.1', std: '1/3', data: { shape: [1, 5, 3], order: 'channels-first' } } },
);

const LOWERED = document(
  [
    { op: 'rescale', scale: '1/2', offset: ['1/3', 0, 0, 1] },
    { op: 'threshold', thresholds: [1, 2, 0, -1], directions: [1, -1, 1, 1] },
    { op: 'dense', weights: { shape: [8, 4], bits: 'AAECAw==' }, threshold: 1 },
    { op: 'invert', channels: [1, 0, 1, 0, 1, 0, 1, 0] },
    { op: 'dense', weights: { file: 'w.npy' }, bias: { f32: 'AAAAAAAAgD8=' }, scale: 0.5 },
  ],
  { source: { file: 'x.onnx', sha256: '0'.repeat(64), options: { input: 'b1' }, digest: '' }, classes: ['a', 'b'], notes: ['n'] },
);

const RESIDUAL = document(
  [
    { op: 'conv2d', name: 'stem', weights: [[[[0.5, -2]]], [[[1, 0.25]]]] },
    { op: 'sign', zero: 'minus', name: 's' },
    { op: 'conv2d', name: 'main', weights: signs(2, 3, 3, 2), padding: 1 },
    { op: 'batch-norm', gamma: 1, beta: 0, mean: 0, inverseDeviation: [0.5, 2], form: 'shift-based' },
    { op: 'combine', operator: 'add', inputs: ['stem', 'batch-norm4'], name: 'sum' },
    { op: 'elementwise', steps: [{ operator: 'prelu', values: [0.25, 1] }, { operator: 'absolute' }, { operator: 'tanh' }] },
    { op: 'average-pool', kernel: [2, 3], stride: 1, padding: { left: 1 }, countPadding: true, name: 'mean' },
    { op: 'average-pool', kernel: [2, 3], inputs: ['mean'] },
    { op: 'elementwise', steps: [{ operator: 'sigmoid' }], name: 'weights' },
    { op: 'combine', operator: 'multiply', inputs: ['sum', 'weights'] },
    { op: 'reshape' },
    { op: 'dense', weights: signs(2, 24) },
  ],
  { input: { type: 'f32', shape: [3, 4, 2] } },
);

/** Reads the bytes and goes on as the compiler does; true if they are a model. Anything but a UserError escapes. */
function tryRead(bytes: Uint8Array): boolean {
  try {
    const diagnostics = new Diagnostics();
    const { graph } = json.read(bytes, FILES, { file: 'net.json', output: null }, diagnostics);
    runPasses(fixMeaning(graph, { type: null, encoding: null, signZero: null }, diagnostics), PIPELINE, diagnostics);
    return true;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

const EXTREMES: readonly unknown[] = [
  ...[0, -0, 1, -1, 2, 3, 0.5, 7, 255, 65536, 2 ** 31 - 1, 2 ** 31, 2 ** 53, 1e39, -1e308, 1e-46, 'NaN', 'Infinity', '1/0', '1/3', '1e999'],
  ...[
    '',
    'input',
    's',
    'bn',
    'w.npz',
    '../w.npy',
    'zero',
    'AAAA',
    null,
    true,
    [],
    {},
    [[]],
    [1, [2]],
    [1, 1, 1, 1],
    { f32: 'AAAA', shape: [1] },
  ],
  ...['9'.repeat(5000), '1e-999', [0], [-1, 1], { shape: [2 ** 31 - 1], bits: '' }, { __proto__: 1 }, 'constructor', '__proto__'],
];

/** All objects and lists of a document. */
function places(value: unknown): readonly (Mutable | unknown[])[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value as Mutable, ...Object.values(value).flatMap(places)];
}

/** Changes what the document says, not its form: values, fields, entries, the order of nodes. */
function mutate(root: unknown, { pick, integer, chance }: Random): void {
  const all = places(root);
  for (let changes = integer(1, 3); changes > 0; changes -= 1) {
    const place = pick(all);
    const keys = Object.keys(place);
    const key =
      keys.length === 0 || chance(0.05) ? pick(['op', 'weights', 'inputs', 'scale', 'threshold', 'shape', 'file', '0']) : pick(keys);
    const fields = place as Mutable;
    const kind = integer(0, 99);
    if (kind < 15) Reflect.deleteProperty(place, key);
    else if (kind < 30 && Array.isArray(place)) place.splice(integer(0, place.length), integer(0, 2), structuredClone(pick(all)));
    else if (kind < 45) fields[key] = structuredClone(pick(all));
    else fields[key] = pick(EXTREMES);
  }
}

const MODELS = [
  ['convolutional', CONVOLUTIONAL],
  ['lowered', LOWERED],
  ['residual', RESIDUAL],
] as const;

describe.each(MODELS)('a damaged %s model', (_name, model) => {
  const whole = new TextEncoder().encode(JSON.stringify(model, null, 1));

  it('with changed bytes is read or refused', { timeout: 120_000 }, () => {
    const random = randomFrom(2);
    for (let round = 0; round < ROUNDS; round += 1) {
      const bytes = whole.slice();
      for (let i = random.integer(1, 3); i > 0; i -= 1)
        bytes[random.integer(0, bytes.length - 1)] = random.chance(0.7) ? random.integer(0x20, 0x7e) : random.integer(0, 255);
      tryRead(bytes);
    }
  });

  it('with text left out or doubled is read or refused', { timeout: 120_000 }, () => {
    const random = randomFrom(3);
    for (let round = 0; round < ROUNDS; round += 1) {
      const at = random.integer(0, whole.length);
      const length = random.integer(1, 12);
      tryRead(Uint8Array.from([...whole.subarray(0, at), ...whole.subarray(random.chance(0.5) ? at + length : Math.max(0, at - length))]));
    }
  });

  it('that says other things is read or refused', { timeout: 120_000 }, () => {
    const random = randomFrom(6);
    let read = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const changed: unknown = structuredClone(model);
      mutate(changed, random);
      if (tryRead(new TextEncoder().encode(JSON.stringify(changed)))) read += 1;
    }
    expect(read).toBeLessThan(ROUNDS);
    expect(process.memoryUsage().heapUsed).toBeLessThan(MOST_MEMORY);
  });
});

describe('a small model that asks for much', () => {
  const nodes = Array.from({ length: 400 }, () => ({ op: 'reshape', shape: [2 ** 22] }));
  it.each([
    ['values', document(nodes, { input: { type: 'b1', shape: 2 ** 22, scale: 0.5 } })],
    ['channels with a scale each', document(nodes, { input: { type: 'b1', shape: [1, 2 ** 21, 2], scale: [1, 2] } })],
    ['nodes', document(new Array<number>(70_000).fill(1))],
  ])('of %s is refused', { timeout: 60_000 }, (_what, model) => {
    const before = process.memoryUsage().rss;
    expect(tryRead(new TextEncoder().encode(JSON.stringify(model)))).toBe(false);
    expect(process.memoryUsage().rss - before).toBeLessThan(MOST_MEMORY);
  });
});
