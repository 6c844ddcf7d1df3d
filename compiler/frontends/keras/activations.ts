/** Functions that a layer ends with, by name. */
import type { Value } from '../channels-last.ts';
import { refuseUse } from '../refuse-use.ts';
import type { NodeSource } from '../onnx/network.ts';
import type { LayerContext } from './layer.ts';
import { nameOf, quantizerNamed, type Quantizer } from './quantizers.ts';

const SIMPLE: ReadonlyMap<string, string> = new Map([
  ['relu', 'Relu'],
  ['tanh', 'Tanh'],
  ['sigmoid', 'Sigmoid'],
  ['softsign', 'Softsign'],
]);

export function applyQuantizer({ net }: LayerContext, quantizer: Quantizer, x: Value, source: NodeSource): Value {
  if (quantizer === 'none') return x;
  if (quantizer === 'sign') return net.sign(x, source);
  if (quantizer === 'magnitude-aware-sign') return refuseUse(source, 'scales its input by the mean of the batch; signs work');
  // Greater gives truth values, which the Cast makes 0 and 1.
  const above = net.limited('Greater', x, [0], { ...source, name: `${source.name}/above` });
  return net.each('Cast', above, { to: 1 }, source);
}

/** x as it is where the layer has no function. */
export function activate(context: LayerContext, value: unknown, x: Value, source: NodeSource): Value {
  const { net, keras } = context;
  if (value === undefined || value === null) return x;
  const name = nameOf(value);
  const simple = SIMPLE.get(name);
  if (simple !== undefined) return net.each(simple, x, {}, source);
  const quantizer = quantizerNamed(name);
  if (quantizer !== undefined) return applyQuantizer(context, quantizer, x, source);
  switch (name) {
    case 'linear':
      return x;
    case 'relu6':
      return net.limited('Clip', x, [0, 6], source);
    case 'hard_tanh':
      return net.limited('Clip', x, [-1, 1], source);
    case 'leaky_relu':
      return net.each('LeakyRelu', x, { alpha: 0.2 }, source);
    case 'hard_sigmoid':
      return net.each('HardSigmoid', x, { alpha: keras === 3 ? 1 / 6 : 0.2, beta: 0.5 }, source);
    case 'softmax':
    case 'log_softmax':
      return {
        shape: x.shape,
        turned: false,
        tensor: net.network.add(name === 'softmax' ? 'Softmax' : 'LogSoftmax', [net.plain(x, source)], { axis: -1 }, source),
      };
    default:
      return refuseUse(
        source,
        `has the activation "${name}"; ${[...SIMPLE.keys()].join(', ')}, relu6, leaky_relu, hard_sigmoid, hard_tanh, softmax and Larq's signs work`,
      );
  }
}
