import { rebuild } from '../ir/builder.ts';
import { batchNormSteps } from '../ir/ops/batch-norm.ts';
import type { Pass } from './pass.ts';

export const foldBatchNorm: Pass = {
  name: 'fold-batch-norm',
  doc: 'Batch normalization becomes its float32 steps, in the order of the source system.',
  run: (graph) =>
    rebuild(graph, (node) =>
      node.kind === 'batch-norm' ? [{ kind: 'elementwise', attrs: { steps: batchNormSteps(node.attrs) } }] : undefined,
    ),
};
