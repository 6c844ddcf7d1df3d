import { rebuild } from '../ir/builder.ts';
import type { Pass } from './pass.ts';

export const lowerMinimumPool: Pass = {
  name: 'lower-minimum-pool',
  doc: 'min b = not max not b: a pool that takes the minimum in some channels becomes invert, pool (OR), invert.',
  run: (graph) =>
    rebuild(graph, (node, [input]) => {
      if (node.kind !== 'max-pool' || node.attrs.minimum === null || input?.dtype !== 'b1') return undefined;
      const attrs = { channels: node.attrs.minimum };
      return [
        { kind: 'invert', name: `${node.name}.before`, attrs },
        { kind: 'max-pool', attrs: { ...node.attrs, minimum: null } },
        { kind: 'invert', name: `${node.name}.after`, attrs },
      ];
    }),
};
