/**
 * Operators that ONNX lacks: other frontends say with them which convention their system has. No file can name them.
 *
 * `Sign`                zero: what sign(0) is, `plus`, `minus` or `zero`
 * `BatchNormalization`  inputs x, gamma, beta, mean and variance, or in its place 1/√(variance + ε) where `epsilon` is absent;
 *                       form: the order of float32 operations, as in ir/ops/batch-norm.ts
 */
import type { SignZero } from '../../../ir/attributes.ts';
import { BATCH_NORM_FORMS } from '../../../ir/ops/batch-norm.ts';
import type { NodeReader } from '../context.ts';
import { floatAttribute, textAttribute } from '../node.ts';
import { sign } from './binarize.ts';
import { batchNorm } from './normalization.ts';

const ZEROS: readonly SignZero[] = ['plus', 'minus', 'zero'];

function choice<T extends string>(choices: readonly T[], word: string): T {
  const found = choices.find((known) => known === word);
  if (found === undefined) throw new Error(`"${word}" is none of ${choices.join(', ')}`);
  return found;
}

const readSign: NodeReader = (node, context) => sign(node, context, choice(ZEROS, textAttribute(node, 'zero', '')));

const readBatchNorm: NodeReader = (node, context) => {
  const epsilon = node.attributes.has('epsilon') ? floatAttribute(node, 'epsilon', 0) : null;
  return batchNorm(node, context, choice(BATCH_NORM_FORMS, textAttribute(node, 'form', '')), epsilon);
};

export const OWN: Readonly<Record<string, NodeReader>> = { Sign: readSign, BatchNormalization: readBatchNorm };
