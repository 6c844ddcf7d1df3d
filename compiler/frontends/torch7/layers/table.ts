/** Modules on several tensors, and containers. */
import type { OperatorNetwork } from '../../onnx/network.ts';
import { describeSizes, type Join, type LayerReader, type Sizes } from '../layer.ts';
import type { Module } from '../module.ts';
import { joinedDimension } from './shape.ts';

/** Two tensors at a time, from the first on, as the loops of nn do. */
function arithmetic(op: 'Add' | 'Sub' | 'Mul'): LayerReader {
  return (module) => ({
    kind: 'join',
    module,
    sizes: (inputs) => {
      const [first] = inputs;
      const odd = inputs.find((sizes) => describeSizes(sizes) !== describeSizes(first ?? []));
      if (first === undefined) return 'has no input';
      return odd === undefined ? first : `combines ${describeSizes(first)} with ${describeSizes(odd)}`;
    },
    emit: (network: OperatorNetwork, [first = '', ...others], _inputs, source) =>
      others.reduce((sum, other) => network.add(op, [sum, other], {}, source), first),
  });
}

function joining(module: Module): Join {
  return {
    kind: 'join',
    module,
    sizes: (inputs) => {
      const [first] = inputs;
      if (first === undefined) return 'has no input';
      const at = joinedDimension(module, first);
      if (typeof at === 'string') return at;
      const rest = (sizes: Sizes): string => describeSizes(sizes.filter((_, i) => i !== at - 1));
      const odd = inputs.find((sizes) => sizes.length !== first.length || rest(sizes) !== rest(first));
      if (odd !== undefined) return `joins ${describeSizes(first)} and ${describeSizes(odd)}`;
      return first.map((size, i) => (i === at - 1 ? inputs.reduce((sum, sizes) => sum + (sizes[i] ?? 0), 0) : size));
    },
    emit: (network, xs, _inputs, source) => network.add('Concat', xs, { axis: 1 }, source),
  };
}

const sequence: LayerReader = (module, _context, children) => ({ kind: 'sequence', module, layers: children() });

/** What spreads a module over graphics cards, or marks it, does nothing to its result. */
const first: LayerReader = (module, _context, children) => ({ kind: 'sequence', module, layers: children().slice(0, 1) });

export const TABLE: Readonly<Record<string, LayerReader>> = {
  'nn.Sequential': sequence,
  'nn.DataParallelTable': first,
  'nn.ConcatTable': (module, _context, children) => ({ kind: 'branches', module, layers: children() }),
  'nn.ParallelTable': (module, _context, children) => ({ kind: 'parallel', module, layers: children() }),
  'nn.Concat': (module, _context, children) => ({
    kind: 'sequence',
    module,
    layers: [{ kind: 'branches', module, layers: children() }, joining(module)],
  }),
  'nn.JoinTable': joining,
  'nn.CAddTable': arithmetic('Add'),
  'nn.CSubTable': arithmetic('Sub'),
  'nn.CMulTable': arithmetic('Mul'),
};
