/** The list of every op. Adding one is a new file here and one line below. */
import type { OpDef } from '../types.ts';
import { averagePool } from './average-pool.ts';
import { batchNorm } from './batch-norm.ts';
import { combine } from './combine.ts';
import { compare } from './compare.ts';
import { concat } from './concat.ts';
import { conv2d } from './conv2d.ts';
import { dense } from './dense.ts';
import { elementwise } from './elementwise.ts';
import { invert } from './invert.ts';
import { maxPool } from './max-pool.ts';
import { rescale } from './rescale.ts';
import { reshape } from './reshape.ts';
import { select } from './select.ts';
import { sign } from './sign.ts';
import { slice } from './slice.ts';
import { threshold } from './threshold.ts';

export const OPS = {
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
  slice,
  concat,
  threshold,
  invert,
} as const;

export type OpKind = keyof typeof OPS;
export type AttrsOf<K extends OpKind> = (typeof OPS)[K] extends OpDef<string, infer Attrs> ? Attrs : never;
