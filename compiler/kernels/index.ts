/** The list of every kernel. Adding one is a new file here (and its C or template) and one line below. */
import { concat32bit } from './concat-32bit.ts';
import { concat8bit } from './concat-8bit.ts';
import { concatB1 } from './concat-b1.ts';
import { concatPlanesB1 } from './concat-planes-b1.ts';
import { conv2d8bitB1 } from './conv2d-8bit-b1.ts';
import { conv2d8bitLanesMve } from './conv2d-8bit-lanes-mve.ts';
import { conv2d8bitBaked } from './conv2d-8bit-baked.ts';
import { conv2d8bitLanes } from './conv2d-8bit-lanes.ts';
import { conv2dB1B1Columns } from './conv2d-b1-b1-columns.ts';
import { conv2dB1B1Grouped } from './conv2d-b1-b1-grouped.ts';
import { conv2dB1B1 } from './conv2d-b1-b1.ts';
import { conv2dB1Baked } from './conv2d-b1-baked.ts';
import { conv2dPlanesB1 } from './conv2d-planes-b1.ts';
import { CONV2D_SLICED } from './conv2d-sliced.ts';
import { dense8bitB1Tables } from './dense-8bit-b1-tables.ts';
import { dense8bitB1 } from './dense-8bit-b1.ts';
import { denseB1B1Columns } from './dense-b1-b1-columns.ts';
import { denseB1B1SlicedMve } from './dense-b1-b1-sliced-mve.ts';
import { denseB1B1Sliced } from './dense-b1-b1-sliced.ts';
import { denseB1B1 } from './dense-b1-b1.ts';
import { invertB1 } from './invert-b1.ts';
import type { Kernel } from './kernel.ts';
import { maxPoolB1 } from './max-pool-b1.ts';
import { maxPoolPlanesB1 } from './max-pool-planes-b1.ts';
import { slice32bit } from './slice-32bit.ts';
import { slice8bit } from './slice-8bit.ts';
import { sliceB1 } from './slice-b1.ts';
import { slicePlanesB1 } from './slice-planes-b1.ts';
import { threshold8bitB1 } from './threshold-8bit-b1.ts';
import { thresholdB1 } from './threshold-b1.ts';

export const KERNELS: readonly Kernel[] = [
  conv2dB1B1,
  conv2dB1B1Columns,
  conv2dB1B1Grouped,
  conv2dPlanesB1,
  conv2dB1Baked,
  ...CONV2D_SLICED,
  conv2d8bitB1,
  conv2d8bitLanes,
  conv2d8bitBaked,
  conv2d8bitLanesMve,
  denseB1B1,
  denseB1B1Columns,
  denseB1B1Sliced,
  denseB1B1SlicedMve,
  dense8bitB1,
  dense8bitB1Tables,
  maxPoolB1,
  maxPoolPlanesB1,
  invertB1,
  threshold8bitB1,
  thresholdB1,
  sliceB1,
  slicePlanesB1,
  slice8bit,
  slice32bit,
  concatB1,
  concatPlanesB1,
  concat8bit,
  concat32bit,
];
