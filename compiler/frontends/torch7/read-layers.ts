/** From modules to layers: all that have no meaning are reported at once. */
import { UserError, type Diagnostics } from '../../support/diagnostics.ts';
import { nearest } from '../../support/nearest.ts';
import type { Layer, LayerContext } from './layer.ts';
import { LAYERS } from './layers/index.ts';
import { listModules, type Module } from './module.ts';
import type { Instance } from './values.ts';

/** Convolutions that XNOR-Net looks for: those of exactly these classes. */
const CONVOLUTIONS: ReadonlySet<string> = new Set(['cudnn.SpatialConvolution', 'nn.SpatialConvolution', 'nn.SpatialConvolutionMM']);

/**
 * The convolutions whose weights XNOR-Net binarizes: all but the first and the last (its util.lua and test.lua). Files hold the real
 * weights, and that it is such a network only its binary activations say.
 */
export function xnorConvolutions(root: Module): ReadonlySet<Instance> {
  const modules = listModules(root);
  if (!modules.some(({ className }) => className === 'nn.BinActiveZ')) return new Set();
  const convolutions = modules.filter(({ className }) => CONVOLUTIONS.has(className));
  return new Set(convolutions.slice(1, -1).map(({ instance }) => instance));
}

const ADVICE: ReadonlyMap<string, string> = new Map([
  [
    'nn.gModule',
    'Networks of nngraph are not read: build the network of containers (nn.Sequential, nn.ConcatTable), or export it to ONNX.',
  ],
  ['nn.ELU', 'bnnc has ReLU, LeakyReLU, PReLU, HardTanh, Tanh and Sigmoid: train with one of them in its place.'],
  ['nn.SoftPlus', 'bnnc has ReLU, LeakyReLU, PReLU, HardTanh, Tanh and Sigmoid: train with one of them in its place.'],
]);

function adviceFor(className: string): string {
  const known = ADVICE.get(className);
  if (known !== undefined) return known;
  const near = nearest(className, [...LAYERS.keys()]);
  const likely = near === undefined ? '' : ` A module that bnnc knows has a similar name: ${near}.`;
  return `Replace the module in Torch and save the network again, or cut the network before it.${likely}`;
}

/** Undefined for a module that cannot be read, whose problems are collected. */
export function readLayer(module: Module, context: LayerContext, diagnostics: Diagnostics): Layer | undefined {
  const reader = LAYERS.get(module.className);
  if (reader === undefined) {
    diagnostics.error({
      code: 'BNN1004',
      message: `"${module.source.name}" is of class ${module.className}, which bnnc does not support.`,
      origin: module.source.origin,
      help: adviceFor(module.className),
    });
    return undefined;
  }
  try {
    return reader(module, context, () => module.children.flatMap((child) => readLayer(child, context, diagnostics) ?? []));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    error.diagnostics.forEach((problem) => {
      diagnostics.error(problem);
    });
    return undefined;
  }
}
