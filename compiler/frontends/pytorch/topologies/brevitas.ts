/**
 * The fully connected networks of Brevitas and FINN for MNIST with one bit for weights and activations (TFC, SFC, LFC: 64, 256, 1024 units).
 * 2x - 1 of the pixels goes through a sign; weights are their signs, +1 at 0, times a scale.
 *
 * brevitas_cnv_lfc of 2020 has the mean of |w| for a scale, of each output or, in the last layer, of all weights
 * (INTERMEDIATE_FC_PER_OUT_CH_SCALING and LAST_FC_PER_OUT_CH_SCALING), and ends in `fc`. brevitas_examples has the scale 1, and behind its last
 * layer a TensorNorm: a batch norm of one channel. In between there were versions that save the same names as the later one, with a
 * BatchNorm1d there and scales that their files do not tell; `shape` refuses those.
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

const IMAGE: Json = { name: 'image', type: 'u8', shape: [1, 28, 28], scale: '1/255' };

// Flattened first: a map of one channel would take a word for each pixel.
const START: readonly Json[] = [
  FLATTEN,
  {
    op: 'elementwise',
    steps: [
      { operator: 'multiply', values: 2 },
      { operator: 'subtract', values: 1 },
    ],
  },
  SIGN,
];

const HIDDEN = [2, 6, 10];

function scaled(units: number): object {
  const layers = HIDDEN.flatMap((at) => [hidden(`features.${at}`), batchNorm(`features.${at + 1}`), SIGN]);
  return network(IMAGE, [...START, ...layers, last('fc', units, 10)]);
}

function dense(name: string): Json {
  return { op: 'dense', weights: signs(`${name}.weight`, 'plus') };
}

function tensorNorm(name: string): Json {
  const only = (part: string): Json => tensor(`${name}.${part}`, { shape: [1] });
  return {
    op: 'batch-norm',
    gamma: only('weight'),
    beta: only('bias'),
    mean: only('running_mean'),
    variance: only('running_var'),
    epsilon: 1e-4,
    form: 'normalize',
  };
}

function unscaled(): object {
  const layers = HIDDEN.flatMap((at) => [dense(`features.${at}`), batchNorm(`features.${at + 1}`), SIGN]);
  return network(IMAGE, [...START, ...layers, dense('features.14'), tensorNorm('features.15')]);
}

export const BREVITAS: readonly Topology[] = [
  {
    name: 'brevitas-fc-1w1a',
    doc: 'Brevitas, TFC_1W1A, SFC_1W1A and LFC_1W1A of brevitas_examples for MNIST: three hidden layers of 64, 256 or 1024 units.',
    document: unscaled,
  },
  { name: 'brevitas-tfc', doc: 'Brevitas, TFC_1W1A of brevitas_cnv_lfc for MNIST: 784-64-64-64-10.', document: () => scaled(64) },
  { name: 'brevitas-sfc', doc: 'Brevitas, SFC_1W1A of brevitas_cnv_lfc for MNIST: 784-256-256-256-10.', document: () => scaled(256) },
  { name: 'brevitas-lfc', doc: 'Brevitas, LFC_1W1A of brevitas_cnv_lfc for MNIST: 784-1024-1024-1024-10.', document: () => scaled(1024) },
];
