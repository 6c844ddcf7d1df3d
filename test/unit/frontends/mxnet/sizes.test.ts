/** Sizes of an input that the file does not state: from the dense layers behind maps. */
import { describe, expect, it } from 'vitest';
import { readParams } from '../../../../compiler/frontends/mxnet/params.ts';
import { inputSizes } from '../../../../compiler/frontends/mxnet/sizes.ts';
import { readSymbol, type SymbolGraph } from '../../../../compiler/frontends/mxnet/symbol.ts';
import { Diagnostics } from '../../../../compiler/support/diagnostics.ts';
import { paramsFile, symbolFile, type NodeSpec } from '../../../support/mxnet-model.ts';
import { problemsIn } from '../../../support/problems.ts';
import { f32, variable } from './read-mxnet.ts';

const zeros = (length: number): readonly number[] => Array.from({ length }, () => 0);

/** A convolution of 3 to 2 channels with a window of 1, what `between` makes of it, and a dense layer with so many inputs. */
function symbolOf(between: readonly NodeSpec[], features: number): { readonly graph: SymbolGraph; readonly params: Uint8Array } {
  const nodes = [
    variable('data'),
    variable('w'),
    { op: 'Convolution', name: 'conv', attrs: { kernel: '(1, 1)', num_filter: '2', no_bias: 'True' }, inputs: [0, 1] },
    ...between,
    variable('v'),
    { op: 'FullyConnected', name: 'fc', attrs: { num_hidden: '1', no_bias: 'True' }, inputs: [2 + between.length, 3 + between.length] },
  ];
  return {
    graph: readSymbol(symbolFile(nodes), 'net-symbol.json', new Diagnostics()),
    params: paramsFile([f32('w', [2, 3, 1, 1], zeros(6)), f32('v', [1, features], zeros(features))], 2),
  };
}

function sizesOf(graph: SymbolGraph, params: Uint8Array): readonly number[] {
  const [input] = graph.nodes;
  if (input === undefined) throw new Error('there is one');
  return inputSizes(graph, readParams(params, 'net-0000.params'), input, null).sizes;
}

describe('the size of the input is found', () => {
  const pool = (attrs: Readonly<Record<string, string>>): NodeSpec => ({ op: 'Pooling', name: 'pool', attrs, inputs: [2] });

  it.each<readonly [why: string, between: readonly NodeSpec[], rows: number, size: number]>([
    ['behind a convolution', [], 7, 7],
    ['behind a window with padding', [pool({ kernel: '(3, 3)', pad: '(1, 1)' })], 7, 7],
    ['behind a window without', [pool({ kernel: '(3, 3)' })], 7, 9],
    [
      'behind a dilated convolution',
      [{ op: 'Convolution', name: 'c', attrs: { kernel: '(3, 3)', dilate: '(2, 2)', num_filter: '2' }, inputs: [2, 1] }],
      7,
      11,
    ],
    ['behind Pad', [{ op: 'Pad', name: 'p', attrs: { pad_width: '(0, 0, 0, 0, 1, 2, 1, 2)' }, inputs: [2] }], 7, 4],
    ['behind what keeps it', [{ op: 'relu', name: 'r', inputs: [2] }], 5, 5],
  ])('%s', (_, between, rows, size) => {
    const { graph, params } = symbolOf(between, 2 * rows * rows);
    expect(sizesOf(graph, params)).toEqual([3, size, size]);
  });

  it('where maps are joined', () => {
    const { graph, params } = symbolOf(
      [
        { op: 'relu', name: 'r', inputs: [2] },
        { op: 'Concat', name: 'both', inputs: [2, 3, 2] },
      ],
      6 * 16,
    );
    expect(sizesOf(graph, params)).toEqual([3, 4, 4]);
  });

  it('of several that fit is asked for, by the convention of the pool', () => {
    const strided = (convention: string) => symbolOf([pool({ kernel: '(2, 2)', stride: '(2, 2)', pooling_convention: convention })], 2 * 9);
    const fitting =
      ({ graph, params }: ReturnType<typeof symbolOf>) =>
      () =>
        sizesOf(graph, params);
    expect(problem(fitting(strided('valid')))).toEqual(['fits  3x6x6', 'fits  3x7x7']);
    expect(problem(fitting(strided('full')))).toEqual(['fits  3x6x6', 'fits  3x5x5']);
  });

  it('without reading the texts of the file for each size that is tried', () => {
    const { graph, params } = symbolOf([pool({ kernel: '(3, 3)' }), { op: 'relu', name: 'r', inputs: [3] }], 2 * 49);
    let read = 0;
    const counted = graph.nodes.map((node) => {
      const attributes = new Map(node.attributes);
      const get = attributes.get.bind(attributes);
      attributes.get = (name) => {
        read += 1;
        return get(name);
      };
      return { ...node, attributes };
    });
    expect(sizesOf({ ...graph, nodes: counted }, params)).toEqual([3, 9, 9]);
    expect(read).toBeLessThan(40);
  });
});

function problem(work: () => unknown): readonly string[] | undefined {
  return problemsIn(work)[0]?.details;
}
