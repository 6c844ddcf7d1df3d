import { rebuild } from '../ir/builder.ts';
import { isPlain } from '../ir/encoding.ts';
import { isWhole } from '../ir/ops/slice.ts';
import type { Node, TensorType } from '../ir/types.ts';
import type { Pass } from './pass.ts';

function isIdentity(node: Node, input: TensorType | undefined): boolean {
  switch (node.kind) {
    case 'reshape':
      return (
        input !== undefined && node.attrs.shape.length === input.shape.length && node.attrs.shape.every((d, i) => d === input.shape[i])
      );
    case 'rescale':
      return isPlain(node.attrs.change);
    case 'elementwise':
      return node.attrs.steps.length === 0 && input?.dtype === 'f32';
    case 'slice':
      return node.attrs.ranges.every((range, axis) => isWhole(range, input?.shape[axis] ?? 0));
    case 'concat':
      return node.inputs.length === 1;
    case 'invert':
      return node.attrs.channels.every((flipped) => flipped === 0);
    default:
      return false;
  }
}

export const dropIdentity: Pass = {
  name: 'drop-identity',
  doc: 'Operations that change nothing disappear.',
  run: (graph) => rebuild(graph, (node, [input]) => (isIdentity(node, input) ? [] : undefined)),
};
