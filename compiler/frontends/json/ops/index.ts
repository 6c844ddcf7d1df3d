/** The form of every operation in a JSON model. */
import type { OpKind } from '../../../ir/ops/index.ts';
import type { OpForm } from '../form.ts';
import { invert, rescale, threshold } from './integers.ts';
import { concat, maxPool, reshape, slice } from './layout.ts';
import { conv2d, dense } from './linear.ts';
import { batchNorm, compare, elementwise, select, sign } from './pointwise.ts';

export const FORMS: { readonly [K in OpKind]: OpForm<K> } = {
  conv2d,
  dense,
  'max-pool': maxPool,
  'batch-norm': batchNorm,
  elementwise,
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

/** Operations that read any number of values; the others read one. */
export const JOINS: ReadonlySet<OpKind> = new Set(['concat']);

export function isOp(name: string): name is OpKind {
  return Object.hasOwn(FORMS, name);
}
