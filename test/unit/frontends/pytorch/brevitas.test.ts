/** The networks of Brevitas for MNIST with random weights, compared with their programs in plain numbers. */
import { describe } from 'vitest';
import { TOPOLOGIES } from '../../../../compiler/frontends/pytorch/topologies/index.ts';
import { importNarrow } from '../../../support/narrow-checkpoint.ts';
import { BREVITAS } from '../../../support/published/brevitas.ts';
import { torchParts } from '../../../support/published/torch-shapes.ts';
import { testPublished } from '../published.ts';

describe('a checkpoint', () => {
  testPublished(BREVITAS, torchParts, ({ word, shapes }, values) => importNarrow(TOPOLOGIES, word, shapes, values));
});
