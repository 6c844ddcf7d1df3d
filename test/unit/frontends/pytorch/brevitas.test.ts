/** The networks of Brevitas for MNIST with random weights, compared with their programs in plain numbers. */
import { describe, expect, it } from 'vitest';
import { TOPOLOGIES } from '../../../../compiler/frontends/pytorch/topologies/index.ts';
import { drawTensors, importNarrow } from '../../../support/narrow-checkpoint.ts';
import { BREVITAS } from '../../../support/published/brevitas.ts';
import { torchParts } from '../../../support/published/torch-shapes.ts';
import { testPublished } from '../published.ts';

describe('a checkpoint', () => {
  testPublished(BREVITAS, torchParts, ({ word, shapes }, values) => importNarrow(TOPOLOGIES, word, shapes, values));

  it('that ends in a BatchNorm1d is refused, as its file does not tell the scales of its weights', () => {
    const { word, shapes } = BREVITAS.find((network) => network.word === 'brevitas-fc-1w1a') ?? { word: '', shapes: {} };
    const names = Object.keys(shapes).filter((name) => name.startsWith('features.15.'));
    const wide = { ...shapes, ...Object.fromEntries(names.map((name) => [name, [10]])) };
    const read = () => importNarrow(TOPOLOGIES, word, wide, drawTensors(wide, torchParts, 1));
    expect(read).toThrow('BNN1021');
    expect(read).toThrow('nodes[13].gamma');
  });
});
