/** Built-in topologies with few channels and random weights, compared with their programs in plain numbers. */
import { describe } from 'vitest';
import { TOPOLOGIES } from '../../../../compiler/frontends/lasagne/layers.ts';
import { importNarrow } from '../../../support/narrow-checkpoint.ts';
import { LASAGNE, lasagneParts } from '../../../support/published/lasagne.ts';
import { testPublished } from '../published.ts';

describe('a file of parameters', () => {
  testPublished(LASAGNE, lasagneParts, ({ word, shapes }, values) => importNarrow(TOPOLOGIES, word, shapes, values));
});
