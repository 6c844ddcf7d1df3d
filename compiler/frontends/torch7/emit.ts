/** From layers to operators. */
import { fail, type Diagnostics } from '../../support/diagnostics.ts';
import type { OperatorNetwork } from '../onnx/network.ts';
import type { Layer, Outcome, Sizes } from './layer.ts';
import { walk } from './walk.ts';

interface Value {
  readonly name: string;
  readonly sizes: Sizes;
}

function checked(outcome: Outcome): Sizes {
  if (typeof outcome === 'string') throw new Error('sizes were checked before');
  return outcome;
}

/**
 * Adds the operators of a network whose sizes fit, and returns its output.
 * @throws UserError BNN1006 for a network that ends in a table, and what is wrong with weights (BNN1003, BNN1009)
 */
export function emitLayers(network: OperatorNetwork, root: Layer, input: Sizes, diagnostics: Diagnostics): string {
  const first: Value = { name: network.input('input', input, root.module.source.origin), sizes: input };
  // What cannot be read is left out, and the next layers are read to report all at once.
  const collect = (x: string, work: () => string): string => diagnostics.collect(work) ?? x;
  const flow = walk<Value>(
    root,
    { one: first },
    {
      leaf: (layer, { name, sizes }) => ({
        name: collect(name, () => layer.emit(network, name, sizes, layer.module.source)),
        sizes: checked(layer.sizes(sizes)),
      }),
      join: (layer, inputs) => {
        const [names, sizes] = [inputs.map((x) => x.name), inputs.map((x) => x.sizes)];
        return {
          name: collect(names[0] ?? '', () => layer.emit(network, names, sizes, layer.module.source)),
          sizes: checked(layer.sizes(sizes)),
        };
      },
      misfit: () => undefined,
    },
  );
  diagnostics.stopOnErrors();
  if (flow !== undefined && 'one' in flow) return flow.one.name;
  return fail({
    code: 'BNN1006',
    message: 'the network ends in a table of tensors; bnnc compiles networks with one output.',
    origin: root.module.source.origin,
    help: 'Save the branch that is meant as a network of its own.',
  });
}
