/** Damaged files give a model or a diagnostic: never another exception, a hang, or an allocation out of proportion. */
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { detectFrontend } from '../../../compiler/frontends/index.ts';
import { onnx } from '../../../compiler/frontends/onnx/index.ts';
import { ModelProtoSchema, type ModelProto } from '../../../compiler/frontends/onnx/onnx_pb.ts';
import { SUPPORTED } from '../../../compiler/frontends/onnx/readers/index.ts';
import { Diagnostics, UserError } from '../../../compiler/support/diagnostics.ts';
import { OnnxModel } from '../../support/onnx-model.ts';
import { convolutional, quantized, residual, sequence } from '../../support/seed-models.ts';
import { NO_FILES, randomSource } from './read-model.ts';

const ROUNDS = 700;

const MODELS = [
  ['convolutional', convolutional],
  ['quantized', quantized],
  ['residual', residual],
  ['sequence', sequence],
] as const;

/** Reads the bytes; true if they are a model. Anything but a UserError escapes. */
function tryRead(bytes: Uint8Array): boolean {
  try {
    onnx.read(bytes, NO_FILES, { file: 'net.onnx', output: null }, new Diagnostics());
    return true;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

describe.each(MODELS)('a damaged %s model', (_name, build) => {
  const whole = build(randomSource(1));

  it('was whole before', () => {
    expect(tryRead(whole)).toBe(true);
  });

  it('with changed bytes is read or refused', { timeout: 120_000 }, () => {
    const random = randomSource(2);
    let read = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const bytes = whole.slice();
      const changes = 1 + Math.floor(random() * 3);
      for (let i = 0; i < changes; i += 1) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      if (tryRead(bytes)) read += 1;
    }
    expect(read).toBeGreaterThan(0);
    expect(read).toBeLessThan(ROUNDS);
  });

  it('with bytes left out, doubled or moved is read or refused', { timeout: 120_000 }, () => {
    const random = randomSource(3);
    for (let round = 0; round < ROUNDS; round += 1) {
      const at = Math.floor(random() * whole.length);
      const length = 1 + Math.floor(random() * 8);
      const before = whole.subarray(0, at);
      const after = whole.subarray(random() < 0.5 ? at + length : Math.max(0, at - length));
      tryRead(Uint8Array.from([...before, ...after]));
    }
  });
});

/** Sizes, axes and counts that a program gets wrong. */
const EXTREMES = [0n, 1n, 2n, 3n, -1n, -2n, 5n, 4096n, 2n ** 20n, 2n ** 31n, 2n ** 62n, -(2n ** 63n)];

/** Changes what the protobuf means, not its form: operators, edges, attributes, shapes. */
function mutate(model: ModelProto, random: () => number): void {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const { node: nodes = [], initializer: initializers = [], input: inputs = [] } = model.graph ?? {};
  const names = [...nodes.flatMap(({ input, output }) => [...input, ...output]), ...initializers.map(({ name }) => name), ''];
  const place = (list: readonly unknown[]): number => Math.floor(random() * list.length);
  const node = pick(nodes);
  const tensor = pick(initializers);
  const info = inputs[0]?.type?.value;
  const mutations: readonly (() => unknown)[] = [
    () => (node.opType = pick([...SUPPORTED.onActivations, ...SUPPORTED.onConstants, 'TopK', 'Softmax', 'ArgMax'])),
    () => (node.input[place(node.input)] = pick(names)),
    () => node.input.push(pick(names)),
    () => node.input.pop(),
    () => node.attribute.forEach((a) => (a.ints.length > 0 ? (a.ints[place(a.ints)] = pick(EXTREMES)) : (a.i = pick(EXTREMES)))),
    () =>
      tensor.int64Data.length > 0
        ? (tensor.int64Data[place(tensor.int64Data)] = pick(EXTREMES))
        : (tensor.dims = [...tensor.dims].reverse()),
    () => (tensor.dims[place(tensor.dims)] = pick(EXTREMES)),
    () => info?.case === 'tensorType' && (pick(info.value.shape?.dim ?? []).value = { case: 'dimValue', value: pick(EXTREMES) }),
  ];
  const count = 1 + Math.floor(random() * 3);
  for (let i = 0; i < count; i += 1) pick(mutations)();
}

describe.each(MODELS)('a %s model that contradicts itself', (_name, build) => {
  it('is read or refused', { timeout: 120_000 }, () => {
    const whole = build(randomSource(5));
    const random = randomSource(6);
    for (let round = 0; round < ROUNDS; round += 1) {
      const model = fromBinary(ModelProtoSchema, whole);
      mutate(model, random);
      tryRead(toBinary(ModelProtoSchema, model));
    }
  });
});

describe('random bytes', () => {
  it('are no model of any format', () => {
    const random = randomSource(4);
    for (let round = 0; round < 2000; round += 1) {
      const bytes = Uint8Array.from({ length: Math.floor(random() * 64) }, () => Math.floor(random() * 256));
      try {
        expect(tryRead(detectFrontend(bytes) === onnx ? bytes : new Uint8Array(0))).toBe(false);
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
      }
    }
  });
});

describe('a small model that asks for much', () => {
  const permutation = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => (i * 7919) % count);
  const cases: readonly (readonly [string, (model: OnnxModel) => string])[] = [
    [
      'groups of a permutation of 300,000 channels',
      (m) => {
        const x = m.node('Gather', [m.input('x', [1, 300_000, 1, 2]), m.integers(permutation(300_000))], { axis: 1 });
        return m.node('Conv', [x, m.floats([2, 150_000, 1, 1], new Float32Array(300_000).fill(1))], { group: 2 });
      },
    ],
    [
      'the sum of a row and a column',
      (m) => m.node('Add', [m.input('x', [1, 1, 1, 4096]), m.node('Transpose', ['x'], { perm: [0, 1, 3, 2] })]),
    ],
    [
      'one channel 300,000 times',
      (m) => m.node('Gather', [m.input('x', [1, 1, 4, 4]), m.integers(new Array<number>(300_000).fill(0))], { axis: 1 }),
    ],
    [
      'a chain of 20,000 nodes',
      (m) => Array.from({ length: 20_000 }).reduce<string>((x) => m.node('Identity', [x]), m.input('x', [1, 3, 4])),
    ],
  ];

  it.each(cases)('%s is read or refused in seconds', { timeout: 120_000 }, (_what, build) => {
    const model = new OnnxModel();
    tryRead(model.bytes(build(model)));
  });
});
