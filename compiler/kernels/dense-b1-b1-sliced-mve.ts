import { slicedCandidate } from './dense-b1-b1-sliced.ts';
import type { Kernel } from './kernel.ts';

export const denseB1B1SlicedMve: Kernel = {
  name: 'dense-b1-b1-sliced-mve',
  form: 'library',
  symbol: 'bnn1_dense_b1_b1_sliced_mve',
  doc: 'Dense layer from bits to bits like `dense-b1-b1-sliced`, 128 outputs at a time in Helium vectors.',
  needs: 'mve',
  candidate: slicedCandidate('dense-b1-b1-sliced-mve', 'bnn1_dense_b1_b1_sliced_mve', 128),
};
