/** Built-in topologies with few channels and random weights. */
import { expect, it } from 'vitest';
import { TOPOLOGIES } from '../../../../compiler/frontends/lasagne/layers.ts';
import { importNarrow, type Shapes } from '../../../support/narrow-checkpoint.ts';

// prettier-ignore
const WEIGHTS = [[4, 3, 3, 3], [3, 4, 3, 3], [5, 3, 3, 3], [4, 5, 3, 3], [6, 4, 3, 3], [2, 6, 3, 3], [32, 5], [5, 4], [4, 10]] as const;
const SHAPES: Shapes = Object.fromEntries(
  WEIGHTS.flatMap((shape, layer) => {
    const outputs = shape.length === 4 ? shape[0] : shape[1];
    return [shape, ...Array.from({ length: 5 }, () => [outputs])].map((sizes, i) => [`arr_${6 * layer + i}`, sizes]);
  }),
);

it.each(['binarynet-cifar10', 'binarynet-svhn'])('parameters of %s are imported, and all of its arrays are used', (word) => {
  expect(importNarrow(TOPOLOGIES, word, SHAPES, (name) => Number(name.slice(4)) % 6 === 5).unused).toEqual([]);
});
