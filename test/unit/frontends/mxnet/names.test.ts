/** Operators have several names, by version: what MXNet computed for one of them holds for all. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OPERATORS } from '../../../../compiler/frontends/mxnet/operators.ts';
import { expectGolden, readGolden } from '../golden-graphs.ts';
import { GRAPHS, readGraph } from './read-mxnet.ts';

/** Graph, the name that is in it, and others. */
const NAMES: readonly (readonly [graph: string, saved: string, others: readonly string[]])[] = [
  ['conv-options', 'Convolution', ['Convolution_v1']],
  ['norm-options', 'BatchNorm', ['BatchNorm_v1']],
  ['max-valid', 'Pooling', ['Pooling_v1']],
  ['add', 'elemwise_add', ['_plus', '_Plus', '_add', 'broadcast_add', 'broadcast_plus']],
  ['subtract', 'elemwise_sub', ['_minus', '_Minus', '_sub', 'broadcast_sub', 'broadcast_minus']],
  ['broadcast', 'broadcast_mul', ['elemwise_mul', '_mul', '_Mul']],
  ['sum', 'add_n', ['ElementWiseSum']],
  ['scalars', '_plus_scalar', ['_PlusScalar']],
  ['scalars', '_rminus_scalar', ['_RMinusScalar']],
  ['scalars', '_mul_scalar', ['_MulScalar']],
  ['scalars', '_div_scalar', ['_DivScalar']],
  ['subtract', '_minus_scalar', ['_MinusScalar']],
  ['padded', 'Pad', ['pad']],
  ['flatten', 'Flatten', ['flatten']],
  ['reshape', 'Reshape', ['reshape']],
  ['concat', 'Concat', ['concat']],
  ['split', 'SliceChannel', ['split']],
  ['passed-on', 'Cast', ['cast']],
  ['passed-on', 'BlockGrad', ['stop_gradient', '_contrib_gradcancel']],
  ['passed-on', '_copy', ['identity']],
  ['activation-tanh', 'Activation', ['tanh']],
  ['activation-sigmoid', 'Activation', ['sigmoid']],
  ['end-SoftmaxOutput', 'SoftmaxOutput', ['Softmax']],
];
const golden = new Map(readGolden(GRAPHS));

describe('an operator by another name', () => {
  it.each(NAMES.flatMap(([graph, saved, others]) => others.map((other) => [other, saved, graph] as const)))(
    '%s is %s',
    (other, saved, graph) => {
      const found = golden.get(graph);
      if (found === undefined) throw new Error(`${graph} is there`);
      const renamed = readGraph(graph, found.shape ?? [], null, (text) => {
        expect(text).toContain(`"op": "${saved}"`);
        return text.replaceAll(`"op": "${saved}"`, `"op": "${other}"`);
      });
      expectGolden(renamed, found);
    },
  );
});

describe('every operator that is read', () => {
  it('is in a graph of MXNet, is another name of one, or is BMXNet’s', () => {
    const saved = readdirSync(GRAPHS)
      .filter((name) => name.endsWith('-symbol.json'))
      .flatMap((name) => Array.from(readFileSync(join(GRAPHS, name), 'utf8').matchAll(/"op": "([^"]*)"/g), ([, op]) => op ?? ''));
    // binary.test.ts and signs.test.ts
    const own = ['QConvolution', 'QConvolution_v1', 'QFullyConnected', 'QActivation', 'BinaryInferenceFullyConnected'];
    const signs = ['det_sign', '_contrib_det_sign', 'approx_sign', '_contrib_approx_sign'];
    // The converted network of fixtures/bmxnet-lenet.
    const tested = new Set([...saved, ...NAMES.flatMap(([, , others]) => others), ...own, ...signs, 'BinaryInferenceConvolution']);
    expect([...OPERATORS.keys()].filter((op) => !tested.has(op))).toEqual([]);
  });
});
