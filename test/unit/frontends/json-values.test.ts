/** Every form in which a JSON model may say the same thing is read as the same thing. */
import { zipSync } from 'fflate';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeFloats } from '../../../compiler/frontends/json/values.ts';
import { printJson } from '../../../compiler/frontends/json/print.ts';
import { printGraph } from '../../../compiler/ir/print.ts';
import { typeOf } from '../../../compiler/ir/graph.ts';
import { npy } from '../cli/run-cli.ts';
import { NO_FILES, document, filesOf, problemsOf, read, readText, run } from './read-json.ts';

const SIGNS = [1, -1, -1, 1, 1, 1, 1, -1];
const base64 = (bytes: ArrayBufferLike): string => Buffer.from(bytes).toString('base64');

describe('weights', () => {
  const rows = [SIGNS.slice(0, 4), SIGNS.slice(4)];
  const side = filesOf({
    'w.npy': npy([2, 4], SIGNS.map((s) => s & 255), '|i1'),
    'w.npz': zipSync({ 'fc.npy': npy([2, 4], SIGNS.map((s) => s & 255), '|i1') }),
  }); // prettier-ignore
  const dense = (fields: object): string => printGraph(read(document([{ op: 'dense', ...fields }]), side).graph);
  const wanted = dense({ weights: rows });

  it('are ±1 with α = 1', () => {
    expect(wanted).toContain('weights=±1:[1,-1,-1,1,1,1,1,-1] scale=[1] sum=exact');
  });

  it.each([
    ['a flat list with a shape', { weights: { shape: [2, 4], values: SIGNS } }],
    ['base64 of bits', { weights: { shape: [2, 4], bits: base64(Uint8Array.of(0b01111001).buffer) } }],
    ['base64 of float32', { weights: { shape: [2, 4], f32: base64(Float32Array.from(SIGNS).buffer) } }],
    ['base64 of int32', { weights: { shape: [2, 4], i32: base64(Int32Array.from(SIGNS).buffer) } }],
    ['a .npy file', { weights: { file: 'w.npy' } }],
    ['a .npz file', { weights: { file: 'w.npz', array: 'fc' } }],
    ['the other layout', { layout: 'io', weights: [0, 1, 2, 3].map((i) => [SIGNS[i], SIGNS[i + 4]]) }],
    ['α beside it', { weights: rows, scale: 1 }],
  ])('may stand as %s', (_what, fields) => {
    expect(dense(fields)).toBe(wanted);
  });

  it('with α in them are split into signs and α', () => {
    const scaled = dense({ weights: [[0.5, -0.5, -0.5, 0.5], [2, 2, 2, -2]] }); // prettier-ignore
    expect(scaled).toContain('scale=[0.5,2]');
    expect(dense({ weights: rows, scale: [0.5, 2] })).toBe(scaled);
  });

  it('that are not ±α stay real, for the check behind to refuse', () => {
    expect(dense({ weights: [[1, 2, 3, 'NaN']] })).toContain('real:[1,2,3,NaN] sum=sequential');
  });

  it('of a convolution may be in the order of PyTorch or TensorFlow', () => {
    const image = { input: { type: 'b1', shape: [3, 3, 2] } };
    const at = (o: number, y: number, x: number, i: number): number => ((o * 7 + y * 5 + x * 3 + i * 11) % 4 < 2 ? 1 : -1);
    const nest = (sizes: readonly number[], value: (index: readonly number[]) => number, index: readonly number[] = []): unknown =>
      index.length === sizes.length
        ? value(index)
        : Array.from({ length: sizes[index.length] ?? 0 }, (_, i) => nest(sizes, value, [...index, i]));
    const conv = (layout: string, weights: unknown): string => printGraph(read(document([{ op: 'conv2d', layout, weights }], image)).graph);
    const kept = conv(
      'ohwi',
      nest([3, 2, 3, 2], ([o = 0, y = 0, x = 0, i = 0]) => at(o, y, x, i)),
    );
    expect(kept).toContain('kernel=2x3');
    expect(
      conv(
        'oihw',
        nest([3, 2, 2, 3], ([o = 0, i = 0, y = 0, x = 0]) => at(o, y, x, i)),
      ),
    ).toBe(kept);
    expect(
      conv(
        'hwio',
        nest([2, 3, 2, 3], ([y = 0, x = 0, i = 0, o = 0]) => at(o, y, x, i)),
      ),
    ).toBe(kept);
  });
});

