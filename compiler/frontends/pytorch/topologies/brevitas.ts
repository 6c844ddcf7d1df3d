/**
 * The fully connected networks of Brevitas and FINN for MNIST with one bit for weights and activations (TFC, SFC, LFC: 64, 256, 1024 units).
 * 2x - 1 of the pixels goes through a sign; weights are their signs (+1 at 0) times the mean of |w|, of each output or, in the last layer, of
 * all weights. (INTERMEDIATE_FC_PER_OUT_CH_SCALING and LAST_FC_PER_OUT_CH_SCALING of brevitas_examples.)
 */
import type { Topology } from '../../frontend.ts';
import { FLATTEN, batchNorm, network, signs, tensor, type Json } from './parts.ts';

const SIGN: Json = { op: 'sign', zero: 'plus' };

/** Hidden layers have a scale for each output. */
function hidden(name: string): Json {
  return { op: 'dense', weights: signs(`${name}.weight`, 'plus'), scale: tensor(`${name}.weight`, { reduce: 'mean-absolute' }) };
}

/** One scale for the whole layer. */
function last(name: string, inputs: number, outputs: number): Json {
  const scale = tensor(`${name}.weight`, { shape: [1, inputs * outputs], reduce: 'mean-absolute' });
  return { op: 'dense', weights: signs(`${name}.weight`, 'plus'), scale };
}

function document(units: number): object {
  const twice = {
    op: 'elementwise',
    steps: [
      { operator: 'multiply', values: 2 },
      { operator: 'subtract', values: 1 },
    ],
  };
  const layers = [2, 6, 10].flatMap((at) => [hidden(`features.${at}`), batchNorm(`features.${at + 1}`), SIGN]);
  const input = { name: 'image', type: 'u8', shape: [1, 28, 28], scale: '1/255' };
  // Flattened first: a map of one channel would take a word for each pixel.
  return network(input, [FLATTEN, twice, SIGN, ...layers, last('fc', units, 10)]);
}

export const BREVITAS: readonly Topology[] = [
  { name: 'brevitas-tfc', doc: 'Brevitas, TFC_1W1A for MNIST: 784-64-64-64-10.', document: () => document(64) },
  { name: 'brevitas-sfc', doc: 'Brevitas, SFC_1W1A for MNIST: 784-256-256-256-10.', document: () => document(256) },
  { name: 'brevitas-lfc', doc: 'Brevitas, LFC_1W1A for MNIST: 784-1024-1024-1024-10.', document: () => document(1024) },
];
