/** Files of weights whose network a JSON model describes: what its arrays may be, and the order in which it counts. */
import { describe, expect, it } from 'vitest';
import { interpret } from '../../../compiler/ir/interpret.ts';
import { realValues } from '../../../compiler/ir/encoding.ts';
import type { Imported, Topology, TopologyChoice } from '../../../compiler/frontends/frontend.ts';
import { tensorFile, type StoredTensor } from '../../../compiler/frontends/tensor-file.ts';
import { importTopology } from '../../../compiler/frontends/topology.ts';
import type { ElementData } from '../../../compiler/support/elements.ts';
import { Diagnostics, type Diagnostic } from '../../../compiler/support/diagnostics.ts';
import { problemsIn } from '../../support/problems.ts';
import { randomFrom } from '../../support/random.ts';
import { topologyOf } from '../../support/topology.ts';
import { NO_FILES } from './read-json.ts';

function tensor(name: string, shape: readonly number[], data: ElementData): StoredTensor {
  const element = data instanceof Int32Array ? 'int32' : 'float32';
  return { name, element, shape, origin: { file: 'weights.pth', path: `"${name}"` }, read: () => data };
}

function choice(document: object): TopologyChoice {
  return topologyOf({ format: 'bnnc', version: 1, ...document });
}

function imported(tensors: readonly StoredTensor[], topology: TopologyChoice | null, builtIn: readonly Topology[] = []): Imported {
  const diagnostics = new Diagnostics();
  const result = importTopology(
    tensorFile('weights.pth', tensors),
    builtIn,
    NO_FILES,
    { file: 'weights.pth', output: null, topology },
    diagnostics,
  );
  diagnostics.stopOnErrors();
  return result;
}

function problems(...parameters: Parameters<typeof imported>): readonly Diagnostic[] {
  return problemsIn(() => imported(...parameters));
}

/** The first problem of a file and its description. */
function problem(...parameters: Parameters<typeof imported>): Diagnostic {
  const [first] = problems(...parameters);
  if (first === undefined) throw new Error('nothing was said');
  return first;
}

/** The scores of one sample, given in the file's order. */
function scores({ graph, inputOrder, outputOrder }: Imported, sample: readonly number[]): readonly number[] {
  const input = Float32Array.from(sample, (_, i) => sample[inputOrder?.[i] ?? i] ?? 0);
  const values = Array.from(realValues(interpret(graph, input)));
  const ordered = values.slice();
  values.forEach((value, i) => (ordered[outputOrder?.[i] ?? i] = value));
  return ordered;
}

const vector = (shape: number) => ({ type: 'f32', shape });

