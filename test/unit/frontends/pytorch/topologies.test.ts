/** Built-in topologies with few channels and random weights, compared with their programs in plain numbers. */
import { describe } from 'vitest';
import { TOPOLOGIES } from '../../../../compiler/frontends/pytorch/topologies/index.ts';
import { importNarrow } from '../../../support/narrow-checkpoint.ts';
import { BINARYNET_PYTORCH } from '../../../support/published/binarynet-pytorch.ts';
import { torchParts } from '../../../support/published/torch-shapes.ts';
import { XNOR_LENET, xnorParts } from '../../../support/published/xnor-lenet.ts';
import { testPublished } from '../published.ts';

describe('a checkpoint', () => {
  testPublished(BINARYNET_PYTORCH, torchParts, ({ word, shapes }, values) => importNarrow(TOPOLOGIES, word, shapes, values));
  testPublished([XNOR_LENET], xnorParts, ({ word, shapes }, values) => importNarrow(TOPOLOGIES, word, shapes, values));
});
