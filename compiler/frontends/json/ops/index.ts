/** The form of every operation in a JSON model. */
import type { OpKind } from '../../../ir/ops/index.ts';
import type { OpForm } from '../form.ts';
import { invert, rescale, threshold } from './integers.ts';
import { averagePool, concat, maxPool, reshape, slice } from './layout.ts';
import { conv2d, dense } from './linear.ts';
import { batchNorm, combine, compare, elementwise, select, sign } from './pointwise.ts';

export const FORMS: { readonly [K in OpKind]: OpForm<K> } = {
  conv2d,
  dense,
  'max-pool': maxPool,
  'average-pool': averagePool,
  'batch-norm': batchNorm,
  elementwise,
  combine,
  sign,
  compare,
  select,
  reshape,
  rescale,
  threshold,
  invert,
  slice,
  concat,
};

/** How many values an operation reads; null for any number. */
export function arityOf(op: OpKind): number | null {
  return op === 'concat' ? null : op === 'combine' ? 2 : 1;
}

export function isOp(name: string): name is OpKind {
  return Object.hasOwn(FORMS, name);
}