describe('an array of the document', () => {
  it('is a tensor of the file', () => {
    const dense = { op: 'dense', weights: { tensor: 'fc.weight' }, bias: { tensor: 'fc.bias' } };
    const file = [tensor('fc.weight', [2, 3], Float32Array.of(1, 2, 3, 4, 5, 6)), tensor('fc.bias', [2], Float32Array.of(0.5, -1))];
    expect(scores(imported(file, choice({ input: vector(3), nodes: [dense] })), [1, 10, 100])).toEqual([321.5, 653]);
  });

  it.each([
    ['plus', [1, -1, 1]],
    ['minus', [1, -1, -1]],
    ['zero', [1, -1, 0]],
  ] as const)('may be the signs of a tensor, with sign(0) %s', (binarize, signs) => {
    const dense = { op: 'dense', weights: { tensor: 'w', binarize } };
    const file = [tensor('w', [1, 3], Float32Array.of(1e-30, -0.3, 0))];
    const [a, b, c] = signs;
    expect(scores(imported(file, choice({ input: vector(3), nodes: [dense] })), [1, 10, 100])).toEqual([a + 10 * b + 100 * c]);
  });

  it('may be the mean magnitude of each output, of any axis', () => {
    const weights = { tensor: 'w', binarize: 'plus' };
    const file = [tensor('w', [2, 2], Float32Array.of(0.5, -1.5, 3, 5))];
    const byRow = { op: 'dense', weights, scale: { tensor: 'w', reduce: 'mean-absolute' } };
    const byColumn = { op: 'dense', weights, layout: 'io', scale: { tensor: 'w', reduce: 'mean-absolute', axis: 1 } };
    expect(scores(imported(file, choice({ input: vector(2), nodes: [byRow] })), [1, 10])).toEqual([1 * (1 - 10), 4 * (1 + 10)]);
    expect(scores(imported(file, choice({ input: vector(2), nodes: [byColumn] })), [1, 10])).toEqual([1.75 * 11, 3.25 * (-1 + 10)]);
  });

  it('may be packed words, row by row, the lowest bit first', () => {
    const file = [tensor('w', [2, 2], Int32Array.of(-1, 1, 0b101, 2))];
    const dense = { op: 'dense', weights: { tensor: 'w', unpack: 34 }, scale: 0.5 };
    const sample = Array.from({ length: 34 }, (_, i) => 2 ** (i % 20));
    const rows = [0, 1].map((row) =>
      sample.map((value, i) =>
        (row === 0 ? (i < 32 ? 1 : i === 32 ? 1 : 0) : i < 32 ? (0b101 >> i) & 1 : i === 33 ? 1 : 0) === 1 ? value : -value,
      ),
    );
    const sums = rows.map((row) => 0.5 * row.reduce((sum, value) => sum + value, 0));
    expect(scores(imported(file, choice({ input: vector(34), nodes: [dense] })), sample)).toEqual(sums);
  });

  it('may be turned around along axes, as the kernels of a true convolution', () => {
    const conv = { op: 'conv2d', layout: 'oihw', weights: { tensor: 'w', flip: [2, 3] } };
    const file = [tensor('w', [1, 1, 2, 2], Float32Array.of(1, 2, 3, 4))];
    const input = { type: 'f32', shape: [2, 2, 1] };
    expect(scores(imported(file, choice({ input, nodes: [conv] })), [1, 10, 100, 1000])).toEqual([4 + 30 + 200 + 1000]);
  });

  it('of the wrong name is refused with the name that is near', () => {
    const dense = { op: 'dense', weights: { tensor: 'fc.wieght' } };
    const found = problem([tensor('fc.weight', [1, 1], Float32Array.of(1))], choice({ input: vector(1), nodes: [dense] }));
    expect(found).toMatchObject({
      code: 'BNN1009',
      help: 'Did you mean "fc.weight"?',
      origin: { file: 'net.json', path: 'nodes[0].weights.tensor' },
    });
  });

  it.each([
    [{ unpack: 32 }, 'nodes[0].weights.unpack'],
    [{ shape: [3, 2] }, 'nodes[0].weights.shape'],
    [{ flip: [2] }, 'nodes[0].weights.flip'],
    [{ reduce: 'mean-absolute', axis: 4 }, 'nodes[0].weights.axis'],
    [{ reduce: 'mean-absolute', binarize: 'plus' }, 'nodes[0].weights.reduce'],
  ])('with %j that does not fit is refused at its place', (transforms, path) => {
    const dense = { op: 'dense', weights: { tensor: 'w', ...transforms } };
    expect(problem([tensor('w', [2, 2], Float32Array.of(1, 2, 3, 4))], choice({ input: vector(2), nodes: [dense] }))).toMatchObject({
      code: 'BNN1021',
      origin: { path },
    });
  });

  it('that is NaN has no sign', () => {
    const dense = { op: 'dense', weights: { tensor: 'w', binarize: 'plus' } };
    expect(problem([tensor('w', [1, 1], Float32Array.of(NaN))], choice({ input: vector(1), nodes: [dense] })).message).toContain('NaN');
  });
});

describe('a document with layout channels-first', () => {
  const random = randomFrom(3);
  const draw = (count: number): Float32Array => Float32Array.from({ length: count }, () => random.integer(-8, 8) / 4);

  it('takes images, weights, flattened features and scores in the order [channel][row][column]', () => {
    const [weights, gamma, dense] = [draw(2 * 3 * 2 * 2), draw(2 * 4), draw(3 * 8)];
    const nodes = [
      { op: 'conv2d', weights: { tensor: 'conv' } },
      { op: 'reshape' },
      { op: 'batch-norm', gamma: { tensor: 'gamma' }, beta: 0, mean: 0, variance: 1, epsilon: 0, form: 'torch' },
      { op: 'dense', weights: { tensor: 'fc' } },
    ];
    const file = [tensor('conv', [2, 3, 2, 2], weights), tensor('gamma', [8], gamma), tensor('fc', [3, 8], dense)];
    const read = imported(file, choice({ layout: 'channels-first', input: { type: 'f32', shape: [3, 3, 3] }, nodes }));
    expect(read.inputShape).toEqual([3, 3, 3]);

    const sample = Array.from(draw(27));
    const features = Array.from({ length: 8 }, (_, f) => {
      const [o, y, x] = [Math.floor(f / 4), Math.floor((f % 4) / 2), f % 2];
      let sum = 0;
      for (let c = 0; c < 3; c += 1)
        for (let ky = 0; ky < 2; ky += 1)
          for (let kx = 0; kx < 2; kx += 1)
            sum += (weights[((o * 3 + c) * 2 + ky) * 2 + kx] ?? 0) * (sample[(c * 3 + y + ky) * 3 + x + kx] ?? 0);
      return sum * (gamma[f] ?? 0);
    });
    const wanted = [0, 1, 2].map((o) => features.reduce((sum, value, f) => sum + value * (dense[o * 8 + f] ?? 0), 0));
    // Sums of multiples of 1/64 far below 2^24 of them: exact in any order.
    expect(scores(read, sample)).toEqual(wanted);
    const map = imported(
      file.slice(0, 1),
      choice({ layout: 'channels-first', input: { type: 'f32', shape: [3, 3, 3] }, nodes: nodes.slice(0, 1) }),
    );
    expect(scores(map, sample).map((value, f) => value * (gamma[f] ?? 0))).toEqual(features);
  });

  it('cannot take apart a flattened image', () => {
    const nodes = [{ op: 'reshape' }, { op: 'slice', ranges: [{ size: 2 }] }];
    expect(problem([], choice({ layout: 'channels-first', input: { type: 'f32', shape: [2, 2, 2] }, nodes })).origin?.path).toBe(
      'nodes[1]',
    );
  });
});