describe('fields with defaults', () => {
  const image = { input: { type: 'b1', shape: [4, 4, 1] } };
  const graphOf = (...nodes: readonly object[]): string => printGraph(read(document(nodes, image)).graph);
  const conv = { op: 'conv2d', weights: [[[[1]]]] };

  it.each([
    [{ padding: 1 }, { padding: [1, 1, 1, 1] }],
    [{ padding: [0, 1, 0, 0] }, { padding: { left: 1 } }],
    [{}, { padding: 0, stride: 1, dilation: [1, 1], groups: 1, padValue: 0 }],
    [{ stride: 2 }, { stride: [2, 2] }],
  ])('%j is %j', (short, long) => {
    expect(graphOf({ ...conv, ...short })).toBe(graphOf({ ...conv, ...long }));
  });

  it('a pool moves by its window', () => {
    expect(graphOf({ op: 'max-pool', kernel: [2, 1] })).toContain('kernel=2x1 stride=2x1');
  });

  it('a reshape makes a vector', () => {
    expect(graphOf({ op: 'reshape' })).toContain('shape=[16]');
  });

  it('a node reads the one before it, and may be named', () => {
    const text = graphOf(conv, { op: 'sign', zero: 'plus', name: 's' }, { ...conv, inputs: ['s'] });
    expect(text).toContain('%conv2d3: i32[4,4,1]');
    expect(text).toContain('(%s)');
  });

  it('one number stands for all channels', () => {
    const norm = { op: 'batch-norm', gamma: 1, beta: 2, mean: 3, variance: 4, epsilon: 0, form: 'normalize' };
    const two = { ...conv, weights: [[[[1]]], [[[1]]]] };
    expect(graphOf(two, norm)).toBe(graphOf(two, { ...norm, gamma: [1, 1], beta: [2, 2], mean: [3, 3], variance: [4, 4] }));
  });

  it('what the output does not need is left out and noted', () => {
    const { graph, notes } = read(document([conv, { op: 'sign', zero: 'plus' }, conv], { ...image, output: 'conv2d1' }));
    expect(graph.nodes.map(({ name }) => name)).toEqual(['conv2d1']);
    expect(notes).toEqual([
      '"sign2" (sign) is not used by the output and left out.',
      '"conv2d3" (conv2d) is not used by the output and left out.',
    ]);
  });

  it('--output is a node', () => {
    expect(read(document([conv, { op: 'sign', zero: 'plus', name: 's' }, conv], image), NO_FILES, 's').graph.output).toBe('s');
  });
});

describe('the input', () => {
  const inputOf = (input: object): string => {
    const { graph } = read(document([{ op: 'reshape' }], { input }));
    const { dtype, encoding } = typeOf(graph, graph.input);
    const list = (values: readonly { readonly numerator: bigint; readonly denominator: bigint }[]): string =>
      values.map(({ numerator, denominator }) => `${numerator}/${denominator}`).join(' ');
    return `${dtype} ${list(encoding?.scale ?? [])}, ${list(encoding?.offset ?? [])}`;
  };

  it.each([
    [{ type: 'u8', shape: 2 }, 'u8 1/1, 0/1'],
    [{ type: 'u8', shape: 2, scale: 0.1307 }, 'u8 1307/10000, 0/1'],
    [{ type: 'i8', shape: 2, scale: ['1/3', '0.5/7'], offset: -1 }, 'i8 1/3 1/14, -1/1'],
    [{ type: 'b1', shape: 2, scale: 0.5, offset: 0.5 }, 'b1 1/2, 1/2'],
    [{ type: 'u8', shape: 2, mean: 0.5, std: '1/2' }, 'u8 2/255, -1/1'],
    [{ type: 'f32', shape: 2 }, 'f32 , '],
  ])('%j is worth %s', (input, wanted) => {
    expect(inputOf(input)).toBe(wanted);
  });

  it('may have its data in another order', () => {
    const shape = [2, 3, 2];
    const order = [0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11];
    const orderOf = (data: object): unknown => read(document([{ op: 'reshape' }], { input: { type: 'u8', shape, data } })).inputOrder;
    expect(orderOf({ shape: [2, 2, 3], order: 'channels-first' })).toEqual(Int32Array.from(order));
    expect(orderOf({ shape: [2, 2, 3], order })).toEqual(Int32Array.from(order));
    expect(orderOf({ shape: [12] })).toBe(null);
    expect(problemsOf(document([{ op: 'reshape' }], { input: { type: 'u8', shape, data: { shape: [11] } } }))).toHaveLength(1);
  });
});

describe('numbers', () => {
  const steps = (values: unknown): string => printJson({ values: values as never });
  const roundTrip = (list: Float32Array): Float32Array => {
    const nodes = `[{"op": "elementwise", "steps": [{"operator": "add", ${steps(writeFloats(list)).trim().slice(1, -1)}}]}]`;
    const { graph } = readText(`{"format": "bnnc", "version": 1, "input": {"type": "f32", "shape": ${list.length}}, "nodes": ${nodes}}`);
    const [node] = graph.nodes;
    if (node?.kind !== 'elementwise') throw new Error('no steps');
    return node.attrs.steps[0]?.values ?? new Float32Array(0);
  };

  it('of float32 come back to the bit, as text and as base64', () => {
    const float = fc.float({ noNaN: true });
    fc.assert(
      fc.property(fc.oneof(fc.array(float, { minLength: 1, maxLength: 16 }), fc.array(float, { minLength: 17, maxLength: 40 })), (list) => {
        const floats = Float32Array.from(list);
        expect(new Uint32Array(roundTrip(floats).buffer)).toEqual(new Uint32Array(floats.buffer));
      }),
      { seed: 3, numRuns: 600 },
    );
  });

  it('keep the sign of zero, infinities and NaN', () => {
    const back = roundTrip(Float32Array.of(-0, 0, Infinity, -Infinity, NaN, 1e-45, -3.4028234663852886e38));
    expect(Array.from(back)).toEqual([-0, 0, Infinity, -Infinity, NaN, Math.fround(1e-45), -3.4028234663852886e38]);
  });

  it('that are fractions are not rounded on the way', () => {
    const half = read(document([{ op: 'rescale', scale: '1/3', offset: '-1/7' }]));
    expect(run(half, Int8Array.of(1, -1, 1, -1))).toEqual([4 / 21, -10 / 21, 4 / 21, -10 / 21].map(Math.fround));
  });
});
