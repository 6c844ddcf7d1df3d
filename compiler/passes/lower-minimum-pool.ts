import { rebuild } from '../ir/builder.ts';
import { fallingChannels, storedMinimum } from '../ir/ops/max-pool.ts';
import type { Pass } from './pass.ts';

export const lowerMinimumPool: Pass = {
  name: 'lower-minimum-pool',
  doc: 'min b = not max not b: a pool that takes the minimum in some channels becomes invert, pool (OR), invert.',
  run: (graph) =>
    rebuild(graph, (node, [input]) => {
      if (node.kind !== 'max-pool' || input?.dtype !== 'b1') return undefined;
      const channels = storedMinimum(node.attrs, input);
      if (channels === null) return undefined;
      const attrs = { channels };
      return [
        { kind: 'invert', name: `${node.name}.before`, attrs },
        { kind: 'max-pool', attrs: { ...node.attrs, minimum: fallingChannels(input) } }, // its OR is over stored bits
        { kind: 'invert', name: `${node.name}.after`, attrs },
      ];
    }),
};