describe('--topology', () => {
  const file = [tensor('fc.weight', [1, 2], Float32Array.of(1, 2)), tensor('extra', [1], Float32Array.of(0))];
  const known: Topology = {
    name: 'tiny-mlp',
    doc: 'one layer',
    document: () => ({ format: 'bnnc', version: 1, input: vector(2), nodes: [{ op: 'dense', weights: { tensor: 'fc.weight' } }] }),
  };

  it('is asked for where it is missing, with the tensors of the file and the topology that fits', () => {
    const found = problem(file, null, [known]);
    expect(found).toMatchObject({ code: 'BNN1012', help: expect.stringContaining('--topology tiny-mlp') as string });
    expect(found.details).toContain('tensor  "fc.weight" float32 [1, 2]');
    expect(problem(file.slice(1), null, [known]).help).toContain('--topology FILE');
  });

  it('may be the name of a published network', () => {
    const read = imported(file, { word: 'tiny-mlp', document: null }, [known]);
    expect(scores(read, [1, 10])).toEqual([21]);
    expect(read.notes).toEqual(['Not used of the file: "extra".']);
  });

  it('of a published network names every tensor that the file does not have, and the network that fits', () => {
    const tensors = [tensor('w1', [1, 2], Float32Array.of(1, 2)), tensor('w2', [1, 1], Float32Array.of(1))];
    const layers = (name: string, weights: readonly string[]): Topology => ({
      name,
      doc: name,
      document: () => ({
        format: 'bnnc',
        version: 1,
        input: vector(2),
        nodes: weights.map((w) => ({ op: 'dense', weights: { tensor: w } })),
      }),
    });
    const [three, two] = [layers('three-layers', ['a', 'w1', 'b']), layers('two-layers', ['w1', 'w2'])];
    const named = { word: 'three-layers', document: null };
    expect(problem(tensors, named, [three, two])).toEqual({
      code: 'BNN1009',
      severity: 'error',
      message: '"weights.pth" does not have the tensors of topology three-layers.',
      origin: { file: 'weights.pth', path: '2 tensors' },
      details: ['missing  "a"', 'missing  "b"'],
      help: 'Its tensors are named like those of two-layers: give --topology two-layers.',
    });
    expect(problem(tensors, named, [three]).help).toContain('Without --topology, its tensors are listed.');
  });

  it('of the user names every tensor that the file does not have', () => {
    const nodes = [
      { op: 'dense', weights: { tensor: 'w' } },
      { op: 'elementwise', steps: [{ operator: 'add', values: { tensor: 'absent.bias' } }] },
      { op: 'dense', weights: { tensor: 'fc.weihgt' } },
    ];
    expect(problems(file, choice({ input: vector(2), nodes })).map(({ origin, details, help }) => [origin?.path, details, help])).toEqual([
      ['nodes[0].weights.tensor', ['seen    "w"'], '`bnnc inspect` lists the tensors of the file.'],
      ['nodes[1].steps[0].values.tensor', ['seen    "absent.bias"'], '`bnnc inspect` lists the tensors of the file.'],
      ['nodes[2].weights.tensor', ['seen    "fc.weihgt"'], 'Did you mean "fc.weight"?'],
    ]);
  });

  it('with an unknown name is refused with the names that are known', () => {
    expect(problem(file, { word: 'tiny-mpl', document: null }, [known])).toMatchObject({ code: 'BNN0001', help: 'Did you mean tiny-mlp?' });
  });
});
