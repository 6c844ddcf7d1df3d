/**
 * Pytorch-XNOR-Net's LeNet for MNIST as it is deployed (cooooorn/Pytorch-XNOR-Net, MNIST/models/Bin_LeNet): real ends, and in between batch norm,
 * sign (-1 at 0), weights packed into int32 words (1 is +1), times alpha of each filter.
 */
import type { Topology } from '../../frontend.ts';
import { FLATTEN, RELU, batchNorm, network, normalised, tensor, type Json } from './parts.ts';

const SIGN: Json = { op: 'sign', zero: 'minus' };
const POOL: Json = { op: 'max-pool', kernel: 2 };

function document(): object {
  return network(normalised([1, 28, 28], 0.1307, 0.3081), [
    { op: 'conv2d', weights: tensor('conv1.weight') },
    batchNorm('bn1'),
    RELU,
    POOL,
    batchNorm('conv2.bn'),
    SIGN,
    { op: 'conv2d', weights: tensor('conv2.weight', { unpack: 500, shape: [50, 20, 5, 5] }), scale: tensor('conv2.alpha') },
    batchNorm('bn2'),
    RELU,
    POOL,
    FLATTEN,
    batchNorm('fc1.bn'),
    SIGN,
    { op: 'dense', weights: tensor('fc1.weight', { unpack: 800 }), scale: tensor('fc1.alpha') },
    batchNorm('bn3'),
    RELU,
    { op: 'dense', weights: tensor('fc2.weight'), bias: tensor('fc2.bias') },
  ]);
}

export const XNOR_LENET: Topology = {
  name: 'xnor-lenet',
  doc: 'Pytorch-XNOR-Net, Bin_LeNet for MNIST with packed weights: 20C5-50C5-500-10, real first and last layer.',
  document,
};
